// What the admin HTTP answers: /v1/status, /v1/reload, /v1/order, /v1/capture, /v1/blackholes,
// /v1/blackhole, /v1/explain, /metrics, /ready, /live. No sockets here; mgmt/io's HttpServer calls
// the handler on the loop's thread.
#pragma once

#include <functional>
#include <vector>

#include "dataplane/base/result.h"
#include "mgmt/capture/capture_request.h"
#include "mgmt/explain/explanation.h"
#include "mgmt/io/http_message.h"
#include "mgmt/metrics/report.h"
#include "mgmt/model/blackhole_change.h"

namespace weft::mgmt {

// Who may ask what: the unix socket everything, the TCP address nothing under /v1.
enum class Reach : uint8_t { socket, address };

struct AdminActions {
  std::function<GatewayStatus()> status;  // on the loop's thread
  std::function<Report()> report;         // on the loop's thread
  // Loads the configuration again and says how that went, at once or later.
  std::function<void(std::function<void(Result<Reloaded>)> on_done)> reload;
  // Carries out what an operator orders about an endpoint (`at` is set by it) and says how that
  // went, at once or later.
  std::function<void(Order, std::function<void(const Result<void>&)> on_done)> order;
  // Begins a capture: the parts of its file.
  std::function<Result<HttpParts>(const CaptureRequest&)> capture;
  std::function<std::vector<IpPrefix>()> blackholes;  // on the loop's thread
  // Changes them and says how that went, at once or later.
  std::function<void(BlackholeChange, std::function<void(const Result<void>&)> on_done)> blackhole;
  // What would become of a packet; says so at once or later.
  std::function<void(const ExplainRequest&,
                     std::function<void(const Result<Explanation>&)> on_done)>
      explain;
  // Runs work that takes long away from the loop, on a thread that ends before the loop does, and
  // never waits. False: too much waits already, and the work is dropped.
  std::function<bool(std::function<void()> work)> run_elsewhere;
};

HttpHandler admin_handler(AdminActions actions, Reach reach);

// 200, or 503 with what is not ready, one reason a line.
HttpResponse ready_response(const GatewayStatus& status);

}  // namespace weft::mgmt
