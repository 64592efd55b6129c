// What a TCP connection may do, said from what it was given: the bytes of both directions are
// functions of their numbers, so that each can be judged by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "dataplane/tcp/connection.h"

namespace weft::fuzz {

class TcpJudge {
 public:
  // Ends the process unless `fine`.
  static void expect(bool fine, std::string_view complaint);
  // The byte with this number of a side's stream.
  static std::byte byte_at(Sequence number);

  TcpJudge(const TcpSettings& settings, Sequence initial, Sequence peer_initial)
      : settings_(settings), initial_(initial), peer_initial_(peer_initial), sent_end_(initial) {}

  // A segment is about to be given to the connection.
  void note_given(const SegmentIn& segment);
  // It was given: no more was taken than had been offered.
  void judge_taken(const Connection& connection) const;
  // The connection gave a segment.
  void judge(const Connection& connection, const SegmentOut& segment);
  // The application read bytes, the first of which has this number.
  void judge_read(const Chain& bytes);
  // Of the window that was offered.
  Sequence edge() const { return edge_; }
  // After each step, when nothing is to be sent any more.
  void judge_rest(const Connection& connection) const;

 private:
  void judge_acknowledgment(Sequence begin, Sequence end) const;
  void judge_payload(const Connection& connection, const SegmentOut& segment);
  void judge_window(const SegmentOut& segment);

  const TcpSettings& settings_;
  Sequence initial_;
  Sequence peer_initial_;
  Sequence sent_end_;        // of all that was sent
  std::vector<bool> given_;  // by number, from the peer's initial one
  Sequence edge_;            // of the window that was offered
  bool edge_known_ = false;
  uint8_t our_shift_ = 0;  // as our SYN said
  bool peer_known_ = false;
  bool peer_scales_ = false;
  uint64_t read_bytes_ = 0;
  uint32_t resets_ = 0;
};

}  // namespace weft::fuzz
