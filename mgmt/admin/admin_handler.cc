#include "mgmt/admin/admin_handler.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <string_view>
#include <utility>

#include "mgmt/admin/blackhole_request.h"
#include "mgmt/admin/capture_text.h"
#include "mgmt/admin/explain_text.h"
#include "mgmt/admin/order_request.h"
#include "mgmt/admin/status_json.h"
#include "mgmt/metrics/metrics_text.h"

namespace weft::mgmt {
namespace {

constexpr const char* json_type = "application/json";

HttpResponse error_response(unsigned status, std::string message) {
  return {.status = status, .body = std::move(message) + "\n"};
}

HttpResponse json_response(unsigned status, const boost::json::object& body) {
  return {.status = status, .content_type = json_type, .body = boost::json::serialize(body) + "\n"};
}

HttpResponse reload_response(const Result<Reloaded>& done) {
  if (!done) return json_response(409, {{"error", done.error().message}});
  if (!done->waits.empty()) return json_response(202, {{"waits", done->waits}});
  return json_response(200, {{"reloaded", true}});
}

// Copies the report here, on the loop, and renders it elsewhere.
template <class Render>
void answer_elsewhere(const AdminActions& actions, const HttpRespond& respond, const char* type,
                      Render render) {
  const auto report = std::make_shared<const Report>(actions.report());
  const bool runs = actions.run_elsewhere([report, respond, type, render] {
    respond({.content_type = type, .body = render(*report)});
  });
  if (!runs) respond(error_response(503, "too many pages are being written"));
}

void status(const AdminActions& actions, const HttpRequest&, HttpRespond respond) {
  answer_elsewhere(actions, respond, json_type, status_json);
}

void metrics(const AdminActions& actions, const HttpRequest&, HttpRespond respond) {
  answer_elsewhere(actions, respond, metrics_content_type, metrics_text);
}

void reload(const AdminActions& actions, const HttpRequest&, HttpRespond respond) {
  actions.reload([respond = std::move(respond)](const Result<Reloaded>& done) {
    respond(reload_response(done));
  });
}

void order(const AdminActions& actions, const HttpRequest& request, HttpRespond respond) {
  const Result<Order> read = order_in(request);
  if (!read) return respond(json_response(400, {{"error", read.error().message}}));
  actions.order(*read, [respond = std::move(respond)](const Result<void>& done) {
    if (!done) return respond(json_response(409, {{"error", done.error().message}}));
    respond(json_response(200, {{"ordered", true}}));
  });
}

void capture(const AdminActions& actions, const HttpRequest& request, HttpRespond respond) {
  const Result<CaptureRequest> wanted = capture_request_in(request.body);
  if (!wanted) return respond(json_response(400, {{"error", wanted.error().message}}));
  Result<HttpParts> parts = actions.capture(*wanted);
  if (!parts) {
    const unsigned status = parts.error().retry ? 503 : 400;
    return respond(json_response(status, {{"error", parts.error().message}}));
  }
  respond({.content_type = "application/x-pcapng", .parts = *std::move(parts)});
}

void blackholes(const AdminActions& actions, const HttpRequest&, HttpRespond respond) {
  boost::json::array prefixes;
  for (const IpPrefix& prefix : actions.blackholes()) prefixes.emplace_back(prefix.to_string());
  respond(json_response(200, {{"blackholes", std::move(prefixes)}}));
}

void blackhole(const AdminActions& actions, const HttpRequest& request, HttpRespond respond) {
  const Result<BlackholeChange> read = blackhole_change_in(request);
  if (!read) return respond(json_response(400, {{"error", read.error().message}}));
  actions.blackhole(*read, [respond = std::move(respond)](const Result<void>& done) {
    if (!done) return respond(json_response(409, {{"error", done.error().message}}));
    respond(json_response(200, {{"changed", true}}));
  });
}

void explain(const AdminActions& actions, const HttpRequest& request, HttpRespond respond) {
  const Result<ExplainRequest> asked = explain_request_in(request.body);
  if (!asked) return respond(json_response(400, {{"error", asked.error().message}}));
  actions.explain(*asked, [respond = std::move(respond)](const Result<Explanation>& explanation) {
    if (explanation) return respond({.content_type = json_type, .body = json_of(*explanation)});
    const unsigned status = explanation.error().retry ? 503 : 400;
    respond(json_response(status, {{"error", explanation.error().message}}));
  });
}

void ready(const AdminActions& actions, const HttpRequest&, HttpRespond respond) {
  respond(ready_response(actions.status()));
}

void live(const AdminActions&, const HttpRequest&, HttpRespond respond) {
  respond({.body = "live\n"});
}

struct Page {
  std::string_view path;
  std::string_view method;
  Reach reach;  // at least
  void (*answer)(const AdminActions& actions, const HttpRequest& request, HttpRespond respond);
};

constexpr std::array pages = {
    Page{"/v1/status", "GET", Reach::socket, status},
    Page{"/v1/reload", "POST", Reach::socket, reload},
    Page{"/v1/order", "POST", Reach::socket, order},
    Page{"/v1/capture", "POST", Reach::socket, capture},
    Page{"/v1/blackholes", "GET", Reach::socket, blackholes},
    Page{"/v1/blackhole", "POST", Reach::socket, blackhole},
    Page{"/v1/explain", "POST", Reach::socket, explain},
    Page{"/metrics", "GET", Reach::address, metrics},
    Page{"/ready", "GET", Reach::address, ready},
    Page{"/live", "GET", Reach::address, live},
};

void handle(const AdminActions& actions, Reach reach, const HttpRequest& request,
            HttpRespond respond) {
  const std::string_view target = request.target;
  const std::string_view path = target.substr(0, target.find('?'));
  const auto page = std::ranges::find_if(pages, [&](const Page& each) {
    return each.path == path && (reach == Reach::socket || each.reach == Reach::address);
  });
  if (page == pages.end()) return respond(error_response(404, "no such page"));
  const bool head = request.method == "HEAD" && page->method == "GET";
  if (request.method != page->method && !head) {
    HttpResponse refused = error_response(405, "only " + std::string(page->method));
    refused.headers.emplace_back("Allow", page->method == "GET" ? "GET, HEAD" : page->method);
    return respond(std::move(refused));
  }
  page->answer(actions, request, std::move(respond));
}

}  // namespace

HttpHandler admin_handler(AdminActions actions, Reach reach) {
  return [actions = std::move(actions), reach](const HttpRequest& request, HttpRespond respond) {
    handle(actions, reach, request, std::move(respond));
  };
}

HttpResponse ready_response(const GatewayStatus& status) {
  if (status.ready()) return {.body = "ready\n"};
  HttpResponse response{.status = 503};
  if (status.phase != Phase::serving) {
    response.body += "the gateway is " + std::string(phase_name(status.phase)) + "\n";
  }
  for (const ListenerStatus& listener : status.listeners) {
    if (!listener.ready) response.body += "listener " + listener.name + ": " + listener.why + "\n";
  }
  return response;
}

}  // namespace weft::mgmt
