#include "tests/sim/flood.h"

#include <algorithm>

#include "dataplane/wire/headers.h"
#include "tests/sim/tcp_end.h"
#include "tests/sim/token.h"

namespace weft::sim {

static constexpr uint64_t first_host = 241, hosts = 10;  // behind those of clients
static constexpr uint16_t first_port = 1024, ports = 8000;
static constexpr uint32_t acknowledgments_percent = 15;

Flood::Flood(const std::vector<Service>& services) {
  for (const Service& service : services) {
    if (service.protocol == Protocol::tcp) services_.push_back(&service);
  }
}

std::optional<test::Bytes> Flood::packet(Random& random) {
  if (services_.empty()) return std::nullopt;
  const Service& service = *random.one_of(services_);
  const uint32_t number = next_number_++;
  const bool syn = !random.happens(acknowledgments_percent);
  test::FrameBuilder frame = test::ethernet().from(router_mac).to(gateway_mac);
  put_addresses(frame, client_address(service, first_host + random.below(hosts)), service.address);
  const auto port = static_cast<uint16_t>(first_port + random.below(ports));
  frame.tcp(port, service.port, syn ? tcp_flag::syn : tcp_flag::ack)
      .sequence(isn_of(number))
      .acknowledgment(syn ? 0 : static_cast<uint32_t>(random.below(UINT32_MAX)))
      .tcp_options(TcpOptions{.token = Token{.client = number}}.bytes());
  return frame.build();
}

bool Flood::is_answer(const test::Decoded& frame) const {
  return std::ranges::any_of(services_, [&](const Service* service) {
    if (frame.source != service->address || frame.source_port != service->port) return false;
    for (uint64_t host = first_host; host < first_host + hosts; ++host) {
      if (frame.destination == client_address(*service, host)) return true;
    }
    return false;
  });
}

void Flood::receive(const test::Decoded& frame) {
  constexpr int answer = tcp_flag::syn | tcp_flag::ack;
  const bool cookie = (frame.flags & answer) == answer && !token_of(frame);
  if (cookie && kept_.size() < kept_max) kept_.push_back(frame);
}

std::vector<test::Bytes> Flood::acknowledgments() const {
  std::vector<test::Bytes> frames;
  for (const test::Decoded& answer : kept_) {
    test::FrameBuilder frame = test::ethernet().from(router_mac).to(gateway_mac);
    put_addresses(frame, answer.destination, answer.source);
    frame
        .tcp(static_cast<uint16_t>(answer.destination_port),
             static_cast<uint16_t>(answer.source_port), tcp_flag::ack)
        .sequence(answer.acknowledgment)
        .acknowledgment(answer.sequence + 1);
    const uint32_t number = number_of_isn(answer.acknowledgment - 1);
    frames.push_back(
        frame.tcp_options(TcpOptions{.token = Token{.client = number}}.bytes()).build());
  }
  return frames;
}

}  // namespace weft::sim
