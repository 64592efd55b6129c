// For tests: files that are refused, and exactly what is printed of them.
#pragma once

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>

#include "mgmt/config/config.h"

namespace weft::mgmt::config {

inline const Host test_host{"gw-test", {0, 1, 2}};

struct BadInput {
  std::string_view description;
  std::string_view toml;
  std::string_view says;
};

// Each row's text, then `rest`, which is right.
inline void expect_refused(std::span<const BadInput> rows, std::string_view rest) {
  for (const BadInput& row : rows) {
    SCOPED_TRACE(row.description);
    const std::string text = std::string(row.toml) + std::string(rest);
    const Loaded loaded = load(text, "weft.toml", test_host);
    if (loaded) {
      ADD_FAILURE() << "was taken";
    } else {
      EXPECT_EQ(to_string(loaded.error()), row.says);
    }
  }
}

}  // namespace weft::mgmt::config
