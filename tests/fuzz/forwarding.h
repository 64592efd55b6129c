// One packet that was forwarded, and what its mode allows: nat, fullnat, ipip, gue, gre, direct,
// and ICMP errors through each of them.
#pragma once

#include <functional>
#include <string>

#include "tests/fuzz/book.h"
#include "tests/fuzz/kept.h"
#include "tests/fuzz/onlooker.h"
#include "tests/fuzz/services.h"

namespace weft::fuzz {

struct Forwarding {
  Forwarding(const Bytes& frame, const Bytes& out_frame, const Variant& variant);

  Bytes out_frame;
  Seen in, out;
  std::string hop_mac;  // where the frame goes
  Variant variant;
  Turn turn = {};
  bool in_segments = false;  // what lies behind the packet is not cut off
  // Whether the endpoint may get what belongs to flows that are there.
  std::function<bool(const FuzzCluster&, const test::TestEndpoint&)> takes = {};
};

bool is_icmp_error(const Decoded& decoded);

// The services that a packet with these ends comes to: of a later piece all of its address.
std::vector<const Service*> services_of(const Decoded& in, const Variant& variant);
std::vector<const Service*> services_of(const Ends& ends, const Variant& variant,
                                        bool of_any_port = false);

// What is wrong with it; empty: nothing.
std::string complaint_about(const Forwarding& forwarding, Book& book, Onlooker& onlooker);

// Of an ICMP error; its parts.
std::string complaint_about_error(const Forwarding& forwarding, const Book& book,
                                  Onlooker& onlooker);
std::string complaint_about_tunnel(const Service& service, const Forwarding& forwarding);
std::string complaint_about_direct(const Service& service, const Forwarding& forwarding);

// The endpoint has to take it; errors go to the one that has the flow, whatever its state.
std::string complaint_about_state(const FuzzCluster& cluster, const test::TestEndpoint& endpoint,
                                  const Forwarding& forwarding);
// What the service lets a SYN announce where `around_bytes` are added on the way; 0: anything.
uint32_t mss_bytes_max(const Service& service, const Forwarding& forwarding, uint32_t around_bytes);

// The endpoint of the service that the packet goes to or comes from, by address and, where there
// is one, port; null: none.
const test::TestEndpoint* endpoint_at(const FuzzCluster& cluster, const std::string& address,
                                      int port);
// Whether a frame to `address` may go to this link address.
bool leads_to(const std::string& mac, const std::string& address);
// What a tunnel of this mode adds; 0 for the other modes.
uint32_t tunnel_bytes_of(Forward forward, bool outer_v4);

}  // namespace weft::fuzz
