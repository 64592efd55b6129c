#include "mgmt/admin/default_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "mgmt/io/listen_socket.h"
#include "mgmt/io/temporary_folder.h"

namespace weft::mgmt {
namespace {

using testing::HasSubstr;

class DefaultSocketTest : public testing::Test {
 protected:
  void make_socket(const std::string& name) {
    auto made = ListenSocket::on_path(folder_.file("weft/" + name), "");
    ASSERT_TRUE(made) << made.error().message;
    sockets_.push_back(std::move(*made));
  }
  Result<std::string> found() const { return default_socket(folder_.file("weft"), "host"); }

  TemporaryFolder folder_;
  std::vector<ListenSocket> sockets_;
};

TEST_F(DefaultSocketTest, PrefersTheOneNamedAfterTheHost) {
  make_socket("edge.sock");
  make_socket("host.sock");
  EXPECT_EQ(found().value(), folder_.file("weft/host.sock"));
}

TEST_F(DefaultSocketTest, TakesTheOnlyOne) {
  make_socket("edge.sock");
  std::ofstream(folder_.file("weft/host.sock")) << "no socket";
  EXPECT_EQ(found().value(), folder_.file("weft/edge.sock"));
}

TEST_F(DefaultSocketTest, OfSeveralTheOperatorChooses) {
  make_socket("b.sock");
  make_socket("a.sock");
  ASSERT_FALSE(found());
  EXPECT_EQ(found().error().message,
            "several gateways run here, choose one with --socket: " + folder_.file("weft/a.sock") +
                " " + folder_.file("weft/b.sock"));
}

TEST_F(DefaultSocketTest, WithoutAnyItSaysSo) {
  ASSERT_FALSE(found());
  EXPECT_THAT(found().error().message, HasSubstr("no gateway has a socket in"));
}

}  // namespace
}  // namespace weft::mgmt
