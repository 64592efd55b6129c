// What a tunnel's endpoint does when its kernel has no module for it: strips the outer headers on
// arrival, so that the instance's own stack sees client -> listener. Either family inside either:
//   IP in IP  protocols 4 and 41             RFC 2003, 2473, 4213
//   GRE       4 bytes, no options            RFC 2784
//   GUE       variant 1 on UDP port 6080     draft-ietf-intarea-gue-09, section 4
// XDP on the instance's veth; everything else passes untouched.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define GUE_PORT 6080
#define NO_TUNNEL -1

struct gre_header {
  __be16 flags_and_version;
  __be16 ether_type;
};

// What lies between the outer header and the inner one, in bytes. The inner one must be readable
// behind it.
static __always_inline int shim_bytes(__u8 protocol, void* shim, void* end) {
  if (protocol == IPPROTO_IPIP || protocol == IPPROTO_IPV6) return 0;
  if (protocol == IPPROTO_GRE) {
    struct gre_header* gre = shim;
    if ((void*)(gre + 1) > end || gre->flags_and_version != 0) return NO_TUNNEL;
    return sizeof(*gre);
  }
  if (protocol == IPPROTO_UDP) {
    struct udphdr* udp = shim;
    if ((void*)(udp + 1) > end || udp->dest != bpf_htons(GUE_PORT)) return NO_TUNNEL;
    return sizeof(*udp);
  }
  return NO_TUNNEL;
}

// The outer headers, in bytes; 0: the frame is of no tunnel.
static __always_inline int outer_bytes(struct ethhdr* link, void* end) {
  int bytes = 0;
  if (link->h_proto == bpf_htons(ETH_P_IP)) {
    struct iphdr* outer = (void*)(link + 1);
    if ((void*)(outer + 1) > end || outer->ihl != 5) return 0;
    if (outer->frag_off & bpf_htons(0x3fff)) return 0;  // a part of the inner packet only
    bytes = shim_bytes(outer->protocol, outer + 1, end);
    return bytes == NO_TUNNEL ? 0 : bytes + (int)sizeof(*outer);
  }
  if (link->h_proto == bpf_htons(ETH_P_IPV6)) {
    struct ipv6hdr* outer = (void*)(link + 1);
    if ((void*)(outer + 1) > end) return 0;
    bytes = shim_bytes(outer->nexthdr, outer + 1, end);
    return bytes == NO_TUNNEL ? 0 : bytes + (int)sizeof(*outer);
  }
  return 0;
}

SEC("xdp")
int decapsulate(struct xdp_md* context) {
  void* end = (void*)(long)context->data_end;
  struct ethhdr* link = (void*)(long)context->data;
  if ((void*)(link + 1) > end) return XDP_PASS;
  const int outer = outer_bytes(link, end);
  if (outer == 0) return XDP_PASS;

  struct ethhdr kept = *link;
  if (bpf_xdp_adjust_head(context, outer)) return XDP_DROP;
  end = (void*)(long)context->data_end;
  link = (void*)(long)context->data;
  __u8* inner = (void*)(link + 1);
  if ((void*)(inner + 1) > end) return XDP_DROP;
  kept.h_proto = *inner >> 4 == 6 ? bpf_htons(ETH_P_IPV6) : bpf_htons(ETH_P_IP);
  *link = kept;
  return XDP_PASS;
}

char program_license[] SEC("license") = "Dual BSD/GPL";
