// Capture files as a device: frames come out of one and go into the other.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

#include "dataplane/interface/dpdk_interface.h"
#include "tests/packet_pool.h"

namespace weft {
namespace {

using test::Bytes;

struct FileHeader {
  uint32_t magic = 0xa1b2c3d4;  // microseconds
  uint16_t major = 2;
  uint16_t minor = 4;
  uint32_t zone = 0;
  uint32_t accuracy = 0;
  uint32_t frame_bytes_max = 65535;
  uint32_t link = 1;  // Ethernet
};
struct RecordHeader {
  uint32_t second = 0;
  uint32_t microsecond = 0;
  uint32_t captured_bytes = 0;
  uint32_t frame_bytes = 0;
};

void write_capture(const std::string& path, const std::vector<Bytes>& frames) {
  std::ofstream file(path, std::ios::binary);
  const auto put = [&](const void* from, std::size_t bytes) {
    file.write(static_cast<const char*>(from), static_cast<std::streamsize>(bytes));
  };
  const FileHeader header;
  put(&header, sizeof(header));
  for (const Bytes& frame : frames) {
    const auto bytes = static_cast<uint32_t>(frame.size());
    const RecordHeader record{.captured_bytes = bytes, .frame_bytes = bytes};
    put(&record, sizeof(record));
    put(frame.data(), frame.size());
  }
}

std::vector<Bytes> read_capture(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  FileHeader header;
  RecordHeader record;
  std::vector<Bytes> frames;
  file.read(reinterpret_cast<char*>(&header), sizeof(header));
  while (file.read(reinterpret_cast<char*>(&record), sizeof(record))) {
    Bytes& frame = frames.emplace_back(record.captured_bytes);
    file.read(reinterpret_cast<char*>(frame.data()), record.captured_bytes);
  }
  return frames;
}

Bytes frame_of(uint16_t number, std::size_t payload_bytes) {
  return test::ethernet()
      .ipv4("10.0.0.1", "10.0.0.2")
      .identification(number)
      .udp(1, 2)
      .payload_bytes(payload_bytes)
      .build();
}

class PcapDevice : public testing::Test {
 protected:
  ~PcapDevice() override {
    std::remove(in.c_str());
    std::remove(out.c_str());
  }
  const std::string in = testing::TempDir() + "/weft-in-" + std::to_string(getpid()) + ".pcap";
  const std::string out = testing::TempDir() + "/weft-out-" + std::to_string(getpid()) + ".pcap";
};

TEST_F(PcapDevice, ReadsOneFileAndWritesTheOther) {
  const std::vector<Bytes> frames = {frame_of(1, 20), frame_of(2, 1400), frame_of(3, 20)};
  write_capture(in, frames);
  const auto device = parse_device("pcap:rx_pcap=" + in + ",tx_pcap=" + out);
  ASSERT_TRUE(device.has_value()) << device.error().message;
  const auto interface = DpdkInterface::open({.name = "edge", .devices = {*device}});
  ASSERT_TRUE(interface.has_value()) << interface.error().message;
  std::array<Packet, 32> packets;
  const uint32_t received = (*interface)->receive(0, packets);
  ASSERT_EQ(received, frames.size());
  for (uint32_t i = 0; i < received; ++i) EXPECT_EQ(test::bytes_of(packets[i]), frames[i]);
  EXPECT_EQ((*interface)->transmit(0, std::span(packets).first(received)), received);
  (*interface)->stop();
  EXPECT_EQ(read_capture(out), frames);
}

TEST_F(PcapDevice, AFileThatIsNotThereIsAnError) {
  const auto refused =
      DpdkInterface::open({.name = "edge", .devices = {*parse_device("pcap:rx_pcap=" + in)}});
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(refused.error().message.starts_with("interface edge: device \"pcap:rx_pcap=" + in))
      << refused.error().message;
}

}  // namespace
}  // namespace weft
