#include "tests/tcp/two_stacks.h"

#include <algorithm>
#include <utility>

#include "tests/tcp/stream_byte.h"

namespace weft::test {
namespace {

constexpr uint32_t headers_bytes = 14 + 20 + 20;

SegmentIn to_in(const SegmentOut& out, const std::vector<std::byte>& payload, bool marked) {
  SegmentIn in;
  std::array<std::byte, 60> header{};
  std::copy(out.options.begin(), out.options.begin() + out.options_bytes, header.begin() + 20);
  in.options = SegmentOptions::of(std::span(header).first(20u + out.options_bytes));
  in.sequence = out.sequence;
  in.acknowledgment = out.acknowledgment;
  in.flags = out.flags;
  in.window = out.window;
  in.congestion_experienced = marked;
  if (!payload.empty()) {  // as in a packet buffer
    Block* block = Block::make(std::max<uint32_t>(2048, static_cast<uint32_t>(payload.size())));
    in.payload = {block->append(payload), block, Block::kind, block->pinned_bytes()};
  }
  return in;
}

}  // namespace

TwoStacks::TwoStacks(const TwoStacksSettings& settings)
    : settings_(settings),
      paths_{PathModel(settings.paths[0], settings.seed * 2),
             PathModel(settings.paths[1], settings.seed * 2 + 1)} {
  now_ = Instant{} + seconds(1);
  for (uint32_t i = 0; i < 2; ++i) sides_[i].settings = settings.sides[i];
  Side& first = sides_[0];
  const Connection::Opening opening{
      .initial = settings.initial, .timestamp_offset = 77, .mss_bytes = first.settings.mss_bytes};
  first.connection = Connection::connect(first.settings.tcp, opening, now_);
  flush(0);
}

void TwoStacks::complain(const std::string& what) {
  if (wrong_.empty()) wrong_ = what;
}

std::string TwoStacks::run(Duration limit) {
  const auto over = [&] {
    return std::all_of(sides_.begin(), sides_.end(), [](const Side& side) {
      return side.connection && side.connection->state() == TcpState::closed &&
             side.connection->received().empty();
    });
  };
  if (!run_until(over, limit)) complain("it never ended");
  for (uint32_t i = 0; i < 2; ++i) {
    if (!wrong_.empty()) return wrong_;
    const Connection& connection = *sides_[i].connection;
    if (connection.end() != TcpEnd::none) {
      return "side " + std::to_string(i) +
             " ended badly: " + std::to_string(static_cast<int>(connection.end()));
    }
    if (sides_[i].read_bytes != sides_[1 - i].settings.writes_bytes) return "bytes are missing";
  }
  return wrong_;
}

bool TwoStacks::step() {
  if (events_.empty()) return false;
  Event event = events_.top();
  events_.pop();
  now_ = event.at;
  Side& side = sides_[event.side];
  if (event.frame) {
    deliver(side, *event.frame);
  } else if (side.wakes_at == event.at) {
    side.wakes_at = Instant::max();
  }
  if (side.connection) {
    side.connection->expire(now_);
    run_application(side);
    flush(event.side);
    if (!side.connection->consistent()) complain("the ranges in flight are not consistent");
  }
  return wrong_.empty();
}

void TwoStacks::deliver(Side& side, const Frame& frame) {
  const SegmentIn segment = to_in(frame.header, frame.payload, frame.marked);
  if (!side.connection) {
    if (!segment.has(tcp_flag::syn)) return;
    const Connection::Opening opening{.initial = settings_.initial + 500,
                                      .timestamp_offset = 5,
                                      .mss_bytes = side.settings.mss_bytes};
    side.connection = Connection::accept(side.settings.tcp, opening, segment, now_);
    return;
  }
  side.connection->receive(segment, now_);
}

void TwoStacks::run_application(Side& side) {
  const auto index = static_cast<uint32_t>(&side - sides_.data());
  Connection& connection = *side.connection;
  while (side.written_bytes < side.settings.writes_bytes) {
    const uint64_t n = std::min({connection.room_bytes(), uint64_t{16384},
                                 side.settings.writes_bytes - side.written_bytes});
    if (n == 0) break;
    std::vector<std::byte> bytes(n);
    for (uint64_t i = 0; i < n; ++i) bytes[i] = stream_byte(side.written_bytes + i, index);
    Chain chain;
    chain.append(Slice::copy_of(bytes));
    connection.write(std::move(chain));
    side.written_bytes += n;
  }
  if (side.written_bytes == side.settings.writes_bytes) connection.shut_down();
  read(side);
}

void TwoStacks::read(Side& side) {
  const auto index = static_cast<uint32_t>(&side - sides_.data());
  Connection& connection = *side.connection;
  if (connection.received().empty() || side.reads_at > now_) return;
  uint64_t n = connection.received().size();
  if (side.settings.reads_bytes > 0) {
    n = std::min<uint64_t>(n, side.settings.reads_bytes);
    side.reads_at = now_ + side.settings.reads_every;
    wake(index, side.reads_at);
  }
  const Chain bytes = connection.read(n, now_);
  for (uint64_t at = 0; at < n;) {
    for (const std::byte byte : bytes.piece_at(at)) {
      if (byte != stream_byte(side.read_bytes++, 1 - index)) return complain("a byte is wrong");
      ++at;
    }
  }
  if (side.read_bytes == sides_[1 - index].settings.writes_bytes) side.finished_at = now_;
}

void TwoStacks::flush(uint32_t side) {
  Connection& connection = *sides_[side].connection;
  for (uint32_t i = 0; auto segment = connection.next_segment(now_); ++i) {
    transmit(side, *segment);
    if (i > 100'000) return complain("it sends without end");
  }
  if (connection.deadline() != Connection::never) {
    wake(side, std::max(connection.deadline(), now_ + std::chrono::microseconds(1)));
  }
}

void TwoStacks::wake(uint32_t side, Instant at) {
  if (at >= sides_[side].wakes_at) return;
  sides_[side].wakes_at = at;
  events_.push({at, order_++, side, std::nullopt});
}

void TwoStacks::transmit(uint32_t side, const SegmentOut& segment) {
  ++sides_[side].segments;
  Frame frame{segment, {}, false};
  frame.payload.resize(segment.payload_bytes);
  sides_[side].connection->to_send().copy_to(segment.payload_offset, frame.payload);
  const auto bytes =
      static_cast<uint32_t>(headers_bytes + segment.options_bytes + frame.payload.size());
  const PathModel::Arrivals arrivals = paths_[side].send(bytes, now_);
  frame.marked = arrivals.marked && segment.ecn_capable;
  if (arrivals.second) events_.push({*arrivals.second, order_++, 1 - side, frame});
  if (arrivals.first) events_.push({*arrivals.first, order_++, 1 - side, std::move(frame)});
}

}  // namespace weft::test
