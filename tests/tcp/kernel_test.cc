// Our stack and the kernel's with each other, through a wire of one seed. Needs root.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/tcp/wire_ends.h"

namespace weft {
namespace {

using test::Host;
using test::KernelHost;
using test::PathSettings;
using test::StackHost;

constexpr char client_address[] = "10.9.0.1";
constexpr char server_address[] = "10.9.0.2";
constexpr char network[] = "10.9.0.0/24";
constexpr uint16_t port = 80;

struct Transfer {
  uint32_t connections = 1;
  uint64_t upload_bytes = 0;
  uint64_t download_bytes = 0;
};

bool all_finished(const Host& host, std::size_t connections) {
  const auto& streams = host.streams();
  return streams.size() == connections &&
         std::all_of(streams.begin(), streams.end(), [](const auto& s) { return s->finished(); });
}

// Runs it, and checks that every byte arrived.
void transfer(Host& client, Host& server, const PathSettings& path, uint64_t seed,
              const Transfer& what) {
  test::SeededWire wire(path, seed);
  wire.attach(client, server);
  server.listen(port, what.download_bytes);
  for (uint32_t i = 0; i < what.connections; ++i) {
    client.connect({server.address(), be16(port)}, what.upload_bytes);
  }
  const bool finished = wire.run_until(
      [&] {
        return all_finished(client, what.connections) && all_finished(server, what.connections);
      },
      seconds(120));
  EXPECT_TRUE(finished);
  for (const auto& stream : client.streams()) {
    EXPECT_TRUE(stream->intact());
    EXPECT_EQ(stream->read_bytes(), what.download_bytes);
  }
  for (const auto& stream : server.streams()) {
    EXPECT_TRUE(stream->intact());
    EXPECT_EQ(stream->read_bytes(), what.upload_bytes);
  }
}

PathSettings lossy() {
  return {.loss = 0.01, .delay = milliseconds(10), .bytes_per_s = 12'500'000};
}

TEST(Kernel, ConnectsToUs) {
  KernelHost client(client_address, network);
  StackHost server(server_address, {});
  transfer(client, server, {}, 1, {.upload_bytes = 3'000'000, .download_bytes = 3'000'000});
}

TEST(Kernel, IsConnectedTo) {
  StackHost client(client_address, {});
  KernelHost server(server_address, network);
  transfer(client, server, {}, 1, {.upload_bytes = 3'000'000, .download_bytes = 3'000'000});
}

TEST(Kernel, AllArrivesOverABadPath) {
  const PathSettings path{.loss = 0.02,
                          .duplication = 0.01,
                          .reordering = 0.05,
                          .delay = milliseconds(5),
                          .bytes_per_s = 12'500'000};
  for (const bool we_connect : {true, false}) {
    SCOPED_TRACE(we_connect);
    KernelHost kernel(we_connect ? server_address : client_address, network);
    StackHost stack(we_connect ? client_address : server_address, {});
    Host& client = we_connect ? static_cast<Host&>(stack) : kernel;
    Host& server = we_connect ? static_cast<Host&>(kernel) : stack;
    transfer(client, server, path, 7,
             {.connections = 10, .upload_bytes = 300'000, .download_bytes = 300'000});
  }
}

// How long each of so many connections took to bring the bytes from the client to the server.
std::vector<double> seconds_taken(Host& client, Host& server, uint64_t bytes, uint32_t count) {
  transfer(client, server, lossy(), 1, {.connections = count, .upload_bytes = bytes});
  std::vector<double> taken;
  for (const auto& stream : server.streams()) {
    taken.push_back(std::chrono::duration<double>(stream->took()).count());
  }
  return taken;
}

struct Bounds {
  double mean;
  double lowest;
};

void expect_goodput_like(const std::vector<double>& kernels, const std::vector<double>& ours,
                         const std::string& who, Bounds bounds) {
  double logs = 0;
  double worst = 1e9;
  for (std::size_t i = 0; i < kernels.size(); ++i) {
    const double ratio = kernels[i] / ours[i];
    logs += std::log(ratio);
    worst = std::min(worst, ratio);
  }
  const double mean = std::exp(logs / static_cast<double>(kernels.size()));
  printf("%s: goodput over the kernel's, geometric mean %.2f, lowest %.2f\n", who.c_str(), mean,
         worst);
  EXPECT_GE(mean, bounds.mean) << who;
  EXPECT_GE(worst, bounds.lowest) << who;
}

TEST(Kernel, WeAreAsFastOverALossyPath) {
  constexpr uint64_t bytes = 8'000'000;
  constexpr uint32_t connections = 20;  // each with a seed of its own
  std::vector<double> kernels;
  {
    KernelHost client(client_address, network);
    KernelHost server(server_address, network);
    kernels = seconds_taken(client, server, bytes, connections);
  }
  std::vector<double> sent;
  {
    StackHost client(client_address, {});
    KernelHost server(server_address, network);
    sent = seconds_taken(client, server, bytes, connections);
  }
  std::vector<double> received;
  {
    KernelHost client(client_address, network);
    StackHost server(server_address, {});
    received = seconds_taken(client, server, bytes, connections);
  }
  expect_goodput_like(kernels, sent, "we send", {.mean = 0.95, .lowest = 0.7});
  // The kernel sends in both: what differs is our acknowledgments, and chance, some percent.
  expect_goodput_like(kernels, received, "we receive", {.mean = 0.9, .lowest = 0.6});
}

}  // namespace
}  // namespace weft
