// Exchanges of all kinds, made up from a seed: encoded, cut at random, decoded; what comes out is
// what went in.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "dataplane/http/h1_status_line.h"
#include "tests/http/h1_forward.h"

namespace weft {
namespace {

std::string text_of(const Fields& fields) {
  std::string text;
  for (uint32_t i = 0; i < fields.count(); ++i) {
    text.append(fields[i].name).append(": ").append(fields[i].value).append("\n");
  }
  return text;
}

std::string text_of(const RequestHead& head) {
  return std::string(head.method_name()) + " " + std::string(head.authority()) +
         std::string(head.path()) + std::string(head.query()) + " " +
         std::to_string(static_cast<int>(head.body)) + " " +
         std::to_string(head.content_length.value_or(0)) +
         (head.accepts_trailers ? " TE\n" : "\n") + text_of(head.fields);
}

std::string text_of(const ResponseHead& head) {
  return std::to_string(head.status) + " " + std::to_string(static_cast<int>(head.body)) + " " +
         std::to_string(head.content_length.value_or(0)) + "\n" + text_of(head.fields);
}

class Maker {
 public:
  explicit Maker(uint32_t seed) : random_(seed) {}

  std::size_t below(std::size_t n) { return random_() % n; }
  std::string letters(std::size_t bytes_max) {
    std::string text(below(bytes_max + 1), ' ');
    for (char& c : text) c = static_cast<char>('a' + below(26));
    return text;
  }
  std::string value() {
    std::string text = letters(below(10) == 0 ? 200 : 20);
    if (text.size() > 2) text[1] = "\t :\xff\"%"[below(6)];
    return text;
  }
  void make(Fields& fields) {
    for (std::size_t n = below(12); n > 0; --n) {
      constexpr const char* known[] = {"Cookie", "accept", "VIA", "Date", "x-request-id"};
      fields.add(below(2) == 0 ? known[below(5)] : "X-" + letters(30), value());
    }
  }
  RequestHead request() {
    constexpr Method methods[] = {Method::get, Method::head, Method::post, Method::put,
                                  Method::delete_method};
    RequestHead head;
    make(head.fields);
    head.method = methods[below(5)];
    if (below(5) == 0) head.set_method("M" + letters(20));
    head.set_authority("h" + letters(30) + (below(2) == 0 ? "" : ":8080"));
    head.set_path("/" + letters(50));
    if (below(2) == 0) head.set_query("?" + letters(50));
    head.accepts_trailers = below(4) == 0;
    head.body = static_cast<BodyKind>(below(3));
    return head;
  }
  ResponseHead response(const RequestHead& request) {
    constexpr uint16_t statuses[] = {200, 200, 200, 201, 204, 304, 404, 500, 299};
    ResponseHead head;
    make(head.fields);
    head.status = statuses[below(9)];
    const bool bodyless =
        request.method == Method::head || head.status == 204 || head.status == 304;
    head.body = bodyless ? BodyKind::none : static_cast<BodyKind>(1 + below(2));
    return head;
  }
  std::string body() {
    return std::string(below(4) == 0 ? below(5000) : below(20), static_cast<char>('A' + below(26)));
  }
  Chain cut(const std::string& text) {
    Chain chain;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t bytes = 1 + below(below(3) == 0 ? 3 : 600);
      chain.append(Slice::copy_of(std::string_view(text).substr(at, bytes)));
      at += bytes;
    }
    return chain;
  }

 private:
  std::mt19937 random_;
};

// Writes a body and trailers; says what has to come out.
template <class Head, class Encoder>
std::string encode(Maker& maker, Head& head, Encoder& encoder, Chain& out) {
  std::string body = head.body == BodyKind::none ? "" : maker.body();
  if (head.body == BodyKind::sized) head.content_length = body.size();
  encoder.head(head, out);
  std::string told = text_of(head) + body;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t bytes = std::min(body.size() - at, 1 + maker.below(1000));
    encoder.data(maker.cut(body.substr(at, bytes)), out);
    at += bytes;
  }
  Fields trailers;
  if (head.body == BodyKind::open && maker.below(2) == 0) {
    trailers.add("X-" + maker.letters(5), maker.value());
    encoder.trailers(trailers, out);
  }
  EXPECT_TRUE(encoder.end(out));
  return told + text_of(trailers) + "END\n";
}

// Gives the bytes piece by piece, and now and then little credit.
class Reader {
 public:
  explicit Reader(Maker& maker) : maker_(maker) {}

  template <class Decoder>
  std::string read(Decoder& decoder, Chain& in) {
    std::string told;
    while (!done_) {
      const bool hungry = in_.empty() || needs_more_;
      if (hungry && !in.empty()) in_.append(Slice(in.front())), in.drop_front(in.front().size());
      needs_more_ = false;
      auto event = decoder.next(in_, maker_.below(3) == 0 ? 1 + maker_.below(9) : UINT64_MAX);
      told += std::visit([this](auto&& taken) { return tell(taken); }, event);
    }
    done_ = false;
    return told;
  }
  uint64_t left_bytes() const { return in_.size(); }

 private:
  std::string tell(NeedMore) { return needs_more_ = true, ""; }
  std::string tell(End) { return done_ = true, "END\n"; }
  std::string tell(Reset reset) { return done_ = true, std::string(name_of(reset.refusal)); }
  std::string tell(const Interim& interim) { return text_of(interim.head); }
  std::string tell(const Data& data) { return data.bytes.text(); }
  std::string tell(const Trailers& trailers) { return text_of(trailers.fields); }
  std::string tell(const RequestHead& head) { return text_of(head); }
  std::string tell(const ResponseHead& head) { return text_of(head); }

  Maker& maker_;
  Chain in_;
  bool needs_more_ = false;
  bool done_ = false;
};

TEST(H1Random, ExchangesComeOutAsTheyWentIn) {
  for (uint32_t seed = 1; seed <= 1500; ++seed) {
    SCOPED_TRACE(seed);
    Maker maker(seed);
    H1RequestDecoder requests({});
    H1ResponseDecoder responses;
    H1RequestEncoder to_instance;
    H1ResponseEncoder to_client;
    Reader request_reader(maker);
    Reader response_reader(maker);
    Chain request_bytes;
    for (int i = 0; i < 3; ++i) {
      RequestHead request = maker.request();
      Chain written;
      const std::string asked = encode(maker, request, to_instance, written);
      request_bytes.append(maker.cut(written.text()));
      ASSERT_EQ(request_reader.read(requests, request_bytes), asked);

      ResponseHead response = maker.response(request);
      responses.expect(request);
      to_client.answer(request);
      Chain answer;
      const std::string told = encode(maker, response, to_client, answer);
      Chain response_bytes = maker.cut(answer.text());
      ASSERT_EQ(response_reader.read(responses, response_bytes), told);
      ASSERT_EQ(response_reader.left_bytes(), 0u);
    }
    ASSERT_TRUE(requests.is_idle() && requests.keeps_alive());
    ASSERT_TRUE(responses.is_idle() && responses.keeps_alive());
  }
}

}  // namespace
}  // namespace weft
