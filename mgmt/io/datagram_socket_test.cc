#include "mgmt/io/datagram_socket.h"

#include <gtest/gtest.h>

#include <vector>

#include "mgmt/io/run_until.h"

namespace weft::mgmt {
namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

struct Heard {
  AddressAndPort from;
  std::vector<std::byte> bytes;
};

class DatagramSocketTest : public testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<DatagramSocket> open(std::vector<Heard>& heard) {
    auto socket = DatagramSocket::open(
        loop, GetParam(), [&heard](const AddressAndPort& from, std::span<const std::byte> bytes) {
          heard.push_back({from, {bytes.begin(), bytes.end()}});
        });
    EXPECT_TRUE(socket) << socket.error().message;
    return *std::move(socket);
  }

  EventLoop loop;
  std::vector<Heard> heard_by_one, heard_by_two;
};

TEST_P(DatagramSocketTest, CarriesDatagramsBothWays) {
  const auto one = open(heard_by_one);
  const auto two = open(heard_by_two);
  const IpAddress here = parse_address_and_port(GetParam())->address;
  EXPECT_TRUE(one->send({here, two->port()}, bytes_of("hello")));
  EXPECT_TRUE(one->send({here, two->port()}, bytes_of("again")));
  run_until(loop, [&] { return heard_by_two.size() == 2; });
  ASSERT_EQ(heard_by_two.size(), 2u);
  EXPECT_EQ(heard_by_two[1].bytes, bytes_of("again"));
  EXPECT_EQ(heard_by_two[0].from.address, here);
  EXPECT_EQ(heard_by_two[0].from.port, one->port());
  EXPECT_TRUE(two->send(heard_by_two[0].from, bytes_of("yes")));
  run_until(loop, [&] { return !heard_by_one.empty(); });
  EXPECT_EQ(heard_by_one[0].bytes, bytes_of("yes"));
}

TEST_P(DatagramSocketTest, APeerThatIsNotThereDoesNoHarm) {
  const auto one = open(heard_by_one);
  const IpAddress here = parse_address_and_port(GetParam())->address;
  uint16_t nobody = 0;
  {
    std::vector<Heard> heard;
    nobody = open(heard)->port();
  }
  for (int i = 0; i < 3; ++i) one->send({here, nobody}, bytes_of("hello"));
  const auto two = open(heard_by_two);
  EXPECT_TRUE(two->send({here, one->port()}, bytes_of("hello")));
  run_until(loop, [&] { return !heard_by_one.empty(); });
  EXPECT_EQ(heard_by_one.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Families, DatagramSocketTest, testing::Values("127.0.0.1:0", "[::1]:0"),
                         [](const auto& tested) {
                           return std::string(tested.index == 0 ? "v4" : "v6");
                         });

TEST(DatagramSocket, AnAddressThatIsTakenIsAnError) {
  EventLoop loop;
  const auto nothing = [](const AddressAndPort&, std::span<const std::byte>) {};
  const auto first = DatagramSocket::open(loop, "127.0.0.1:0", nothing);
  ASSERT_TRUE(first);
  const std::string taken = "127.0.0.1:" + std::to_string((*first)->port());
  const auto second = DatagramSocket::open(loop, taken, nothing);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            "cannot hear datagrams on " + taken + ": Address already in use");
}

}  // namespace
}  // namespace weft::mgmt
