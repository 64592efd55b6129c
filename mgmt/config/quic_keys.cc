#include <fmt/format.h>

#include <algorithm>

#include "mgmt/config/composite_keys.h"
#include "mgmt/config/fields.h"
#include "mgmt/config/read_file.h"
#include "mgmt/config/schema.h"

namespace weft::mgmt::config {

namespace {

constexpr std::size_t key_file_bytes_max = 1u << 20;

// Requires: `text` fits form::aes_key.
Aes128::Key key_of(std::string_view text) {
  Aes128::Key key;
  std::ranges::copy(*parse_hex(text), key.begin());
  return key;
}

// Never quotes the value, which is a secret.
void read_key(Reading& reading, const Key& key, const Node& node, QuicLbSettings& quic) {
  if (!is_kind(reading, key, node, Node::Kind::string, "a string")) return;
  if (form::aes_key.fits(node.string)) {
    quic.key = key_of(node.string);
  } else {
    reading.complain(node.at, fmt::format("{} must be {}", key.name, form::aes_key.words));
  }
}

std::string_view without_blanks_around(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

void read_key_file(Reading& reading, const Key& key, const Node& node, QuicLbSettings& quic) {
  std::string path;
  read_value(reading, key, node, path);
  if (path.empty()) return;
  const auto text = read_file(path, key_file_bytes_max);
  if (!text) return complain_of_string(reading, node, text.error());
  const std::string_view value = without_blanks_around(*text);
  if (form::aes_key.fits(value)) {
    quic.key = key_of(value);
  } else {
    complain_of_string(reading, node, fmt::format("must hold {} only", form::aes_key.words));
  }
}

constexpr Key rows[] = {
    {.section = "listener.quic",
     .name = "rotation",
     .field = field<&QuicLbSettings::rotation>(),
     .fallback = required,
     .limits = {.max = quic_lb::rotations - 1},
     .says = "The first three bits of the connection ids; once in a listener."},
    {.section = "listener.quic",
     .name = "server_id_bytes",
     .field = field<&QuicLbSettings::server_id_bytes>(),
     .fallback = required,
     .unit = "bytes",
     .limits = {.min = quic_lb::server_id_bytes_min, .max = quic_lb::server_id_bytes_max},
     .says = "The length of `server_id`."},
    {.section = "listener.quic",
     .name = "nonce_bytes",
     .field = field<&QuicLbSettings::nonce_bytes>(),
     .fallback = required,
     .unit = "bytes",
     .limits = {.min = quic_lb::nonce_bytes_min,
                .max = quic_lb::plain_bytes_max - quic_lb::server_id_bytes_min},
     .says = "What follows the server id; at most 19 bytes with it."},
    {.section = "listener.quic",
     .name = "key",
     .field = field_of<QuicLbSettings, read_key>("string"),
     .fallback = absent("in the clear, or by `key_file`"),
     .form = &form::aes_key,
     .says = "The key of the encryption; a file that others may read is no place for it."},
    {.section = "listener.quic",
     .name = "key_file",
     .field = field_of<QuicLbSettings, read_key_file>("string"),
     .fallback = absent("in the clear, or by `key`"),
     .form = &form::file,
     .says = "A file with the key in it, in hexadecimal digits. A reload reads it again."},
};

}  // namespace

void read_server_id(Reading& reading, const Key& key, const Node& node,
                    EndpointSettings& endpoint) {
  std::string text;
  read_value(reading, key, node, text);
  if (!text.empty()) endpoint.server_id = QuicServerId(*parse_hex(text));
}

std::span<const Key> quic_keys() {
  return rows;
}

}  // namespace weft::mgmt::config
