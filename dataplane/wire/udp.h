// UDP header (RFC 768).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/byte_order.h"

namespace weft {

// A header whose length field covers it and does not exceed what the IP packet has.
class UdpView {
 public:
  static constexpr uint32_t header_bytes = 8;

  // `bytes`: what is in one piece; `payload_bytes`: all of the IP packet's payload.
  static std::optional<UdpView> parse(std::span<const std::byte> bytes, uint32_t payload_bytes) {
    if (bytes.size() < header_bytes) return std::nullopt;
    const UdpView view(bytes);
    if (view.length_bytes() < header_bytes || view.length_bytes() > payload_bytes) {
      return std::nullopt;
    }
    return view;
  }

  be16 source_port() const { return load<be16>(&bytes_[0]); }
  be16 destination_port() const { return load<be16>(&bytes_[2]); }
  uint16_t length_bytes() const { return load<be16>(&bytes_[4]).host(); }
  be16 checksum() const { return load<be16>(&bytes_[6]); }

 private:
  explicit UdpView(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

}  // namespace weft
