// The request and the response of benchmarks: what a browser sends and gets. Data for tests.
#pragma once

#include <string_view>

namespace weft::test {

inline constexpr std::string_view sample_request =
    "GET /api/v1/orders/8812734?fields=id,state,total&page=2 HTTP/1.1\r\n"
    "Host: shop.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: application/json, text/plain, */*\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Referer: https://shop.example.com/orders\r\n"
    "Cookie: session=0a1b2c3d4e5f60718293a4b5c6d7e8f9\r\n"
    "X-Request-Id: 6f1d2a7e\r\n"
    "Cache-Control: no-cache\r\n"
    "Sec-Fetch-Mode: cors\r\n"
    "Priority: u=4\r\n"
    "Connection: keep-alive\r\n"
    "\r\n";

inline constexpr std::string_view sample_response =
    "HTTP/1.1 200 OK\r\n"
    "Server: nginx/1.22.1\r\n"
    "Date: Tue, 15 Nov 2022 12:45:26 GMT\r\n"
    "Content-Type: application/json; charset=utf-8\r\n"
    "Content-Length: 100\r\n"
    "Connection: keep-alive\r\n"
    "Vary: Accept-Encoding\r\n"
    "Cache-Control: private, max-age=0\r\n"
    "ETag: \"5f3a-1b2c\"\r\n"
    "\r\n"
    "0123456789012345678901234567890123456789012345678901234567890123456789"
    "012345678901234567890123456789";

}  // namespace weft::test
