// weftctl: asks a running gateway over its unix socket and prints what it says. Errors are one
// line on stderr and exit code 1.
#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "mgmt/admin/default_socket.h"
#include "mgmt/admin/status_text.h"
#include "mgmt/io/http_client.h"
#include "mgmt/weftctl_capture.h"
#include "mgmt/weftctl_explain.h"

namespace weft::mgmt {
namespace {

constexpr milliseconds status_timeout_ms{10'000};
constexpr milliseconds order_timeout_ms{10'000};
constexpr milliseconds reload_timeout_ms{60'000};  // names of endpoints may have to be looked up

struct Options {
  std::string socket;
  bool json = false;
  std::string endpoint;  // "web/10.0.0.1:80"
  std::vector<std::string> prefixes;
  uint32_t interval_ms = 1000;
  uint32_t count = 0;  // of top's pictures; 0: until interrupted
  CaptureRequest capture;
  std::string output = "-";
  ExplainOptions explain;
};

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

Result<std::string> socket_of(const Options& options) {
  if (!options.socket.empty()) return options.socket;
  return default_socket(sockets_folder, host_name());
}

Result<HttpResponse> ask(const Options& options, const HttpRequest& request,
                         milliseconds timeout_ms) {
  const Result<std::string> socket = socket_of(options);
  if (!socket) return tl::unexpected(socket.error());
  return ask_over_socket(*socket, request, timeout_ms);
}

Result<std::string> fetch_status(const Options& options) {
  const Result<HttpResponse> response = ask(options, {.target = "/v1/status"}, status_timeout_ms);
  if (!response) return tl::unexpected(response.error());
  if (response->status != 200) {
    return fail(fmt::format("the gateway answered {}: {}", response->status, response->body));
  }
  return response->body;
}

Result<void> print_status(const Options& options) {
  const Result<std::string> status = fetch_status(options);
  if (!status) return tl::unexpected(status.error());
  const Result<std::string> text = options.json ? status : status_text(*status);
  if (!text) return tl::unexpected(text.error());
  fmt::print("{}", *text);
  return {};
}

Result<void> reload(const Options& options) {
  const Result<HttpResponse> response =
      ask(options, {.method = "POST", .target = "/v1/reload"}, reload_timeout_ms);
  if (!response) return tl::unexpected(response.error());
  if (response->status == 202) {
    fmt::print("{}\n", text_of(response->body, "waits"));
    return {};
  }
  if (response->status != 200) return fail(text_of(response->body, "error"));
  fmt::print("reloaded\n");
  return {};
}

// The name of whoever asks, also behind sudo. The gateway adds the user that the kernel knows.
std::string user_name() {
  const char* behind_sudo = getuid() == 0 ? std::getenv("SUDO_USER") : nullptr;
  if (behind_sudo != nullptr) return behind_sudo;
  const passwd* user = getpwuid(getuid());
  return user != nullptr ? user->pw_name : "";
}

Result<void> order(const Options& options, const std::string& word) {
  const boost::json::object body{
      {"order", word}, {"endpoint", options.endpoint}, {"by", user_name()}};
  const Result<HttpResponse> response =
      ask(options, {.method = "POST", .target = "/v1/order", .body = boost::json::serialize(body)},
          order_timeout_ms);
  if (!response) return tl::unexpected(response.error());
  if (response->status != 200) return fail(text_of(response->body, "error"));
  fmt::print("{} {}: done\n", word, options.endpoint);
  return {};
}

// `word` is add or remove.
Result<void> change_blackholes(const Options& options, const std::string& word) {
  const boost::json::array prefixes(options.prefixes.begin(), options.prefixes.end());
  const boost::json::object body{{word, prefixes}};
  const Result<HttpResponse> response = ask(
      options, {.method = "POST", .target = "/v1/blackhole", .body = boost::json::serialize(body)},
      order_timeout_ms);
  if (!response) return tl::unexpected(response.error());
  if (response->status != 200) return fail(text_of(response->body, "error"));
  fmt::print("blackhole {}: done\n", word);
  return {};
}

Result<void> list_blackholes(const Options& options) {
  const Result<HttpResponse> response =
      ask(options, {.target = "/v1/blackholes"}, status_timeout_ms);
  if (!response) return tl::unexpected(response.error());
  if (response->status != 200) {
    return fail(fmt::format("the gateway answered {}: {}", response->status, response->body));
  }
  if (options.json) {
    fmt::print("{}", response->body);
    return {};
  }
  boost::system::error_code error;
  const boost::json::value body = boost::json::parse(response->body, error);
  const boost::json::object* object = error ? nullptr : body.if_object();
  const boost::json::value* list = object == nullptr ? nullptr : object->if_contains("blackholes");
  if (list == nullptr || !list->is_array()) return fail("the gateway's answer is no list");
  for (const boost::json::value& prefix : list->get_array()) {
    if (const boost::json::string* text = prefix.if_string()) {
      fmt::print("{}\n", std::string_view(*text));
    }
  }
  return {};
}

void add_blackhole(CLI::App& app, Options& options, Result<void>& done) {
  CLI::App* group = app.add_subcommand("blackhole", "sources whose packets reach no listener");
  group->require_subcommand(1);
  const auto add_change = [&](const char* word, const char* says) {
    CLI::App* change = group->add_subcommand(word, says);
    change->add_option("prefix", options.prefixes, "IPv4 or IPv6 prefixes or addresses")
        ->required();
    change->callback([&options, &done, word] { done = change_blackholes(options, word); });
  };
  add_change("add", "drop what comes from there, until it is removed");
  add_change("remove", "take that back");
  CLI::App* list = group->add_subcommand("list", "what is blackholed now");
  list->add_flag("--json", options.json, "as JSON");
  list->callback([&] { done = list_blackholes(options); });
}

Result<void> top(const Options& options) {
  Result<std::string> before = fetch_status(options);
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  for (uint32_t shown = 0; options.count == 0 || shown < options.count; ++shown) {
    if (!before) return tl::unexpected(before.error());
    std::this_thread::sleep_for(milliseconds(options.interval_ms));
    Result<std::string> after = fetch_status(options);
    if (!after) return tl::unexpected(after.error());
    const Result<std::string> text = top_text(*before, *after);
    if (!text) return tl::unexpected(text.error());
    fmt::print("{}{}{}", terminal ? "\x1b[H\x1b[2J" : "", *text, terminal ? "" : "\n");
    std::fflush(stdout);
    before = std::move(after);
  }
  return {};
}

void add_capture(CLI::App& app, Options& options, Result<void>& done) {
  CLI::App* capturing = app.add_subcommand(
      "capture", "record packets as pcapng, with their listener and the name of their drop");
  CaptureRequest& request = options.capture;
  capturing->add_option("--filter", request.filter,
                        "only these, in libpcap's language: \"tcp port 80\"");
  capturing->add_flag("--drops", request.drops_only, "only those that end here");
  capturing->add_option("--packets", request.packets_max, "end after so many")
      ->check(CLI::Range(uint64_t{1}, UINT64_MAX));
  capturing->add_option("--seconds", request.duration_s, "end after so long")
      ->check(CLI::Range(1, 1'000'000));
  capturing->add_option("--snap", request.snap_bytes, "bytes of each frame at most")
      ->check(CLI::Range(1, UINT16_MAX))
      ->capture_default_str();
  capturing->add_option("--output", options.output, "a file, or - for standard output")
      ->capture_default_str();
  capturing->callback([&] {
    const Result<std::string> socket = socket_of(options);
    done = socket ? capture_to_file(*socket, options.capture, options.output)
                  : tl::unexpected(socket.error());
  });
}

Result<void> explain(const Options& options) {
  const Result<HttpRequest> request = explain_request(options.explain);
  if (!request) return tl::unexpected(request.error());
  const Result<HttpResponse> answer = ask(options, *request, order_timeout_ms);
  if (!answer) return tl::unexpected(answer.error());
  const Result<std::string> text = explained(*answer, options.json);
  if (!text) return tl::unexpected(text.error());
  fmt::print("{}", *text);
  return {};
}

void add_explain(CLI::App& app, Options& options, Result<void>& done) {
  CLI::App* explaining = app.add_subcommand(
      "explain", "what would become of a packet, stage by stage; changes nothing");
  explaining->add_option(
      "packet", options.explain.words,
      "\"tcp 192.0.2.1:1234 > 203.0.113.10:80 syn ttl=64 bytes=1500\"; udp, icmp");
  explaining->add_option("--pcap", options.explain.file, "or a frame of this capture");
  explaining->add_option("--frame", options.explain.frame, "which, counted from 1")
      ->capture_default_str();
  explaining->add_option("--interface", options.explain.interface,
                         "where it comes in; default: the first");
  explaining->add_flag("--json", options.json, "as JSON");
  explaining->callback([&] { done = explain(options); });
}

int run(int argc, char** argv) {
  CLI::App app("Asks a running Weft gateway.", "weftctl");
  Options options;
  Result<void> done;
  app.require_subcommand(1);
  app.add_option("--socket", options.socket,
                 fmt::format("the gateway's unix socket; default: {}/HOST.sock, or the only one "
                             "there",
                             sockets_folder));
  CLI::App* status = app.add_subcommand("status", "what the gateway is and has done");
  status->add_flag("--json", options.json, "as JSON");
  status->callback([&] { done = print_status(options); });
  app.add_subcommand("reload", "have the gateway read its configuration again")->callback([&] {
    done = reload(options);
  });
  const auto add_order = [&](const char* word, const char* says) {
    CLI::App* ordering = app.add_subcommand(word, says);
    ordering->add_option("endpoint", options.endpoint, "CLUSTER/ADDRESS:PORT, as status shows it")
        ->required();
    ordering->callback([&, word] { done = order(options, word); });
  };
  add_order("drain", "have an endpoint keep its flows and take no new ones, until it is enabled");
  add_order("disable", "have an endpoint count as down, until it is enabled");
  add_order("enable", "take back what was ordered of an endpoint");
  add_blackhole(app, options, done);
  CLI::App* refreshing = app.add_subcommand("top", "rates per second, refreshed");
  refreshing->add_option("--interval-ms", options.interval_ms, "between two looks")
      ->check(CLI::Range(100, 3'600'000))
      ->capture_default_str();
  refreshing->add_option("--count", options.count, "so many times; 0: until interrupted");
  refreshing->callback([&] { done = top(options); });
  add_capture(app, options, done);
  add_explain(app, options, done);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;  // --help comes here too
  }
  if (done) return 0;
  fmt::print(stderr, "weftctl: {}\n", done.error().message);
  return 1;
}

}  // namespace
}  // namespace weft::mgmt

int main(int argc, char** argv) {
  return weft::mgmt::run(argc, argv);
}
