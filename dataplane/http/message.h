// The heads of requests and responses, as every version of HTTP has them (RFC 9110). What concerns
// one connection only (framing, Connection, Host's place) is not in `fields`, see README.md.
//
// Thread safety: one worker. Texts stay valid until the next edit of the head or of its fields; an
// edit says false, and changes nothing, where the arena's bound is reached.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "dataplane/http/fields.h"
#include "dataplane/http/path.h"

namespace weft {

// What a request came with, or a response.
enum class HttpVersion : uint8_t { http1_0, http1_1, http2 };

// Those that mean something to Weft or to codecs; others are passed on by their name.
enum class Method : uint8_t {
  other,
  get,
  head,
  post,
  put,
  options,
  connect,
  trace,
  patch,
  delete_method,
};
Method method_of(std::string_view name);
std::string_view name_of(Method method);  // empty for `other`

enum class Scheme : uint8_t { http, https };

// A protocol that a request asks to go on with on the same connection.
enum class Upgrade : uint8_t { none, websocket };

// What comes behind a head.
enum class BodyKind : uint8_t {
  none,
  sized,   // as many bytes as content_length says
  open,    // until it ends; trailers may come
  tunnel,  // bytes in both directions: CONNECT, an upgrade. In a request: if the response agrees
};

class RequestHead {
 public:
  Method method = Method::get;
  Scheme scheme = Scheme::http;
  HttpVersion version = HttpVersion::http1_1;
  Upgrade upgrade = Upgrade::none;
  BodyKind body = BodyKind::none;
  bool accepts_trailers = false;
  // Requires: set if body is `sized`, else not.
  std::optional<uint64_t> content_length;
  Fields fields;

  std::string_view method_name() const {
    return method == Method::other ? view(method_name_) : name_of(method);
  }
  // host[:port]; empty in HTTP/1.0 where the client did not say it.
  std::string_view authority() const { return view(authority_); }
  // In normal form; "*" for OPTIONS of the whole server, empty for CONNECT.
  std::string_view path() const { return view(path_); }
  std::string_view path_as_sent() const { return view(path_as_sent_); }
  // With its '?', empty where there is none.
  std::string_view query() const { return view(query_); }

  // Requires of all: of the right syntax, as it is passed on.
  bool set_method(std::string_view name);
  bool set_authority(std::string_view authority) { return set(authority_, authority); }
  bool set_path(std::string_view path) { return set(path_, path); }
  bool set_query(std::string_view query) { return set(query_, query); }

  // For codecs, which put the bytes into the arena of the fields first.
  void place_method(Text name) {
    method_name_ = name;
    method = method_of(view(name));
  }
  void place_authority(Text authority) { authority_ = authority; }
  // Takes the path as it was sent and finds its normal form.
  Refusal place_path(Text path, const PathRules& rules);
  void place_query(Text query) { query_ = query; }

 private:
  std::string_view view(Text text) const { return fields.arena().view(text); }
  bool set(Text& text, std::string_view value);

  Text method_name_, authority_, path_, path_as_sent_, query_;
};

class ResponseHead {
 public:
  uint16_t status = 200;
  HttpVersion version = HttpVersion::http1_1;
  Upgrade upgrade = Upgrade::none;  // of a 101
  BodyKind body = BodyKind::none;
  // What the body has if it is `sized`; would have had if it is `none` (HEAD, 304).
  std::optional<uint64_t> content_length;
  Fields fields;

  bool is_interim() const { return status < 200 && status != 101; }
};

}  // namespace weft
