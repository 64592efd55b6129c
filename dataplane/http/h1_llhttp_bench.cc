// What llhttp costs for the request and the response of h1_bench.cc: its syntax alone, with a span
// for each name and value; no copy, no check of ours, no normal path.
#include <benchmark/benchmark.h>
#include <llhttp.h>

#include <array>
#include <string_view>

#include "tests/http/h1_sample.h"

namespace weft {
namespace {

struct Spans {
  std::array<std::string_view, 64> texts;
  std::size_t count = 0;

  static int take(llhttp_t* parser, const char* at, size_t bytes) {
    auto& spans = *static_cast<Spans*>(parser->data);
    spans.texts[spans.count++] = {at, bytes};
    return 0;
  }
};

void parse(benchmark::State& state, llhttp_type_t type, std::string_view text) {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_url = settings.on_header_field = settings.on_header_value = settings.on_body =
      &Spans::take;
  Spans spans;
  llhttp_t parser;
  llhttp_init(&parser, type, &settings);
  parser.data = &spans;
  for (auto _ : state) {
    spans.count = 0;
    const llhttp_errno_t error = llhttp_execute(&parser, text.data(), text.size());
    if (error != HPE_OK || spans.count < 16) return state.SkipWithError("no message");
    benchmark::DoNotOptimize(&spans);
  }
}
BENCHMARK_CAPTURE(parse, llhttp_request, HTTP_REQUEST, test::sample_request);
BENCHMARK_CAPTURE(parse, llhttp_response, HTTP_RESPONSE, test::sample_response);

}  // namespace
}  // namespace weft
