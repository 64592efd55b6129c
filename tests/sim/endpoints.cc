#include "tests/sim/endpoints.h"

#include <fmt/format.h>

#include "dataplane/wire/headers.h"

namespace weft::sim {

static constexpr uint32_t first_sequence = 5000;

Endpoints::Endpoints(const std::vector<Service>& services) {
  for (const Service& service : services) {
    for (const std::string& address : service.endpoints) endpoints_[address].service = &service;
  }
}

void Endpoints::kill(const std::string& address) {
  endpoints_.at(address).alive = false;
  endpoints_.at(address).connections.clear();
}

static std::string text_of(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// What a TCP server says to a segment: flags and payload.
static void answer_segment(test::FrameBuilder& answer, const test::Decoded& request, bool known,
                           const std::string& address) {
  const auto source = static_cast<uint16_t>(request.destination_port);
  const auto destination = static_cast<uint16_t>(request.source_port);
  const bool syn = (request.flags & tcp_flag::syn) != 0;
  const bool fin = (request.flags & tcp_flag::fin) != 0;
  const auto bytes = static_cast<uint32_t>(request.payload.size());
  if (!known) {
    answer.tcp(source, destination, tcp_flag::rst).sequence(request.acknowledgment);
    return;
  }
  const int more = syn ? tcp_flag::syn : fin ? tcp_flag::fin : tcp_flag::psh;
  answer.tcp(source, destination, static_cast<uint8_t>(more | tcp_flag::ack))
      .sequence(syn ? first_sequence : request.acknowledgment)
      .acknowledgment(request.sequence + bytes + (syn || fin ? 1 : 0));
  if (bytes != 0) answer.payload(text_of(request.payload) + " " + address);
}

std::optional<Endpoints::Answer> Endpoints::receive(const test::Decoded& frame) {
  const auto found = endpoints_.find(frame.destination);
  if (found == endpoints_.end() || !found->second.alive) return std::nullopt;
  auto& [address, endpoint] = *found;
  const bool tunnel = endpoint.service->forward == Forward::ipip;
  const test::Decoded request = tunnel ? test::decode_ip(frame.payload) : frame;
  test::FrameBuilder answer = test::ethernet().from(endpoint_mac(address));
  answer.to(tunnel ? router_mac : gateway_mac).ipv4(request.destination, request.source);
  if (endpoint.service->protocol == Protocol::udp) {
    answer
        .udp(static_cast<uint16_t>(request.destination_port),
             static_cast<uint16_t>(request.source_port))
        .payload(text_of(request.payload) + " " + address);
    return Answer{answer.build(), !tunnel};
  }
  if ((request.flags & tcp_flag::rst) != 0) return std::nullopt;
  const std::string client = fmt::format("{}:{}", request.source, request.source_port);
  if ((request.flags & tcp_flag::syn) != 0) endpoint.connections.insert(client);
  const bool known = endpoint.connections.contains(client);
  const int only_ack = request.flags & (tcp_flag::syn | tcp_flag::fin);
  if (known && only_ack == 0 && request.payload.empty()) return std::nullopt;
  answer_segment(answer, request, known, address);
  return Answer{answer.build(), !tunnel};
}

}  // namespace weft::sim
