#include "dataplane/wire/quic_lb.h"

#include <algorithm>
#include <cstring>

#include "dataplane/base/check.h"

namespace weft {

namespace {

constexpr uint32_t block_bytes = 16;
constexpr uint8_t last_pass = 4;

// The first `bytes` of a register are `fill`, the others 0.
std::array<std::byte, block_bytes> filled(uint32_t bytes) {
  std::array<std::byte, block_bytes> mask{};
  std::fill_n(mask.begin(), bytes, std::byte{0xff});
  return mask;
}

__m128i load_some(const std::byte* from, uint32_t bytes) {
  std::array<std::byte, block_bytes> block{};
  std::memcpy(block.data(), from, bytes);
  return load<__m128i>(block.data());
}

}  // namespace

QuicServerId::QuicServerId(std::span<const std::byte> bytes) {
  DCHECK(bytes.size() <= quic_lb::server_id_bytes_max);
  std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  bytes_.back() = static_cast<std::byte>(bytes.size());
}

QuicLbCodec::QuicLbCodec(const QuicLbSettings& settings)
    : settings_(settings),
      plain_bytes_(uint32_t{settings.server_id_bytes} + settings.nonce_bytes),
      half_bytes_((plain_bytes_ + 1) / 2) {
  CHECK(settings.rotation < quic_lb::rotations);
  CHECK(settings.server_id_bytes >= quic_lb::server_id_bytes_min &&
        settings.nonce_bytes >= quic_lb::nonce_bytes_min &&
        plain_bytes_ <= quic_lb::plain_bytes_max);
  auto left = filled(half_bytes_);
  auto right = left;
  if (plain_bytes_ % 2 == 1) {
    left[half_bytes_ - 1] = std::byte{0xf0};
    right[0] = std::byte{0x0f};
  }
  left_mask_ = load<__m128i>(left.data());
  right_mask_ = load<__m128i>(right.data());
  if (settings.key) aes_.emplace(*settings.key);
}

QuicLbCodec::Halves QuicLbCodec::split(const std::byte* bytes) const {
  const std::byte* const right = bytes + plain_bytes_ - half_bytes_;
  return {_mm_and_si128(load_some(bytes, half_bytes_), left_mask_),
          _mm_and_si128(load_some(right, half_bytes_), right_mask_)};
}

void QuicLbCodec::join(Halves halves, std::byte* bytes) const {
  std::array<std::byte, block_bytes> left;
  std::array<std::byte, block_bytes> right;
  store(left.data(), halves.left);
  store(right.data(), halves.right);
  std::byte* const second = bytes + plain_bytes_ - half_bytes_;
  const std::byte middle = plain_bytes_ % 2 == 1 ? left[half_bytes_ - 1] : std::byte{0};
  std::memcpy(bytes, left.data(), half_bytes_);
  std::memcpy(second, right.data(), half_bytes_);
  second[0] |= middle;
}

__m128i QuicLbCodec::pass(__m128i half, uint8_t pass) const {
  // A half has at most ten bytes; the last two of the block are the length and the pass.
  const auto tail = static_cast<int64_t>(uint64_t{plain_bytes_} << 48 | uint64_t{pass} << 56);
  return aes_->encrypt(_mm_or_si128(half, _mm_set_epi64x(tail, 0)));
}

QuicServerId QuicLbCodec::decode_passes(const std::byte* cipher) const {
  const auto undo = [this](__m128i& half, __m128i other, uint8_t number, __m128i mask) {
    half = _mm_and_si128(_mm_xor_si128(half, pass(other, number)), mask);
  };
  Halves halves = split(cipher);
  undo(halves.left, halves.right, last_pass, left_mask_);
  undo(halves.right, halves.left, last_pass - 1, right_mask_);
  undo(halves.left, halves.right, last_pass - 2, left_mask_);
  // The server id mostly lies in the left half.
  const bool both = settings_.server_id_bytes > plain_bytes_ / 2;
  if (both) undo(halves.right, halves.left, last_pass - 3, right_mask_);
  std::array<std::byte, quic_lb::plain_bytes_max> plain;
  join(halves, plain.data());
  return QuicServerId(std::span(plain).first(settings_.server_id_bytes));
}

std::optional<QuicServerId> QuicLbCodec::decode(std::span<const std::byte> id) const {
  if (id.size() < 1 + plain_bytes_) return std::nullopt;
  const std::byte* const behind = id.data() + 1;
  if (!aes_) return QuicServerId(std::span(behind, settings_.server_id_bytes));
  if (plain_bytes_ != block_bytes) return decode_passes(behind);
  std::array<std::byte, block_bytes> plain;
  store(plain.data(), aes_->decrypt(load<__m128i>(behind)));
  return QuicServerId(std::span(plain).first(settings_.server_id_bytes));
}

QuicLbCodec::Id QuicLbCodec::encode(const QuicServerId& server,
                                    std::span<const std::byte> nonce) const {
  CHECK(server.length() == settings_.server_id_bytes && nonce.size() == settings_.nonce_bytes);
  Id id;
  id.length = static_cast<uint8_t>(1 + plain_bytes_);
  id.bytes[0] = static_cast<std::byte>(settings_.rotation << 5 | plain_bytes_);
  std::byte* const behind = id.bytes.data() + 1;
  std::ranges::copy(nonce, std::ranges::copy(server.bytes(), behind).out);
  if (!aes_) return id;
  if (plain_bytes_ == block_bytes) {
    store(behind, aes_->encrypt(load<__m128i>(behind)));
    return id;
  }
  Halves halves = split(behind);
  for (uint8_t number = 1; number <= last_pass; number += 2) {
    halves.right =
        _mm_and_si128(_mm_xor_si128(halves.right, pass(halves.left, number)), right_mask_);
    halves.left = _mm_and_si128(
        _mm_xor_si128(halves.left, pass(halves.right, static_cast<uint8_t>(number + 1))),
        left_mask_);
  }
  join(halves, behind);
  return id;
}

}  // namespace weft
