// Server ids inside QUIC connection ids: a server writes its own id into each connection id that it
// issues, so that a balancer finds it whatever address the client has
// (draft-ietf-quic-load-balancers-21, sections 3 and 5).
//
// The first three bits of a connection id say which configuration it was made by, so that keys can
// be replaced while connections go on; 0b111 is of a server without any. Then come server id and
// nonce: in the clear; or, under a key, as one AES block where they are 16 bytes together,
// otherwise as a Feistel network of four passes. A server may append bytes of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "dataplane/base/aes128.h"
#include "dataplane/base/byte_order.h"

namespace weft {

namespace quic_lb {
inline constexpr uint32_t rotations = 7;  // 0 to 6
inline constexpr uint32_t server_id_bytes_min = 1;
inline constexpr uint32_t nonce_bytes_min = 4;
inline constexpr uint32_t plain_bytes_max = 19;  // of both together
inline constexpr uint32_t server_id_bytes_max = plain_bytes_max - nonce_bytes_min;
}  // namespace quic_lb

class QuicServerId {
 public:
  QuicServerId() = default;
  // Requires: at most quic_lb::server_id_bytes_max.
  explicit QuicServerId(std::span<const std::byte> bytes);

  std::span<const std::byte> bytes() const { return std::span(bytes_).first(length()); }
  uint32_t length() const { return static_cast<uint32_t>(bytes_.back()); }
  bool operator==(const QuicServerId&) const = default;
  auto operator<=>(const QuicServerId&) const = default;

  // Length included, for hashing.
  std::array<uint64_t, 2> words() const {
    return {load<uint64_t>(bytes_.data()), load<uint64_t>(bytes_.data() + 8)};
  }

 private:
  std::array<std::byte, quic_lb::server_id_bytes_max + 1> bytes_{};  // its length is the last one
};
static_assert(sizeof(QuicServerId) == 16);

struct QuicLbSettings {
  uint8_t rotation = 0;
  uint8_t server_id_bytes = 0;
  uint8_t nonce_bytes = 0;
  std::optional<Aes128::Key> key;  // none: in the clear
  bool operator==(const QuicLbSettings&) const = default;
};

// One configuration. Thread safety: immutable.
class QuicLbCodec {
 public:
  // Requires: the bounds of quic_lb.
  explicit QuicLbCodec(const QuicLbSettings& settings);

  // Nothing when the id is too short. Requires: the id's rotation is this one's. Any bytes of that
  // length give some server id; only the set of servers says whether it is anybody's.
  std::optional<QuicServerId> decode(std::span<const std::byte> id) const;

  // What a server does; the first octet says the length of what follows it.
  // Requires: both are as long as configured.
  struct Id {
    std::array<std::byte, 1 + quic_lb::plain_bytes_max> bytes{};
    uint8_t length = 0;
  };
  Id encode(const QuicServerId& server, std::span<const std::byte> nonce) const;

 private:
  struct Halves {
    __m128i left;
    __m128i right;
  };
  Halves split(const std::byte* bytes) const;
  void join(Halves halves, std::byte* bytes) const;
  // What pass `pass` adds to one half, given the other.
  __m128i pass(__m128i half, uint8_t pass) const;

  QuicServerId decode_passes(const std::byte* cipher) const;

  QuicLbSettings settings_;
  uint32_t plain_bytes_;
  uint32_t half_bytes_;  // a byte in the middle counts for both
  __m128i left_mask_;
  __m128i right_mask_;
  std::optional<Aes128> aes_;
};

// The configurations that are in use at a time, by rotation. Thread safety: immutable.
class QuicLbCodecs {
 public:
  QuicLbCodecs() = default;
  // Requires: each rotation once.
  explicit QuicLbCodecs(std::span<const QuicLbSettings> all) {
    for (const QuicLbSettings& settings : all) codecs_[settings.rotation].emplace(settings);
  }

  // Nothing when the id is of no configuration, or too short for its own.
  std::optional<QuicServerId> decode(std::span<const std::byte> id) const {
    if (id.empty()) return std::nullopt;
    const auto& codec = codecs_[static_cast<uint8_t>(id[0]) >> 5];
    return codec ? codec->decode(id) : std::nullopt;
  }

 private:
  std::array<std::optional<QuicLbCodec>, quic_lb::rotations + 1>
      codecs_;  // the last is never there
};

}  // namespace weft
