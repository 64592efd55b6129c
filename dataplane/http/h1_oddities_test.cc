// Every odd request and response, in one piece, cut in two at every byte, and byte by byte; what is
// decoded ends at a page that nobody may read.
#include "tests/http/h1_oddities.h"

#include <gmock/gmock.h>

#include <functional>
#include <string>

#include "tests/guard_page.h"
#include "tests/http/h1_forward.h"

namespace weft::test {
namespace {

using Forward = std::function<Outcome(std::span<const Slice>)>;

std::string_view placed(GuardPage& page, std::string_view text) {
  const auto bytes = page.place(std::as_bytes(std::span(text)));
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Outcome forward_whole(std::string_view text, const Forward& forward) {
  GuardPage page;
  const Slice pieces[] = {borrowed(placed(page, text))};
  return forward(pieces);
}

void expect_same_however_cut(std::string_view text, const Outcome& whole, const Forward& forward) {
  GuardPage first;
  GuardPage second;
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const Slice pieces[] = {borrowed(placed(first, text.substr(0, cut))),
                            borrowed(placed(second, text.substr(cut)))};
    ASSERT_EQ(forward(pieces), whole) << "cut at " << cut;
  }
  std::vector<Slice> bytes;
  for (const char& c : text) bytes.push_back(Slice::copy_of(std::string_view(&c, 1)));
  ASSERT_EQ(forward(bytes), whole) << "byte by byte";
}

void check(const OddityTable& table, const Oddity& oddity, const Forward& forward) {
  SCOPED_TRACE(testing::Message() << table.name << ": " << testing::PrintToString(oddity.text));
  const auto around = [&](std::string_view before, std::string_view part, std::string_view after) {
    return std::string(before).append(part).append(after);
  };
  const std::string text = around(table.before, oddity.text, table.after);
  const Outcome whole = forward_whole(text, forward);
  EXPECT_EQ(name_of(whole.refusal), name_of(oddity.refusal));
  EXPECT_EQ(status_of(whole.refusal), oddity.status);
  const bool refused = oddity.refusal != Refusal::none;
  const std::string forwarded =
      refused ? "" : around(table.forwarded_before, oddity.forwarded, table.forwarded_after);
  EXPECT_EQ(whole.forwarded, forwarded);
  EXPECT_EQ(whole.keeps_alive && refused, false);
  expect_same_however_cut(text, whole, forward);
}

std::size_t check_all(std::span<const OddityTable> tables, const Forward& forward) {
  std::size_t rows = 0;
  for (const OddityTable& table : tables) {
    for (const Oddity& oddity : table.rows) check(table, oddity, forward);
    rows += table.rows.size();
  }
  return rows;
}

TEST(H1Oddities, RequestsAreRefusedOrPassedOnAsTheTableSays) {
  const std::size_t rows = check_all(
      odd_requests(), [](std::span<const Slice> pieces) { return forward_requests(pieces); });
  EXPECT_GE(rows, 250u);
}

TEST(H1Oddities, ResponsesAreRefusedOrPassedOnAsTheTableSays) {
  const RequestHead requests[] = {request_of(Method::get)};
  check_all(odd_responses(), [&](std::span<const Slice> pieces) {
    return forward_responses(pieces, requests, true);
  });
}

// What was passed on is no oddity any more.
TEST(H1Oddities, WhatIsPassedOnIsPassedOnUnchanged) {
  for (const OddityTable& table : odd_requests()) {
    for (const Oddity& oddity : table.rows) {
      if (oddity.refusal != Refusal::none) continue;
      const std::string text = std::string(table.forwarded_before)
                                   .append(oddity.forwarded)
                                   .append(table.forwarded_after);
      if (text.find("Host: \r\n") != text.npos) continue;  // made of a request without a host
      EXPECT_EQ(forward_whole(text, [](auto pieces) { return forward_requests(pieces); }).forwarded,
                text);
    }
  }
}

}  // namespace
}  // namespace weft::test
