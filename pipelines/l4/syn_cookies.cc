#include "pipelines/l4/syn_cookies.h"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>

#include "dataplane/base/byte_order.h"
#include "dataplane/base/planted_bug.h"
#include "dataplane/wire/tcp_options.h"

namespace weft {
namespace {

// What links allow, and what tunnels of several kinds leave of it.
alignas(32) constexpr std::array<uint16_t, 16> mss_bytes = {
    216, 536, 1024, 1220, 1260, 1300, 1340, 1360, 1380, 1400, 1420, 1440, 1452, 1460, 4036, 8940};
constexpr uint32_t mss_bits = 4;
constexpr uint32_t count_bits = 2;
constexpr uint32_t code_shift = mss_bits + count_bits;
static_assert(mss_bytes.size() == 1u << mss_bits);

constexpr uint32_t timestamp_bits = 6;  // of it that carry options
constexpr uint32_t scale_mask = 15;
constexpr uint32_t sack_bit = 16;

// Of the largest that is not above; of the first one if all are.
uint32_t mss_index(uint16_t offered_bytes) {
  const auto offered = static_cast<int16_t>(std::min<int>(offered_bytes, INT16_MAX));
  const auto all = load<__m256i>(reinterpret_cast<const std::byte*>(mss_bytes.data()));
  const __m256i above = _mm256_cmpgt_epi16(all, _mm256_set1_epi16(offered));
  const auto lanes = static_cast<uint32_t>(_mm256_movemask_epi8(above));
  const auto others = static_cast<uint32_t>(std::countr_zero(lanes)) / 2;  // they are in order
  return std::max(others, 1u) - 1;
}

uint32_t bits_of(const SynOptions& options) {
  return options.window_scale | (options.sack ? sack_bit : 0);
}

uint32_t count_at(Instant now) {
  return static_cast<uint32_t>(now.time_since_epoch() / SynCookies::period);
}

// As late as it may be, with these last bits: a client's echo never goes back.
uint32_t timestamp_at(Instant now, uint32_t bits) {
  const auto ms = static_cast<uint32_t>(to_ms(now.time_since_epoch()));
  const uint32_t last = ms & ((1u << timestamp_bits) - 1);
  return ms - last + bits - (bits > last ? 1u << timestamp_bits : 0);
}

Aes128::Key key_from(const KeyedHash& hash) {
  const Hash128 secret = hash(_mm_set_epi64x(0x5eed, 0xc00c1e));
  Aes128::Key key;
  store(key.data(), secret.low);
  store(&key[8], secret.high);
  return key;
}

}  // namespace

SynOptions SynOptions::of(std::span<const std::byte> header) {
  constexpr uint8_t window_scale_max = 14;
  SynOptions options;
  for_each_tcp_option(header, [&](uint8_t kind, std::span<const std::byte> option) {
    if (kind == tcp_option::mss_value && option.size() == 4) {
      options.mss_bytes = load<be16>(&option[2]).host();
    } else if (kind == tcp_option::window_scale && option.size() == 3) {
      options.window_scale = std::min(std::to_integer<uint8_t>(option[2]), window_scale_max);
    } else if (kind == tcp_option::sack_permitted && option.size() == 2) {
      options.sack = true;
    } else if (kind == tcp_option::timestamps && option.size() == 10) {
      options.timestamps = true;
      options.timestamp = load<be32>(&option[2]).host();
      options.echo = load<be32>(&option[6]).host();
    }
  });
  return options;
}

SynCookies::SynCookies(const KeyedHash& hash) : cipher_(key_from(hash)) {}

// CBC-MAC: the first block says how many follow, so that no message begins another one.
uint32_t SynCookies::code(const Headers& headers, uint32_t sequence, uint32_t count,
                          uint32_t options) const {
  const bool v4 = headers.source.is_v4();
  const auto words = [](uint32_t a, uint32_t b, uint32_t c = 0, uint32_t d = 0) {
    return _mm_setr_epi32(static_cast<int>(a), static_cast<int>(b), static_cast<int>(c),
                          static_cast<int>(d));
  };
  const uint32_t ports = headers.source_port.raw | uint32_t{headers.destination_port.raw} << 16;
  __m128i state = cipher_.encrypt(words(options | uint32_t{v4} << 31, count, ports, sequence));
  const auto absorb = [&](__m128i block) { state = cipher_.encrypt(_mm_xor_si128(state, block)); };
  if (v4) {
    absorb(words(headers.source.v4().raw, headers.destination.v4().raw));
  } else {
    absorb(load<__m128i>(headers.source.bytes().data()));
    absorb(load<__m128i>(headers.destination.bytes().data()));
  }
  return static_cast<uint32_t>(_mm_cvtsi128_si32(state)) << code_shift;
}

// What the code covers beside the ends: all that the cookie carries.
static uint32_t covered(uint32_t mss_choice, bool timestamps, uint32_t bits) {
  return mss_choice | bits << 8 | uint32_t{timestamps} << 16;
}

SynCookies::Cookie SynCookies::make(const Headers& syn, uint32_t sequence,
                                    const SynOptions& offered, Instant now) {
  Cookie cookie;
  const uint32_t mss_choice = mss_index(offered.mss_bytes);
  cookie.carried.mss_bytes = mss_bytes[mss_choice];
  if (offered.timestamps) {
    cookie.carried = offered;
    cookie.carried.mss_bytes = mss_bytes[mss_choice];
    cookie.timestamp = timestamp_at(now, bits_of(offered));
  }
  const uint32_t count = count_at(now);
  const uint32_t options =
      covered(mss_choice, offered.timestamps, offered.timestamps ? bits_of(offered) : 0);
  cookie.sequence = code(syn, sequence, count, options) |
                    (count & ((1u << count_bits) - 1)) << mss_bits | mss_choice;
  until_ = now + 2 * period;
  ++made_;
  return cookie;
}

std::optional<SynOptions> SynCookies::read(const Headers& ack, uint32_t syn_sequence,
                                           uint32_t cookie, const SynOptions& sent,
                                           Instant now) const {
  const uint32_t mss_choice = cookie & ((1u << mss_bits) - 1);
  const uint32_t made_in = cookie >> mss_bits & ((1u << count_bits) - 1);
  const uint32_t age = (count_at(now) - made_in) & ((1u << count_bits) - 1);
  if (age > 1 && !planted(PlantedBug::old_cookie_taken)) return std::nullopt;
  const uint32_t bits = sent.timestamps ? sent.echo & (scale_mask | sack_bit) : 0;
  const uint32_t expected =
      code(ack, syn_sequence, count_at(now) - age, covered(mss_choice, sent.timestamps, bits));
  const bool right = (expected ^ cookie) >> code_shift == 0;
  if (!right && !planted(PlantedBug::any_cookie_taken)) return std::nullopt;
  SynOptions carried = sent;
  carried.mss_bytes = mss_bytes[mss_choice];
  carried.sack = (bits & sack_bit) != 0;
  carried.window_scale =
      sent.timestamps ? static_cast<uint8_t>(bits & scale_mask) : SynOptions::no_window_scale;
  return carried;
}

}  // namespace weft
