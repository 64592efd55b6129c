#include "mgmt/config/forms.h"

#include <algorithm>
#include <array>

namespace weft::mgmt::config {

namespace {

constexpr std::size_t kernel_name_bytes_max = 15;  // IFNAMSIZ without the NUL
constexpr std::size_t socket_bytes_max = 107;      // sockaddr_un::sun_path without the NUL

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f');
}
bool in_name(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
         c == '-';
}
bool is_printable(char c) {
  return static_cast<uint8_t>(c) >= 0x20 && c != 0x7f;
}
bool is_visible_ascii(char c) {
  return c > 0x20 && c < 0x7f;
}

bool all(std::string_view text, bool (*holds)(char)) {
  return std::all_of(text.begin(), text.end(), holds);
}

bool sized(std::string_view text, std::size_t min, std::size_t max) {
  return text.size() >= min && text.size() <= max;
}

bool kernel_name(std::string_view text) {
  return sized(text, 1, kernel_name_bytes_max) && all(text, in_name) && text != "." && text != "..";
}

// "0000:3b:00.0"
bool pci_address(std::string_view text) {
  const auto hex = [&](std::size_t at, std::size_t n) {
    return all(text.substr(at, n), is_lower_hex);
  };
  return text.size() == 12 && hex(0, 4) && text[4] == ':' && hex(5, 2) && text[7] == ':' &&
         hex(8, 2) && text[10] == '.' && text[11] >= '0' && text[11] <= '7';
}

bool small_number(std::string_view text) {
  return sized(text, 1, 4) && all(text, is_digit) && (text.size() == 1 || text[0] != '0');
}

bool af_xdp(std::string_view rest) {
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos) return kernel_name(rest);
  return kernel_name(rest.substr(0, colon)) && small_number(rest.substr(colon + 1));
}

// "key=value,key=value"
bool arguments(std::string_view rest) {
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view one = rest.substr(0, comma);
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos || equals == 0 || !all(one, is_visible_ascii))
      return false;
    if (comma == std::string_view::npos) return true;
    rest.remove_prefix(comma + 1);
  }
}

bool is_device(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  const std::string_view rest = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  if (kind == "af_xdp") return af_xdp(rest);
  if (kind == "af_packet" || kind == "tap") return kernel_name(rest);
  if (kind == "memif" || kind == "pcap") return arguments(rest);
  if (kind == "vdev") return !rest.empty() && all(rest, is_visible_ascii);
  return pci_address(text);
}

std::optional<uint8_t> hex_digit(char c) {
  if (is_digit(c)) return static_cast<uint8_t>(c - '0');
  const char lower = static_cast<char>(c | 0x20);
  if (lower < 'a' || lower > 'f') return std::nullopt;
  return static_cast<uint8_t>(lower - 'a' + 10);
}

}  // namespace

std::optional<std::vector<std::byte>> parse_hex(std::string_view text) {
  if (text.size() % 2 == 1) return std::nullopt;
  std::vector<std::byte> bytes;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const auto high = hex_digit(text[at]);
    const auto low = hex_digit(text[at + 1]);
    if (!high || !low) return std::nullopt;
    bytes.push_back(static_cast<std::byte>(*high << 4 | *low));
  }
  return bytes;
}

namespace form {
const Form any{"printable text", [](std::string_view t) { return all(t, is_printable); }};
const Form name{"1 to 64 letters, digits, \".\", \"_\" or \"-\"",
                [](std::string_view t) { return sized(t, 1, 64) && all(t, in_name); }};
const Form twin{"1 to 15 letters, digits, \".\", \"_\" or \"-\"", kernel_name};
const Form seed{"1 to 256 bytes of printable text",
                [](std::string_view t) { return sized(t, 1, 256) && all(t, is_printable); }};
const Form directory{"an absolute path", [](std::string_view t) {
                       return t.starts_with('/') && t.size() < 4096 && all(t, is_printable);
                     }};
const Form file{"an absolute path", [](std::string_view t) { return directory.fits(t); }};
const Form socket{"an absolute path of at most 107 bytes", [](std::string_view t) {
                    return t.starts_with('/') && t.size() <= socket_bytes_max &&
                           !t.ends_with('/') && all(t, is_printable);
                  }};
const Form target{"a path that begins with \"/\", without spaces", [](std::string_view t) {
                    return t.starts_with('/') && t.size() <= 2048 && all(t, is_visible_ascii);
                  }};
const Form http_host{"a host name or address", [](std::string_view t) {
                       return sized(t, 1, 255) && all(t, is_visible_ascii) &&
                              t.find_first_of("/\\@?#\"") == std::string_view::npos;
                     }};
const Form device{
    "a PCI address such as \"0000:3b:00.0\", \"af_xdp:IF\", \"af_xdp:IF:QUEUE\", \"af_packet:IF\", "
    "\"tap:NAME\", \"memif:KEY=VALUE,...\", \"pcap:KEY=VALUE,...\" or \"vdev:ANY\"",
    is_device};
const Form admin_address{
    "an IP address and a port, such as \"127.0.0.1:9100\", or \"\" for none",
    [](std::string_view t) { return t.empty() || parse_ip_and_port(t).has_value(); }};
const Form peer_address{"an IP address and a port, such as \"10.0.0.254:7946\"",
                        [](std::string_view t) { return parse_ip_and_port(t).has_value(); }};
const Form secret{"16 to 256 bytes of printable text",
                  [](std::string_view t) { return sized(t, 16, 256) && all(t, is_printable); }};
const Form server_id{"1 to 15 bytes in hexadecimal digits", [](std::string_view t) {
                       const auto bytes = parse_hex(t);
                       return bytes && !bytes->empty() &&
                              bytes->size() <= quic_lb::server_id_bytes_max;
                     }};
const Form aes_key{"32 hexadecimal digits", [](std::string_view t) {
                     const auto bytes = parse_hex(t);
                     return bytes && bytes->size() == std::tuple_size_v<Aes128::Key>;
                   }};
}  // namespace form

}  // namespace weft::mgmt::config
