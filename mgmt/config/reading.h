// The state of reading one file: the model as it fills, and the errors. Thread safety: none.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mgmt/config/config.h"
#include "mgmt/config/node.h"
#include "mgmt/config/schema.h"
#include "mgmt/config/source_text.h"

namespace weft::mgmt::config {

class Reading {
 public:
  Reading(const SourceText& source, const Host& host_values) : host(host_values), source_(source) {}

  // Reads a table by the keys of its section into the section's struct: complains of unknown keys
  // and of required ones that are missing, and gives the defaults of the others.
  void table(std::string_view section, const Node& node, void* settings);

  void complain(Offset at, std::string message);
  // Of another file, which is named at `at`.
  void complain(Offset at, ConfigError error);

  // ", did you mean "x"?", or nothing; the first hundred times.
  std::string suggest(std::string_view word, std::span<const std::string_view> candidates);
  uint32_t line(Offset at) const { return source_.line(at); }

  // In the order of the file, at most errors_max and one that counts the rest.
  std::vector<ConfigError> errors() &&;
  bool failed() const { return !found_.empty(); }

  const Host& host;
  Model model;

 private:
  struct Found {
    Offset at;
    std::string message;
    std::optional<ConfigError> elsewhere;  // in place of the message
  };

  void keep(Found found);

  // Gives the key that is meant, or nothing.
  std::string_view unknown_key(const Section& section, const Node::Member& member);
  void missing_key(const Key& key, const Node& table);

  const SourceText& source_;
  std::vector<Found> found_;
  std::size_t left_out_ = 0;
  std::size_t suggestions_ = 0;
};

// The tree into reading.model, key by key. What could not be read keeps its C++ default (empty
// string, no address, port 0), so that checks can leave it out.
void read_model(Reading& reading, const Node& root);

// What the model's keys must be together: names, references, addresses that exclude each other.
// Complains in `reading`. Requires: read_model filled the model from `root`.
void check_model(Reading& reading, const Node& root);

}  // namespace weft::mgmt::config
