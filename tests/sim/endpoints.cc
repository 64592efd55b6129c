#include "tests/sim/endpoints.h"

#include <fmt/format.h>

#include <sstream>

#include "dataplane/wire/headers.h"

namespace weft::sim {

static constexpr uint32_t first_sequence = 5000;
static constexpr std::size_t answer_bytes = 24;

Endpoints::Endpoints(const std::vector<Service>& services, const Senders& senders,
                     ClientOf client_of, Breach breach)
    : senders_(senders), client_of_(std::move(client_of)), breach_(std::move(breach)) {
  for (const Service& service : services) {
    for (const std::string& address : service.all_endpoints()) {
      const auto number = static_cast<uint32_t>(endpoints_.size());
      Endpoint& endpoint = endpoints_[address];
      endpoint = {.address = address, .service = &service, .number = number};
      at_[endpoint_mac(address)] = &endpoint;
    }
  }
}

void Endpoints::kill(const std::string& address) {
  endpoints_.at(address).alive = false;
  endpoints_.at(address).connections.clear();
}

std::optional<Endpoints::Answer> Endpoints::receive(const test::Decoded& frame) {
  const auto found = at_.find(frame.destination_mac);
  if (found == at_.end() || !found->second->alive) return std::nullopt;
  Endpoint& endpoint = *found->second;
  const Service& service = *endpoint.service;
  std::optional<test::Decoded> inner = unwrap(frame, service.forward);
  bool proved = true;
  if (inner && frame.sound() && Reassembly::is_piece(*inner)) {
    proved = senders_.proved_by_checksum(*inner);
    inner = endpoint.pieces.add(*inner);
    if (!inner) return std::nullopt;
  }
  if (!proved || !frame.sound() || !inner || !inner->sound()) {
    ++damaged_;
    return std::nullopt;
  }
  // A damaged protocol number of IPv6 is covered by no checksum: nobody listens there.
  if (inner->protocol != static_cast<int>(service.protocol)) return std::nullopt;
  if (is_refusal(*inner)) return std::nullopt;
  const bool direct = service.forward == Forward::direct;
  const bool to_it = frame.destination == (direct ? service.address : endpoint.address);
  if (!to_it || !believes(endpoint, *inner)) return std::nullopt;
  const std::optional<test::FrameBuilder> frame_back = answer(endpoint, *inner);
  if (!frame_back) return std::nullopt;
  return Answer{frame_back->build(), is_nat(service.forward)};
}

// It is what a client sent to this service.
bool Endpoints::believes(const Endpoint& endpoint, const test::Decoded& request) {
  const Service& service = *endpoint.service;
  const std::optional<Token> token = token_of(request);
  const Client* client = token ? client_of_(token->client) : nullptr;
  std::string wrong;
  if (client == nullptr) {
    // A client answers nothing but by a request: a reset that the gateway made would be one.
    wrong = "what no client sent";
  } else if (&client->service() != &service) {
    wrong = "what was for another service";
  } else if (token->request >= client->requests_sent() || token->endpoint != Token::nobody) {
    wrong = "a request that was not made";
  } else if (service.forward != Forward::fullnat && (request.source != client->plan().address ||
                                                     request.source_port != client->plan().port)) {
    wrong = "another sender";
  } else if (!is_nat(service.forward) &&
             (request.destination != service.address || request.destination_port != service.port)) {
    wrong = "another listener";
  }
  if (wrong.empty()) return true;
  std::ostringstream what;
  what << request;
  breach_(
      fmt::format("endpoint {} was made to believe {}: {}", endpoint.address, wrong, what.str()));
  return false;
}

std::optional<test::FrameBuilder> Endpoints::answer(Endpoint& endpoint,
                                                    const test::Decoded& request) {
  const Token token = *token_of(request);
  const auto source = static_cast<uint16_t>(request.destination_port);
  const auto destination = static_cast<uint16_t>(request.source_port);
  test::FrameBuilder frame = test::ethernet().from(endpoint_mac(endpoint.address));
  frame.to(is_nat(endpoint.service->forward) ? gateway_mac : router_mac);
  put_addresses(frame, request.destination, request.source);
  const Token answering{token.client, token.request, endpoint.number};
  if (endpoint.service->protocol == Protocol::udp) {
    frame.udp(source, destination);
    put_token(frame, answering, true, answer_bytes);
    return frame;
  }
  if ((request.flags & tcp_flag::rst) != 0) return std::nullopt;
  const bool syn = (request.flags & tcp_flag::syn) != 0;
  const bool fin = (request.flags & tcp_flag::fin) != 0;
  const auto bytes = static_cast<uint32_t>(request.payload.size());
  const std::string client = fmt::format("{}:{}", request.source, request.source_port);
  if (syn) endpoint.connections.insert(client);
  const bool known = endpoint.connections.contains(client);
  if (!known) {
    frame.tcp(source, destination, tcp_flag::rst).sequence(request.acknowledgment);
    put_token(frame, answering, false, 0);
    return frame;
  }
  if (!syn && !fin && bytes == 0) return std::nullopt;
  const int more = syn ? tcp_flag::syn : fin ? tcp_flag::fin : tcp_flag::psh;
  frame.tcp(source, destination, static_cast<uint8_t>(more | tcp_flag::ack))
      .sequence(syn ? first_sequence : request.acknowledgment)
      .acknowledgment(request.sequence + bytes + (syn || fin ? 1 : 0));
  put_token(frame, answering, false, syn || fin ? 0 : answer_bytes);
  return frame;
}

}  // namespace weft::sim
