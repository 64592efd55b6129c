// Target: bytes of a client and of an instance through the HTTP/1 decoders and encoders. Holds them
// to what the folder's README says: where bytes are cut changes nothing, and what was passed on is
// passed on unchanged.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"
#include "tests/http/h1_forward.h"
#include "tests/http/h1_oddities.h"

namespace weft::fuzz {
namespace {

using test::Outcome;

// Small limits, so that they are reached.
constexpr HttpLimits limits = {.first_line_bytes_max = 80,
                               .head_bytes_max = 300,
                               .fields_max = 6,
                               .trailer_bytes_max = 60,
                               .chunk_extension_bytes_max = 16};

void expect(bool holds, const char* what, std::string_view text) {
  if (holds) return;
  std::fprintf(stderr, "%s:\n%.*s\n", what, static_cast<int>(text.size()), text.data());
  std::abort();
}

// Of the tables of odd messages, which the input goes on from.
std::vector<std::string> seeds_of(std::span<const test::OddityTable> tables) {
  std::vector<std::string> seeds;
  for (const test::OddityTable& table : tables) {
    for (const test::Oddity& oddity : table.rows) {
      seeds.push_back(std::string(table.before).append(oddity.text).append(table.after));
    }
  }
  return seeds;
}

void edit(std::string& text, Input& input) {
  constexpr std::string_view odd =
      "\r\n \t:;,/\\%.\0\x7f\xff"
      "0a";
  const std::size_t at = input.below(text.size() + 1);
  switch (input.below(4)) {
    case 0:
      text.insert(at, 1, odd[input.below(odd.size())]);
      break;
    case 1:
      if (at < text.size()) text[at] = static_cast<char>(input.u8());
      break;
    case 2:
      text.erase(at, input.below(4));
      break;
    default:
      text.insert(at, text.substr(input.below(text.size() + 1), input.below(40)));
      break;
  }
}

// Messages of the tables behind each other, edited; now and then any bytes.
std::string bytes_of(Input& input, const std::vector<std::string>& seeds) {
  const uint8_t how = input.u8();
  std::string text;
  for (uint8_t n = how % 3; n > 0; --n) text += seeds[input.below(seeds.size())];
  if (how >= 224) {
    for (const std::byte byte : input.take(200)) text += static_cast<char>(byte);
  }
  for (uint8_t n = how / 8 % 6; n > 0; --n) edit(text, input);
  return text;
}

// Each piece in a buffer of its own size, behind which a sanitizer sees.
std::vector<Slice> pieces_of(std::string_view text, Input& input) {
  std::vector<Slice> pieces;
  while (!text.empty()) {
    const std::size_t bytes = std::min(text.size(), 1 + input.below(input.u8() < 64 ? 3 : 100));
    pieces.push_back(Slice::copy_of(text.substr(0, bytes)));
    text.remove_prefix(bytes);
  }
  return pieces;
}

template <class Forward>
void judge(const std::string& text, Input& input, Forward forward) {
  const Slice whole[] = {Slice::copy_of(text)};
  const Outcome outcome = forward(whole, limits);
  expect(forward(pieces_of(text, input), limits) == outcome, "where it is cut matters", text);
  const Slice again[] = {Slice::copy_of(outcome.forwarded)};
  // A request without a host becomes one with an empty one, which is refused.
  if (outcome.forwarded.find("Host: \r\n") != std::string::npos) return;
  // Spaces that are added may reach the limits.
  const Outcome second = forward(again, HttpLimits{});
  expect(second.forwarded == outcome.forwarded, "passed on differently the second time", text);
  expect(second.messages == outcome.messages, "other messages the second time", text);
}

}  // namespace

void run_target(std::span<const uint8_t> bytes) {
  static const std::vector<std::string> requests = seeds_of(test::odd_requests());
  static const std::vector<std::string> responses = seeds_of(test::odd_responses());
  Input input(bytes);
  judge(bytes_of(input, requests), input,
        [](std::span<const Slice> pieces, const HttpLimits& bounds) {
          return test::forward_requests(pieces, bounds);
        });
  static const RequestHead asked[] = {test::request_of(Method::get), test::request_of(Method::get),
                                      test::request_of(Method::get), test::request_of(Method::get)};
  judge(bytes_of(input, responses), input, [](std::span<const Slice> pieces, const HttpLimits&) {
    return test::forward_responses(pieces, asked, false);
  });
}

}  // namespace weft::fuzz
