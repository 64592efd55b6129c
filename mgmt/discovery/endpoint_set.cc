#include "mgmt/discovery/endpoint_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "dataplane/base/ids.h"

namespace weft::mgmt {

std::vector<std::string> names_in(const ClusterSettings& cluster) {
  std::vector<std::string> names;
  for (const EndpointSettings& endpoint : cluster.endpoints) {
    if (!IpAddress::parse(endpoint.host)) names.push_back(endpoint.host);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

namespace {

// The problems of a cluster's entries, each once; a page of them helps nobody.
class Problems {
 public:
  void add(std::string problem) {
    if (problem.empty() || std::count(said_.begin(), said_.end(), problem) > 0) return;
    if (said_.size() == said_max) {
      ++unsaid_;
      return;
    }
    if (!text_.empty()) text_ += "; ";
    text_ += problem;
    said_.push_back(std::move(problem));
  }
  std::string text() const {
    return unsaid_ == 0 ? text_ : fmt::format("{}; and {} more", text_, unsaid_);
  }

 private:
  static constexpr std::size_t said_max = 4;
  std::vector<std::string> said_;
  std::string text_;
  uint32_t unsaid_ = 0;
};

void add_resolved(const EndpointSettings& entry, const HostNames& names, EndpointSet& set,
                  Problems& problems) {
  const NameWatch* watch = names.find(entry.host);
  if (watch == nullptr || !watch->known()) set.complete = false;
  if (watch == nullptr) return;
  for (const IpAddress& address : watch->addresses()) {
    set.endpoints.push_back({{address, entry.port}, entry.weight, entry.host, {}});
  }
  if (!watch->problem().empty()) {
    problems.add(fmt::format("{}: {}", entry.host, watch->problem()));
  }
}

// The gateway would probe and forward to itself.
void leave_out_own(const OwnAddresses& own, EndpointSet& set, Problems& problems) {
  std::erase_if(set.endpoints, [&](const DiscoveredEndpoint& endpoint) {
    const std::string owner = own.owner(endpoint.at.address);
    if (owner.empty()) return false;
    const std::string name = endpoint.host.empty() ? "" : endpoint.host + ": ";
    problems.add(fmt::format("{}{} is an address of {}: an endpoint cannot be the gateway itself",
                             name, endpoint.at.address.to_string(), owner));
    return true;
  });
}

}  // namespace

EndpointSet discover(const ClusterSettings& cluster, const HostNames& names,
                     const OwnAddresses& own) {
  EndpointSet set;
  set.complete = true;
  Problems problems;
  for (const EndpointSettings& entry : cluster.endpoints) {
    const auto address = IpAddress::parse(entry.host);
    if (!address) {
      add_resolved(entry, names, set, problems);
    } else if (std::string note = ignored(*address); note.empty()) {
      set.endpoints.push_back({{*address, entry.port}, entry.weight, "", entry.server_id});
    } else {
      problems.add(std::move(note));
    }
  }
  leave_out_own(own, set, problems);
  const auto at = [](const DiscoveredEndpoint& endpoint) { return endpoint.at; };
  std::ranges::stable_sort(set.endpoints, {}, at);
  const auto same_place = [](const DiscoveredEndpoint& a, const DiscoveredEndpoint& b) {
    return a.at == b.at;
  };
  set.endpoints.erase(std::unique(set.endpoints.begin(), set.endpoints.end(), same_place),
                      set.endpoints.end());
  if (set.endpoints.size() > cluster_endpoints_max) {
    problems.add(fmt::format("{} endpoints, of which the first {} by address are used",
                             set.endpoints.size(), cluster_endpoints_max));
    set.endpoints.resize(cluster_endpoints_max);
  }
  set.problem = problems.text();
  return set;
}

}  // namespace weft::mgmt
