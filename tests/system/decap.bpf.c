// What an ipip endpoint does when its kernel has no ipip module: strips the outer IPv4 header of
// protocol 4 on arrival, so that the instance's own TCP stack sees client -> listener. XDP on the
// instance's veth; everything else passes untouched.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int decapsulate(struct xdp_md* context) {
  void* begin = (void*)(long)context->data;
  void* end = (void*)(long)context->data_end;
  struct ethhdr* link = begin;
  struct iphdr* outer = (void*)(link + 1);
  if ((void*)(outer + 1) > end || link->h_proto != bpf_htons(ETH_P_IP)) return XDP_PASS;
  if (outer->ihl != 5 || outer->protocol != IPPROTO_IPIP) return XDP_PASS;
  if (outer->frag_off & bpf_htons(0x3fff)) return XDP_PASS;  // a part of the inner packet only

  struct ethhdr kept = *link;
  if (bpf_xdp_adjust_head(context, sizeof(struct iphdr))) return XDP_DROP;
  begin = (void*)(long)context->data;
  end = (void*)(long)context->data_end;
  link = begin;
  if ((void*)(link + 1) > end) return XDP_DROP;
  *link = kept;
  return XDP_PASS;
}

char program_license[] SEC("license") = "Dual BSD/GPL";
