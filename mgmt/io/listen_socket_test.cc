#include "mgmt/io/listen_socket.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "mgmt/io/plain_peer.h"
#include "mgmt/io/socket_address.h"
#include "mgmt/io/temporary_folder.h"

namespace weft::mgmt {
namespace {

using testing::HasSubstr;

struct stat status_of(const std::string& path) {
  struct stat found {};
  EXPECT_EQ(lstat(path.c_str(), &found), 0) << path;
  return found;
}

// The socket file of a process that ended without removing it.
void leave_stale_socket(const std::string& path) {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
  const auto address = *socket_address(path);
  ASSERT_EQ(bind(descriptor, address.raw(), address.bytes), 0);
  ASSERT_EQ(listen(descriptor, 1), 0);
  close(descriptor);
}

TEST(ListenSocket, WithoutAGroupOnlyTheOwnerMayOpenItAndTheFolderIsMade) {
  const TemporaryFolder folder;
  const std::string path = folder.file("run/weft/gw.sock");
  {
    const auto socket = ListenSocket::on_path(path, "");
    ASSERT_TRUE(socket) << socket.error().message;
    EXPECT_EQ(status_of(path).st_mode & 0777, 0600u);
    EXPECT_TRUE(PlainConnection::to_path(path).is_open());
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ListenSocket, AGroupMayOpenIt) {
  if (geteuid() != 0) GTEST_SKIP() << "giving a file to a group takes root";
  const TemporaryFolder folder;
  const auto socket = ListenSocket::on_path(folder.file("gw.sock"), "daemon");
  ASSERT_TRUE(socket) << socket.error().message;
  const struct stat file = status_of(folder.file("gw.sock"));
  EXPECT_EQ(file.st_mode & 0777, 0660u);
  EXPECT_EQ(file.st_gid, 1u);
}

TEST(ListenSocket, AnUnknownGroupIsRefusedAndLeavesNoFile) {
  const TemporaryFolder folder;
  const auto socket = ListenSocket::on_path(folder.file("gw.sock"), "no-such-group");
  ASSERT_FALSE(socket);
  EXPECT_THAT(socket.error().message, HasSubstr("there is no group \"no-such-group\""));
  EXPECT_FALSE(std::filesystem::exists(folder.file("gw.sock")));
}

TEST(ListenSocket, ReplacesAStaleSocketFile) {
  const TemporaryFolder folder;
  const std::string path = folder.file("gw.sock");
  leave_stale_socket(path);
  const auto socket = ListenSocket::on_path(path, "");
  ASSERT_TRUE(socket) << socket.error().message;
  EXPECT_TRUE(PlainConnection::to_path(path).is_open());
}

TEST(ListenSocket, RefusesASocketThatIsAnsweredAndLeavesItWorking) {
  const TemporaryFolder folder;
  const std::string path = folder.file("gw.sock");
  const auto first = ListenSocket::on_path(path, "");
  ASSERT_TRUE(first);
  const auto second = ListenSocket::on_path(path, "");
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("another process answers on"));
  EXPECT_TRUE(PlainConnection::to_path(path).is_open());
}

TEST(ListenSocket, NeverReplacesAFileThatIsNoSocket) {
  const TemporaryFolder folder;
  const std::string path = folder.file("precious");
  std::ofstream(path) << "data";
  const auto socket = ListenSocket::on_path(path, "");
  ASSERT_FALSE(socket);
  EXPECT_THAT(socket.error().message, HasSubstr("is no socket"));
  EXPECT_EQ(std::filesystem::file_size(path), 4u);
}

TEST(ListenSocket, DoesNotRemoveTheFileOfASuccessor) {
  const TemporaryFolder folder;
  const std::string path = folder.file("gw.sock");
  {
    const auto first = ListenSocket::on_path(path, "");
    ASSERT_TRUE(first);
    ASSERT_EQ(unlink(path.c_str()), 0);
    leave_stale_socket(path);
  }
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST(ListenSocket, WhileAnotherClaimsInTheFolderItIsRefused) {
  const TemporaryFolder folder;
  const std::string place = std::filesystem::path(folder.file("x")).parent_path();
  const int held = open(place.c_str(), O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(flock(held, LOCK_EX), 0);
  EXPECT_FALSE(ListenSocket::on_path(folder.file("gw.sock"), ""));
  close(held);
  EXPECT_TRUE(ListenSocket::on_path(folder.file("gw.sock"), ""));
}

TEST(ListenSocket, APathTheKernelCannotTakeIsOneSentence) {
  const TemporaryFolder folder;
  const auto socket = ListenSocket::on_path(folder.file(std::string(120, 'x')), "");
  ASSERT_FALSE(socket);
  EXPECT_THAT(socket.error().message, HasSubstr("longer than 107 bytes"));
}

TEST(ListenSocket, SaysWhichAddressIsTakenOrMalformed) {
  const auto first = ListenSocket::on_address("127.0.0.1:0");
  ASSERT_TRUE(first) << first.error().message;
  const std::string address = "127.0.0.1:" + std::to_string(first->port());
  const auto second = ListenSocket::on_address(address);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "cannot listen on " + address + ": Address already in use");

  for (const char* malformed : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "::1:80",
                                "[127.0.0.1]:80", "localhost:80", "127.0.0.1:80x", "[::1:80"}) {
    const auto refused = ListenSocket::on_address(malformed);
    ASSERT_FALSE(refused) << malformed;
    EXPECT_EQ(refused.error().fault, Fault::operator_input) << malformed;
  }
}

}  // namespace
}  // namespace weft::mgmt
