// Target: one TCP connection; the input is a little program of segments (most of them nearly
// right), instants and what an application does. In the end the peer falls silent and the
// connection has to end by itself.
#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/tcp_judge.h"

namespace weft::fuzz {
namespace {

constexpr Sequence initial{0xfffff000};
constexpr Sequence peer_initial{0xffffe000};

TcpSettings settings_of(uint8_t choice) {
  TcpSettings settings;
  settings.timestamps = (choice & 1) == 0;
  settings.selective_acknowledgment = (choice & 2) == 0;
  settings.window_scaling = (choice & 4) == 0;
  settings.nagle = (choice & 8) != 0;
  settings.receive_buffer_max_bytes = (choice & 16) != 0 ? 5'000 : 1u << 20;
  if ((choice & 32) != 0) settings.keepalive_after = seconds(10);
  return settings;
}

class Play {
 public:
  explicit Play(Input& input)
      : input_(input),
        settings_(settings_of(input.u8())),
        judge_(settings_, initial, peer_initial) {
    const Connection::Opening opening{initial, 99, static_cast<uint16_t>(500 + input.below(1000))};
    if (input_.u8() % 2 == 0) {
      connection_ = Connection::connect(settings_, opening, now_);
    } else {
      const SegmentIn syn = syn_segment(tcp_flag::syn);
      judge_.note_given(syn);
      connection_ = Connection::accept(settings_, opening, syn, now_);
    }
    settle();
  }

  void step() {
    switch (input_.u8() % 16) {
      case 0:
        write();
        break;
      case 1:
        read();
        break;
      case 2:
        now_ += milliseconds(input_.below(400));
        break;
      case 3:
        now_ = std::max(now_, std::min(connection_->deadline(), now_ + seconds(100)));
        break;
      case 4:
        act();
        break;
      case 5:
        connection_->path_carries(near(connection_->send_unacknowledged()), input_.u16(), now_);
        break;
      default:
        receive();
    }
    settle();
  }

  // Whatever happened: it ends without a peer.
  void end() {
    connection_->close(now_);
    settle();
    for (uint32_t i = 0; connection_->state() != TcpState::closed; ++i) {
      TcpJudge::expect(i < 1000 && connection_->deadline() != Connection::never, "it never ends");
      now_ = std::max(now_, connection_->deadline());
      settle();
    }
  }

 private:
  // A number at or near this one.
  Sequence near(Sequence number) {
    constexpr std::array<int32_t, 16> distances = {
        0, 0, 0, 0, 0, 1, -1, 2, 100, -100, 1000, -1000, 5000, 66000, -70000, 1 << 30};
    return number + static_cast<uint32_t>(distances[input_.u8() % distances.size()]);
  }

  SegmentIn syn_segment(uint8_t flags) {
    SegmentIn syn;
    syn.sequence = peer_initial;
    syn.acknowledgment = initial + 1;
    syn.flags = flags;
    syn.window = input_.u16();
    const uint8_t offers = input_.u8();
    syn.options.has_timestamps = (offers & 1) != 0;
    syn.options.sack_permitted = (offers & 2) != 0;
    syn.options.has_window_scale = (offers & 4) != 0;
    syn.options.window_scale = offers >> 4 & 7;
    syn.options.mss_bytes = static_cast<uint16_t>((offers & 8) != 0 ? input_.u16() : 1460);
    if ((offers & 128) != 0) syn.flags |= tcp_flag::ece | tcp_flag::cwr;
    return syn;
  }

  uint8_t some_flags() {
    constexpr std::array<uint8_t, 4> likely = {tcp_flag::ack, tcp_flag::ack | tcp_flag::psh,
                                               tcp_flag::ack | tcp_flag::ece,
                                               tcp_flag::ack | tcp_flag::cwr};
    const uint8_t choice = input_.u8();
    if (choice < 4) return input_.u8();
    if (choice < 8) return tcp_flag::rst;  // few, as each may be the end
    return choice < 16 ? tcp_flag::ack | tcp_flag::fin : likely[choice % likely.size()];
  }

  Slice payload(Sequence begin, uint32_t bytes) {
    std::vector<std::byte> all(bytes);
    for (uint32_t i = 0; i < bytes; ++i) all[i] = TcpJudge::byte_at(begin + i);
    return Slice::copy_of(all);
  }

  void receive() {
    if (connection_->state() == TcpState::syn_sent && input_.u8() % 4 != 0) {
      const uint8_t flags = input_.u8() % 4 == 0 ? 0 : tcp_flag::ack;
      return give(syn_segment(flags | tcp_flag::syn));
    }
    SegmentIn segment;
    segment.flags = some_flags();
    // Its SYN is the one that says where the peer's numbers begin.
    if (connection_->state() == TcpState::syn_sent) segment.flags &= 0xff & ~tcp_flag::syn;
    const bool far = input_.u8() % 8 == 0;
    segment.sequence = near(far ? judge_.edge() - 1000 : connection_->receive_next());
    const bool all = input_.u8() % 2 == 0;
    segment.acknowledgment =
        near(all ? connection_->send_next() : connection_->send_unacknowledged());
    segment.window = input_.u8() % 8 == 0 ? 0 : input_.u16();
    segment.congestion_experienced = input_.u8() % 16 == 0;
    segment.options.has_timestamps = connection_->knows_timestamps() && input_.u8() % 32 != 0;
    segment.options.timestamp = connection_->timestamp_recent() + input_.u8() - 8;
    segment.options.echo = connection_->timestamp(now_) - input_.u8();
    segment.options.sack_count = input_.u8() % 8 < 4 ? 0 : input_.u8() % 5;
    for (uint32_t i = 0; i < segment.options.sack_count; ++i) {
      const Sequence begin = near(connection_->send_unacknowledged()) + input_.u16() % 9000;
      segment.options.sack[i] = {begin, begin + 1 + input_.u16() % 3000};
    }
    const uint8_t size = input_.u8() % 4;
    segment.payload = payload(segment.sequence, size < 2 ? 0 : size == 2 ? 1460 : input_.u8());
    give(segment);
  }

  void give(const SegmentIn& segment) {
    judge_.note_given(segment);
    connection_->receive(segment, now_);
    judge_.judge_taken(*connection_);
  }

  void write() {
    const uint64_t bytes = std::min<uint64_t>(connection_->room_bytes(), input_.u16());
    if (bytes == 0) return;
    const Sequence begin = initial + 1 + static_cast<uint32_t>(written_bytes_);
    Chain chain;
    chain.append(payload(begin, static_cast<uint32_t>(bytes)));
    connection_->write(std::move(chain));
    written_bytes_ += bytes;
  }

  void read() {
    const uint64_t bytes = std::min<uint64_t>(connection_->received().size(), input_.u16());
    judge_.judge_read(connection_->read(bytes, now_));
  }

  void act() {
    const uint8_t choice = input_.u8();
    if (choice < 32) connection_->shut_down();
    if (choice >= 32 && choice < 40) connection_->close(now_);
    if (choice == 255) connection_->abort();
  }

  void settle() {
    send();
    for (uint32_t i = 0; connection_->deadline() <= now_; ++i) {
      TcpJudge::expect(i < 10, "a timer has no end");
      connection_->expire(now_);
      send();
    }
    judge_.judge_rest(*connection_);
  }

  void send() {
    const uint32_t payload_max_bytes = input_.u8() % 4 == 0 ? 60'000 : 0;
    for (uint32_t i = 0; auto segment = connection_->next_segment(now_, payload_max_bytes); ++i) {
      TcpJudge::expect(i < 10'000, "it never stops to send");
      judge_.judge(*connection_, *segment);
    }
  }

  Input& input_;
  TcpSettings settings_;
  TcpJudge judge_;
  std::optional<Connection> connection_;
  Instant now_{seconds(1000)};
  uint64_t written_bytes_ = 0;
};

}  // namespace

void run_target(std::span<const uint8_t> bytes) {
  Input input(bytes);
  Play play(input);
  while (!input.empty()) play.step();
  play.end();
}

}  // namespace weft::fuzz
