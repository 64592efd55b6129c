#include "dataplane/wire/checksum.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

namespace weft {
namespace {

using Bytes = std::vector<std::byte>;

Bytes bytes(std::initializer_list<int> values) {
  Bytes out;
  for (int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

// The definition, word by word (RFC 1071, section 1).
uint16_t reference_checksum(std::span<const std::byte> data) {
  uint32_t sum = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    sum += std::to_integer<uint32_t>(data[i]) << (i % 2 == 0 ? 8 : 0);
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<uint16_t>(~sum);
}

Bytes random_bytes(std::mt19937& random, std::size_t count) {
  Bytes out(count);
  for (std::byte& byte : out) byte = static_cast<std::byte>(random());
  return out;
}

TEST(InternetSum, ExampleOfRfc1071) {
  const Bytes data = bytes({0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7});
  EXPECT_EQ(InternetSum().add(data).checksum(), be16(static_cast<uint16_t>(~0xddf2)));
}

TEST(InternetSum, KnownIpv4Header) {
  // The header that Wikipedia's "Internet checksum" and many textbooks work through.
  Bytes header = bytes({0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
                        0x00, 0x00, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7});
  EXPECT_EQ(InternetSum().add(header).checksum(), be16(0xb861));
  EXPECT_FALSE(InternetSum().add(header).verifies());
  EXPECT_FALSE(plain_ipv4_header_verifies(header.data()));
  store(&header[10], be16(0xb861));
  EXPECT_TRUE(InternetSum().add(header).verifies());
  EXPECT_TRUE(plain_ipv4_header_verifies(header.data()));
}

TEST(InternetSum, NothingAndAllZeroes) {
  EXPECT_EQ(InternetSum().checksum(), be16(0xffff));
  EXPECT_EQ(InternetSum().add(Bytes(64)).checksum(), be16(0xffff));
  EXPECT_EQ(InternetSum().add(Bytes(64, std::byte{0xff})).checksum(), be16(0));
  EXPECT_EQ(InternetSum().add(Bytes(64, std::byte{0xff})).udp_checksum(), be16(0xffff));
}

TEST(InternetSum, IsTheDefinitionForEveryLengthAndAlignment) {
  std::mt19937 random(1);
  const Bytes data = random_bytes(random, 400);
  for (std::size_t from = 0; from < 9; ++from) {
    for (std::size_t length = 0; from + length <= data.size(); ++length) {
      const auto piece = std::span(data).subspan(from, length);
      ASSERT_EQ(InternetSum().add(piece).checksum().host(), reference_checksum(piece))
          << "from " << from << ", length " << length;
    }
  }
}

TEST(InternetSum, CarriesOfLongDataAreKept) {
  const Bytes data(65535, std::byte{0xff});
  EXPECT_EQ(InternetSum().add(data).checksum().host(), reference_checksum(data));
}

TEST(InternetSum, PiecesOfAnyLengthAddUp) {
  std::mt19937 random(2);
  for (int round = 0; round < 1000; ++round) {
    const Bytes data = random_bytes(random, random() % 200);
    InternetSum sum;
    for (std::span<const std::byte> left = data; !left.empty();) {
      const std::size_t take = std::min<std::size_t>(left.size(), random() % 40);
      sum.add(left.first(take));
      left = left.subspan(take);
    }
    ASSERT_EQ(sum.checksum().host(), reference_checksum(data));
  }
}

TEST(InternetSum, SumsOfPartsAddUp) {
  std::mt19937 random(3);
  const Bytes head = random_bytes(random, 38);
  const Bytes tail = random_bytes(random, 33);
  Bytes whole = head;
  whole.insert(whole.end(), tail.begin(), tail.end());
  const InternetSum of_head = InternetSum().add(head);
  const InternetSum of_tail = InternetSum().add(tail);
  EXPECT_EQ(InternetSum(of_head).add(of_tail).checksum().host(), reference_checksum(whole));
  EXPECT_EQ(InternetSum(of_tail).add(of_head).checksum().host(), reference_checksum(whole));
}

TEST(PseudoHeaderSum, OfBothFamilies) {
  const auto four = pseudo_header_sum(*IpAddress::parse("192.0.2.1"),
                                      *IpAddress::parse("198.51.100.2"), Protocol::udp, 513);
  EXPECT_EQ(four.checksum().host(),
            reference_checksum(bytes({192, 0, 2, 1, 198, 51, 100, 2, 0, 17, 2, 1})));

  const auto six = pseudo_header_sum(*IpAddress::parse("2001:db8::1"),
                                     *IpAddress::parse("fe80::abcd"), Protocol::tcp, 65540);
  EXPECT_EQ(six.checksum().host(),
            reference_checksum(bytes({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                      0,    1,    0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                      0,    0,    0xab, 0xcd, 0, 1, 0, 4, 0, 0, 0, 6})));
}

TEST(ChecksumEdit, ExampleOfRfc1624) {
  // Section 4: HC = 0xdd2f, a word changes from 0x5555 to 0x3285; equation 2 gets 0xffff here.
  EXPECT_EQ(ChecksumEdit().replace(be16(0x5555), be16(0x3285)).apply(be16(0xdd2f)), be16(0));
}

TEST(ChecksumEdit, NoEditChangesNothing) {
  for (uint32_t checksum = 0; checksum <= 0xffff; ++checksum) {
    const be16 before(static_cast<uint16_t>(checksum));
    ASSERT_EQ(ChecksumEdit().apply(before), before);
    ASSERT_EQ(ChecksumEdit().replace(be16(7), be16(7)).apply(before).host() % 0xffff,
              checksum % 0xffff);
  }
}

// Data whose checksum lies at its start, and edits of random words; the words are often 0 or
// 0xffff, where ones' complement has its two zeroes.
class RandomEdits : public testing::TestWithParam<uint32_t> {
 protected:
  uint16_t word() {
    const uint32_t kind = random_() % 4;
    return kind == 0 ? 0 : kind == 1 ? 0xffff : static_cast<uint16_t>(random_());
  }
  std::array<be16, 12> data() {
    std::array<be16, 12> words;
    for (be16& w : words) w = be16(word());
    words[0] = be16(0);
    words[1] = be16(0x4500);  // as in every header, something is not zero
    words[0] = checksum(words);
    return words;
  }
  static be16 checksum(std::array<be16, 12> words) {
    words[0] = be16(0);
    return InternetSum().add(std::as_bytes(std::span(words))).checksum();
  }
  std::mt19937 random_{GetParam()};
};

TEST_P(RandomEdits, OfWordsEqualTheFullSum) {
  for (int round = 0; round < 20'000; ++round) {
    std::array<be16, 12> words = data();
    ChecksumEdit edit;
    for (uint32_t edits = random_() % 5; edits != 0; --edits) {
      be16& changed = words[2 + random_() % 10];
      const be16 to(word());
      edit.replace(changed, to);
      changed = to;
    }
    ASSERT_EQ(edit.apply(words[0]), checksum(words));
  }
}

TEST_P(RandomEdits, OfDoubleWordsEqualTheFullSum) {
  for (int round = 0; round < 20'000; ++round) {
    std::array<be16, 12> words = data();
    const std::size_t at = 2 + random_() % 9;
    const be32 from(uint32_t{words[at].host()} << 16 | words[at + 1].host());
    words[at] = be16(word());
    words[at + 1] = be16(word());
    const be32 to(uint32_t{words[at].host()} << 16 | words[at + 1].host());
    ASSERT_EQ(ChecksumEdit().replace(from, to).apply(words[0]), checksum(words));
  }
}

TEST_P(RandomEdits, OfAddressesEqualTheFullSum) {
  for (int round = 0; round < 20'000; ++round) {
    std::array<be16, 12> words = data();
    const bool four = random_() % 2 == 0;
    const auto address = [&words, four] {
      const auto* at = reinterpret_cast<const std::byte*>(&words[4]);
      return four ? IpAddress::v4(load<be32>(at)) : IpAddress::v6(at);
    };
    const IpAddress from = address();
    for (std::size_t i = 4; i < (four ? 6u : 12u); ++i) words[i] = be16(word());
    ASSERT_EQ(ChecksumEdit().replace(from, address()).apply(words[0]), checksum(words));
  }
}

TEST_P(RandomEdits, KeepUdpWithoutChecksumAndNeverMakeOne) {
  for (int round = 0; round < 20'000; ++round) {
    std::array<be16, 12> words = data();
    const be16 to(word());
    const ChecksumEdit edit = ChecksumEdit().replace(words[5], to);
    EXPECT_EQ(edit.apply_udp(be16(0)), be16(0));
    words[0] = words[0] == be16(0) ? be16(0xffff) : words[0];
    const be16 sent = edit.apply_udp(words[0]);
    words[5] = to;
    ASSERT_NE(sent, be16(0));
    ASSERT_EQ(sent.host() % 0xffff, checksum(words).host() % 0xffff);
  }
}

TEST_P(RandomEdits, LeaveAWrongChecksumWrong) {
  for (int round = 0; round < 20'000; ++round) {
    std::array<be16, 12> words = data();
    const be16 wrong(static_cast<uint16_t>(words[0].host() + 1 + random_() % 0xfff0));
    const be16 to(word());
    const be16 after = ChecksumEdit().replace(words[7], to).apply(wrong);
    const bool was_wrong = wrong.host() % 0xffff != words[0].host() % 0xffff;
    words[7] = to;
    ASSERT_EQ(after.host() % 0xffff != checksum(words).host() % 0xffff, was_wrong);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomEdits, testing::Values(1, 2, 3));

}  // namespace
}  // namespace weft
