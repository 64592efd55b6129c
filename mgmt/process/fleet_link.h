// A gateway's part in its fleet's sync, as a process: what workers find at risk goes to the peers
// by a socket, and what peers tell goes into the table that the workers look up (mgmt/fleet).
// Thread safety: the loop's thread.
#pragma once

#include <memory>
#include <vector>

#include "dataplane/base/result.h"
#include "mgmt/controller/controller.h"
#include "mgmt/fleet/fleet_sync.h"
#include "mgmt/io/datagram_socket.h"
#include "mgmt/io/event_loop.h"
#include "mgmt/logs/logs.h"
#include "mgmt/process/data_plane.h"

namespace weft::mgmt {

class FleetLink {
 public:
  // Null when the configuration names no peers. Everything given by reference outlives this.
  // Error: one sentence.
  static Result<std::unique_ptr<FleetLink>> start(const Model& model, EventLoop& loop,
                                                  DataPlane& plane, Controller& controller,
                                                  Logs& logs);
  FleetLink(const FleetLink&) = delete;
  FleetLink& operator=(const FleetLink&) = delete;

  // Workers read other tables by now, or the gateway begins to stop.
  void on_change();
  // Every 20 ms or so.
  void look();
  FleetStatus status() const { return sync_.status(loop_.now()); }

 private:
  FleetLink(FleetSettings settings, EventLoop& loop, DataPlane& plane, Controller& controller,
            Logs& logs);
  void write_news();

  EventLoop& loop_;
  DataPlane& plane_;
  Controller& controller_;
  Logs& logs_;
  FleetSync sync_;
  std::unique_ptr<DatagramSocket> socket_;
  std::vector<bool> lived_;  // the peers, when it was logged last
};

}  // namespace weft::mgmt
