// Published vectors of AES-128, both ways.
#include "dataplane/base/aes128.h"

#include <gtest/gtest.h>

#include "dataplane/base/byte_order.h"
#include "tests/hex.h"

namespace weft {
namespace {

using test::array_of_hex;
using test::hex_of;

struct Vector {
  const char* key;
  const char* plain;
  const char* cipher;
};

// FIPS 197, appendix C.1; NIST SP 800-38A, F.1.1.
constexpr Vector vectors[] = {
    {"000102030405060708090a0b0c0d0e0f", "00112233445566778899aabbccddeeff",
     "69c4e0d86a7b0430d8cdb78070b4c55a"},
    {"2b7e151628aed2a6abf7158809cf4f3c", "6bc1bee22e409f96e93d7e117393172a",
     "3ad77bb40d7a3660a89ecaf32466ef97"},
    {"2b7e151628aed2a6abf7158809cf4f3c", "ae2d8a571e03ac9c9eb76fac45af8e51",
     "f5d3d58503b9699de785895a96fdbaaf"},
    {"2b7e151628aed2a6abf7158809cf4f3c", "30c81c46a35ce411e5fbc1191a0a52ef",
     "43b1cd7f598ece23881b00e3ed030688"},
    {"2b7e151628aed2a6abf7158809cf4f3c", "f69f2445df4f9b17ad2b417be66c3710",
     "7b0c785e27e8ad3f8223207104725dd4"},
};

__m128i block_of(const char* hex) {
  return load<__m128i>(array_of_hex<16>(hex).data());
}
std::string hex_of_block(__m128i block) {
  std::array<std::byte, 16> bytes;
  store(bytes.data(), block);
  return hex_of(bytes);
}

TEST(Aes128, EncryptsThePublishedVectors) {
  for (const Vector& vector : vectors) {
    const Aes128 aes(array_of_hex<16>(vector.key));
    EXPECT_EQ(hex_of_block(aes.encrypt(block_of(vector.plain))), vector.cipher);
  }
}

TEST(Aes128, DecryptsThePublishedVectors) {
  for (const Vector& vector : vectors) {
    const Aes128 aes(array_of_hex<16>(vector.key));
    EXPECT_EQ(hex_of_block(aes.decrypt(block_of(vector.cipher))), vector.plain);
  }
}

}  // namespace
}  // namespace weft
