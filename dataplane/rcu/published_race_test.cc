// Publishes against racing readers. ThreadSanitizer sees what is not ordered; without it, a version
// overwrites itself and raises a flag when it dies, and the readers look for both.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "dataplane/rcu/published.h"

namespace weft {
namespace {

constexpr uint32_t versions = 20'000;
constexpr uint32_t readers = 3;

struct Deaths {
  std::vector<std::atomic<bool>> of = std::vector<std::atomic<bool>>(versions + 1);
};

// Every word is the number; a dead version says something else.
struct Version {
  Version(uint64_t n, Deaths& d) : number(n), deaths(d) { words.fill(n); }
  ~Version() {
    deaths.of[number].store(true);
    words.fill(~uint64_t{0});
  }
  bool whole() const {
    bool same = true;
    for (uint64_t word : words) same = same && word == number;
    return same;
  }
  uint64_t number;
  Deaths& deaths;
  std::array<uint64_t, 32> words;
};

struct Seen {
  uint64_t turns = 0;
  uint64_t torn = 0;       // a version that is not whole
  uint64_t dead = 0;       // a version that was destroyed while it was read
  uint64_t backwards = 0;  // an older version than the turn before
  uint64_t newest = 0;
};

struct Race {
  Race() : published(readers) { published.publish(std::make_unique<Version>(1, deaths)); }

  void publish_all(uint32_t racing) {
    while (online.load() < racing) std::this_thread::yield();
    for (uint64_t n = 2; n <= versions; ++n) {
      published.publish(std::make_unique<Version>(n, deaths));
      reclaimed += published.reclaim();
      // Old versions pile up only as far as a slow reader's turn.
      while (published.waiting() > 64) {
        std::this_thread::yield();
        reclaimed += published.reclaim();
      }
    }
    done.store(true);
  }

  Deaths deaths;
  Published<Version> published;
  std::atomic<uint32_t> online{0};  // readers that have begun
  std::atomic<bool> done{false};
  uint64_t reclaimed = 0;
};

void read_well(Race& race, uint32_t index, Seen& seen) {
  auto reader = race.published.reader(index);
  reader.online();
  race.online.fetch_add(1);
  for (bool last = false; !last; ++seen.turns) {
    last = race.done.load();
    const Version& version = *reader.read();
    seen.torn += !version.whole();
    seen.dead += race.deaths.of[version.number].load();
    seen.backwards += version.number < seen.newest;
    seen.newest = version.number;
    if (seen.turns % 512 == index) {  // a nap
      reader.offline();
      std::this_thread::yield();
      reader.online();
    } else {
      reader.quiescent();
    }
  }
}

TEST(PublishedRace, ReadersSeeWholeLivingVersionsInOrder) {
  Race race;
  std::array<Seen, readers> seen;
  std::vector<std::thread> threads;
  for (uint32_t i = 0; i < readers; ++i) {
    threads.emplace_back([&race, &seen, i] { read_well(race, i, seen[i]); });
  }
  race.publish_all(readers);
  for (std::thread& thread : threads) thread.join();
  race.reclaimed += race.published.reclaim();
  EXPECT_EQ(race.reclaimed, versions - 1);
  for (const Seen& one : seen) {
    EXPECT_EQ(one.torn, 0u);
    EXPECT_EQ(one.dead, 0u);
    EXPECT_EQ(one.backwards, 0u);
    EXPECT_EQ(one.newest, versions);
  }
}

// The planted bug: the reader says that it holds no pointer, and looks on. It looks at the list of
// deaths only, so that no sanitizer stops the test before it has seen what it is for.
TEST(PublishedRace, APointerKeptPastTheReportIsNoticed) {
  Race race;
  std::thread writer([&race] { race.publish_all(1); });
  auto reader = std::make_unique<Published<Version>::Reader>(race.published.reader(0));
  reader->online();
  const uint64_t held = reader->read()->number;
  race.online.fetch_add(1);
  bool dead = false;
  for (bool last = false; !last && !dead;) {
    last = race.done.load();
    reader->quiescent();
    dead = race.deaths.of[held].load();
  }
  reader.reset();
  writer.join();
  EXPECT_TRUE(dead) << "no version died under a reader that broke the rule";
}

}  // namespace
}  // namespace weft
