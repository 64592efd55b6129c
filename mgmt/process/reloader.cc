#include "mgmt/process/reloader.h"

#include <fmt/format.h>

#include <utility>

#include "dataplane/base/check.h"
#include "mgmt/config/config.h"

namespace weft::mgmt {

static Result<Model> read_again(const std::string& file, const Model& running) {
  auto loaded = config::load_file(file);
  if (!loaded) return fail(config::to_string(loaded.error()), Fault::operator_input);
  const auto fixed = config::restart_keys_changed(running, *loaded);
  if (fixed.empty()) return *std::move(loaded);
  return fail(fmt::format("{} cannot change without a restart: {}", file, fmt::join(fixed, ", ")),
              Fault::operator_input);
}

Reloader::Reloader(EventLoop& loop, std::string file, Model running, Take take)
    : loop_(loop),
      file_(std::move(file)),
      running_(std::make_shared<const Model>(std::move(running))),
      take_(std::move(take)),
      thread_("weft-reload") {}

void Reloader::reload(OnDone on_done) {
  if (on_done) (reading_ ? waiting_ : asked_).push_back(std::move(on_done));
  if (reading_) {
    again_ = true;
  } else {
    read();
  }
}

void Reloader::read() {
  reading_ = true;
  CHECK(thread_.run([this] {
    loop_.post([this, read = read_again(file_, *running_)]() mutable { on_read(std::move(read)); });
  }));
}

void Reloader::on_read(Result<Model> read) {
  const Result<Reloaded> taken = take_(std::move(read));
  for (const OnDone& on_done : std::exchange(asked_, {})) on_done(taken);
  asked_ = std::exchange(waiting_, {});
  reading_ = false;
  if (std::exchange(again_, false)) this->read();
}

}  // namespace weft::mgmt
