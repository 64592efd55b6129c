// Reads the configuration file again, on a thread of its own: thousands of listeners take seconds,
// and the loop has probes to judge meanwhile. One reading at a time; who asks while the file is
// read may have changed it since, so it is read once more, for all who asked meanwhile.
// Thread safety: the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "mgmt/io/event_loop.h"
#include "mgmt/model/model.h"
#include "mgmt/model/status.h"
#include "mgmt/process/work_thread.h"

namespace weft::mgmt {

class Reloader {
 public:
  using OnDone = std::function<void(const Result<Reloaded>&)>;
  // Takes what was read, or hears every error of the file in one text: called once a reading.
  using Take = std::function<Result<Reloaded>(Result<Model>)>;

  // `running`: its restart keys must not change. The loop outlives this, and does not run after it.
  Reloader(EventLoop& loop, std::string file, Model running, Take take);
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // on_done (may be empty) is called later, on the loop's thread, with what `take` said.
  void reload(OnDone on_done);

 private:
  void read();
  void on_read(Result<Model> read);

  EventLoop& loop_;
  const std::string file_;
  const std::shared_ptr<const Model> running_;
  const Take take_;
  bool reading_ = false;
  bool again_ = false;           // asked for while the file is read
  std::vector<OnDone> asked_;    // of the reading that runs
  std::vector<OnDone> waiting_;  // for the next one
  WorkThread thread_;            // last: its work ends before the rest goes
};

}  // namespace weft::mgmt
