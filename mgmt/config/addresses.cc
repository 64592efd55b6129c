#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "mgmt/config/forms.h"
#include "mgmt/model/usable_address.h"

namespace weft::mgmt::config {

namespace {

tl::unexpected<std::string> wrong(std::string what) {
  return tl::unexpected(std::move(what));
}

std::optional<uint32_t> decimal(std::string_view text) {
  uint32_t value = 0;
  const char* end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || after != end || text.empty()) return std::nullopt;
  return value;
}

Parsed<uint16_t> parse_port(std::string_view text) {
  const auto value = decimal(text);
  if (!value || *value == 0 || *value > UINT16_MAX) {
    return wrong(fmt::format("has no port between 1 and 65535 but \"{}\"", text));
  }
  return static_cast<uint16_t>(*value);
}

struct HostAndPort {
  std::string_view host;
  std::string_view port;
};

Parsed<HostAndPort> split(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find("]:");
    if (close == std::string_view::npos) return wrong("needs \"]:\" and a port after the address");
    return HostAndPort{text.substr(1, close - 1), text.substr(close + 2)};
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return wrong(fmt::format("needs a port, as in \"{}:80\"", text));
  }
  if (text.find(':') != colon) {
    return wrong(IpAddress::parse(text.substr(0, text.find('/')))
                     ? fmt::format("needs brackets and a port, as in \"[{}]:80\"", text)
                     : "has more than one \":\"; an IPv6 address stands in brackets");
  }
  return HostAndPort{text.substr(0, colon), text.substr(colon + 1)};
}

// RFC 1123, section 2.1, and underscores, which resolvers take.
bool is_host_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > 253) return false;
  while (true) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    const bool fits = !label.empty() && label.size() <= 63 && label.front() != '-' &&
                      label.back() != '-' && std::all_of(label.begin(), label.end(), [](char c) {
                        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                               (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
                      });
    if (!fits) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

// Only an address ends in a label of digits: "10.0.2.300" is a typing error, not a name.
bool looks_like_v4(std::string_view text) {
  const std::string_view last = text.substr(text.rfind('.') + 1);
  return !last.empty() && last.find_first_not_of("0123456789") == std::string_view::npos;
}

// Which link it is on, an address alone does not say.
constexpr const char* link_local_complaint =
    "is a link-local address, which is on no link for sure";

Parsed<uint32_t> parse_length(std::string_view text, const IpAddress& address) {
  const auto length = decimal(text);
  if (!length || *length > address.family_bits()) {
    return wrong(fmt::format("has no prefix length between 0 and {} but \"{}\"",
                             address.family_bits(), text));
  }
  return *length;
}

}  // namespace

Parsed<IpPrefix> parse_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return wrong("is no IP address or prefix");
  if (slash == std::string_view::npos) return IpPrefix::host(*address);
  const auto length = parse_length(text.substr(slash + 1), *address);
  if (!length) return wrong(length.error());
  const IpPrefix prefix(*address, *length);
  if (prefix.address() != *address) {
    return wrong(fmt::format("has bits set beyond its length: write \"{}\"", prefix.to_string()));
  }
  return prefix;
}

Parsed<IpPrefix> parse_worker_prefix(std::string_view text) {
  auto prefix = parse_prefix(text);
  if (!prefix) return prefix;
  const auto why = unusable(prefix->address());
  if (!why.empty() && prefix->length() > 0) return wrong(std::string(why));
  if (is_link_local(prefix->address())) return wrong(link_local_complaint);
  return prefix;
}

Parsed<IpAddress> parse_unicast(std::string_view text) {
  const auto address = IpAddress::parse(text);
  if (!address) return wrong("is no IP address");
  if (const auto why = unusable(*address); !why.empty()) return wrong(std::string(why));
  return *address;
}

Parsed<InterfaceAddress> parse_interface_address(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_unicast(text.substr(0, slash));
  if (!address) return wrong(address.error());
  if (slash == std::string_view::npos) {
    return wrong(
        fmt::format("needs a prefix length, as in \"{}/{}\"", text, address->is_v4() ? 24 : 64));
  }
  const auto length = parse_length(text.substr(slash + 1), *address);
  if (!length) return wrong(length.error());
  return InterfaceAddress{*address, *length};
}

Parsed<ListenerAddress> parse_listener_address(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return wrong(parts.error());
  const auto prefix = parse_worker_prefix(parts->host);
  if (!prefix) return wrong(prefix.error());
  const std::size_t dash = parts->port.find('-');
  const auto first = parse_port(parts->port.substr(0, dash));
  if (!first) return wrong(first.error());
  if (dash == std::string_view::npos) return ListenerAddress{*prefix, *first, *first};
  const auto last = parse_port(parts->port.substr(dash + 1));
  if (!last) return wrong(last.error());
  if (*last < *first) return wrong("has a port range that ends before it begins");
  return ListenerAddress{*prefix, *first, *last};
}

Parsed<EndpointAddress> parse_endpoint_address(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return wrong(parts.error());
  const auto port = parse_port(parts->port);
  if (!port) return wrong(port.error());
  if (const auto address = IpAddress::parse(parts->host)) {
    if (is_link_local(*address)) return wrong(link_local_complaint);
    if (const auto why = unusable(*address); !why.empty()) return wrong(std::string(why));
    return EndpointAddress{address->to_string(), *port};
  }
  if (looks_like_v4(parts->host)) return wrong("is no IPv4 address");
  if (!is_host_name(parts->host)) return wrong("is neither an IP address nor a host name");
  return EndpointAddress{std::string(parts->host), *port};
}

Parsed<IpAndPort> parse_ip_and_port(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return wrong(parts.error());
  const auto address = IpAddress::parse(parts->host);
  if (!address) return wrong("has no IP address before the port");
  const auto port = parse_port(parts->port);
  if (!port) return wrong(port.error());
  return IpAndPort{*address, *port};
}

Parsed<StatusRange> parse_status(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto first = decimal(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : decimal(text.substr(dash + 1));
  if (!first || !last || *first < 100 || *last > 599 || *last < *first) {
    return wrong("is no status or range of statuses between 100 and 599");
  }
  return StatusRange{static_cast<uint16_t>(*first), static_cast<uint16_t>(*last)};
}

}  // namespace weft::mgmt::config
