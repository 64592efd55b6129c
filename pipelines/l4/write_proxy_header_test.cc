#include "pipelines/l4/write_proxy_header.h"

#include <gtest/gtest.h>

#include <string>

namespace weft {
namespace {

std::string header(ClientAddress version, const char* client, uint16_t client_port,
                   const char* listener, uint16_t listener_port) {
  ProxyHeader bytes;
  const uint32_t count = write_proxy_header(bytes, version,
                                            {*IpAddress::parse(client), *IpAddress::parse(listener),
                                             be16(client_port), be16(listener_port)});
  return {reinterpret_cast<const char*>(bytes.data()), count};
}

TEST(WriteProxyHeader, Version1IsALineOfText) {
  EXPECT_EQ(header(ClientAddress::proxy_v1, "192.0.2.1", 1234, "203.0.113.10", 80),
            "PROXY TCP4 192.0.2.1 203.0.113.10 1234 80\r\n");
  EXPECT_EQ(header(ClientAddress::proxy_v1, "2001:db8::1", 1234, "2001:db8:1::10", 80),
            "PROXY TCP6 2001:db8::1 2001:db8:1::10 1234 80\r\n");
}

TEST(WriteProxyHeader, TheLongestLineFits) {
  const char* longest = "2001:1db8:1111:2222:3333:4444:5555:6666";
  EXPECT_LE(header(ClientAddress::proxy_v1, longest, 65535, longest, 65535).size(),
            proxy_header_bytes_max);
}

TEST(WriteProxyHeader, Version2IsBinary) {
  const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);
  EXPECT_EQ(header(ClientAddress::proxy_v2, "192.0.2.1", 0x1234, "203.0.113.10", 80),
            signature + std::string("\x21\x11\x00\x0c"
                                    "\xc0\x00\x02\x01"
                                    "\xcb\x00\x71\x0a"
                                    "\x12\x34\x00\x50",
                                    16));
  EXPECT_EQ(header(ClientAddress::proxy_v2, "2001:db8::1", 0x1234, "2001:db8:1::10", 80),
            signature + std::string("\x21\x21\x00\x24"
                                    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
                                    "\x20\x01\x0d\xb8\0\x01\0\0\0\0\0\0\0\0\0\x10"
                                    "\x12\x34\x00\x50",
                                    40));
}

}  // namespace
}  // namespace weft
