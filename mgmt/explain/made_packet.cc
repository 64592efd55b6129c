#include "mgmt/explain/made_packet.h"

#include <array>
#include <charconv>
#include <optional>
#include <sstream>
#include <string>

#include "dataplane/wire/checksum.h"
#include "dataplane/wire/icmp.h"
#include "dataplane/wire/ipv4.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/tcp.h"
#include "dataplane/wire/udp.h"

namespace weft::mgmt {
namespace {

constexpr uint8_t icmpv6_echo_request = 128;
constexpr uint32_t icmp_checksum_offset = 2;
constexpr uint32_t udp_checksum_offset = 6;

struct Said {
  Protocol protocol = Protocol::none;
  IpAddress source, destination;
  be16 source_port, destination_port;
  uint8_t tcp_flags = 0;
  uint8_t ttl = 64;
  uint32_t packet_bytes = 0;  // 0: no more than the headers
};

tl::unexpected<Error> refuse(const std::string& what) {
  return fail(what + ": say a packet like \"tcp 192.0.2.1:1234 > 203.0.113.10:80 syn\"",
              Fault::operator_input);
}

template <class T>
std::optional<T> number_in(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return number;
}

std::optional<IpAddress> address_in(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  return IpAddress::parse(text);
}

// False: the word is no such address.
bool take_address(std::string_view word, bool with_port, IpAddress& address, be16& port) {
  std::string_view host = word;
  if (with_port) {
    const std::size_t colon = word.rfind(':');
    if (colon == std::string_view::npos) return false;
    host = word.substr(0, colon);
    // 2001:db8::1:80 could be meant in two ways.
    if (host.find(':') != std::string_view::npos && !host.starts_with('[')) return false;
    const auto number = number_in<uint16_t>(word.substr(colon + 1));
    if (!number) return false;
    port = be16(*number);
  }
  const auto found = address_in(host);
  if (found) address = *found;
  return found.has_value();
}

std::optional<Protocol> protocol_in(std::string_view word) {
  if (word == "tcp") return Protocol::tcp;
  if (word == "udp") return Protocol::udp;
  if (word == "icmp") return Protocol::icmp;
  return {};
}

std::optional<uint8_t> flag_in(std::string_view word) {
  using Flag = std::pair<std::string_view, uint8_t>;
  static constexpr std::array flags{Flag{"fin", tcp_flag::fin}, Flag{"syn", tcp_flag::syn},
                                    Flag{"rst", tcp_flag::rst}, Flag{"psh", tcp_flag::psh},
                                    Flag{"ack", tcp_flag::ack}};
  for (const auto& [name, bit] : flags) {
    if (word == name) return bit;
  }
  return {};
}

// What follows the addresses. False: the word means nothing.
bool take_detail(std::string_view word, Said& said) {
  if (word.starts_with("ttl=")) {
    const auto ttl = number_in<uint8_t>(word.substr(4));
    if (ttl) said.ttl = *ttl;
    return ttl.has_value();
  }
  if (word.starts_with("bytes=")) {
    const auto bytes = number_in<uint16_t>(word.substr(6));
    if (bytes) said.packet_bytes = *bytes;
    return bytes.has_value();
  }
  const auto flag = flag_in(word);
  if (!flag || said.protocol != Protocol::tcp) return false;
  said.tcp_flags |= *flag;
  return true;
}

Result<Said> read(std::string_view text) {
  std::istringstream words{std::string(text)};
  std::string protocol, source, arrow, destination;
  words >> protocol >> source >> arrow >> destination;
  Said said;
  const auto known = protocol_in(protocol);
  if (!known) return refuse("\"" + protocol + "\" is no protocol (tcp, udp, icmp)");
  said.protocol = *known;
  const bool with_port = said.protocol != Protocol::icmp;
  const std::string wanted = with_port ? " is no ADDRESS:PORT" : " is no address";
  if (!take_address(source, with_port, said.source, said.source_port)) {
    return refuse("\"" + source + "\"" + wanted);
  }
  if (arrow != ">") return refuse("after the source stands \">\", not \"" + arrow + "\"");
  if (!take_address(destination, with_port, said.destination, said.destination_port)) {
    return refuse("\"" + destination + "\"" + wanted);
  }
  if (said.source.is_v4() != said.destination.is_v4()) {
    return refuse("source and destination are of two IP versions");
  }
  for (std::string word; words >> word;) {
    if (!take_detail(word, said)) return refuse("\"" + word + "\" means nothing here");
  }
  if (said.protocol == Protocol::tcp && said.tcp_flags == 0) said.tcp_flags = tcp_flag::syn;
  if (said.protocol == Protocol::icmp && !said.source.is_v4()) said.protocol = Protocol::icmpv6;
  return said;
}

uint32_t l4_header_bytes(Protocol protocol) {
  return protocol == Protocol::tcp ? TcpView::header_bytes_min : UdpView::header_bytes;
}

void write_l4(std::span<std::byte> l4, const Said& said) {
  const auto l4_bytes = static_cast<uint32_t>(l4.size());
  const InternetSum pseudo_header =
      pseudo_header_sum(said.source, said.destination, said.protocol, l4_bytes);
  if (said.protocol == Protocol::tcp) {
    // The payload is zeroes, which add nothing to the sum.
    return write_tcp_header(l4.data(),
                            {.source_port = said.source_port,
                             .destination_port = said.destination_port,
                             .sequence = 1,
                             .flags = said.tcp_flags},
                            pseudo_header);
  }
  InternetSum sum;
  if (said.protocol == Protocol::udp) {
    store(l4.data(), said.source_port);
    store(l4.data() + 2, said.destination_port);
    store(l4.data() + 4, be16(static_cast<uint16_t>(l4_bytes)));
    sum.add(pseudo_header).add(l4);
    return store(l4.data() + udp_checksum_offset, sum.udp_checksum());
  }
  const bool v4 = said.protocol == Protocol::icmp;
  l4[0] = std::byte{v4 ? icmp_type::echo : icmpv6_echo_request};
  if (!v4) sum.add(pseudo_header);
  sum.add(l4);
  store(l4.data() + icmp_checksum_offset, sum.checksum());
}

}  // namespace

Result<std::vector<std::byte>> made_packet(std::string_view text) {
  const Result<Said> said = read(text);
  if (!said) return tl::unexpected(said.error());
  const bool v4 = said->source.is_v4();
  const uint32_t ip_header_bytes = v4 ? Ipv4View::header_bytes_min : Ipv6View::header_bytes;
  const uint32_t headers_bytes = ip_header_bytes + l4_header_bytes(said->protocol);
  const uint32_t packet_bytes = said->packet_bytes == 0 ? headers_bytes : said->packet_bytes;
  if (packet_bytes < headers_bytes) {
    return refuse("bytes=" + std::to_string(packet_bytes) + " is less than the headers take (" +
                  std::to_string(headers_bytes) + ")");
  }
  std::vector<std::byte> packet(packet_bytes);
  if (v4) {
    write_ipv4_header(packet.data(), {.source = said->source.v4(),
                                      .destination = said->destination.v4(),
                                      .total_bytes = static_cast<uint16_t>(packet_bytes),
                                      .protocol = said->protocol,
                                      .ttl = said->ttl});
  } else {
    write_ipv6_header(packet.data(),
                      {.source = said->source,
                       .destination = said->destination,
                       .payload_bytes = static_cast<uint16_t>(packet_bytes - ip_header_bytes),
                       .protocol = said->protocol,
                       .hop_limit = said->ttl});
  }
  write_l4(std::span(packet).subspan(ip_header_bytes), *said);
  return packet;
}

}  // namespace weft::mgmt
