// What an operator changes in a run: weights, endpoints, listeners, what happens to the flows of
// those that die. Each reload changes one thing, and leaves every cluster two endpoints.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mgmt/model/model.h"
#include "tests/sim/network.h"

namespace weft::sim {

struct Reload {
  std::string what;                             // for the trace
  std::optional<std::string> removed_listener;  // a service's
};

class Reloads {
 public:
  Reloads(const std::vector<Service>& services, mgmt::Model model)
      : services_(services), model_(std::move(model)) {}

  Reload change(Random& random);
  // The service has its listener again.
  void return_listener(const std::string& service);
  const mgmt::Model& model() const { return model_; }

 private:
  std::string change_weights(mgmt::ClusterSettings& cluster, Random& random);
  std::string add(mgmt::ClusterSettings& cluster, Random& random);
  std::string remove(mgmt::ClusterSettings& cluster, Random& random);
  std::string change_policy(mgmt::ClusterSettings& cluster, Random& random);

  const std::vector<Service>& services_;
  mgmt::Model model_;
};

}  // namespace weft::sim
