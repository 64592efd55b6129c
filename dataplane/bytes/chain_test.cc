#include "dataplane/bytes/chain.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace weft {
namespace {

// What a packet buffer is to a chain: it costs much more than the bytes in it.
Slice from_packet(std::string_view text) {
  Block* block = Block::make(2048);
  return {block->append(std::as_bytes(std::span(text))), block, Block::kind, 2048};
}

std::string copied(const Chain& chain, uint64_t offset, uint64_t n) {
  std::string text(n, ' ');
  chain.copy_to(offset, std::as_writable_bytes(std::span(text)));
  return text;
}

TEST(Chain, BytesComeOutAsTheyWentIn) {
  Chain chain;
  chain.append(Slice::copy_of("GET "));
  chain.append_copy("/index");
  chain.append(Slice::of_static(" HTTP/1.1"));
  EXPECT_EQ(chain.text(), "GET /index HTTP/1.1");
  EXPECT_EQ(chain.size(), 19u);
  EXPECT_EQ(copied(chain, 2, 5), "T /in");
  chain.drop_front(4);
  EXPECT_EQ(chain.text(), "/index HTTP/1.1");
  EXPECT_EQ(chain.take_front(6).text(), "/index");
  EXPECT_EQ(chain.text(), " HTTP/1.1");
}

TEST(Chain, WithoutBytesItOwnsNothing) {
  Chain chain;
  EXPECT_EQ(chain.pinned_bytes(), 0u);
  chain.append(from_packet("a"));
  EXPECT_EQ(chain.pinned_bytes(), 2048u);
  chain.drop_front(1);
  EXPECT_EQ(chain.pinned_bytes(), 0u);
  EXPECT_EQ(chain.slices(), 0u);
  chain.append(Slice());
  EXPECT_EQ(chain.slices(), 0u);
}

TEST(Chain, WhatIsAloneIsNotCopied) {
  Chain chain;
  const Slice slice = from_packet("GET / HTTP/1.1\r\n\r\n");
  chain.append(slice);
  EXPECT_EQ(chain.front().data(), slice.data());
}

TEST(Chain, DripsAreCopiedTogether) {
  Chain chain;
  for (int i = 0; i < 4000; ++i) chain.append(from_packet("x"));
  EXPECT_EQ(chain.size(), 4000u);
  EXPECT_LE(chain.pinned_bytes(), 4000u + 2048 + 2048 + 512);
  EXPECT_EQ(chain.text(), std::string(4000, 'x'));
}

TEST(Chain, LargeSlicesBehindOthersAreNotCopied) {
  Chain chain;
  const std::string text(600, 'y');
  const Slice slice = from_packet(text);
  chain.append(from_packet("x"));
  chain.append(slice);
  EXPECT_EQ(chain.slice(1).data(), slice.data());
}

TEST(Chain, ATakenFrontSharesTheSliceThatWasCut) {
  Chain chain;
  chain.append(Slice::copy_of("0123456789"));
  Chain front = chain.take_front(4);
  EXPECT_EQ(front.text(), "0123");
  EXPECT_EQ(chain.text(), "456789");
  EXPECT_EQ(chain.front().data(), front.front().data() + 4);
  front.append_copy("abc");  // not into what the rest still has
  EXPECT_EQ(front.text(), "0123abc");
  EXPECT_EQ(chain.text(), "456789");
}

TEST(Chain, TwoChainsNeverWriteIntoTheSameBytes) {
  Chain first;
  first.append_copy("shared");
  Chain second;
  second.append(Slice(first.front()));
  first.append_copy(" one");
  second.append_copy(" two");
  EXPECT_EQ(first.text(), "shared one");
  EXPECT_EQ(second.text(), "shared two");
}

// Against a string, with all that one can do.
TEST(Chain, IsLikeAStringInAllItDoes) {
  std::mt19937 random(7);
  const auto up_to = [&](uint64_t n) {
    return std::uniform_int_distribution<uint64_t>(0, n)(random);
  };
  Chain chain;
  std::string like;
  for (int step = 0; step < 20'000; ++step) {
    std::string text(up_to(1) == 0 ? up_to(20) : up_to(1500), ' ');
    for (char& c : text) c = static_cast<char>('a' + up_to(25));
    switch (up_to(6)) {
      case 0:
        chain.append_copy(text);
        like += text;
        break;
      case 1:
        chain.append(from_packet(text));
        like += text;
        break;
      case 2: {
        Chain more;
        more.append(from_packet(text));
        more.append_copy("+");
        chain.append(std::move(more));
        like += text + "+";
        break;
      }
      case 3: {
        const uint64_t n = up_to(like.size());
        chain.drop_front(n);
        like.erase(0, n);
        break;
      }
      case 4: {
        const uint64_t n = up_to(like.size());
        EXPECT_EQ(chain.take_front(n).text(), like.substr(0, n));
        like.erase(0, n);
        break;
      }
      default: {
        const uint64_t offset = up_to(like.size());
        const uint64_t n = up_to(like.size() - offset);
        EXPECT_EQ(copied(chain, offset, n), like.substr(offset, n));
        const auto piece = chain.piece_at(offset);
        EXPECT_EQ(piece.empty(), offset == like.size());
        break;
      }
    }
    ASSERT_EQ(chain.size(), like.size());
    ASSERT_EQ(chain.pinned_bytes() == 0, like.empty());
  }
  EXPECT_EQ(chain.text(), like);
}

}  // namespace
}  // namespace weft
