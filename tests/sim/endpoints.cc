#include "tests/sim/endpoints.h"

#include <fmt/format.h>

#include <sstream>

#include "dataplane/wire/headers.h"
#include "tests/proxy_header.h"
#include "tests/sim/flood.h"

namespace weft::sim {

static constexpr std::size_t datagram_answer_bytes = 24, mtu_bytes = 1500;

static std::string peer_of(const test::Decoded& packet) {
  return fmt::format("{}:{}", packet.source, packet.source_port);
}

Endpoints::Endpoints(const std::vector<Service>& services, const Senders& senders,
                     ClientOf client_of, Torn torn, Breach breach)
    : senders_(senders),
      client_of_(std::move(client_of)),
      torn_(std::move(torn)),
      breach_(std::move(breach)) {
  for (const Service& service : services) {
    for (const std::string& address : service.all_endpoints()) {
      const auto number = static_cast<uint32_t>(endpoints_.size());
      Endpoint& endpoint = endpoints_[address];
      endpoint = {.address = address, .service = &service, .number = number};
      at_[endpoint_mac(address)] = &endpoint;
    }
  }
}

void Endpoints::kill(const std::string& address, Instant now) {
  Endpoint& endpoint = endpoints_.at(address);
  endpoint.alive = false;
  endpoint.died = now;
  endpoint.connections.clear();
}

Endpoints::Answer Endpoints::receive(const test::Decoded& frame, Instant now) {
  const auto found = at_.find(frame.destination_mac);
  if (found == at_.end() || !found->second->alive) return {};
  Endpoint& endpoint = *found->second;
  const Service& service = *endpoint.service;
  std::optional<test::Decoded> inner = unwrap(frame, service.forward);
  bool proved = true;
  if (inner && frame.sound() && Reassembly::is_piece(*inner)) {
    proved = senders_.proved_by_checksum(*inner);
    inner = endpoint.pieces.add(*inner);
    if (!inner) return {};
  }
  if (!proved || !frame.sound() || !inner || !inner->sound()) {
    ++damaged_;
    return {};
  }
  // A damaged protocol number of IPv6 is covered by no checksum: nobody listens there.
  if (inner->protocol != static_cast<int>(service.protocol)) return {};
  const bool direct = service.forward == Forward::direct;
  if (frame.destination != (direct ? service.address : endpoint.address)) return {};
  if (is_refusal(*inner)) {
    const auto connection = endpoint.connections.find(peer_of(*inner));
    if (connection != endpoint.connections.end() &&
        connection->second.end.expects(inner->sequence)) {
      endpoint.reset.insert(connection->first);
      endpoint.connections.erase(connection);
    }
    return {};
  }
  const std::optional<uint32_t> sender = senders_.of(*inner);
  const Request request{endpoint, *inner, sender.value_or(Token::nobody), now};
  if (sender && Flood::is_its(*sender)) {
    return {answer_stranger(request), is_nat(service.forward)};
  }
  const Client* client = sender ? client_of_(*sender) : nullptr;
  if (!believes(request, client)) return {};
  return {answer(request, *client), is_nat(service.forward)};
}

// It is what a client sent to this service. What the gateway makes in a client's place has no
// token.
bool Endpoints::believes(const Request& request, const Client* client) {
  const Service& service = *request.endpoint.service;
  const test::Decoded& packet = request.packet;
  const std::optional<Token> token = token_of(packet);
  std::string wrong;
  if (client == nullptr) {
    // A client answers nothing but by a request: a reset that the gateway made would be one.
    wrong = "what no client sent";
  } else if (&client->service() != &service) {
    wrong = "what was for another service";
  } else if (!token && !(is_nat(service.forward) && client->by_cookie())) {
    wrong = "what the gateway made of nothing";
  } else if (token &&
             (token->request >= client->requests_sent() || token->endpoint != Token::nobody)) {
    wrong = "a request that was not made";
  } else if (service.forward != Forward::fullnat && (packet.source != client->plan().address ||
                                                     packet.source_port != client->plan().port)) {
    wrong = "another sender";
  } else if (!is_nat(service.forward) &&
             (packet.destination != service.address || packet.destination_port != service.port)) {
    wrong = "another listener";
  }
  if (wrong.empty()) return true;
  complain(request, "was made to believe " + wrong);
  return false;
}

void Endpoints::complain(const Request& request, const std::string& wrong) {
  std::ostringstream what;
  what << request.packet;
  breach_(fmt::format("endpoint {} {}: {}", request.endpoint.address, wrong, what.str()));
}

test::FrameBuilder Endpoints::frame_to(const Request& request) const {
  test::FrameBuilder frame = test::ethernet().from(endpoint_mac(request.endpoint.address));
  frame.to(is_nat(request.endpoint.service->forward) ? gateway_mac : router_mac);
  put_addresses(frame, request.packet.destination, request.packet.source);
  return frame;
}

Token Endpoints::token_for(const Request& request) const {
  const std::optional<Token> token = token_of(request.packet);
  return {request.client, token ? token->request : 0, request.endpoint.number};
}

static TcpEnd::Ports ports_to(const test::Decoded& packet) {
  return {static_cast<uint16_t>(packet.destination_port),
          static_cast<uint16_t>(packet.source_port)};
}

std::vector<test::Bytes> Endpoints::answer(const Request& request, const Client& client) {
  if (request.endpoint.service->protocol == Protocol::udp) return answer_datagram(request);
  return answer_segment(request, client);
}

std::vector<test::Bytes> Endpoints::answer_datagram(const Request& request) const {
  const TcpEnd::Ports ports = ports_to(request.packet);
  test::FrameBuilder frame = frame_to(request).udp(ports.from, ports.to);
  put_datagram(frame, token_for(request), datagram_answer_bytes);
  return {frame.build()};
}

test::Bytes Endpoints::reset(const Request& request) const {
  const TcpEnd::Ports ports = ports_to(request.packet);
  return frame_to(request)
      .tcp(ports.from, ports.to, tcp_flag::rst)
      .sequence(request.packet.acknowledgment)
      .tcp_options(TcpOptions{.token = token_for(request)}.bytes())
      .build();
}

std::vector<test::Bytes> Endpoints::answer_stranger(const Request& request) {
  if ((request.packet.flags & tcp_flag::syn) == 0) return {reset(request)};
  TcpEnd end({.isn = ++connections_}, {}, {});
  (void)end.open(request.packet, {}, request.now);
  test::FrameBuilder frame = frame_to(request);
  end.put(frame, ports_to(request.packet), end.syn(tcp_flag::syn | tcp_flag::ack),
          token_for(request), request.now);
  return {frame.build()};
}

// A SYN with another number begins another connection.
Endpoints::Connection& Endpoints::connect(const Request& request, const Client& client) {
  Endpoint& endpoint = request.endpoint;
  const Service& service = *endpoint.service;
  const bool v6 = is_v6(service.address);
  TcpTraits traits = traits_of_endpoint(endpoint.number, v6);
  traits.isn = isn_of(++connections_) * 7;
  const ClientPlan& plan = client.plan();
  const ByteStream from_client{client_seed(plan.number),
                               test::proxy_header(service.header, {plan.address, plan.port},
                                                  {service.address, service.port})};
  TcpEnd end(traits, {answer_seed(plan.number), {}}, from_client);
  const std::string wrong = end.open(request.packet, {0, client.tcp().ours()}, request.now);
  if (!wrong.empty()) complain(request, "was sent " + wrong);
  const std::string peer = peer_of(request.packet);
  endpoint.connections.erase(peer);
  return endpoint.connections.emplace(peer, Connection{plan.number, std::move(end)}).first->second;
}

std::vector<test::Bytes> Endpoints::answer_segment(const Request& request, const Client& client) {
  const test::Decoded& packet = request.packet;
  const auto found = request.endpoint.connections.find(peer_of(packet));
  const bool syn = (packet.flags & tcp_flag::syn) != 0;
  const bool known = found != request.endpoint.connections.end() &&
                     found->second.client == request.client &&
                     (!syn || found->second.end.other_isn() == packet.sequence);
  if (!known && (packet.flags & tcp_flag::rst) != 0) return {};
  if (!known && !syn) return {reset(request)};
  Connection& connection = known ? found->second : connect(request, client);
  const std::string wrong =
      known ? connection.end.receive(packet, {client.tcp().written(), client.tcp().ours()},
                                     request.now)
            : std::string();
  if (wrong.empty()) return go_on(request, client, connection);
  // A client may answer a SYN of before, or of elsewhere; the connection that its own SYN began
  // here since is reset (RFC 9293, 3.10.7.4).
  const bool forgot = request.endpoint.died >= client.plan().start ||
                      request.endpoint.reset.contains(peer_of(packet));
  const bool torn = torn_(request.client);
  if ((forgot || torn) && connection.end.is_untouched()) return {reset(request)};
  if (!torn) complain(request, "was sent " + wrong);
  return {};
}

std::vector<test::Bytes> Endpoints::go_on(const Request& request, const Client& client,
                                          Connection& connection) {
  TcpEnd& end = connection.end;
  const test::Decoded& packet = request.packet;
  constexpr int answered = tcp_flag::syn | tcp_flag::fin;
  const bool owes = !packet.payload.empty() || (packet.flags & answered) != 0;
  std::vector<TcpEnd::Segment> segments;
  if ((packet.flags & tcp_flag::syn) != 0 && end.is_untouched()) {
    segments = {end.syn(tcp_flag::syn | tcp_flag::ack)};
  } else {
    if (end.received() == client.tcp().written() && end.received() > connection.answered_bytes) {
      connection.answered_bytes = end.received();
      end.write(answer_bytes(request.client, client.requests_sent() - 1));
    }
    if (end.other_closed()) end.close();
    segments = end.unacknowledged(mtu_bytes, is_v6(packet.source));
    if (segments.empty() && owes) segments = {end.acknowledgment()};
  }
  std::vector<test::Bytes> frames;
  for (const TcpEnd::Segment& segment : segments) {
    test::FrameBuilder frame = frame_to(request);
    end.put(frame, ports_to(packet), segment, token_for(request), request.now);
    frames.push_back(frame.build());
  }
  return frames;
}

}  // namespace weft::sim
