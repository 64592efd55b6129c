#include "tests/shovel_lab.h"

#include <unistd.h>

#include <stdexcept>

namespace weft {

std::string kind_of(const std::string& device) {
  return device.substr(0, device.find(':'));
}

void ShovelLab::lay_cable(int queues) {
  connect(gateway, peer, {.left = "eth1", .right = "eth0", .queues = queues});
  peer.expect(std::string("ip addr add ") + peer_address + "/24 dev eth0");
}

std::vector<std::string> ShovelLab::shovel_command(const std::vector<std::string>& more) const {
  std::vector<std::string> command = {SHOVEL, "--name", "shovel-" + std::to_string(getpid())};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

Program ShovelLab::start_shovel(const std::vector<std::string>& more) {
  Program shovel = gateway.start(shovel_command(more));
  const std::string first_line = shovel.wait_for("");
  if (!first_line.starts_with("ready ")) throw std::runtime_error("shovel: " + first_line);
  return shovel;
}

Program ShovelLab::start_with_twin(const std::vector<std::string>& more) {
  std::vector<std::string> all = more;
  all.insert(all.end(), {"--twin", "twin0"});
  Program shovel = start_shovel(all);
  gateway.expect("ip link set twin0 up");
  gateway.expect(std::string("ip addr add ") + twin_address + "/24 dev twin0");
  return shovel;
}

Outcome ShovelLab::ping(const std::string& address, const std::string& options) const {
  return peer.run("ping -n -c 1 -W 10 " + options + " " + address);
}

}  // namespace weft
