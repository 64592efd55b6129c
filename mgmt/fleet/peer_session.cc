#include "mgmt/fleet/peer_session.h"

namespace weft::mgmt {

PeerSession::Heard PeerSession::hear(const PeerHeader& header) {
  if (header.speaker == now_.speaker && header.answer == now_.challenge) {
    if (!fresh(header.sequence)) return Heard::heard_before;
    answer_ = header.challenge;
    return Heard::believed;
  }
  const bool same = header.speaker == next_.speaker || next_.speaker == 0;
  if (same && header.answer == next_.challenge) {
    const bool other = header.speaker != now_.speaker;
    now_ = {header.speaker, next_.challenge};
    next_ = {0, draw_()};
    answer_ = header.challenge;
    highest_ = heard_ = 0;
    fresh(header.sequence);
    return other ? Heard::believed_first : Heard::believed;
  }
  // A challenge that was drawn for nobody yet is now this one's.
  if (!same) next_.challenge = draw_();
  next_.speaker = header.speaker;
  answer_ = header.challenge;
  return Heard::unproven;
}

PeerHeader PeerSession::next_header(uint64_t speaker) {
  const bool meets = next_.speaker != 0 || now_.speaker == 0;
  return {.speaker = speaker,
          .challenge = meets ? next_.challenge : now_.challenge,
          .answer = answer_,
          .sequence = ++said_};
}

bool PeerSession::fresh(uint64_t sequence) {
  constexpr uint64_t window = 64;
  if (sequence == 0 || sequence + window <= highest_) return false;
  if (sequence > highest_) {
    const uint64_t ahead = sequence - highest_;
    heard_ = ahead >= window ? 0 : heard_ << ahead;
    highest_ = sequence;
  }
  const uint64_t bit = uint64_t{1} << (highest_ - sequence);
  if ((heard_ & bit) != 0) return false;
  heard_ |= bit;
  return true;
}

}  // namespace weft::mgmt
