// Host names to addresses by the system's resolver (getaddrinfo: /etc/hosts, DNS, whatever
// nsswitch.conf says), on threads of its own, because a look-up may take tens of seconds.
// On the loop's thread only. At most `running_max` look-ups run at a time, the others wait their
// turn; the same name asked for again while it waits or runs shares the answer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "dataplane/base/result.h"
#include "dataplane/wire/ip_address.h"
#include "mgmt/io/event_loop.h"

namespace weft::mgmt {

// Ordered, without duplicates, not empty. An Error with retry says that the answer is not known
// now (a server that does not answer); without retry, that there is no such name.
using Addresses = Result<std::vector<IpAddress>>;

// Blocks. An address in text form is its own answer.
Addresses look_up(const std::string& name);

class Resolver {
 public:
  // `look_up` is called on the resolver's threads, several at a time.
  explicit Resolver(EventLoop& loop, uint32_t running_max = 4,
                    std::function<Addresses(const std::string&)> look_up = mgmt::look_up);
  // Does not wait for look-ups that run; nothing is called afterwards.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Calls exactly once, never from inside this call.
  void resolve(const std::string& name, std::function<void(const Addresses&)> on_answer);

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace weft::mgmt
