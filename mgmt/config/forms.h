// What the strings of a configuration have to look like. A form's words are printed in errors
// ("name must be WORDS") and in the reference page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "dataplane/wire/ip_address.h"
#include "mgmt/model/model.h"

namespace weft::mgmt::config {

struct Form {
  std::string_view words;
  bool (*fits)(std::string_view text);
};

namespace form {
extern const Form any;   // printable text, also empty
extern const Form name;  // of gateways, interfaces, listeners, clusters, fleets, groups
extern const Form twin;  // a kernel interface's name
extern const Form seed;
extern const Form directory;
extern const Form file;
extern const Form socket;
extern const Form target;     // an HTTP request target
extern const Form http_host;  // a Host header
extern const Form device;
extern const Form admin_address;
extern const Form peer_address;
extern const Form secret;
extern const Form server_id;  // inside QUIC connection ids
extern const Form aes_key;
}  // namespace form

// Parts of strings, or what is wrong with them: a half sentence that follows the value
// ("10.0.0.1" needs a port, as in "10.0.0.1:80").
template <class T>
using Parsed = tl::expected<T, std::string>;

struct ListenerAddress {
  IpPrefix address;
  uint16_t first_port = 0;
  uint16_t last_port = 0;
};
struct EndpointAddress {
  std::string host;  // an address in its canonical spelling, or a name
  uint16_t port = 0;
};
struct IpAndPort {
  IpAddress address;
  uint16_t port = 0;
};
struct StatusRange {
  uint16_t first = 0;
  uint16_t last = 0;
};

// "203.0.113.10:80", "203.0.113.0/24:80", "203.0.113.10:8000-8099", "[fd00::1]:80".
Parsed<ListenerAddress> parse_listener_address(std::string_view text);
// "10.0.2.1:8080" or "name.example:8080".
Parsed<EndpointAddress> parse_endpoint_address(std::string_view text);
// "10.0.0.254/24", "fd00::254/64".
Parsed<InterfaceAddress> parse_interface_address(std::string_view text);
// "10.0.0.0/8"; an address is a prefix of full length; no bit beyond the length may be set.
Parsed<IpPrefix> parse_prefix(std::string_view text);
// The same, and usable: what the workers may own.
Parsed<IpPrefix> parse_worker_prefix(std::string_view text);
// An address a packet can be sent to: not unspecified, multicast, loopback or broadcast.
Parsed<IpAddress> parse_unicast(std::string_view text);
// "127.0.0.1:9100", "[::1]:9100".
Parsed<IpAndPort> parse_ip_and_port(std::string_view text);
// "c4605e"; nothing unless it is whole bytes in hexadecimal digits.
std::optional<std::vector<std::byte>> parse_hex(std::string_view text);
// "200-399" or "200".
Parsed<StatusRange> parse_status(std::string_view text);

}  // namespace weft::mgmt::config
