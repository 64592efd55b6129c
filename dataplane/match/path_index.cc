#include "dataplane/match/path_index.h"

#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "dataplane/base/check.h"
#include "dataplane/match/word_hash.h"

namespace weft {
namespace {

constexpr uint32_t block_words = 8;
constexpr std::size_t block_bytes = block_words * word_bytes;

// A stretch of a path as words, and the state of the hash before each.
struct Block {
  std::array<uint64_t, block_words> words;
  std::array<uint64_t, block_words> states;
  uint64_t slashes = 0;  // a bit for each byte

  // Hash of all bytes before the one at `at` in this block, of which as many were read.
  uint64_t hash_before(uint32_t at) const {
    const std::size_t word = at / word_bytes;
    return fold_word(states[word], _bzhi_u64(words[word], at % word_bytes * 8));
  }
};

uint64_t slashes_in(uint64_t word) {
  const __m128i bytes = _mm_cvtsi64_si128(static_cast<int64_t>(word));
  return static_cast<uint64_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('/'))));
}

// Up to a block of `bytes` from `at` on. `state` is that of the hash before, and then behind a
// whole block. Always as many words: a loop that ends where the path does is a misprediction.
void read(std::span<const std::byte> bytes, std::size_t at, uint64_t& state, Block& block) {
  static constexpr std::array<std::byte, word_bytes> zeros{};
  const std::size_t whole_words = (bytes.size() - at) / word_bytes;
  for (std::size_t word = 0; word < block_words; ++word) {
    const std::byte* const there = bytes.data() + at + word * word_bytes;
    block.words[word] = load<uint64_t>(word < whole_words ? there : zeros.data());
    block.states[word] = state;
    state = fold_word(state, block.words[word]);
    block.slashes |= slashes_in(block.words[word]) << word * word_bytes;
  }
  if (whole_words >= block_words) return;
  block.words[whole_words] = last_word(bytes, at + whole_words * word_bytes);
  block.slashes |= slashes_in(block.words[whole_words]) << whole_words * word_bytes;
}

constexpr uint32_t words_for(std::size_t bytes) {
  return static_cast<uint32_t>((bytes + sizeof(uint32_t) - 1) / sizeof(uint32_t));
}

}  // namespace

PathIndex::PathIndex(const Keys& keys) {
  for (const auto& [scope_and_key, marks] : keys) {
    const std::string& key = scope_and_key.second;
    const auto slashes = static_cast<uint32_t>(std::ranges::count(key, '/'));
    CHECK((key.empty() && marks.exact == none) || (key.starts_with('/') && slashes <= slashes_max));
    key_bytes_max_ = std::max(key_bytes_max_, static_cast<uint32_t>(key.size()));
    key_slashes_max_ = std::max(key_slashes_max_, slashes);
  }
  const std::vector<uint32_t> entries = add_entries(keys);
  while (!build_slots(entries)) ++seed_;
}

// In order, so that those above a key are there before it: the nearest is found by its text.
std::vector<uint32_t> PathIndex::add_entries(const Keys& keys) {
  std::vector<uint32_t> places;
  std::map<std::pair<uint32_t, std::string_view>, uint32_t> by_key;
  for (const auto& [scope_and_key, marks] : keys) {
    const auto& [scope, key] = scope_and_key;
    Entry entry{.scope = scope,
                .key_bytes = static_cast<uint32_t>(key.size()),
                .exact = marks.exact,
                .prefix = marks.prefix,
                .group = marks.group};
    auto above = by_key.end();
    for (std::string_view text = key; !text.empty() && above == by_key.end();) {
      text = text.substr(0, text.rfind('/'));
      above = by_key.find({scope, text});
    }
    if (above != by_key.end()) {
      const Entry& nearest = this->entry(above->second);
      entry.shorter_prefix_at = nearest.prefix_at(above->second);
      entry.shorter_group_at = nearest.group_at(above->second);
    }
    places.push_back(add(entry, key));
    by_key[{scope, key}] = places.back();
  }
  words_.shrink_to_fit();
  return places;
}

uint32_t PathIndex::add(const Entry& entry, std::string_view key) {
  const auto at = static_cast<uint32_t>(words_.size());
  words_.resize(at + entry_words + words_for(key.size()));
  CHECK(words_.size() < none);
  std::memcpy(&words_[at], &entry, sizeof(entry));
  if (!key.empty()) std::memcpy(&words_[at + entry_words], key.data(), key.size());
  return at;
}

bool PathIndex::build_slots(std::span<const uint32_t> entries) {
  std::vector<PerfectSlots::Item> items;
  for (const uint32_t at : entries) {
    Borders borders;
    hash_borders(entry(at).scope, key_at(at), borders);
    items.push_back({borders.borders[borders.count - 1].hash, at});
  }
  slots_ = PerfectSlots::build(items);
  return slots_.has_value();
}

// All borders that a key may end at: slashes, and the end of the path. The scope comes last: the
// rest is computed while the host is still being looked for.
void PathIndex::hash_borders(uint32_t scope, std::string_view path, Borders& to) const {
  const std::size_t end = std::min<std::size_t>(path.size(), key_bytes_max_);
  const auto bytes = std::as_bytes(std::span(path)).first(end);
  const bool ends_at_border = end == path.size() || path[end] == '/';
  uint64_t state = seed_;
  for (std::size_t at = 0;; at += block_bytes) {
    Block block;
    read(bytes, at, state, block);
    const bool is_last = end - at < block_bytes;
    uint64_t rest = block.slashes | uint64_t{is_last && ends_at_border} << (end - at) % block_bytes;
    const uint32_t count =
        std::min(static_cast<uint32_t>(std::popcount(rest)), key_slashes_max_ + 1 - to.count);
    for (uint32_t i = 0; i < std::max(count, borders_usual); ++i, rest &= rest - 1) {
      const auto border = static_cast<uint32_t>(std::countr_zero(rest)) % block_bytes;
      to.borders[to.count + i] = {static_cast<uint32_t>(at + border),
                                  fold_word(block.hash_before(border), scope)};
    }
    to.count += count;
    if (is_last) return;
  }
}

PathIndex::Found PathIndex::find(uint32_t scope, std::string_view path) const {
  const bool is_rooted = path.starts_with('/');
  if (!is_rooted) path = {};
  Borders borders;
  hash_borders(scope, path, borders);
  std::array<uint32_t, borders_max> slots;
  uint64_t hits = 0;
  for (uint32_t i = 0; i < std::max(borders.count, borders_usual); ++i) {
    slots[i] = slots_->slot_of(borders.borders[i].hash);
    hits |= uint64_t{slots_->may_have(slots[i], borders.borders[i].hash)} << i;
  }
  hits = _bzhi_u64(hits, borders.count);
  while (hits != 0) {
    const auto last = static_cast<uint32_t>(std::bit_width(hits) - 1);
    const uint32_t at = slots_->value(slots[last]);
    const Entry& longest = entry(at);
    const std::string_view key = path.substr(0, borders.borders[last].key_bytes);
    if (longest.scope == scope && key_at(at) == key) {
      const uint32_t prefix_at = is_rooted ? longest.prefix_at(at) : none;
      const uint32_t group_at = longest.group_at(at);
      const bool has_exact = (key.size() == path.size()) & (longest.exact != none);
      const uint32_t other_at = group_at == none ? prefix_at : none;
      return {has_exact ? at + exact_word : other_at, prefix_at, group_at};
    }
    hits ^= uint64_t{1} << last;
  }
  return {};
}

}  // namespace weft
