// Calls the target with random inputs, for builds without libFuzzer:
//   fuzz_NAME [SEED [INPUTS]]    or    fuzz_NAME FILE, an input that libFuzzer kept
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/eal.h"
#include "tests/fuzz/random_input.h"
#include "tests/fuzz/target.h"

static int run_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::fprintf(stderr, "%s: cannot be read\n", path), 2;
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  weft::fuzz::run_target({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  return 0;
}

int main(int argc, char** argv) {
  if (!weft::test::start_eal()) return 1;
  char* end = nullptr;
  const uint64_t seed = argc > 1 ? std::strtoull(argv[1], &end, 10) : 1;
  if (end != nullptr && *end != '\0') return run_file(argv[1]);
  const uint64_t inputs = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 10'000;
  std::mt19937_64 random(seed);
  for (uint64_t i = 0; i < inputs; ++i) weft::fuzz::run_target(weft::fuzz::random_input(random));
  std::printf("%llu inputs of seed %llu, no complaint\n", static_cast<unsigned long long>(inputs),
              static_cast<unsigned long long>(seed));
  return 0;
}
