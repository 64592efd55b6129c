// Keeps what arrives on a kernel interface from the kernel's own stack: an nftables ingress hook
// that drops everything, behind the point where packet sockets take their copy. So under af_packet
// the kernel does not answer a second time (ARP, ICMP, TCP resets).
//
// The table is owned by this object's netlink socket: the kernel removes it when the process ends,
// however it ends. Works in the network namespace of the calling thread. Linux 5.12.
#pragma once

#include <memory>
#include <string>

#include "dataplane/base/result.h"

struct nft_ctx;

namespace weft {

class IngressDrop {
 public:
  // Error: one sentence with nftables' reason.
  static Result<IngressDrop> start(const std::string& kernel_interface);

 private:
  struct Free {
    void operator()(nft_ctx* context) const;
  };
  explicit IngressDrop(std::unique_ptr<nft_ctx, Free> context) : context_(std::move(context)) {}
  std::unique_ptr<nft_ctx, Free> context_;
};

}  // namespace weft
