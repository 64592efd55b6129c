// Whose packets went through nat and fullnat: so that the judge can say whether an answer or an
// error goes to the one whom it concerns.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "tests/packet_decoder.h"

namespace weft::fuzz {

// The ends of a packet.
struct Ends {
  std::string source, destination;
  int source_port = 0, destination_port = 0, protocol = 0;

  static Ends of(const test::Decoded& d) {
    return {d.source, d.destination, d.source_port, d.destination_port, d.protocol};
  }
  Ends reversed() const { return {destination, source, destination_port, source_port, protocol}; }
  auto operator<=>(const Ends&) const = default;
};

class Book {
 public:
  void restart() {
    sent_.clear();
    unsent_.clear();
    seen_.clear();
  }
  // A client's packet came to a listener.
  void saw(const Ends& in) { seen_.insert(in); }
  // It went on as `out`.
  void sent(const Ends& in, const Ends& out) { sent_[out] = in; }
  // It did not, but its flow may have begun.
  void unsent(const Ends& in) { unsent_.insert(in); }

  // Whose packet went out as `out`.
  std::optional<Ends> client_of(const Ends& out) const {
    const auto found = sent_.find(out);
    return found == sent_.end() ? std::nullopt : std::optional(found->second);
  }
  bool seen(const Ends& in) const { return seen_.contains(in); }
  // Whether what looks like `out` to the endpoint is the client's `in`.
  bool is_of(const Ends& out, const Ends& in) const {
    const auto found = sent_.find(out);
    return unsent_.contains(in) || (found != sent_.end() && found->second == in);
  }

 private:
  std::map<Ends, Ends> sent_;
  std::set<Ends> unsent_, seen_;
};

}  // namespace weft::fuzz
