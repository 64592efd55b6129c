// Has a worker rehearse a packet for an operator, and the worker that owns its flow if that is
// another; then says what was seen. One packet at a time.
// Thread safety: the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/base/result.h"
#include "mgmt/explain/explanation.h"
#include "mgmt/process/data_plane.h"

namespace weft::mgmt {

class Explainer {
 public:
  using OnDone = std::function<void(const Result<Explanation>&)>;

  // A worker that runs takes a turn within half a millisecond.
  static constexpr milliseconds patience{2000};

  // The plane outlives this.
  explicit Explainer(DataPlane& plane) : plane_(plane) {}
  // Waits for a worker that has begun.
  ~Explainer();
  Explainer(const Explainer&) = delete;
  Explainer& operator=(const Explainer&) = delete;

  // on_done is called now or later. Error: an interface that is not there, a frame that fits none
  // of its buffers, another packet is being explained, a worker that does not answer.
  void explain(const ExplainRequest& request, const ExplainNames& names, Instant now,
               OnDone on_done);
  // Many times a second.
  void poll(const ExplainNames& names, Instant now);

 private:
  struct Running {
    std::vector<std::byte> frame;
    uint16_t interface = 0;
    uint32_t worker = 0;
    Instant until;
    OnDone on_done;
    std::unique_ptr<RehearsalRequest> request;
    std::vector<StageSight> handed_off;  // what the worker saw that does not own it
  };

  Result<void> ask(uint32_t worker, Instant now);
  void finish(const ExplainNames& names, Instant now);

  DataPlane& plane_;
  std::optional<Running> running_;
};

}  // namespace weft::mgmt
