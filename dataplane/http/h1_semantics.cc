#include "dataplane/http/h1_semantics.h"

#include "dataplane/http/authority.h"
#include "dataplane/http/hop_by_hop.h"
#include "dataplane/http/token_list.h"

namespace weft {
namespace {

HeadMeaning refused(Refusal refusal) {
  return {refusal, false, false};
}

// Many programs keep lengths in signed numbers.
constexpr uint64_t content_length_max = INT64_MAX;

Refusal read_length(std::string_view digits, std::optional<uint64_t>& length) {
  uint64_t value = 0;
  if (digits.empty()) return Refusal::content_length_malformed;
  for (const char c : digits) {
    if (c < '0' || c > '9') return Refusal::content_length_malformed;
    if (value > content_length_max / 10) return Refusal::content_length_overflow;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  if (value > content_length_max) return Refusal::content_length_overflow;
  length = value;
  return Refusal::none;
}

Refusal read_codings(const Fields& fields, HttpVersion version) {
  if (version == HttpVersion::http1_0) return Refusal::transfer_encoding_too_early;
  uint32_t chunked = 0;
  uint32_t others = 0;
  each_element(fields, KnownField::transfer_encoding, [&](std::string_view coding) {
    same_token(coding, "chunked") ? ++chunked : ++others;
  });
  const bool repeated =
      chunked > 1 || (fields.repeated() & bit(KnownField::transfer_encoding)) != 0;
  if (repeated) return Refusal::transfer_encoding_repeated;
  return others > 0 || chunked == 0 ? Refusal::transfer_encoding_unsupported : Refusal::none;
}

bool goes_on(HttpVersion version, const ConnectionOptions& options) {
  return !options.close && (version != HttpVersion::http1_0 || options.keep_alive);
}

Refusal read_host(RequestHead& head, bool target_authority) {
  const Fields& fields = head.fields;
  if ((fields.repeated() & bit(KnownField::host)) != 0) return Refusal::host_repeated;
  const auto host = fields.find(KnownField::host);
  if (!host) {
    return head.version == HttpVersion::http1_0 ? Refusal::none : Refusal::host_missing;
  }
  if (target_authority) {
    return same_token(*host, head.authority()) ? Refusal::none : Refusal::host_mismatch;
  }
  if (!Authority::parse(*host)) return Refusal::authority_malformed;
  const auto at = static_cast<uint32_t>(host->data() - fields.arena().at(0));
  head.place_authority({at, static_cast<uint32_t>(host->size())});
  return Refusal::none;
}

// An upgrade that a body would have to precede is not asked for: the body is passed on without.
void place_body(RequestHead& head, const Framing& framing, bool websocket) {
  head.content_length = framing.content_length;
  if (framing.chunked) {
    head.body = BodyKind::open;
  } else if (framing.content_length.value_or(0) > 0) {
    head.body = BodyKind::sized;
  } else if (websocket && head.method == Method::get && head.version == HttpVersion::http1_1) {
    head.upgrade = Upgrade::websocket;
    head.body = BodyKind::tunnel;
    head.content_length.reset();
  } else if (head.method == Method::connect) {
    head.body = BodyKind::tunnel;
  } else if (framing.content_length) {
    head.body = BodyKind::sized;
  }
}

bool agrees_to_tunnel(const ResponseHead& head, const Asked& asked) {
  const bool connected = asked.connect && head.status >= 200 && head.status < 300;
  return connected || head.status == 101;
}

Refusal place_body(ResponseHead& head, const Asked& asked, const Framing& framing) {
  if (agrees_to_tunnel(head, asked)) {
    head.body = BodyKind::tunnel;
    return framing.is_said() ? Refusal::body_forbidden : Refusal::none;
  }
  head.content_length = framing.content_length;
  if (head.status < 200 || head.status == 204) {
    // A length of 0 says nothing else than the status does.
    head.content_length.reset();
    const bool said = framing.chunked || framing.content_length.value_or(0) > 0;
    return said ? Refusal::body_forbidden : Refusal::none;
  }
  if (asked.head || head.status == 304) return Refusal::none;
  const bool sized = !framing.chunked && framing.content_length;
  head.body = sized ? BodyKind::sized : BodyKind::open;
  return Refusal::none;
}

}  // namespace

Framing read_framing(const Fields& fields, HttpVersion version) {
  Framing framing;
  constexpr FieldSet both = set_of(KnownField::content_length, KnownField::transfer_encoding);
  if (!fields.has_any(both)) return framing;
  const auto length = fields.find(KnownField::content_length);
  if (fields.has(KnownField::transfer_encoding)) {
    framing.chunked = true;
    framing.refusal = length ? Refusal::length_ambiguous : read_codings(fields, version);
    return framing;
  }
  const bool repeated = (fields.repeated() & bit(KnownField::content_length)) != 0;
  framing.refusal =
      repeated ? Refusal::content_length_repeated : read_length(*length, framing.content_length);
  return framing;
}

HeadMeaning read_meaning(RequestHead& head, bool target_authority) {
  const Refusal host = read_host(head, target_authority);
  if (host != Refusal::none) return refused(host);
  const Framing framing = read_framing(head.fields, head.version);
  if (framing.refusal != Refusal::none) return refused(framing.refusal);
  if (head.method == Method::connect && framing.is_said()) return refused(Refusal::body_forbidden);
  head.accepts_trailers = has_element(head.fields, KnownField::te, "trailers");
  const bool asks_websocket = has_element(head.fields, KnownField::upgrade, "websocket");
  const ConnectionOptions options = take_hop_by_hop(head.fields);
  if (options.refusal != Refusal::none) return refused(options.refusal);
  place_body(head, framing, asks_websocket && options.upgrade);
  return {Refusal::none, framing.chunked, goes_on(head.version, options)};
}

HeadMeaning read_meaning(ResponseHead& head, const Asked& asked) {
  const Framing framing = read_framing(head.fields, head.version);
  if (framing.refusal != Refusal::none) return refused(framing.refusal);
  const bool names_websocket = has_element(head.fields, KnownField::upgrade, "websocket");
  const ConnectionOptions options = take_hop_by_hop(head.fields);
  if (options.refusal != Refusal::none) return refused(options.refusal);
  if (head.status == 101) {
    const bool agreed = names_websocket && options.upgrade && asked.upgrade == Upgrade::websocket;
    if (!agreed) return refused(Refusal::upgrade_unexpected);
    head.upgrade = Upgrade::websocket;
  }
  const Refusal body = place_body(head, asked, framing);
  if (body != Refusal::none) return refused(body);
  const bool until_end = head.body == BodyKind::open && !framing.chunked;
  return {Refusal::none, framing.chunked, goes_on(head.version, options) && !until_end};
}

}  // namespace weft
