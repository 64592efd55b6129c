#include "mgmt/process/admin_servers.h"

#include <utility>

namespace weft::mgmt {

Result<std::vector<HttpServer>> open_admin_servers(const AdminSettings& admin, EventLoop& loop,
                                                   WorkThread& thread, AdminActions actions) {
  actions.run_elsewhere = [&thread](std::function<void()> work) {
    return thread.run(std::move(work));
  };
  std::vector<HttpServer> servers;
  auto socket =
      HttpServer::on_socket(loop, admin.socket, admin.group, admin_handler(actions, Reach::socket));
  if (!socket) return tl::unexpected(socket.error());
  servers.push_back(*std::move(socket));
  if (admin.address.empty()) return servers;
  auto address =
      HttpServer::on_address(loop, admin.address, admin_handler(actions, Reach::address));
  if (!address) return tl::unexpected(address.error());
  servers.push_back(*std::move(address));
  return servers;
}

}  // namespace weft::mgmt
