#include "pipelines/snapshot.h"

#include <numeric>

namespace weft {

void PolicyPart::set_workers(std::span<const uint16_t> weights) {
  steering = shares_of(weights);
  workers = static_cast<uint32_t>(weights.size());
  const uint32_t whole = std::accumulate(weights.begin(), weights.end(), 0u);
  for (uint32_t worker = 0; worker < workers; ++worker) shares[worker] = {weights[worker], whole};
}

}  // namespace weft
