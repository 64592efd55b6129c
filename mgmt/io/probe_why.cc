#include "mgmt/io/probe_why.h"

#include <fmt/format.h>

#include <boost/asio/error.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>

namespace weft::mgmt {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace system_error = boost::system::errc;

bool is_of_this_host(boost::system::error_code error) {
  for (const system_error::errc_t ours :
       {system_error::too_many_files_open, system_error::too_many_files_open_in_system,
        system_error::no_buffer_space, system_error::not_enough_memory,
        system_error::address_not_available, system_error::address_family_not_supported,
        system_error::operation_not_permitted, system_error::permission_denied}) {
    if (error == ours) return true;
  }
  return false;
}

std::string timed_out(ProbeStep step, milliseconds timeout) {
  switch (step) {
    case ProbeStep::connecting:
      return fmt::format("no connection in {} ms", timeout.count());
    case ProbeStep::unanswered:
      return fmt::format("no answer in {} ms", timeout.count());
    case ProbeStep::in_header:
    case ProbeStep::in_body:
      return fmt::format("answer incomplete after {} ms", timeout.count());
  }
  return {};
}

std::string closed(ProbeStep step) {
  return step == ProbeStep::unanswered ? "connection closed without an answer"
                                       : "connection closed before the answer was complete";
}

std::string describe(boost::system::error_code error, ProbeStep step, milliseconds timeout) {
  if (error == boost::beast::error::timeout) return timed_out(step, timeout);
  if (error == http::error::end_of_stream || error == http::error::partial_message ||
      error == asio::error::eof || error == asio::error::broken_pipe) {
    return closed(step);
  }
  if (error == asio::error::connection_refused) return "connection refused";
  if (error == asio::error::connection_reset) return "connection reset";
  if (error == asio::error::host_unreachable) return "no route to host";
  if (error == asio::error::network_unreachable) return "network unreachable";
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return "header of the answer is too large";
  }
  const boost::system::error_code any_http = http::error::bad_version;
  if (error.category() == any_http.category()) {
    return fmt::format("not an HTTP answer ({})", error.message());
  }
  return error.message();
}

}  // namespace

ProbeResult probe_failed(boost::system::error_code error, ProbeStep step, milliseconds timeout) {
  if (step == ProbeStep::connecting && is_of_this_host(error)) {
    return {.conclusive = false, .why = "the gateway cannot probe: " + error.message()};
  }
  return {.why = describe(error, step, timeout)};
}

ProbeResult judge_status(unsigned status, const HealthSettings& health) {
  if (status >= health.first_status && status <= health.last_status) {
    return {.passed = true, .why = fmt::format("status {}", status)};
  }
  if (health.first_status == health.last_status) {
    return {.why = fmt::format("status {}, expected {}", status, health.first_status)};
  }
  return {.why = fmt::format("status {}, expected {}-{}", status, health.first_status,
                             health.last_status)};
}

}  // namespace weft::mgmt
