// A request of 12 fields in about 500 bytes, and its response: decoded, encoded, in one piece and
// in two, with a short body; chunks; a path that is not in normal form.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>

#include "dataplane/http/h1_request_decoder.h"
#include "dataplane/http/h1_request_encoder.h"
#include "dataplane/http/h1_response_decoder.h"
#include "dataplane/http/h1_response_encoder.h"
#include "tests/http/h1_sample.h"

namespace weft {
namespace {

using test::sample_request;
using test::sample_response;

Chain chain_of(std::string_view text, std::size_t cut = 0) {
  Chain chain;
  chain.append(Slice::of_static(text.substr(0, cut)));
  chain.append(Slice::of_static(text.substr(cut)));
  return chain;
}

void chain_alone(benchmark::State& state) {
  for (auto _ : state) {
    Chain in = chain_of(sample_request);
    in.drop_front(in.size());
    benchmark::DoNotOptimize(&in);
  }
}
BENCHMARK(chain_alone);

void decode_request(benchmark::State& state) {
  H1RequestDecoder decoder({});
  const auto cut = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    Chain in = chain_of(sample_request, cut);
    const RequestEvent head = decoder.next(in);
    const RequestEvent end = decoder.next(in);
    if (!std::holds_alternative<End>(end)) return state.SkipWithError("no request");
    benchmark::DoNotOptimize(&head);
  }
}
BENCHMARK(decode_request)->Arg(0)->Arg(250);

void decode_response(benchmark::State& state) {
  H1ResponseDecoder decoder;
  const RequestHead request;
  for (auto _ : state) {
    Chain in = chain_of(sample_response);
    decoder.expect(request);
    const ResponseEvent head = decoder.next(in);
    const ResponseEvent data = decoder.next(in);
    const ResponseEvent end = decoder.next(in);
    if (!std::holds_alternative<End>(end)) return state.SkipWithError("no response");
    benchmark::DoNotOptimize(&head);
  }
}
BENCHMARK(decode_response);

void encode_request(benchmark::State& state) {
  Chain in = chain_of(sample_request);
  const RequestEvent event = H1RequestDecoder({}).next(in);
  for (auto _ : state) {
    Chain out;
    H1RequestEncoder encoder;
    encoder.head(std::get<RequestHead>(event), out);
    encoder.end(out);
    benchmark::DoNotOptimize(&out);
  }
}
BENCHMARK(encode_request);

void encode_response(benchmark::State& state) {
  Chain in = chain_of(sample_response);
  H1ResponseDecoder decoder;
  const RequestHead request;
  decoder.expect(request);
  const ResponseEvent event = decoder.next(in);
  for (auto _ : state) {
    Chain out;
    H1ResponseEncoder encoder;
    encoder.answer(request);
    encoder.head(std::get<ResponseHead>(event), out);
    Chain body;
    body.append(Slice(in.front()));
    encoder.data(std::move(body), out);
    encoder.end(out);
    benchmark::DoNotOptimize(&out);
  }
}
BENCHMARK(encode_response);

// Chunks of that many bytes, 64 KiB in all.
void decode_chunks(benchmark::State& state) {
  const auto bytes = static_cast<std::size_t>(state.range(0));
  std::string text;
  for (std::size_t i = 0; i < 65536; i += bytes) {
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", bytes);
    text += size + std::string(bytes, 'x') + "\r\n";
  }
  text += "0\r\n\r\n";
  const HttpLimits limits;
  for (auto _ : state) {
    Chain in;
    for (std::size_t i = 0; i < text.size(); i += 1448) {
      in.append(Slice::of_static(std::string_view(text).substr(i, 1448)));
    }
    H1Body body = H1Body::chunked();
    const H1Body::Event data = body.next(in, credit_bytes_max, false, limits);
    const H1Body::Event end = body.next(in, credit_bytes_max, false, limits);
    if (!std::holds_alternative<End>(end)) return state.SkipWithError("no end");
    benchmark::DoNotOptimize(&data);
  }
  state.SetBytesProcessed(state.iterations() * 65536);
}
BENCHMARK(decode_chunks)->Arg(64)->Arg(1024)->Arg(16384);

void normalise(benchmark::State& state) {
  constexpr std::string_view path = "/a/%7euser/./pictures/../files//report%2f2024/index.html";
  char to[path.size()];
  for (auto _ : state) benchmark::DoNotOptimize(normalise_path(path, {}, to));
}
BENCHMARK(normalise);

}  // namespace
}  // namespace weft
