#include "dataplane/wire/checksum.h"

#include <benchmark/benchmark.h>

#include <vector>

namespace weft {
namespace {

void full_sum(benchmark::State& state) {
  const std::vector<std::byte> data(static_cast<std::size_t>(state.range(0)), std::byte{0x5a});
  for (auto _ : state) {
    benchmark::DoNotOptimize(data.data());
    benchmark::DoNotOptimize(InternetSum().add(data).checksum());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(full_sum)->Arg(20)->Arg(64)->Arg(576)->Arg(1460)->Arg(8960);

void plain_ipv4_header(benchmark::State& state) {
  const std::vector<std::byte> header(20, std::byte{0x5a});
  for (auto _ : state) {
    benchmark::DoNotOptimize(header.data());
    benchmark::DoNotOptimize(plain_ipv4_header_verifies(header.data()));
  }
}
BENCHMARK(plain_ipv4_header);

void edit_of_nat(benchmark::State& state) {
  IpAddress from = IpAddress::v4(be32(0x0a000001));
  const IpAddress to = IpAddress::v4(be32(0x0a000201));
  be16 checksum(0x1234);
  for (auto _ : state) {
    benchmark::DoNotOptimize(from);
    ChecksumEdit edit;
    edit.replace(from, to);
    benchmark::DoNotOptimize(checksum = edit.apply(checksum));
    edit.replace(be16(80), be16(8080));
    benchmark::DoNotOptimize(edit.apply(checksum));
  }
}
BENCHMARK(edit_of_nat);

}  // namespace
}  // namespace weft
