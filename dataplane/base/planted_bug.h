// Bugs that the simulation has to find (tests/sim/README.md). Each stands where it would be made:
//
//   if (planted(PlantedBug::lost_handoff)) continue;
//
// Shipped code knows none: planted() is false when it is compiled. With WEFT_PLANTED_BUGS, which
// only tests/sim sets for a second build of these files, `planted_bug` says which of them is there.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace weft {

enum class PlantedBug : uint8_t {
  none,
  skipped_checksum,            // nat: the L4 checksum is not corrected
  unchecked_udp,               // nat: UDP goes on without a checksum
  reply_with_wrong_port,       // nat: an endpoint's answer keeps the endpoint's port
  wrong_owner,                 // replies are steered by their source
  lost_handoff,                // a packet that finds the ring full is forgotten
  uncounted_drop,              // an answered packet is not counted as dropped
  moved_on_weight_change,      // flows leave an endpoint that drains
  down_ignored,                // new flows go to endpoints that are down
  kept_on_dead_endpoint,       // flows stay with an endpoint that is down
  half_open_forever,           // no flow becomes established
  evicted_established,         // an established flow makes room for a new one
  entry_not_removed,           // expired UDP flows stay
  missed_grace,                // a probe without an answer is no failure
  slot_reused_early,           // a removed endpoint's slot is free while flows refer to it
  count_of_flows_kept,         // a flow that ends is still counted as active
  source_of_another_worker,    // fullnat: the answers to a flow are another worker's
  other_entry_kept,            // fullnat: one of a flow's two entries stays
  lost_fragment,               // pieces that came before the first one are dropped
  unchecked_gue,               // gue over IPv6 without a checksum
  ttl_kept,                    // the TTL does not go down
  acknowledgment_not_shifted,  // PROXY: an endpoint's numbers reach the client as they are
  blocks_not_shifted,          // PROXY: so do its SACK blocks
  header_not_summed,           // PROXY: a header without a correction of the checksum
  header_sent_once,            // PROXY: a header that is lost is not sent again
  timestamp_not_shifted,       // cookie: an endpoint's clock reaches the client as it is
  window_not_rescaled,         // cookie: so do its windows
  old_cookie_taken,            // a cookie has no end
  any_cookie_taken,            // nobody looks at what a cookie says
  learned_from_damage,         // cookie: a damaged answer of an endpoint is believed
  stream_kept,                 // a stream outlives its flow
};

inline constexpr std::array planted_bug_names = {
    std::string_view("none"),
    std::string_view("skipped_checksum"),
    std::string_view("unchecked_udp"),
    std::string_view("reply_with_wrong_port"),
    std::string_view("wrong_owner"),
    std::string_view("lost_handoff"),
    std::string_view("uncounted_drop"),
    std::string_view("moved_on_weight_change"),
    std::string_view("down_ignored"),
    std::string_view("kept_on_dead_endpoint"),
    std::string_view("half_open_forever"),
    std::string_view("evicted_established"),
    std::string_view("entry_not_removed"),
    std::string_view("missed_grace"),
    std::string_view("slot_reused_early"),
    std::string_view("count_of_flows_kept"),
    std::string_view("source_of_another_worker"),
    std::string_view("other_entry_kept"),
    std::string_view("lost_fragment"),
    std::string_view("unchecked_gue"),
    std::string_view("ttl_kept"),
    std::string_view("acknowledgment_not_shifted"),
    std::string_view("blocks_not_shifted"),
    std::string_view("header_not_summed"),
    std::string_view("header_sent_once"),
    std::string_view("timestamp_not_shifted"),
    std::string_view("window_not_rescaled"),
    std::string_view("old_cookie_taken"),
    std::string_view("any_cookie_taken"),
    std::string_view("learned_from_damage"),
    std::string_view("stream_kept"),
};
static_assert(planted_bug_names.size() == static_cast<std::size_t>(PlantedBug::stream_kept) + 1);

#ifdef WEFT_PLANTED_BUGS
inline PlantedBug planted_bug = PlantedBug::none;  // a test sets it while nothing runs
inline bool planted(PlantedBug bug) {
  return planted_bug == bug;
}
#else
constexpr bool planted(PlantedBug) {
  return false;
}
#endif

}  // namespace weft
