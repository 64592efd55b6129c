#include "mgmt/explain/captured_frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "mgmt/capture/pcapng.h"
#include "mgmt/io/temporary_folder.h"

namespace weft::mgmt {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

class CapturedFrame : public testing::Test {
 protected:
  std::string file(const std::string& content) {
    const std::string path = folder_.file("a.pcapng");
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  TemporaryFolder folder_;
};

TEST_F(CapturedFrame, IsCountedFromOne) {
  std::string content;
  pcapng::write_section(content, "test");
  pcapng::write_interface(content, {.name = "edge"});
  for (uint8_t i = 1; i <= 3; ++i) {
    const std::vector<std::byte> frame(60, std::byte{i});
    pcapng::write_packet(content, {.bytes = frame, .frame_bytes = i == 3 ? 100u : 60u});
  }
  const std::string path = file(content);
  EXPECT_EQ(captured_frame(path, 2).value(), std::vector<std::byte>(60, std::byte{2}));
  EXPECT_THAT(captured_frame(path, 0).error().message, EndsWith("it has no frame 0"));
  EXPECT_THAT(captured_frame(path, 4).error().message, EndsWith("it has no frame 4"));
  EXPECT_THAT(captured_frame(path, 3).error().message,
              EndsWith("frame 3 is cut off after 60 of 100 bytes"));
}

TEST_F(CapturedFrame, AFileThatIsNoneIsExplained) {
  const auto absent = captured_frame("/nowhere/at/all.pcap", 1);
  EXPECT_EQ(absent.error().message, "/nowhere/at/all.pcap: No such file or directory");
  const auto text = captured_frame(file("no capture, but long enough to be looked at"), 1);
  EXPECT_THAT(text.error().message, HasSubstr("unknown file format"));
}

}  // namespace
}  // namespace weft::mgmt
