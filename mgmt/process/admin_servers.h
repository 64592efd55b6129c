// The admin interface of a process: its servers, with the long work of their answers on a thread.
#pragma once

#include <vector>

#include "dataplane/base/result.h"
#include "mgmt/admin/admin_handler.h"
#include "mgmt/io/http_server.h"
#include "mgmt/model/model.h"
#include "mgmt/process/work_thread.h"

namespace weft::mgmt {

// On the unix socket and, if one is configured, on the address. Sets actions.run_elsewhere.
// Everything given by reference outlives the servers. Error: one sentence.
Result<std::vector<HttpServer>> open_admin_servers(const AdminSettings& admin, EventLoop& loop,
                                                   WorkThread& thread, AdminActions actions);

}  // namespace weft::mgmt
