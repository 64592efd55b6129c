#include "mgmt/capture/pcapng.h"

#include <algorithm>

namespace weft::mgmt::pcapng {
namespace {

constexpr std::size_t alignment_bytes = 4;
constexpr std::size_t option_bytes_max = UINT16_MAX;
constexpr uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr uint64_t section_bytes_unknown = UINT64_MAX;
constexpr uint16_t link_type_ethernet = 1;
constexpr uint8_t decimal_digits_of_a_second = 9;
constexpr uint8_t filter_of_libpcap = 0;

template <class T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

// A block from its type to its second length, which ends it.
class Block {
 public:
  Block(std::string& out, BlockType type) : out_(out), begin_(out.size()) {
    put(type);
    put(uint32_t{0});
  }
  ~Block() {
    const auto bytes = static_cast<uint32_t>(out_.size() - begin_ + sizeof(uint32_t));
    put(bytes);
    store(reinterpret_cast<std::byte*>(out_.data() + begin_ + sizeof(BlockType)), bytes);
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  template <class T>
  void put(T value) {
    append(out_, value);
  }
  void put_time(Nanoseconds time) {
    const auto units = static_cast<uint64_t>(time.time_since_epoch().count());
    put(static_cast<uint32_t>(units >> 32));
    put(static_cast<uint32_t>(units));
  }
  void put_padded(std::string_view bytes) {
    out_ += bytes;
    out_.append(-bytes.size() % alignment_bytes, '\0');
  }
  void put_option(OptionCode code, std::string_view value) {
    value = value.substr(0, option_bytes_max);
    put(code);
    put(static_cast<uint16_t>(value.size()));
    put_padded(value);
  }
  template <class T>
  void put_number(OptionCode code, T value) {
    put_option(code, {reinterpret_cast<const char*>(&value), sizeof(T)});
  }
  void put_text(OptionCode code, std::string_view text) {
    if (!text.empty()) put_option(code, text);
  }
  void end_options() { put(uint32_t{0}); }

 private:
  std::string& out_;
  const std::size_t begin_;
};

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

void write_section(std::string& out, std::string_view application) {
  Block block(out, BlockType::section_header);
  block.put(byte_order_magic);
  block.put(uint16_t{1});  // major version
  block.put(uint16_t{0});  // minor version
  block.put(section_bytes_unknown);
  block.put_text(OptionCode::section_application, application);
  block.end_options();
}

void write_interface(std::string& out, const Interface& interface) {
  Block block(out, BlockType::interface_description);
  block.put(link_type_ethernet);
  block.put(uint16_t{0});  // reserved
  block.put(interface.snap_bytes);
  block.put_text(OptionCode::interface_name, interface.name);
  if (interface.mac) block.put_number(OptionCode::interface_mac, *interface.mac);
  block.put_number(OptionCode::interface_time_resolution, decimal_digits_of_a_second);
  if (!interface.filter.empty()) {
    std::string filter(1, filter_of_libpcap);
    block.put_option(OptionCode::interface_filter, filter += interface.filter);
  }
  block.end_options();
}

void write_packet(std::string& out, const Packet& packet) {
  Block block(out, BlockType::enhanced_packet);
  block.put(packet.interface);
  block.put_time(packet.time);
  block.put(static_cast<uint32_t>(packet.bytes.size()));
  block.put(packet.frame_bytes);
  block.put_padded(text_of(packet.bytes));
  block.put_text(OptionCode::comment, packet.comment);
  block.put_number(OptionCode::packet_flags, static_cast<uint32_t>(packet.direction));
  block.end_options();
}

void write_statistics(std::string& out, const Statistics& statistics) {
  Block block(out, BlockType::interface_statistics);
  block.put(statistics.interface);
  block.put_time(statistics.time);
  block.put_number(OptionCode::statistics_received, statistics.received);
  block.put_number(OptionCode::statistics_lost, statistics.lost);
  block.end_options();
}

}  // namespace weft::mgmt::pcapng
