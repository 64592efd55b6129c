#include "dataplane/interface/ingress_drop.h"

#include <net/if.h>
#include <nftables/libnftables.h>

namespace weft {

void IngressDrop::Free::operator()(nft_ctx* context) const {
  nft_ctx_free(context);
}

Result<IngressDrop> IngressDrop::start(const std::string& kernel_interface) {
  IngressDrop drop{std::unique_ptr<nft_ctx, Free>(nft_ctx_new(NFT_CTX_DEFAULT))};
  nft_ctx* context = drop.context_.get();
  nft_ctx_buffer_error(context);
  nft_ctx_buffer_output(context);
  // A table's name is a word, an interface's need not be: its index stands for it.
  const std::string commands =
      "table netdev weft_" + std::to_string(if_nametoindex(kernel_interface.c_str())) +
      " {\n flags owner\n chain arrived {\n type filter hook ingress device \"" + kernel_interface +
      "\" priority -500; policy drop;\n }\n}\n";
  if (nft_run_cmd_from_buffer(context, commands.c_str()) != 0) {
    std::string why = nft_ctx_get_error_buffer(context);
    why = why.substr(0, why.find('\n'));
    return fail("the kernel cannot be kept from answering on " + kernel_interface +
                ": nftables says \"" + why + "\"");
  }
  return drop;
}

}  // namespace weft
