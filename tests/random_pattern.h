// Random patterns over a few bytes, and all the short strings there are of them: for tests that
// compare what two engines make of a pattern.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace weft::test {

class RandomPattern {
 public:
  static constexpr std::string_view alphabet = "ab/";

  explicit RandomPattern(uint32_t seed) : random_(seed) {}

  uint32_t up_to(uint32_t n) { return std::uniform_int_distribution<uint32_t>(0, n)(random_); }

  // Some characters of the alphabet.
  std::string text(uint32_t bytes_max) {
    std::string text;
    for (uint32_t bytes = up_to(bytes_max); text.size() < bytes;) text += character();
    return text;
  }

  std::string pattern() { return text(2) + alternatives(2); }

 private:
  char character() { return alphabet[up_to(alphabet.size() - 1)]; }
  std::string one_of(const std::vector<std::string>& choices) {
    return choices[up_to(static_cast<uint32_t>(choices.size() - 1))];
  }

  std::string alternatives(uint32_t depth) {
    std::string text = sequence(depth);
    while (up_to(3) == 0) text += '|' + sequence(depth);
    return text;
  }
  std::string sequence(uint32_t depth) {
    std::string text;
    for (uint32_t pieces = up_to(3); pieces > 0; --pieces) text += piece(depth);
    return text;
  }
  std::string piece(uint32_t depth) {
    static const std::vector<std::string> quantifiers = {"?",   "*",  "+",   "{0,2}",
                                                         "{2}", "*?", "{1,}"};
    return atom(depth) + (up_to(2) == 0 ? one_of(quantifiers) : "");
  }
  std::string atom(uint32_t depth) {
    static const std::vector<std::string> odd = {
        ".", "[ab]", "[^a]", "[]|a]", "[^]|]", "[[:alpha:]|]", "\\x61", "\\w", "\\/"};
    if (depth > 0 && up_to(4) == 0) return "(?:" + alternatives(depth - 1) + ')';
    if (depth > 0 && up_to(8) == 0) return '(' + alternatives(depth - 1) + ')';
    return up_to(2) == 0 ? one_of(odd) : std::string(1, character());
  }

  std::mt19937 random_;
};

inline std::vector<std::string> all_texts(uint32_t bytes_max) {
  std::vector<std::string> texts = {""};
  for (std::size_t at = 0; at < texts.size() && texts[at].size() < bytes_max; ++at) {
    for (const char c : RandomPattern::alphabet) texts.push_back(texts[at] + c);
  }
  return texts;
}

}  // namespace weft::test
