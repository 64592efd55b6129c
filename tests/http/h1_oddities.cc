#include "tests/http/h1_oddities.h"

#include <array>

#include "tests/http/h1_oddities_requests.h"

namespace weft::test {
namespace {

using namespace std::string_view_literals;
using enum Refusal;

// Whole requests, or several.
constexpr Oddity whole_rows[] = {
    {"GET / HTTP/1.0\r\n\r\n"sv, none, 0, "GET / HTTP/1.1\r\nHost: \r\n\r\n"sv},
    {"GET / HTTP/1.0\r\nHost:\r\n\r\n"sv, authority_malformed, 400, {}},
    {"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"sv, host_repeated, 400, {}},
    {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"sv,
     transfer_encoding_too_early,
     400,
     {}},
    {"GET / HTTP/1.0\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"sv, none, 0,
     "GET / HTTP/1.1\r\nHost: \r\n\r\n"sv},
    {"GET /\r\n\r\n"sv, request_line_malformed, 400, {}},
    {"\r\n\r\n"sv, empty_line_repeated, 400, {}},
    {"CONNECT a:443 HTTP/1.1\r\nHost: A:443\r\n\r\n"sv, none, 0,
     "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"sv},
    {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"sv, host_mismatch, 400, {}},
    {"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nContent-Length: 0\r\n\r\n"sv,
     body_forbidden,
     400,
     {}},
    {"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
     body_forbidden,
     400,
     {}},
    {"GET http://a/b HTTP/1.1\r\n\r\n"sv, host_missing, 400, {}},
    {"GET http://a/b HTTP/1.0\r\n\r\n"sv, none, 0, "GET /b HTTP/1.1\r\nHost: a\r\n\r\n"sv},
    {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxGET /b HTTP/1.1\r\nHost: b\r\n\r\n"sv,
     none, 0,
     "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nxGET /b HTTP/1.1\r\nHost: b\r\n\r\n"sv},
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /b HTTP/1.1\r\nHost: b\r\n\r\n"sv, none, 0,
     "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: b\r\n\r\n"sv},
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\nxx"sv, none, 0, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"sv},
    {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nnonsense\r\n\r\n"sv, none, 0,
     "GET / HTTP/1.1\r\nHost: a\r\n\r\n"sv},
    {"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
     "Content-Length: 1\r\n\r\nx"sv,
     none, 0, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx"sv},
    {"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
     "Content-Length: 0\r\n\r\n"sv,
     none, 0, "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"sv},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n"
     "0\r\nX: y\r\n\r\n"sv,
     none, 0,
     "POST / HTTP/1.1\r\nHost: a\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n"
     "0\r\nX: y\r\n\r\n"sv},
};

constexpr Oddity responses_rows[] = {
    {"HTTP/1.1 200 OK\r\n\r\n"sv, none, 0,
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"sv},
    {"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"sv, none, 0,
     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"sv},
    {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"sv, none, 0,
     "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"sv},
    {"HTTP/1.1 299 \xc3\xa9 \t?\r\nContent-Length: 0\r\n\r\n"sv, none, 0,
     "HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n"sv},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx"sv, none, 0,
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"sv},
    {"HTTP/1.1 204 No Content\r\n\r\n"sv, none, 0, "HTTP/1.1 204 No Content\r\n\r\n"sv},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"sv, none, 0,
     "HTTP/1.1 204 No Content\r\n\r\n"sv},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"sv, none, 0,
     "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"sv},
    {"HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 204 x\r\n\r\n"sv, none, 0,
     "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"sv},
    {"HTTP/1.1 200 OK\r\nServer: a\r\nConnection: close, X\r\nX: y\r\nContent-Length: 0\r\n\r\n"sv,
     none, 0, "HTTP/1.1 200 OK\r\nServer: a\r\nContent-Length: 0\r\n\r\n"sv},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n"
     "1\r\na\r\n0\r\nX: y\r\n\r\n"sv,
     none, 0,
     "HTTP/1.1 200 OK\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n"
     "1\r\na\r\n0\r\nX: y\r\n\r\n"sv},
    {"\r\nHTTP/1.1 200 OK\r\n\r\n"sv, version_malformed, 400, {}},
    {"HTTP/2.0 200 OK\r\n\r\n"sv, version_unsupported, 505, {}},
    {"HTTP/0.9 200 OK\r\n\r\n"sv, version_unsupported, 505, {}},
    {"http/1.1 200 OK\r\n\r\n"sv, version_malformed, 400, {}},
    {"ICY 200 OK\r\n\r\n"sv, version_malformed, 400, {}},
    {"HTTP/1.1\r\n\r\n"sv, status_line_malformed, 400, {}},
    {"HTTP/1.1 \r\n\r\n"sv, status_line_malformed, 400, {}},
    {"HTTP/1.1  200 OK\r\n\r\n"sv, status_line_malformed, 400, {}},
    {"HTTP/1.1\t200 OK\r\n\r\n"sv, status_line_malformed, 400, {}},
    {"HTTP/1.1 20 OK\r\n\r\n"sv, status_line_malformed, 400, {}},
    {"HTTP/1.1 2000 OK\r\n\r\n"sv, status_line_malformed, 400, {}},
    {"HTTP/1.1 099 OK\r\n\r\n"sv, status_line_malformed, 400, {}},
    {"HTTP/1.1 600 OK\r\n\r\n"sv, status_line_malformed, 400, {}},
    {"HTTP/1.1 +20 OK\r\n\r\n"sv, status_line_malformed, 400, {}},
    {"HTTP/1.1 200\tOK\r\n\r\n"sv, status_line_malformed, 400, {}},
    {"HTTP/1.1 200 O\0K\r\n\r\n"sv, status_line_malformed, 400, {}},
    {"HTTP/1.1 200 O\rK\r\n\r\n"sv, bare_cr, 400, {}},
    {"HTTP/1.1 200 OK\n\r\n"sv, bare_lf, 400, {}},
    {"HTTP/1.1 200 OK\r\nX : y\r\n\r\n"sv, space_before_colon, 400, {}},
    {"HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n"sv, line_folded, 400, {}},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx"sv,
     content_length_repeated,
     400,
     {}},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx"sv, content_length_malformed, 400, {}},
    {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
     length_ambiguous,
     400,
     {}},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"sv,
     transfer_encoding_too_early,
     400,
     {}},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"sv,
     transfer_encoding_unsupported,
     501,
     {}},
    {"HTTP/1.1 204 x\r\nContent-Length: 1\r\n\r\nx"sv, body_forbidden, 400, {}},
    {"HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n"sv, body_forbidden, 400, {}},
    {"HTTP/1.1 100 x\r\nContent-Length: 1\r\n\r\n"sv, body_forbidden, 400, {}},
    {"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"sv,
     upgrade_unexpected,
     400,
     {}},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n"sv,
     chunk_size_malformed,
     400,
     {}},
};

const std::array<OddityTable, 8> requests = {
    odd_request_lines, odd_targets, odd_hosts,  odd_fields,
    odd_connections,   odd_lengths, odd_chunks, OddityTable{"whole", {}, whole_rows, {}, {}, {}}};

const std::array<OddityTable, 1> responses = {
    OddityTable{"responses", {}, responses_rows, {}, {}, {}}};

}  // namespace

std::span<const OddityTable> odd_requests() {
  return requests;
}

std::span<const OddityTable> odd_responses() {
  return responses;
}

}  // namespace weft::test
