#include "dataplane/worker/record_ring.h"

#include <algorithm>
#include <bit>

#include "dataplane/base/byte_order.h"
#include "dataplane/base/check.h"

namespace weft {

// In front of each record stands its length, or that the rest of the memory is empty.
static constexpr uint32_t prefix_bytes = 8;
static constexpr uint32_t rest_is_empty = UINT32_MAX;

static constexpr uint64_t place_bytes(std::size_t record_bytes) {
  return prefix_bytes + ((record_bytes + 7) & ~std::size_t{7});
}

RecordRing::RecordRing(uint32_t ring_bytes) : bytes_(ring_bytes), memory_(ring_bytes) {
  CHECK(std::has_single_bit(ring_bytes) && ring_bytes >= 64);
}

bool RecordRing::push(std::span<const std::byte> head, std::span<const std::byte> body) {
  uint64_t position = pushed_bytes_.load(std::memory_order_relaxed);
  const uint64_t needed_bytes = place_bytes(head.size() + body.size());
  const uint64_t to_end_bytes = bytes_ - (position & (bytes_ - 1));
  const uint64_t skipped_bytes = needed_bytes > to_end_bytes ? to_end_bytes : 0;
  const uint64_t used_bytes = position - popped_bytes_.load(std::memory_order_acquire);
  if (skipped_bytes + needed_bytes > bytes_ - used_bytes) return false;
  if (skipped_bytes != 0) {
    store(at(position), rest_is_empty);
    position += skipped_bytes;
  }
  std::byte* to = at(position);
  store(to, static_cast<uint32_t>(head.size() + body.size()));
  std::byte* end = std::copy(head.begin(), head.end(), to + prefix_bytes);
  std::copy(body.begin(), body.end(), end);
  pushed_bytes_.store(position + needed_bytes, std::memory_order_release);
  return true;
}

std::span<const std::byte> RecordRing::front() {
  uint64_t position = popped_bytes_.load(std::memory_order_relaxed);
  if (position == pushed_bytes_.load(std::memory_order_acquire)) return {};
  if (load<uint32_t>(at(position)) == rest_is_empty) {
    position += bytes_ - (position & (bytes_ - 1));
    popped_bytes_.store(position, std::memory_order_release);
  }
  return {at(position) + prefix_bytes, load<uint32_t>(at(position))};
}

void RecordRing::pop() {
  const uint64_t position = popped_bytes_.load(std::memory_order_relaxed);
  popped_bytes_.store(position + place_bytes(load<uint32_t>(at(position))),
                      std::memory_order_release);
}

}  // namespace weft
