#include "tests/fuzz/talks.h"

#include <algorithm>
#include <array>

namespace weft::fuzz {
namespace {

using test::Bytes;
using test::Decoded;
using test::FrameBuilder;
using Options = std::vector<uint8_t>;

constexpr std::size_t talks_max = 6;
constexpr uint8_t fin = 1, syn_flag = 2, rst = 4, psh = 8, ack = 16;

template <class Choices>
const auto& one_of(const Choices& choices, Input& input) {
  return choices[input.u8() % std::size(choices)];
}

void put32(Options& options, uint32_t number) {
  for (const int shift : {24, 16, 8, 0}) options.push_back(static_cast<uint8_t>(number >> shift));
}

// Of a SYN, or of the answer to one; a timestamp is the last of them.
struct Offer {
  Options options;
  bool timestamps = false;
};
const std::array<Offer, 8>& offers() {
  static const std::array<Offer, 8> all = {{
      {{2, 4, 5, 180, 4, 2, 1, 3, 3, 7, 1, 1}, true},
      {{2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 1, 1}, true},
      {{2, 4, 5, 180}, true},
      {{2, 4, 2, 24, 1, 3, 3, 2}, true},
      {{2, 4, 5, 180, 4, 2, 1, 3, 3, 9, 34, 2}, false},
      {{2, 4, 35, 40}, false},
      {{}, false},
      {{34, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1, 3, 3, 15, 1}, true},
  }};
  return all;
}

// Every timestamp is a little above those before, as the number that goes with it.
Options timestamp(uint32_t value, uint32_t echo) {
  Options options{1, 1, 8, 10};
  put32(options, value);
  put32(options, echo);
  return options;
}

void append(Options& options, const Options& more) {
  options.insert(options.end(), more.begin(), more.end());
}

FrameBuilder frame_of(const Ends& ends) {
  FrameBuilder frame;
  is_v4(ends.source) ? frame.ipv4(ends.source, ends.destination)
                     : frame.ipv6(ends.source, ends.destination);
  return frame;
}

std::size_t some_bytes(Input& input) {
  constexpr std::array<std::size_t, 10> sizes = {1, 7, 10, 100, 333, 900, 1200, 1380, 1404, 1460};
  return one_of(sizes, input);
}

}  // namespace

void Talks::Side::take(const Decoded& segment) {
  if ((segment.flags & rst) != 0) return;
  const bool syn = (segment.flags & syn_flag) != 0;
  const auto bytes = static_cast<uint32_t>(segment.payload.size()) + (syn ? 1 : 0) +
                     ((segment.flags & fin) != 0 ? 1 : 0);
  if (syn) {
    answered = answered && heard && awaited == segment.sequence + 1;
    heard = true;
    awaited = segment.sequence + 1;
  } else if (segment.sequence == awaited) {
    awaited += bytes;
  }
  const auto& options = segment.tcp_options;
  for (std::size_t at = 0; at + 10 <= options.size();) {
    if (options[at] == 8) {
      echo = 0;
      for (std::size_t i = at + 2; i < at + 6; ++i) echo = echo << 8 | options[i];
      return;
    }
    at += options[at] == 1 ? 1 : std::max<std::size_t>(options[at + 1], 1);
  }
}

FrameBuilder Talks::segment(const Ends& ends, Side& side, uint8_t flags, Input& input) {
  constexpr std::array<uint16_t, 4> windows = {0xffff, 300, 64, 5};
  FrameBuilder frame = frame_of(ends);
  frame.tcp(static_cast<uint16_t>(ends.source_port), static_cast<uint16_t>(ends.destination_port),
            flags);
  frame.sequence(side.next).acknowledgment(side.awaited).window(one_of(windows, input));
  if (side.timestamps) frame.tcp_options(timestamp(side.next + 77, side.echo));
  return frame;
}

FrameBuilder Talks::syn(Talk& talk, Input& input) {
  Side& client = talk.client;
  client.next = client.isn;
  FrameBuilder frame = segment(talk.ends, client, syn_flag, input);
  const Offer& offer = offers()[talk.offers % offers().size()];
  client.timestamps = offer.timestamps;
  Options options = offer.options;
  if (offer.timestamps) append(options, timestamp(client.next + 77, 0));
  frame.tcp_options(options).acknowledgment(0);
  if (input.u8() % 16 == 0) frame.payload_bytes(some_bytes(input));
  client.next = client.isn + 1;
  return frame;
}

FrameBuilder Talks::answer(Talk& talk, Input& input) {
  Side& endpoint = talk.endpoint;
  endpoint.next = endpoint.isn;
  FrameBuilder frame = segment(talk.at_endpoint.reversed(), endpoint, syn_flag | ack, input);
  const Offer& offer = one_of(offers(), input);
  endpoint.timestamps = offer.timestamps;
  Options options = offer.options;
  if (offer.timestamps) append(options, timestamp(endpoint.next + 77, endpoint.echo));
  frame.tcp_options(options);
  endpoint.next = endpoint.isn + 1;
  endpoint.answered = true;
  return frame;
}

FrameBuilder Talks::of_client(Talk& talk, Input& input) {
  Side& client = talk.client;
  const uint8_t what = input.u8();
  switch (what % 16) {
    case 0:
      return syn(talk, input);
    case 1:
      return segment(talk.ends, client, rst, input);
    case 2:
      ++client.next;
      return segment(talk.ends, client, fin | ack, input).sequence(client.next - 1);
    case 3:  // keeps alive
      return segment(talk.ends, client, ack, input).sequence(client.next - 1);
    case 4:  // all from the beginning
      return segment(talk.ends, client, psh | ack, input)
          .sequence(client.isn + 1)
          .payload_bytes(some_bytes(input));
    case 5:
      return segment(talk.ends, client, ack | psh | fin, input)
          .sequence(client.isn + what / 16)
          .payload_bytes(what / 32);
    case 6: {
      Options blocks{1, 1, 5, 10};
      put32(blocks, client.awaited + 10);
      put32(blocks, client.awaited + 20);
      if (client.timestamps) append(blocks, timestamp(client.next + 77, client.echo));
      return segment(talk.ends, client, ack, input).tcp_options(blocks);
    }
    case 7:  // of an older connection
      return segment(talk.ends, client, ack, input).acknowledgment(client.awaited + what);
    default: {
      FrameBuilder frame = segment(talk.ends, client, what < 128 ? ack : psh | ack, input);
      client.answered = true;
      if (what % 2 == 0) return frame;
      const std::size_t bytes = some_bytes(input);
      client.next += static_cast<uint32_t>(bytes);
      return frame.payload_bytes(bytes);
    }
  }
}

FrameBuilder Talks::of_endpoint(Talk& talk, Input& input) {
  Side& endpoint = talk.endpoint;
  const Ends ends = talk.at_endpoint.reversed();
  const uint8_t what = input.u8();
  switch (what % 16) {
    case 0:
      return answer(talk, input);
    case 1:
      return segment(ends, endpoint, rst | ack, input);
    case 2:
      ++endpoint.next;
      return segment(ends, endpoint, fin | ack, input).sequence(endpoint.next - 1);
    case 3:  // of a part of what it got
      return segment(ends, endpoint, ack, input).acknowledgment(endpoint.awaited - what / 16);
    case 4:
      return segment(ends, endpoint, ack, input).acknowledgment(talk.client.isn + 1 + what / 4);
    case 5:
    case 6: {
      Options blocks{1, 1, 5, 18};
      for (const uint32_t edge : {10u, 20u, 40u, 140u}) put32(blocks, endpoint.awaited + edge);
      if (endpoint.timestamps) append(blocks, timestamp(endpoint.next + 77, endpoint.echo));
      return segment(ends, endpoint, ack, input).tcp_options(blocks);
    }
    case 7:  // to an older SYN
      return answer(talk, input).acknowledgment(endpoint.awaited - what);
    default: {
      FrameBuilder frame = segment(ends, endpoint, what < 128 ? ack : psh | ack, input);
      if (what % 2 == 0) return frame;
      const std::size_t bytes = some_bytes(input);
      endpoint.next += static_cast<uint32_t>(bytes);
      return frame.payload_bytes(bytes);
    }
  }
}

// What goes on with the connection.
FrameBuilder Talks::sensible(Talk& talk, Input& input) {
  const bool endpoint_owes = talk.endpoint.heard && !talk.endpoint.answered;
  if (!talk.client.heard) return endpoint_owes ? answer(talk, input) : syn(talk, input);
  if (!talk.client.answered) {
    talk.client.answered = true;
    return segment(talk.ends, talk.client, ack, input);
  }
  if (endpoint_owes && input.u8() % 4 != 0) return answer(talk, input);
  const bool endpoints = talk.endpoint.heard && input.u8() % 2 == 0;
  if (endpoints) return segment(talk.at_endpoint.reversed(), talk.endpoint, ack, input);
  const std::size_t bytes = some_bytes(input);
  talk.client.next += static_cast<uint32_t>(bytes);
  return segment(talk.ends, talk.client, psh | ack, input)
      .sequence(talk.client.next - static_cast<uint32_t>(bytes))
      .payload_bytes(bytes);
}

Talks::Talk& Talks::some_talk(Input& input) {
  static const std::vector<const Service*> those = [] {
    std::vector<const Service*> found;
    for (const Service& service : services()) {
      const bool nat = is_nat(service.forward) && service.protocol == Protocol::tcp;
      for (int times = is_proxy(service.proxy) ? 3 : 1; nat && times > 0; --times) {
        found.push_back(&service);
      }
    }
    return found;
  }();
  constexpr std::array<uint32_t, 4> isns = {100'000, 0xffff'ff80, 0xffff'ffff, 0x7fff'fff0};
  const uint8_t which = input.u8();
  if (!talks_.empty() && which % 8 != 0) return talks_[which / 8 % talks_.size()];
  const Service& service = *one_of(those, input);
  const uint8_t who = input.u8();
  Talk talk;
  const auto& from = is_v4(service.address) ? clients : clients_v6;
  // Mostly the one whom everybody takes.
  talk.ends = {from[who % 4 != 0 ? 0 : who / 4 % from.size()], service.address, 2000 + which / 8,
               service.first_port, 6};
  talk.offers = who / 16;
  talk.client.isn = one_of(isns, input) + who;
  talk.endpoint.isn = one_of(isns, input) - who;
  if (talks_.size() == talks_max) talks_.erase(talks_.begin());
  talks_.push_back(talk);
  return talks_.back();
}

Bytes Talks::next(Input& input) {
  Talk& talk = some_talk(input);
  const uint8_t how = input.u8();
  if (how < 160) return sensible(talk, input).build();
  const bool endpoints = talk.endpoint.heard && how % 2 == 0;
  return (endpoints ? of_endpoint(talk, input) : of_client(talk, input)).build();
}

void Talks::sent(const Decoded& in, const Decoded& out) {
  if (in.protocol != 6 || out.protocol != 6 || in.fragment_offset_bytes != 0) return;
  const Ends from = Ends::of(in), to = Ends::of(out);
  for (Talk& talk : talks_) {
    if (from != talk.ends && from != talk.at_endpoint.reversed()) continue;
    if (to == talk.ends.reversed()) return talk.client.take(out);
    talk.at_endpoint = to;
    return talk.endpoint.take(out);
  }
}

}  // namespace weft::fuzz
