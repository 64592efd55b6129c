// What is written is read again: by a reader of this file, and by tcpdump.
#include "mgmt/capture/pcapng.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "mgmt/capture/pcapng_blocks.h"
#include "mgmt/program_run.h"

namespace weft::mgmt::pcapng {
namespace {

using std::chrono::nanoseconds;
using testing::HasSubstr;

constexpr Nanoseconds moment{nanoseconds(1'700'000'000'123'456'789)};

std::vector<std::byte> frame_of(std::size_t bytes) {
  // A datagram of discard (port 9), so that tcpdump has something to say.
  static constexpr unsigned char front[] = {
      2, 0,  0,    0, 0, 1,   2, 0, 0, 0,   0, 2,   8,  0,    0x45, 0, 0, 33, 0,  0, 0,
      0, 64, 0x11, 0, 0, 192, 0, 2, 1, 203, 0, 113, 10, 0x04, 0xd2, 0, 9, 0,  13, 0, 0};
  std::vector<std::byte> frame(bytes);
  for (std::size_t i = 0; i < bytes; ++i) frame[i] = std::byte(i < sizeof(front) ? front[i] : i);
  return frame;
}

template <class T>
T number(std::string_view bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

// The one block in `written`, from its body on.
Blocks::Block only_block(Blocks& blocks, const std::string& written) {
  blocks.add(written);
  const auto block = blocks.next();
  EXPECT_TRUE(block);
  EXPECT_EQ(block->bytes.size(), written.size());
  return block.value_or(Blocks::Block{});
}

TEST(Pcapng, ASectionSaysItsByteOrderVersionAndWriter) {
  std::string out;
  write_section(out, "Weft 0.1.0");
  Blocks blocks;
  const auto block = only_block(blocks, out);
  EXPECT_EQ(block.type, BlockType::section_header);
  EXPECT_EQ(number<uint32_t>(block.body(), 0), 0x1a2b3c4du);
  EXPECT_EQ(number<uint16_t>(block.body(), 4), 1);
  EXPECT_EQ(number<uint16_t>(block.body(), 6), 0);
  EXPECT_EQ(number<uint64_t>(block.body(), 8), UINT64_MAX);
  EXPECT_EQ(find_option(block.body().substr(16), OptionCode::section_application), "Weft 0.1.0");
}

TEST(Pcapng, AnInterfaceHasNameMacFilterAndNanoseconds) {
  std::string out;
  const MacAddress mac{2, 0, 0, 0, 0, 7};
  write_interface(out, {.name = "edge", .mac = mac, .snap_bytes = 96, .filter = "tcp port 80"});
  Blocks blocks;
  const auto block = only_block(blocks, out);
  EXPECT_EQ(block.type, BlockType::interface_description);
  EXPECT_EQ(number<uint16_t>(block.body(), 0), 1);  // Ethernet
  EXPECT_EQ(number<uint32_t>(block.body(), 4), 96u);
  const std::string_view options = block.body().substr(8);
  EXPECT_EQ(find_option(options, OptionCode::interface_name), "edge");
  EXPECT_EQ(find_option(options, OptionCode::interface_mac), std::string("\2\0\0\0\0\7", 6));
  EXPECT_EQ(find_option(options, OptionCode::interface_time_resolution), "\x09");
  EXPECT_EQ(find_option(options, OptionCode::interface_filter), std::string("\0tcp port 80", 12));
}

TEST(Pcapng, APacketHasTimeLengthsBytesDirectionAndComment) {
  const auto frame = frame_of(61);  // and 3 of padding
  std::string out;
  write_packet(out, {.interface = 3,
                     .time = moment,
                     .bytes = frame,
                     .frame_bytes = 1514,
                     .direction = PacketDirection::outbound,
                     .comment = "listener web; dropped: ttl_expired"});
  Blocks blocks;
  const auto block = only_block(blocks, out);
  EXPECT_EQ(block.type, BlockType::enhanced_packet);
  EXPECT_EQ(number<uint32_t>(block.body(), 0), 3u);
  const uint64_t time =
      uint64_t{number<uint32_t>(block.body(), 4)} << 32 | number<uint32_t>(block.body(), 8);
  EXPECT_EQ(time, 1'700'000'000'123'456'789u);
  EXPECT_EQ(number<uint32_t>(block.body(), 12), 61u);
  EXPECT_EQ(number<uint32_t>(block.body(), 16), 1514u);
  EXPECT_EQ(std::memcmp(block.body().data() + 20, frame.data(), frame.size()), 0);
  const std::string_view options = block.body().substr(20 + 64);
  EXPECT_EQ(find_option(options, OptionCode::comment), "listener web; dropped: ttl_expired");
  EXPECT_EQ(find_option(options, OptionCode::packet_flags), std::string("\2\0\0\0", 4));
}

TEST(Pcapng, StatisticsSayWhatWasLost) {
  std::string out;
  write_statistics(out, {.interface = 1, .time = moment, .received = 100, .lost = 7});
  Blocks blocks;
  const auto block = only_block(blocks, out);
  EXPECT_EQ(block.type, BlockType::interface_statistics);
  const Statistics read = statistics_in(block);
  EXPECT_EQ(read.interface, 1u);
  EXPECT_EQ(read.received, 100u);
  EXPECT_EQ(read.lost, 7u);
}

TEST(Pcapng, AnEndlessCommentIsCut) {
  std::string out;
  write_packet(out, {.time = moment, .comment = std::string(100'000, 'x')});
  Blocks blocks;
  const auto comment = find_option(only_block(blocks, out).body().substr(20), OptionCode::comment);
  EXPECT_EQ(comment, std::string(65'535, 'x'));
}

TEST(PcapngBlocks, PiecesOfAnySizeMakeTheSameBlocks) {
  std::string file;
  write_section(file, "Weft");
  write_interface(file, {.name = "edge"});
  for (uint32_t i = 0; i < 5; ++i) {
    write_packet(file, {.time = moment, .bytes = frame_of(60 + i), .frame_bytes = 60 + i});
  }
  for (std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{64}, file.size()}) {
    Blocks blocks;
    std::string again;
    uint32_t count = 0;
    for (std::size_t at = 0; at < file.size(); at += piece) {
      blocks.add(std::string_view(file).substr(at, piece));
      for (auto block = blocks.next(); block; block = blocks.next(), ++count) {
        again += block->bytes;
      }
    }
    EXPECT_EQ(count, 7u);
    EXPECT_EQ(again, file);
  }
}

TEST(PcapngBlocks, WhatIsNoBlockEndsTheStream) {
  for (const std::string& bytes :
       {std::string("HTTP/1.1 200 OK\r\n"), std::string("\6\0\0\0\4\0\0\0\4\0\0\0", 12),
        std::string("\6\0\0\0\x0c\0\0\0\x10\0\0\0", 12)}) {
    Blocks blocks;
    blocks.add(bytes);
    EXPECT_FALSE(blocks.next());
    EXPECT_TRUE(blocks.malformed());
  }
}

TEST(PcapngBlocks, OptionsThatLieAreNotReadBeyondTheirEnd) {
  EXPECT_FALSE(find_option(std::string_view("\1\0\xff\0abc", 7), OptionCode::comment));
  EXPECT_FALSE(find_option(std::string_view("\0\0\0\0\1\0\1\0x", 9), OptionCode::comment));
  EXPECT_FALSE(find_option("", OptionCode::comment));
}

TEST(Pcapng, TcpdumpReadsIt) {
  std::string file;
  write_section(file, "Weft");
  write_interface(file, {.name = "edge", .snap_bytes = 65535, .filter = "udp"});
  write_interface(file, {.name = "mesh", .snap_bytes = 65535});
  const auto frame = frame_of(47);
  write_packet(file, {.interface = 1,
                      .time = moment,
                      .bytes = frame,
                      .frame_bytes = 47,
                      .direction = PacketDirection::inbound,
                      .comment = "listener dns"});
  write_statistics(file, {.interface = 1, .time = moment, .received = 1});
  const TemporaryFolder folder;
  std::ofstream(folder.file("a.pcapng"), std::ios::binary) << file;
  const ProgramRun read = run_program("tcpdump --nano -tt -n -r '" + folder.file("a.pcapng") + "'");
  EXPECT_EQ(read.exit_code, 0) << read.err;
  EXPECT_EQ(read.out, "1700000000.123456789 IP 192.0.2.1.1234 > 203.0.113.10.9: UDP, length 5\n");
}

}  // namespace
}  // namespace weft::mgmt::pcapng
