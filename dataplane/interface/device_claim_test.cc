#include "dataplane/interface/device_claim.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace weft {
namespace {

using testing::HasSubstr;

std::string unique_name() {
  return "claim test " + std::to_string(getpid());
}

TEST(DeviceClaim, IsHeldOnceAndSaysByWhom) {
  const auto first = DeviceClaim::take(unique_name());
  ASSERT_TRUE(first.has_value());
  const auto second = DeviceClaim::take(unique_name());
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error().message,
              HasSubstr(unique_name() + " is in use by process " + std::to_string(getpid())));
}

TEST(DeviceClaim, EndsWithItsObject) {
  { const auto first = DeviceClaim::take(unique_name()); }
  EXPECT_TRUE(DeviceClaim::take(unique_name()).has_value());
}

TEST(DeviceClaim, EndsWithAProcessThatIsKilled) {
  const std::string name = unique_name();
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto held = DeviceClaim::take(name);
    const char outcome = held.has_value() ? 'y' : 'n';
    if (write(ready[1], &outcome, 1) != 1) _exit(1);
    pause();
    _exit(0);
  }
  char outcome = 0;
  ASSERT_EQ(read(ready[0], &outcome, 1), 1);
  EXPECT_EQ(outcome, 'y');
  EXPECT_FALSE(DeviceClaim::take(name).has_value());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(DeviceClaim::take(name).has_value());
  close(ready[0]);
  close(ready[1]);
}

}  // namespace
}  // namespace weft
