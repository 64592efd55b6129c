// Two workers of one gateway: packets are handed over between them and come out of hold, and of
// each that ends somewhere the story is told.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/fuzz/onlooker.h"
#include "tests/fuzz/services.h"
#include "tests/path.h"

namespace weft::fuzz {

using test::Bytes;

// A frame that came in and what became of it.
struct Fate {
  Bytes frame;
  test::PathOutput output;
  Variant variant;      // of the configuration when it was decided
  bool waited = false;  // it was held in between
  bool in_segments = false;
  Turn turn = {};
};

class Workers {
 public:
  using Judge = std::function<void(const Fate&)>;
  explicit Workers(Judge judge);

  // Another gateway, without flows.
  void restart(uint8_t variant);
  // source_addresses stay what they are: they change with a restart only.
  void reload(uint8_t variant);
  void send(std::size_t worker, const std::vector<Bytes>& frames);
  // Rehearses the frame, checks that nothing changed, sends it.
  void rehearse(std::size_t worker, const Bytes& frame);
  void advance(Duration duration);
  void set_state(const FuzzCluster& cluster, const test::TestEndpoint& endpoint,
                 EndpointState state, uint32_t share);
  void toggle_refusing();
  void cut_frames(bool cut);  // into segments
  // All flows are looked at from now on; those that peers would place elsewhere.
  void ask_flows_at_risk();
  std::vector<PlacedFlow> take_flows_at_risk();
  // A peer of the fleet has that flow.
  void tell_of(const PlacedFlow& flow, const FuzzCluster& cluster);

  const Variant& variant() const { return variant_; }
  bool refuses_new_flows() const { return workers_[0]->refuse_new_flows; }
  Instant now() const { return workers_[0]->now; }
  EndpointState state_of(const FuzzCluster& cluster, const test::TestEndpoint& endpoint) const;

 private:
  struct Held {
    Bytes frame;
    Variant variant;
    Drop drop;  // what an answer that waits counts as
    bool in_segments;
  };

  using FlowCounts = std::vector<uint64_t>;  // of services, those that began
  FlowCounts flows_begun(std::size_t worker) const;
  // Of the frame in one that decided `packets` packets, and what had begun before and after it.
  Turn turn_of(const Bytes& frame, const FlowCounts& before, const FlowCounts& after,
               std::size_t packets) const;
  void take(std::size_t worker, const Bytes& frame, const test::PathOutput& output,
            const Turn& turn, const Held* held, int handed_off);
  void release();
  void check_totals(std::size_t worker) const;
  bool cuts_frames() const { return workers_[0]->segment_bytes < UINT16_MAX; }

  Judge judge_;
  Variant variant_;
  uint8_t restart_bits_ = 0;  // of the variant
  std::array<std::unique_ptr<test::Path>, 2> workers_;
  std::array<std::map<const void*, Held>, 2> held_;
};

}  // namespace weft::fuzz
