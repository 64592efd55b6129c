// Which addresses a packet can be sent to, for whoever reads an address: the configuration file,
// the answer of a resolver.
// Thread safety: plain functions.
#pragma once

#include <string_view>

#include "dataplane/wire/ip_address.h"

namespace weft::mgmt {

// Why no host can be reached there, as a half sentence that follows the address ("is a loopback
// address"); empty: one can. (RFC 6890)
std::string_view unusable(const IpAddress& address);

// fe80::/10 (RFC 4291, 2.5.6).
bool is_link_local(const IpAddress& address);

}  // namespace weft::mgmt
