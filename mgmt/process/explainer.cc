#include "mgmt/process/explainer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "dataplane/wire/ethernet.h"

namespace weft::mgmt {

// A link header that the interface takes, in front of an IP packet.
static std::vector<std::byte> framed(std::span<const std::byte> packet, const LinkFilter& link) {
  std::vector<std::byte> frame(EthernetView::header_bytes + (link.vlan_id ? 4 : 0));
  const MacAddress mac = link.mac.value_or(MacAddress{2, 0, 0, 0, 0, 1});
  store(frame.data(), mac);
  std::size_t at = 2 * mac.size();
  if (link.vlan_id) {
    store(&frame[at], be16(ether_type::vlan));
    store(&frame[at + 2], be16(*link.vlan_id));
    at += 4;
  }
  const bool v4 = !packet.empty() && std::to_integer<uint8_t>(packet[0]) >> 4 == 4;
  store(&frame[at], be16(v4 ? ether_type::ipv4 : ether_type::ipv6));
  frame.insert(frame.end(), packet.begin(), packet.end());
  return frame;
}

Explainer::~Explainer() {
  if (!running_ || plane_.gateway(running_->worker).withdraw()) return;
  while (!running_->request->done.load(std::memory_order_acquire)) std::this_thread::yield();
}

void Explainer::explain(const ExplainRequest& request, const ExplainNames& names, Instant now,
                        OnDone on_done) {
  if (running_) {
    return on_done(fail("another packet is being explained: ask again", Fault::environment, true));
  }
  const auto interface =
      request.interface.empty()
          ? names.interfaces.begin()
          : std::find(names.interfaces.begin(), names.interfaces.end(), request.interface);
  if (interface == names.interfaces.end()) {
    return on_done(fail("there is no interface \"" + request.interface + "\": " +
                            fmt::format("{}", fmt::join(names.interfaces, ", ")) + " are there",
                        Fault::operator_input));
  }
  const auto index = static_cast<uint16_t>(interface - names.interfaces.begin());
  running_.emplace(Running{});
  running_->frame =
      request.is_frame ? request.bytes : framed(request.bytes, plane_.gateway(0).link(index));
  running_->interface = index;
  running_->until = now + patience;
  running_->on_done = std::move(on_done);
  if (const auto asked = ask(0, now); !asked) {
    const OnDone done = std::exchange(running_, std::nullopt)->on_done;
    done(tl::unexpected(asked.error()));
  }
}

Result<void> Explainer::ask(uint32_t worker, Instant now) {
  auto packet = plane_.make_packet(running_->interface, running_->frame);
  if (!packet) return tl::unexpected(packet.error());
  running_->worker = worker;
  running_->request = plane_.gateway(worker).make_rehearsal(*packet, running_->interface, now);
  plane_.gateway(worker).ask(running_->request.get());
  return {};
}

void Explainer::poll(const ExplainNames& names, Instant now) {
  if (!running_) return;
  if (running_->request->done.load(std::memory_order_acquire)) return finish(names, now);
  if (now < running_->until || !plane_.gateway(running_->worker).withdraw()) return;
  const Running late = *std::exchange(running_, std::nullopt);
  late.on_done(
      fail(fmt::format("worker {} takes no turn: the gateway starts, or it is stuck", late.worker),
           Fault::environment, true));
}

void Explainer::finish(const ExplainNames& names, Instant now) {
  const Outcome outcome = running_->request->burst.outcomes[0];
  const auto sights = running_->request->rehearsal.sights();
  if (outcome.verdict == Verdict::hand_off && running_->handed_off.empty()) {
    running_->handed_off.assign(sights.begin(), sights.end());
    if (ask(outcome.target, now)) return;
  }
  Explanation explanation =
      mgmt::explain(running_->handed_off, running_->request->rehearsal.sights(), names);
  explanation.interface = names.interfaces[running_->interface];
  const Running done = *std::exchange(running_, std::nullopt);
  done.on_done(explanation);
}

}  // namespace weft::mgmt
