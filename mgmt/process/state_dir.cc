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
#include <optional>
#include <sstream>
#include <string_view>

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
static Result<void> keep(const std::filesystem::path& path, const std::string& content,
                         std::string_view what) {
  const std::string beside = path.string() + ".new";
  const int file = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool kept = file >= 0 &&
              write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size());
  kept = kept && fsync(file) == 0;
  const int error = errno;
  if (file >= 0) close(file);
  if (kept && rename(beside.c_str(), path.c_str()) == 0) return {};
  return fail(fmt::format("cannot keep the {} in {}: {}", what, path.string(),
                          std::strerror(kept ? errno : error)));
}

static Result<void> make_folder(const std::string& state_dir) {
  std::error_code error;
  std::filesystem::create_directories(state_dir, error);
  if (!error) return {};
  return fail(fmt::format("cannot make gateway.state_dir {}: {}", state_dir, error.message()));
}

Result<std::string> kept_hash_seed(const std::string& state_dir, const std::string& gateway) {
  if (auto made = make_folder(state_dir); !made) return tl::unexpected(made.error());
  const auto path = std::filesystem::path(state_dir) / (gateway + ".hash_seed");
  std::string seed;
  std::ifstream(path) >> seed;
  if (is_seed(seed)) return seed;
  seed = draw_seed();
  if (auto kept = keep(path, seed, "hash seed"); !kept) return tl::unexpected(kept.error());
  return seed;
}

// ---- orders: a line each, "drain 1767323045 web/10.0.0.1:80 alice, uid 0"

static std::filesystem::path orders_path(const std::string& state_dir, const std::string& gateway) {
  return std::filesystem::path(state_dir) / (gateway + ".orders");
}

Result<void> keep_orders(const std::string& state_dir, const std::string& gateway,
                         const std::vector<Order>& orders) {
  if (auto made = make_folder(state_dir); !made) return made;
  std::string lines;
  for (const Order& order : orders) {
    lines += fmt::format("{} {} {} {}\n", order_name(order.kind),
                         order.at.time_since_epoch().count(), endpoint_text(order), order.by);
  }
  return keep(orders_path(state_dir, gateway), lines, "orders");
}

static std::optional<Order> parse_kept(const std::string& line) {
  std::istringstream words(line);
  std::string kind;
  int64_t at = 0;
  std::string endpoint;
  std::string by;
  words >> kind >> at >> endpoint >> std::ws;
  if (!std::getline(words, by)) return std::nullopt;
  const auto parsed = parse_order(kind);
  auto order = order_about(endpoint);
  if (!parsed || *parsed == OrderKind::enable || !order) return std::nullopt;
  order->kind = *parsed;
  order->by = by;
  order->at = std::chrono::sys_seconds(std::chrono::seconds(at));
  return *order;
}

Result<std::vector<Order>> kept_orders(const std::string& state_dir, const std::string& gateway) {
  const std::filesystem::path path = orders_path(state_dir, gateway);
  std::vector<Order> orders;
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return orders;
  std::ifstream file(path);
  if (!file) return fail(fmt::format("cannot read the orders in {}", path.string()));
  uint32_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    std::optional<Order> order = parse_kept(line);
    if (!order) {
      return fail(
          fmt::format("{}:{}: \"{}\" is no order of an operator; mend the line, or remove "
                      "the file and order again",
                      path.string(), number, line));
    }
    orders.push_back(*std::move(order));
  }
  return orders;
}

// ---- blackholes: a prefix on each line

static std::filesystem::path blackholes_path(const std::string& state_dir,
                                             const std::string& gateway) {
  return std::filesystem::path(state_dir) / (gateway + ".blackholes");
}

Result<void> keep_blackholes(const std::string& state_dir, const std::string& gateway,
                             const std::vector<IpPrefix>& prefixes) {
  if (auto made = make_folder(state_dir); !made) return made;
  std::string lines;
  for (const IpPrefix& prefix : prefixes) lines += prefix.to_string() + "\n";
  return keep(blackholes_path(state_dir, gateway), lines, "blackholes");
}

Result<std::vector<IpPrefix>> kept_blackholes(const std::string& state_dir,
                                              const std::string& gateway) {
  const std::filesystem::path path = blackholes_path(state_dir, gateway);
  std::vector<IpPrefix> prefixes;
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) return prefixes;
  std::ifstream file(path);
  if (!file) return fail(fmt::format("cannot read the blackholes in {}", path.string()));
  uint32_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const auto prefix = IpPrefix::parse(line);
    if (!prefix) {
      return fail(fmt::format("{}:{}: \"{}\" is no prefix to blackhole; mend the line or remove it",
                              path.string(), number, line));
    }
    prefixes.push_back(*prefix);
  }
  return prefixes;
}

}  // namespace weft::mgmt
