// A second opinion on the tables of oddities: what passes here is sound for llhttp too, but for
// what it does not know, and what is forwarded is as many messages to it as it was here.
#include <gmock/gmock.h>
#include <llhttp.h>

#include <algorithm>
#include <set>
#include <string>

#include "tests/http/h1_forward.h"
#include "tests/http/h1_oddities.h"

namespace weft::test {
namespace {

// What llhttp makes of the bytes of a connection.
struct Opinion {
  bool refused = false;
  uint32_t messages = 0;
  std::string body;

  static Opinion& of(llhttp_t* parser) { return *static_cast<Opinion*>(parser->data); }
};

Opinion opinion_on(std::string_view text, llhttp_type_t type) {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_body = [](llhttp_t* parser, const char* at, size_t bytes) {
    Opinion::of(parser).body.append(at, bytes);
    return 0;
  };
  settings.on_message_complete = [](llhttp_t* parser) {
    ++Opinion::of(parser).messages;
    return 0;
  };
  Opinion opinion;
  llhttp_t parser;
  llhttp_init(&parser, type, &settings);
  parser.data = &opinion;
  const llhttp_errno_t error = llhttp_execute(&parser, text.data(), text.size());
  const bool fine = error == HPE_OK || error == HPE_PAUSED_UPGRADE;
  const bool ends = !fine || error == HPE_PAUSED_UPGRADE || llhttp_finish(&parser) == HPE_OK;
  opinion.refused = !fine || !ends;
  return opinion;
}

std::string text_of(const OddityTable& table, const Oddity& oddity) {
  return std::string(table.before).append(oddity.text).append(table.after);
}

// What llhttp refuses though RFC 9110 and 9112 have it: methods that it does not know, later minor
// versions, empty list elements and chunk extensions, and bytes that begin no request.
bool is_narrow(std::string_view text) {
  constexpr std::string_view narrow[] = {
      "get ", "GETT ", "~9 / ", "ABCDEFGHIJ", "HTTP/1.2", "HTTP/1.9", ", chunked,", "3;", "xx"};
  return std::ranges::any_of(narrow, [text](auto part) { return text.find(part) != text.npos; });
}

TEST(H1Llhttp, WhatPassesHereIsSoundForLlhttpToo) {
  for (const OddityTable& table : odd_requests()) {
    for (const Oddity& oddity : table.rows) {
      if (oddity.refusal != Refusal::none) continue;
      const std::string text = text_of(table, oddity);
      const Opinion opinion = opinion_on(text, HTTP_REQUEST);
      EXPECT_EQ(opinion.refused, is_narrow(text)) << testing::PrintToString(text);
    }
  }
}

// What was forwarded is read by llhttp as it was meant.
TEST(H1Llhttp, WhatIsForwardedHasOneReading) {
  for (const OddityTable& table : odd_requests()) {
    for (const Oddity& oddity : table.rows) {
      const Slice pieces[] = {Slice::copy_of(text_of(table, oddity))};
      const Outcome outcome = forward_requests(pieces);
      if (oddity.refusal != Refusal::none || is_narrow(outcome.forwarded)) continue;
      const Opinion opinion = opinion_on(outcome.forwarded, HTTP_REQUEST);
      EXPECT_FALSE(opinion.refused) << testing::PrintToString(outcome.forwarded);
      EXPECT_EQ(opinion.messages, outcome.messages) << testing::PrintToString(outcome.forwarded);
    }
  }
}

// Why syntax alone is not enough: nearly half of what is refused here it lets pass.
TEST(H1Llhttp, AcceptsMuchThatIsRefusedHere) {
  uint32_t refused = 0;
  std::set<Refusal> accepted_kinds;
  uint32_t accepted = 0;
  for (const OddityTable& table : odd_requests()) {
    for (const Oddity& oddity : table.rows) {
      if (oddity.refusal == Refusal::none) continue;
      ++refused;
      if (opinion_on(text_of(table, oddity), HTTP_REQUEST).refused) continue;
      ++accepted;
      accepted_kinds.insert(oddity.refusal);
    }
  }
  EXPECT_GE(refused, 250u);
  EXPECT_GE(accepted, 100u);
  EXPECT_THAT(accepted_kinds,
              testing::IsSupersetOf({Refusal::host_repeated, Refusal::line_folded,
                                     Refusal::space_before_colon, Refusal::authority_malformed}));
}

}  // namespace
}  // namespace weft::test
