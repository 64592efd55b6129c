#include "mgmt/publish/identity.h"

#include <gtest/gtest.h>

#include <string>

namespace weft::mgmt {
namespace {

using Names = Identity<std::string, EndpointSlot>;

TEST(Identity, AKeyKeepsItsId) {
  Names names("endpoint", 4);
  const EndpointId a = *names.acquire("a");
  const EndpointId b = *names.acquire("b");
  EXPECT_NE(a.slot, b.slot);
  EXPECT_EQ(*names.acquire("a"), a);
  EXPECT_EQ(names.find("b"), b);
  EXPECT_EQ(names.find("c"), std::nullopt);
}

TEST(Identity, AKeyThatComesBackBeforeItIsRetiredHasItsOldId) {
  Names names("endpoint", 4);
  const EndpointId a = *names.acquire("a");
  names.release("a");
  EXPECT_TRUE(names.leaving().contains(a.slot));
  EXPECT_EQ(*names.acquire("a"), a);
  EXPECT_TRUE(names.leaving().empty());
}

TEST(Identity, ARetiredSlotWaitsForItsGenerationToBeSwept) {
  Names names("endpoint", 4);
  const EndpointId a = *names.acquire("a");
  names.release("a");
  names.retire("a", 7);
  EXPECT_FALSE(names.may_reuse(a.slot));
  EXPECT_EQ(names.sweep(6), 0u);
  EXPECT_FALSE(names.may_reuse(a.slot));
  const EndpointId other = *names.acquire("a");
  EXPECT_NE(other.slot, a.slot) << "flows of the old one may still be there";
  EXPECT_EQ(names.sweep(7), 1u);
  EXPECT_TRUE(names.may_reuse(a.slot));
}

TEST(Identity, AReusedSlotIsAnotherGeneration) {
  Names names("endpoint", 1);
  const EndpointId a = *names.acquire("a");
  names.release("a");
  names.retire("a", 1);
  names.sweep(1);
  const EndpointId b = *names.acquire("b");
  EXPECT_EQ(b.slot, a.slot);
  EXPECT_NE(b.generation, a.generation);
}

TEST(Identity, FreedSlotsAreUsedBeforeNewOnesOldestFirst) {
  Names names("endpoint", 10);
  const EndpointSlot a = names.acquire("a")->slot;
  const EndpointSlot b = names.acquire("b")->slot;
  for (const char* name : {"b", "a"}) {
    names.release(name);
    names.retire(name, 1);
  }
  names.sweep(1);
  EXPECT_EQ(names.acquire("c")->slot, b);
  EXPECT_EQ(names.acquire("d")->slot, a);
}

TEST(Identity, NoSlotLeftIsAnErrorThatSaysWhy) {
  Names names("endpoint", 2);
  ASSERT_TRUE(names.acquire("a"));
  ASSERT_TRUE(names.acquire("b"));
  auto refused = names.acquire("c");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "no room for another endpoint: all 2 are in use, 0 of them by removed ones whose "
            "flows have not ended");
  EXPECT_FALSE(refused.error().retry);
  names.release("a");
  names.retire("a", 1);
  refused = names.acquire("c");
  ASSERT_FALSE(refused);
  EXPECT_TRUE(refused.error().retry) << "a slot will be free";
  names.sweep(1);
  EXPECT_TRUE(names.acquire("c"));
}

TEST(IdentityDeathTest, RemovingWhatIsNotThereIsABug) {
  Names names("endpoint", 2);
  EXPECT_DEATH(names.release("a"), "CHECK failed");
  ASSERT_TRUE(names.acquire("a"));
  EXPECT_DEATH(names.retire("a", 1), "CHECK failed") << "live";
}

}  // namespace
}  // namespace weft::mgmt
