#include "mgmt/capture/pcapng_blocks.h"

namespace weft::mgmt::pcapng {

constexpr std::size_t frame_bytes = 3 * sizeof(uint32_t);  // type, length, length again
constexpr std::size_t option_header_bytes = 4;
constexpr std::size_t statistics_header_bytes = 12;

template <class T>
static T number_at(std::string_view bytes, std::size_t at) {
  return load<T>(reinterpret_cast<const std::byte*>(bytes.data() + at));
}

std::optional<Blocks::Block> Blocks::next() {
  waiting_.erase(0, given_bytes_);
  given_bytes_ = 0;
  if (malformed_ || waiting_.size() < frame_bytes) return {};
  const auto bytes = number_at<uint32_t>(waiting_, sizeof(uint32_t));
  malformed_ = bytes < frame_bytes || bytes > block_bytes_max || bytes % sizeof(uint32_t) != 0;
  if (malformed_ || waiting_.size() < bytes) return {};
  malformed_ = number_at<uint32_t>(waiting_, bytes - sizeof(uint32_t)) != bytes;
  if (malformed_) return {};
  given_bytes_ = bytes;
  return Block{static_cast<BlockType>(number_at<uint32_t>(waiting_, 0)),
               std::string_view(waiting_).substr(0, bytes)};
}

std::optional<std::string_view> find_option(std::string_view options, OptionCode code) {
  while (options.size() >= option_header_bytes) {
    const auto found = static_cast<OptionCode>(number_at<uint16_t>(options, 0));
    const auto bytes = number_at<uint16_t>(options, sizeof(uint16_t));
    options.remove_prefix(option_header_bytes);
    if (found == OptionCode::end || bytes > options.size()) return {};
    if (found == code) return options.substr(0, bytes);
    const std::size_t padded_bytes = (bytes + 3u) & ~3u;
    options.remove_prefix(std::min(padded_bytes, options.size()));
  }
  return {};
}

Statistics statistics_in(const Blocks::Block& block) {
  Statistics statistics;
  const std::string_view body = block.body();
  if (body.size() < statistics_header_bytes) return statistics;
  statistics.interface = number_at<uint32_t>(body, 0);
  const auto count = [options = body.substr(statistics_header_bytes)](OptionCode code) {
    const auto value = find_option(options, code);
    return value && value->size() == sizeof(uint64_t) ? number_at<uint64_t>(*value, 0) : 0;
  };
  statistics.received = count(OptionCode::statistics_received);
  statistics.lost = count(OptionCode::statistics_lost);
  return statistics;
}

}  // namespace weft::mgmt::pcapng
