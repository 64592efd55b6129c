// What connections of one listener or cluster have in common. Outlives them.
#pragma once

#include <cstdint>

#include "dataplane/base/clock.h"
#include "dataplane/tcp/round_trip.h"

namespace weft {

struct TcpSettings {
  // Half of it is offered as window, as a packet buffer costs up to twice its payload; what pins
  // more (README.md) closes the window.
  uint32_t receive_buffer_max_bytes = 1u << 20;
  uint32_t receive_window_start_bytes = 1u << 16;
  // What a writer may have written ahead: twice the congestion window, between these.
  uint32_t send_buffer_min_bytes = 1u << 15;
  uint32_t send_buffer_max_bytes = 1u << 20;

  RoundTrip::Limits timeout;
  Duration delayed_ack = milliseconds(40);  // RFC 9293, 3.8.6.3: below 500 ms
  // Data that nobody acknowledges, and a SYN, are given up after this (RFC 9293, 3.8.3).
  Duration give_up_after = seconds(180);
  // Zero: no probes of an idle connection (RFC 9293, 3.8.4).
  Duration keepalive_after{};
  Duration keepalive_interval = seconds(75);
  uint32_t keepalive_probes_max = 9;
  // How long a peer may take for its FIN after our application has closed.
  Duration close_timeout = seconds(60);
  Duration time_wait = seconds(60);

  bool timestamps = true;
  bool selective_acknowledgment = true;
  bool window_scaling = true;
  bool ecn = true;
  bool nagle = false;  // small writes wait for acknowledgments (RFC 9293, 3.7.4)
};

}  // namespace weft
