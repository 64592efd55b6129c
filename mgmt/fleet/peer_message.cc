#include "mgmt/fleet/peer_message.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>

#include "dataplane/base/byte_order.h"
#include "dataplane/base/check.h"

namespace weft::mgmt {

static constexpr uint32_t magic = 0x57465431;  // "WFT1"
static constexpr uint8_t client_v6 = 1;
static constexpr uint8_t endpoint_v6 = 2;

static_assert(peer_message_flows_max * (1 + 3 * 16 + 3 * 2) <= peer_flows_bytes_max);

static FleetKey hmac(std::span<const std::byte> key, std::span<const std::byte> bytes) {
  FleetKey code;
  unsigned int code_bytes = code.size();
  const unsigned char* done =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
           reinterpret_cast<unsigned char*>(code.data()), &code_bytes);
  CHECK(done != nullptr && code_bytes == code.size());
  return code;
}

FleetKey fleet_key(std::string_view fleet, std::string_view key) {
  const std::string label = "weft fleet " + std::string(fleet);
  return hmac(std::as_bytes(std::span(key)), std::as_bytes(std::span(label)));
}

// ---- writing

template <class Number>
static void append(std::vector<std::byte>& to, Number number) {
  for (int shift = 8 * (static_cast<int>(sizeof(Number)) - 1); shift >= 0; shift -= 8) {
    to.push_back(static_cast<std::byte>(number >> shift));
  }
}

static void append(std::vector<std::byte>& to, const IpAddress& address) {
  const std::span<const std::byte> bytes = address.bytes();
  const auto its = address.is_v4() ? bytes.last(4) : bytes;
  to.insert(to.end(), its.begin(), its.end());
}

std::size_t flow_bytes(const PlacedFlow& flow) {
  return 1 + (flow.client.is_v4() ? 8 : 32) + (flow.endpoint.is_v4() ? 4 : 16) + 6;
}

void append_flow(std::vector<std::byte>& to, const PlacedFlow& flow) {
  CHECK(flow.client.is_v4() == flow.listener.is_v4());
  append(to, static_cast<uint8_t>((flow.client.is_v4() ? 0 : client_v6) |
                                  (flow.endpoint.is_v4() ? 0 : endpoint_v6)));
  append(to, flow.client);
  append(to, flow.listener);
  append(to, flow.endpoint);
  append(to, flow.client_port.host());
  append(to, flow.listener_port.host());
  append(to, flow.endpoint_port.host());
}

std::vector<std::byte> encode(const PeerHeader& header, uint16_t count,
                              std::span<const std::byte> flows, const FleetKey& key) {
  CHECK(flows.size() <= peer_flows_bytes_max);
  std::vector<std::byte> bytes;
  bytes.reserve(peer_header_bytes + flows.size() + peer_code_bytes);
  append(bytes, magic);
  append(bytes, header.speaker);
  append(bytes, header.challenge);
  append(bytes, header.answer);
  append(bytes, header.sequence);
  append(bytes, count);
  bytes.insert(bytes.end(), flows.begin(), flows.end());
  const FleetKey code = hmac(key, bytes);
  bytes.insert(bytes.end(), code.begin(), code.begin() + peer_code_bytes);
  return bytes;
}

// ---- reading

namespace {

// Gives zeros behind the end, and remembers that it did.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <class Number>
  Number number() {
    Number number = 0;
    for (const std::byte byte : take(sizeof(Number))) {
      number = static_cast<Number>(number << 7 << 1) | static_cast<Number>(byte);
    }
    return number;
  }
  IpAddress address(bool v6) {
    const auto bytes = take(v6 ? 16 : 4);
    if (bytes.empty()) return {};
    return v6 ? IpAddress::v6(bytes.data()) : IpAddress::v4(load<be32>(bytes.data()));
  }
  bool whole() const { return !short_ && bytes_.empty(); }
  bool failed() const { return short_; }

 private:
  std::span<const std::byte> take(std::size_t count) {
    short_ = short_ || count > bytes_.size();
    if (short_) return {};
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }

  std::span<const std::byte> bytes_;
  bool short_ = false;
};

// False: a gateway would not say this.
bool read_flow(Reader& reader, PlacedFlow& flow) {
  const auto families = reader.number<uint8_t>();
  if (families > (client_v6 | endpoint_v6)) return false;
  const bool v6 = (families & client_v6) != 0;
  flow.client = reader.address(v6);
  flow.listener = reader.address(v6);
  flow.endpoint = reader.address((families & endpoint_v6) != 0);
  flow.client_port = be16(reader.number<uint16_t>());
  flow.listener_port = be16(reader.number<uint16_t>());
  flow.endpoint_port = be16(reader.number<uint16_t>());
  const bool families_true = flow.client.is_v4() != v6 && flow.listener.is_v4() != v6;
  return !reader.failed() && families_true;
}

}  // namespace

std::optional<PeerMessage> decode(std::span<const std::byte> bytes, const FleetKey& key) {
  if (bytes.size() < peer_header_bytes + peer_code_bytes) return std::nullopt;
  if (bytes.size() > peer_message_bytes_max) return std::nullopt;
  const auto said = bytes.first(bytes.size() - peer_code_bytes);
  const FleetKey code = hmac(key, said);
  if (CRYPTO_memcmp(code.data(), bytes.last(peer_code_bytes).data(), peer_code_bytes) != 0) {
    return std::nullopt;
  }
  Reader reader(said);
  PeerMessage message;
  if (reader.number<uint32_t>() != magic) return std::nullopt;
  message.header.speaker = reader.number<uint64_t>();
  message.header.challenge = reader.number<uint64_t>();
  message.header.answer = reader.number<uint64_t>();
  message.header.sequence = reader.number<uint64_t>();
  if (message.header.speaker == 0 || message.header.challenge == 0) return std::nullopt;
  const auto count = reader.number<uint16_t>();
  for (uint32_t i = 0; i < count; ++i) {
    PlacedFlow flow;
    if (!read_flow(reader, flow)) return std::nullopt;
    message.flows.push_back(flow);
  }
  if (!reader.whole()) return std::nullopt;
  return message;
}

}  // namespace weft::mgmt
