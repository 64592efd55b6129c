#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "mgmt/admin/status_reader.h"
#include "mgmt/admin/status_text.h"
#include "mgmt/admin/text_table.h"

namespace weft::mgmt {
namespace {

namespace json = boost::json;

constexpr std::size_t endpoints_shown_max = 20;

// What the earlier of two statuses said of each named thing.
class Before {
 public:
  Before(const json::object& status, std::string_view list, std::string_view key) {
    for_each_in(status, list, [&](const json::object& each) { add(text_in(each, key), each); });
  }
  Before() = default;

  void add(const std::string& name, const json::object& object) { by_name_[name] = &object; }
  // Nothing of a thing that was not there: it starts at zero.
  const json::object& of(const std::string& name) const {
    static const json::object nothing;
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nothing : *found->second;
  }

 private:
  std::map<std::string, const json::object*> by_name_;
};

// What a count grew by; zero when it began anew.
double growth(const json::object& before, const json::object& after, std::string_view key) {
  return std::max(number_in(after, key) - number_in(before, key), 0.0);
}

class Rates {
 public:
  Rates(const json::object& before, const json::object& after)
      : before_(before), after_(after), elapsed_s_(growth(before, after, "uptime_ms") / 1000) {}

  std::string text() const {
    return header() + listeners() + endpoints() + interfaces() + workers() + drops();
  }

 private:
  double per_second(const json::object& before, const json::object& after,
                    std::string_view key) const {
    return elapsed_s_ > 0 ? growth(before, after, key) / elapsed_s_ : 0;
  }
  std::string rate(const json::object& before, const json::object& after,
                   std::string_view key) const {
    return short_number(per_second(before, after, key));
  }
  std::string bits(const json::object& before, const json::object& after,
                   std::string_view key) const {
    return short_number(8 * per_second(before, after, key));
  }

  std::string header() const;
  std::string listeners() const;
  std::string endpoints() const;
  std::string interfaces() const;
  std::string workers() const;
  std::string drops() const;

  const json::object& before_;
  const json::object& after_;
  double elapsed_s_;
};

std::string Rates::header() const {
  return fmt::format("gateway {}  {}, {}, up {}; rates over {}\n", text_in(after_, "gateway"),
                     text_in(after_, "phase"), flag_in(after_, "ready") ? "ready" : "not ready",
                     short_duration(number_in(after_, "uptime_ms")),
                     short_duration(1000 * elapsed_s_));
}

std::string Rates::listeners() const {
  const Before earlier(before_, "listeners", "name");
  TextTable table({"LISTENER", "ADDRESS", ">FLOWS/S", ">PACKETS/S", ">BIT/S", ">DROPS/S"});
  for_each_in(after_, "listeners", [&](const json::object& now) {
    const json::object& was = earlier.of(text_in(now, "name"));
    table.add({text_in(now, "name"), text_in(now, "address"), rate(was, now, "flows"),
               rate(was, now, "packets"), bits(was, now, "bytes"), rate(was, now, "drops")});
  });
  return table.empty() ? "" : "\n" + table.text();
}

// The busiest first.
std::string Rates::endpoints() const {
  Before earlier;
  for_each_in(before_, "clusters", [&](const json::object& cluster) {
    for_each_in(cluster, "endpoints", [&](const json::object& endpoint) {
      earlier.add(text_in(cluster, "name") + " " + text_in(endpoint, "address"), endpoint);
    });
  });
  std::vector<std::pair<double, std::vector<std::string>>> rows;
  for_each_in(after_, "clusters", [&](const json::object& cluster) {
    const std::string name = text_in(cluster, "name");
    for_each_in(cluster, "endpoints", [&](const json::object& now) {
      const std::string address = text_in(now, "address");
      const json::object& was = earlier.of(name + " " + address);
      rows.emplace_back(
          per_second(was, now, "packets"),
          std::vector{name, address, text_in(now, "state"),
                      short_number(number_in(now, "flows_active")), rate(was, now, "flows"),
                      rate(was, now, "packets"), bits(was, now, "bytes")});
    });
  });
  std::ranges::stable_sort(rows, std::greater(), &decltype(rows)::value_type::first);
  TextTable table({"CLUSTER", "ENDPOINT", "STATE", ">ACTIVE", ">FLOWS/S", ">PACKETS/S", ">BIT/S"});
  for (std::size_t i = 0; i < std::min(rows.size(), endpoints_shown_max); ++i) {
    table.add(std::move(rows[i].second));
  }
  if (table.empty()) return "";
  const std::string more =
      rows.size() <= endpoints_shown_max
          ? ""
          : fmt::format("... and {} more\n", rows.size() - endpoints_shown_max);
  return "\n" + table.text() + more;
}

std::string Rates::interfaces() const {
  const Before earlier(before_, "interfaces", "name");
  TextTable table(
      {"INTERFACE", ">RECEIVED/S", ">BIT/S", ">SENT/S", ">BIT/S", ">TO TWIN/S", ">FROM TWIN/S"});
  for_each_in(after_, "interfaces", [&](const json::object& now) {
    const json::object& was = earlier.of(text_in(now, "name"));
    table.add({text_in(now, "name"), rate(was, now, "receive_packets"),
               bits(was, now, "receive_bytes"), rate(was, now, "transmit_packets"),
               bits(was, now, "transmit_bytes"), rate(was, now, "to_twin_packets"),
               rate(was, now, "from_twin_packets")});
  });
  return table.empty() ? "" : "\n" + table.text();
}

std::string Rates::workers() const {
  Before earlier;
  for_each_in(before_, "workers", [&](const json::object& worker) {
    earlier.add(short_number(number_in(worker, "worker")), worker);
  });
  TextTable table({">WORKER", ">BUSY", ">CYCLES/PACKET", ">PACKETS/S", ">HANDED OFF/S"});
  for_each_in(after_, "workers", [&](const json::object& now) {
    const std::string number = short_number(number_in(now, "worker"));
    const json::object& was = earlier.of(number);
    const double busy = growth(was, now, "busy_cycles");
    const double all = busy + growth(was, now, "idle_cycles");
    const double packets = growth(was, now, "packets");
    table.add({number, fmt::format("{:.1f} %", all > 0 ? 100 * busy / all : 0),
               fmt::format("{:.0f}", packets > 0 ? busy / packets : 0), rate(was, now, "packets"),
               rate(was, now, "handed_off")});
  });
  return table.empty() ? "" : "\n" + table.text();
}

std::string Rates::drops() const {
  const json::object& was = object_in(before_, "drops");
  const json::object& now = object_in(after_, "drops");
  TextTable table({"DROP", ">PACKETS/S"});
  for (const auto& [name, packets] : now) {
    if (growth(was, now, name) > 0) table.add({std::string(name), rate(was, now, name)});
  }
  return table.empty() ? "" : "\n" + table.text();
}

}  // namespace

Result<std::string> top_text(std::string_view before_json, std::string_view after_json) {
  const Result<json::object> before = read_status(before_json);
  if (!before) return tl::unexpected(before.error());
  const Result<json::object> after = read_status(after_json);
  if (!after) return tl::unexpected(after.error());
  return Rates(*before, *after).text();
}

}  // namespace weft::mgmt
