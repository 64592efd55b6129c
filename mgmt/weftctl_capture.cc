#include "mgmt/weftctl_capture.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <utility>

#include "mgmt/admin/capture_text.h"
#include "mgmt/admin/status_text.h"
#include "mgmt/capture/capture_file.h"
#include "mgmt/capture/compile_filter.h"
#include "mgmt/io/http_client.h"

namespace weft::mgmt {

static constexpr milliseconds begin_timeout_ms{10'000};

static std::atomic<bool> interrupted{false};  // a signal handler writes
static_assert(std::atomic<bool>::is_always_lock_free);

static void end_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted.store(true); };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

Result<void> capture_to_file(const std::string& socket, CaptureRequest request,
                             const std::string& output) {
  if (output == "-" && isatty(STDOUT_FILENO) == 1) {
    return fail("a capture is no text for a terminal: give it a file with --output, or a pipe",
                Fault::operator_input);
  }
  auto program = compile_filter(request.filter);
  if (!program) return tl::unexpected(program.error());
  request.program = *std::move(program);
  auto file = CaptureFile::open(output);
  if (!file) return tl::unexpected(file.error());
  end_on_signals();
  Result<void> written;
  const auto response = take_over_socket(
      socket, {.method = "POST", .target = "/v1/capture", .body = text_of(request)},
      begin_timeout_ms, [&](std::string_view part) {
        if (written && !part.empty()) written = file->add(part);
        return written.has_value() && !interrupted.load();
      });
  if (!written) return written;
  if (!response) return tl::unexpected(response.error());
  if (response->status != 200) return fail(text_of(response->body, "error"));
  fmt::print(stderr, "{} packets captured, {} lost\n", file->packets(), file->lost());
  return {};
}

}  // namespace weft::mgmt
