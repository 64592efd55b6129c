// Fields that concern one connection and are not passed on. RFC 9110, 7.6.1.
#pragma once

#include "dataplane/http/fields.h"
#include "dataplane/http/refusal.h"

namespace weft {

// What no message has among its fields: an encoder writes them anew, each as its version needs.
inline constexpr FieldSet hop_by_hop_fields = set_of(
    KnownField::connection, KnownField::keep_alive, KnownField::proxy_authenticate,
    KnownField::proxy_authentication_info, KnownField::proxy_authorization,
    KnownField::proxy_connection, KnownField::te, KnownField::transfer_encoding,
    KnownField::upgrade, KnownField::http2_settings, KnownField::host, KnownField::content_length);

// What Connection says, of what is known here.
struct ConnectionOptions {
  Refusal refusal = Refusal::none;
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
};

// Reads Connection and removes what it names and all of the above.
ConnectionOptions take_hop_by_hop(Fields& fields);

}  // namespace weft
