#include "tests/http/h1_forward.h"

#include <utility>

namespace weft::test {
namespace {

// Puts the events of one message together until it is whole.
template <class Encoder>
class Forwarder {
 public:
  explicit Forwarder(Outcome& outcome) : outcome_(outcome) {}

  void take(RequestHead&& head) {
    if (head.body == BodyKind::tunnel) asks_tunnel_ = true;
    encoder_.head(head, message_);
  }
  void take(ResponseHead&& head) { encoder_.head(head, message_); }
  void take(Interim&& interim) { encoder_.interim(interim.head, message_); }
  void take(Data&& data) { body_.append(std::move(data.bytes)); }
  void take(Trailers&& trailers) {
    encoder_.data(std::move(body_), message_);
    encoder_.trailers(trailers.fields, message_);
  }
  void take(End) {
    encoder_.data(std::move(body_), message_);
    encoder_.end(message_);
    outcome_.forwarded += message_.text();
    message_.clear();
    ++outcome_.messages;
  }
  void take(Reset reset) {
    outcome_.refusal = reset.refusal;
    done_ = true;
  }
  void take(NeedMore) { done_ = true; }

  // One event; says whether there may be more.
  template <class Event>
  bool take_event(Event event) {
    done_ = false;
    std::visit([this](auto& taken) { this->take(std::move(taken)); }, event);
    return !done_;
  }
  bool asks_tunnel() { return std::exchange(asks_tunnel_, false); }
  Encoder& encoder() { return encoder_; }

 private:
  Outcome& outcome_;
  Encoder encoder_;
  Chain message_;
  Chain body_;
  bool asks_tunnel_ = false;
  bool done_ = false;
};

}  // namespace

Outcome forward_requests(std::span<const Slice> pieces, const HttpLimits& limits,
                         const RequestRules& rules) {
  Outcome outcome;
  H1RequestDecoder decoder(rules, limits);
  Forwarder<H1RequestEncoder> forwarder(outcome);
  Chain in;
  for (const Slice& piece : pieces) {
    in.append(piece);
    while (forwarder.take_event(decoder.next(in))) {
      if (forwarder.asks_tunnel()) decoder.refuse_tunnel();
    }
  }
  outcome.left = in.text();
  outcome.idle = decoder.is_idle();
  outcome.keeps_alive = decoder.keeps_alive();
  return outcome;
}

Outcome forward_responses(std::span<const Slice> pieces, std::span<const RequestHead> requests,
                          bool ended) {
  Outcome outcome;
  H1ResponseDecoder decoder;
  Forwarder<H1ResponseEncoder> forwarder(outcome);
  Chain in;
  const auto run = [&] {
    do {
      const bool next = decoder.is_idle() && outcome.messages < requests.size();
      if (!next) continue;
      decoder.expect(requests[outcome.messages]);
      forwarder.encoder().answer(requests[outcome.messages]);
    } while (forwarder.take_event(decoder.next(in)));
  };
  for (const Slice& piece : pieces) {
    in.append(piece);
    run();
  }
  if (ended) decoder.end_input();
  run();
  outcome.left = in.text();
  outcome.idle = decoder.is_idle();
  outcome.keeps_alive = decoder.keeps_alive();
  return outcome;
}

RequestHead request_of(Method method) {
  RequestHead head;
  head.method = method;
  head.set_authority("a");
  head.set_path("/");
  return head;
}

}  // namespace weft::test
