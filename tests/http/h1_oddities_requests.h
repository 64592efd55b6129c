// The tables of odd requests, by what is odd. Data for tests.
#pragma once

#include "tests/http/h1_oddities.h"

namespace weft::test {

extern const OddityTable odd_request_lines;
extern const OddityTable odd_targets;
extern const OddityTable odd_hosts;
extern const OddityTable odd_fields;
extern const OddityTable odd_connections;
extern const OddityTable odd_lengths;
extern const OddityTable odd_chunks;

}  // namespace weft::test
