#include "mgmt/process/state_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace weft::mgmt {

static constexpr std::size_t seed_digits = 32;

static bool is_seed(const std::string& text) {
  return text.size() == seed_digits &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

static std::string draw_seed() {
  std::array<uint8_t, seed_digits / 2> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return {};
  std::string text;
  for (const uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

// Whole or not at all, also when the power fails: written beside, then renamed.
static Result<void> keep(const std::filesystem::path& path, const std::string& seed) {
  const std::string beside = path.string() + ".new";
  const int file = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool kept =
      file >= 0 && write(file, seed.data(), seed.size()) == static_cast<ssize_t>(seed.size());
  kept = kept && fsync(file) == 0;
  const int error = errno;
  if (file >= 0) close(file);
  if (kept && rename(beside.c_str(), path.c_str()) == 0) return {};
  return fail(fmt::format("cannot keep the hash seed in {}: {}", path.string(),
                          std::strerror(kept ? errno : error)));
}

Result<std::string> kept_hash_seed(const std::string& state_dir, const std::string& gateway) {
  std::error_code error;
  std::filesystem::create_directories(state_dir, error);
  if (error) {
    return fail(fmt::format("cannot make gateway.state_dir {}: {}", state_dir, error.message()));
  }
  const auto path = std::filesystem::path(state_dir) / (gateway + ".hash_seed");
  std::string seed;
  std::ifstream(path) >> seed;
  if (is_seed(seed)) return seed;
  seed = draw_seed();
  if (auto kept = keep(path, seed); !kept) return tl::unexpected(kept.error());
  return seed;
}

}  // namespace weft::mgmt
