#include "mgmt/io/resolver.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace weft::mgmt {
namespace {

Error look_up_error(const std::string& name, int code) {
  switch (code) {
    case EAI_NONAME:
    case EAI_NODATA:
      return {fmt::format("host name \"{}\" does not exist", name), Fault::operator_input, false};
    case EAI_SYSTEM:
      return {fmt::format("cannot look up \"{}\": {}", name, std::strerror(errno)),
              Fault::environment, true};
    default:
      return {fmt::format("cannot look up \"{}\" now: {}", name, gai_strerror(code)),
              Fault::environment, true};
  }
}

}  // namespace

Addresses look_up(const std::string& name) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;  // one entry an address
  addrinfo* found = nullptr;
  const int code = getaddrinfo(name.c_str(), nullptr, &wanted, &found);
  if (code != 0) return tl::unexpected(look_up_error(name, code));
  std::vector<IpAddress> addresses;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET) {
      const auto* in = reinterpret_cast<const sockaddr_in*>(entry->ai_addr);
      addresses.push_back(IpAddress::v4(be32::from_raw(in->sin_addr.s_addr)));
    } else if (entry->ai_family == AF_INET6) {
      const auto* in = reinterpret_cast<const sockaddr_in6*>(entry->ai_addr);
      addresses.push_back(IpAddress::v6(reinterpret_cast<const std::byte*>(in->sin6_addr.s6_addr)));
    }
  }
  freeaddrinfo(found);
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  if (addresses.empty()) return tl::unexpected(look_up_error(name, EAI_NODATA));
  return addresses;
}

// Shared with the threads, which may outlive the resolver: `loop` is null then.
struct Resolver::State {
  std::function<Addresses(const std::string&)> look_up;
  std::mutex mutex;  // guards the three below
  std::condition_variable changed;
  std::deque<std::string> names;  // to be looked up
  EventLoop* loop;
  // Only the loop's thread: who asked for a name that waits or runs.
  std::map<std::string, std::vector<std::function<void(const Addresses&)>>> asked;
};

namespace {

void answer(Resolver::State& state, const std::string& name, const Addresses& addresses) {
  const auto found = state.asked.find(name);
  if (found == state.asked.end()) return;
  const auto callbacks = std::move(found->second);
  state.asked.erase(found);
  for (const auto& callback : callbacks) {
    if (state.loop == nullptr) return;  // ended by a callback
    callback(addresses);
  }
}

void look_up_names(const std::shared_ptr<Resolver::State>& state) {
  for (;;) {
    std::unique_lock lock(state->mutex);
    state->changed.wait(lock, [&] { return state->loop == nullptr || !state->names.empty(); });
    if (state->loop == nullptr) return;
    const std::string name = std::move(state->names.front());
    state->names.pop_front();
    lock.unlock();
    Addresses addresses = state->look_up(name);
    lock.lock();
    if (state->loop == nullptr) return;
    state->loop->post(
        [state, name, addresses = std::move(addresses)] { answer(*state, name, addresses); });
  }
}

}  // namespace

Resolver::Resolver(EventLoop& loop, uint32_t running_max,
                   std::function<Addresses(const std::string&)> look_up)
    : state_(std::make_shared<State>()) {
  state_->look_up = std::move(look_up);
  state_->loop = &loop;
  for (uint32_t i = 0; i < running_max; ++i) std::thread(look_up_names, state_).detach();
}

Resolver::~Resolver() {
  const std::lock_guard lock(state_->mutex);
  state_->loop = nullptr;
  state_->asked.clear();
  state_->changed.notify_all();
}

void Resolver::resolve(const std::string& name, std::function<void(const Addresses&)> on_answer) {
  auto& callbacks = state_->asked[name];
  callbacks.push_back(std::move(on_answer));
  if (callbacks.size() > 1) return;
  const std::lock_guard lock(state_->mutex);
  state_->names.push_back(name);
  state_->changed.notify_one();
}

}  // namespace weft::mgmt
