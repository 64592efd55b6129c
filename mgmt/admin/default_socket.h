// Which gateway weftctl means when --socket is not given.
#pragma once

#include <string>

#include "dataplane/base/result.h"

namespace weft::mgmt {

inline constexpr const char* sockets_folder = "/run/weft";

// FOLDER/HOST.sock, the socket of a gateway with the default name; else the only socket in the
// folder. An Error says which there are, or that there is none.
Result<std::string> default_socket(const std::string& folder, const std::string& host);

}  // namespace weft::mgmt
