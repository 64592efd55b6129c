#include "mgmt/config/bad_input_test.h"

namespace weft::mgmt::config {

namespace {

constexpr BadInput bad_syntax[] = {
    {"no end of a table header",
     R"([gateway
name = "gw-1"
)",
     R"(weft.toml:1:1: "]" is missing at the end of the table header
[gateway
^
)"},
    {"no end of a list header",
     R"([[interface]
name = "edge"
)",
     R"(weft.toml:1:1: "]]" is missing at the end of the table header
[[interface]
^
)"},
    {"an empty header",
     R"([]
)",
     R"(weft.toml:1:1: this is neither a key nor a table header
[]
^
)"},
    {"text after a header",
     R"([gateway] name = "gw-1"
)",
     R"(weft.toml:1:10: the line should end after the table header
[gateway] name = "gw-1"
         ^
)"},
    {"no value",
     R"([gateway]
name =
)",
     R"(weft.toml:2:7: a value is missing after "="
name =
      ^
)"},
    {"no equals sign",
     R"([gateway]
name "gw-1"
)",
     R"(weft.toml:2:5: "=" is missing after the key
name "gw-1"
    ^
)"},
    {"no key",
     R"(= "gw-1"
)",
     R"(weft.toml:1:1: a key is missing before "="
= "gw-1"
^
)"},
    {"a space in a key",
     R"(gate way = 1
)",
     R"(weft.toml:1:5: not in a key without quotes: letters, digits, "_" and "-" are
gate way = 1
    ^
)"},
    {"a string without quotes",
     R"([gateway]
name = gw-1
)",
     R"(weft.toml:2:8: this is no value (a string needs quotes)
name = gw-1
       ^
)"},
    {"an address without quotes",
     R"([admin]
address = 127.0.0.1:9100
)",
     R"(weft.toml:2:16: the value ends before this; the line should too (a string needs quotes)
address = 127.0.0.1:9100
               ^
)"},
    {"no closing quote",
     R"([gateway]
name = "gw-1
idle = "poll"
)",
     R"(weft.toml:2:8: the closing quote of this string is missing
name = "gw-1
       ^
)"},
    {"no closing single quote",
     R"([gateway]
name = 'gw-1
)",
     R"(weft.toml:2:8: the closing quote of this string is missing
name = 'gw-1
       ^
)"},
    {"no closing quotes of several lines",
     R"([gateway]
name = """gw-1
idle = "poll"
)",
     R"(weft.toml:2:8: the closing quotes of this string are missing
name = """gw-1
       ^
)"},
    {"an unknown escape",
     R"([gateway]
name = "gw\d"
)",
     R"(weft.toml:2:11: unknown escape \d (a backslash itself is \\)
name = "gw\d"
          ^
)"},
    {"an escape that is no character",
     R"([gateway]
name = "gw\ud800"
)",
     R"(weft.toml:2:11: this escape names no Unicode character
name = "gw\ud800"
          ^
)"},
    {"an escape too short",
     R"([gateway]
name = "gw\u12"
)",
     R"(weft.toml:2:11: \u needs 4 hexadecimal digits
name = "gw\u12"
          ^
)"},
    {"a key twice",
     R"([gateway]
name = "a"
name = "b"
)",
     R"(weft.toml:3:8: "name" is defined already, in line 2
name = "b"
       ^
)"},
    {"a table twice",
     R"([gateway]
name = "a"

[gateway]
idle = "poll"
)",
     R"(weft.toml:4:1: "gateway" is defined already, in line 1
[gateway]
^
)"},
    {"a list after a table",
     R"([interface]

[[interface]]
)",
     R"(weft.toml:3:1: "interface" is defined already, in line 1
[[interface]]
^
)"},
    {"a table after a list",
     R"([[interface]]

[interface]
)",
     R"(weft.toml:3:1: "interface" is defined already, in line 1
[interface]
^
)"},
    {"an inline table extended",
     R"(gateway = { name = "a" }
[gateway.flows]
)",
     R"(weft.toml:2:1: the table in line 1 is closed by its brace
[gateway.flows]
^
)"},
    {"a value extended",
     R"(gateway = 1
gateway.name = "a"
)",
     R"(weft.toml:2:16: the value in line 1 is no table
gateway.name = "a"
               ^
)"},
    {"no comma in a list",
     R"([gateway]
workers = [1 2]
)",
     R"(weft.toml:2:14: "," or "]" is missing in the list of line 2
workers = [1 2]
             ^
)"},
    {"no end of a list",
     R"([gateway]
workers = [1,
idle = "poll"
)",
     R"(weft.toml:3:1: this is no value (a string needs quotes)
idle = "poll"
^
)"},
    {"no end of an inline table",
     R"(gateway = { name = "a"
)",
     R"(weft.toml:1:11: "}" is missing: an inline table stands on one line
gateway = { name = "a"
          ^
)"},
    {"an inline table of several lines",
     R"(gateway = {
  name = "a",
}
)",
     R"(weft.toml:1:11: "}" is missing: an inline table stands on one line
gateway = {
          ^
)"},
    {"no comma in an inline table",
     R"(gateway = { name = "a" idle = "poll" }
)",
     R"(weft.toml:1:24: "," or "}" is missing in the inline table
gateway = { name = "a" idle = "poll" }
                       ^
)"},
    {"a comma before the brace",
     R"(gateway = { name = "a", }
)",
     R"(weft.toml:1:25: "," stands before the "}" of an inline table
gateway = { name = "a", }
                        ^
)"},
    {"two values",
     R"([gateway]
memory_mib = 256 MiB
)",
     R"(weft.toml:2:18: the value ends before this; the line should too (a string needs quotes)
memory_mib = 256 MiB
                 ^
)"},
    {"a leading zero",
     R"([gateway]
memory_mib = 0256
)",
     R"(weft.toml:2:14: an integer has no leading zero
memory_mib = 0256
             ^
)"},
    {"an integer beyond 64 bits",
     R"([gateway]
memory_mib = 9223372036854775808
)",
     R"(weft.toml:2:14: this integer is beyond 64 bits
memory_mib = 9223372036854775808
             ^
)"},
    {"a word that is no boolean",
     R"([[cluster]]
health.tcp = yes
)",
     R"(weft.toml:2:14: this is no value (a string needs quotes)
health.tcp = yes
             ^
)"},
    {"only true and false",
     R"([[cluster]]
health.tcp = True
)",
     R"(weft.toml:2:14: this is no value (a string needs quotes)
health.tcp = True
             ^
)"},
    {"half a float",
     R"([gateway]
memory_mib = 256.
)",
     R"(weft.toml:2:17: this is no float
memory_mib = 256.
                ^
)"},
    {"a day that is none",
     R"([gateway]
name = 2025-02-30
)",
     R"(weft.toml:2:18: there is no such date
name = 2025-02-30
                 ^
)"},
    {"brackets too deep",
     R"(x = [[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]
)",
     R"(weft.toml:1:21: nested too deep
x = [[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]
                    ^
)"},
    {"a key of too many parts",
     R"(a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = 1
)",
     R"(weft.toml:1:32: the key has too many parts
a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = 1
                               ^
)"},
};

}  // namespace

TEST(BadSyntax, IsRefusedWithThisMessage) {
  expect_refused(bad_syntax, "");
}

}  // namespace weft::mgmt::config
