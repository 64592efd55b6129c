#include "tests/fuzz/onlooker.h"

#include <algorithm>

#include "tests/fuzz/shifted.h"

namespace weft::fuzz {
namespace {

using test::FrameBuilder;
using Phase = Onlooker::Connection::Phase;
using Options = std::vector<uint8_t>;

constexpr int fin = 1, syn = 2, rst = 4, psh = 8, ack = 16;
constexpr int promised_scale = 7;
constexpr int largest_scale = 14;  // RFC 7323, 2.3

bool has(const Seen& segment, int flag) {
  return (segment.d.flags & flag) != 0;
}

bool is_whole(const Seen& segment) {
  return !segment.d.more_fragments && segment.d.fragment_offset_bytes == 0;
}

// A connection learns nothing from other segments.
bool is_intact(const Seen& segment) {
  return is_whole(segment) && segment.d.sound();
}

bool is_unsettled(Phase phase) {
  return phase == Phase::opening || phase == Phase::refused;
}

// Behind the client's SYN; 0 is its first byte.
int32_t behind(uint32_t number, uint32_t isn) {
  return static_cast<int32_t>(number - (isn + 1));
}

// The one listener that endpoints answer to needs no entry.
bool needs_entry(const Service& service) {
  return service.forward != Forward::nat || !service.cluster.starts_with("sole");
}

int rescaled(int window, int bits) {
  return bits < 0 ? window >> -bits : std::min(window << bits, 0xffff);
}

void put32(Options& options, uint32_t number) {
  for (const int shift : {24, 16, 8, 0}) options.push_back(static_cast<uint8_t>(number >> shift));
}

void put_timestamps(Options& options, uint32_t value, uint32_t echo) {
  options.insert(options.end(), {8, 10});
  put32(options, value);
  put32(options, echo);
}

// As the gateway makes frames in the client's name.
FrameBuilder of_client_itself(const Ends& client, int flags) {
  FrameBuilder frame;
  is_v4(client.source)
      ? frame.ipv4(client.source, client.destination).identification(0).dont_fragment()
      : frame.ipv6(client.source, client.destination);
  frame.tcp(static_cast<uint16_t>(client.source_port),
            static_cast<uint16_t>(client.destination_port), static_cast<uint8_t>(flags));
  return frame.acknowledgment(0);
}

}  // namespace

Onlooker::Offer Onlooker::Offer::of(const Decoded& segment) {
  Offer offer;
  const Options& options = segment.tcp_options;
  const auto word = [&](std::size_t at) {
    return uint32_t{options[at]} << 24 | uint32_t{options[at + 1]} << 16 |
           uint32_t{options[at + 2]} << 8 | options[at + 3];
  };
  for (std::size_t at = 0; at + 1 < options.size() && options[at] != 0;) {
    if (options[at] == 1) {
      ++at;
      continue;
    }
    const std::size_t bytes = options[at + 1];
    if (bytes < 2 || at + bytes > options.size()) break;
    if (options[at] == 2 && bytes == 4) offer.mss_bytes = word(at) & 0xffff;
    if (options[at] == 3 && bytes == 3) {
      offer.window_scale = std::min<int>(options[at + 2], largest_scale);
    }
    if (options[at] == 4 && bytes == 2) offer.sack = true;
    if (options[at] == 8 && bytes == 10) {
      offer.timestamps = true;
      offer.timestamp = word(at + 2);
      offer.echo = word(at + 6);
    }
    at += bytes;
  }
  return offer;
}

// ---- what a connection's segments become

// What the client says of the endpoint's bytes.
void Onlooker::Connection::count_as_endpoint(const Seen& in, Shift& shift) const {
  if (has(in, ack)) shift.acknowledgment = -endpoint_shift();
  shift.blocks = -endpoint_shift();
  if (!by_cookie || !answered) return;
  shift.blanks_blocks = !begun_again && offered.sack && !granted.sack;
  if (offered.timestamps && has(in, ack)) shift.echo = granted.timestamp - offered.echo;
  if (!begun_again && offered.window_scale && !granted.window_scale) {
    shift.window = rescaled(in.d.window, *offered.window_scale);
  }
}

// False: not in front of this one.
bool Onlooker::Connection::put_header(const Seen& in, uint32_t mtu_bytes, Shift& shift) {
  const int32_t at = behind(in.d.sequence, client_isn);
  if (!is_whole(in) || has(in, rst) || (at != 0 && at != -1)) return false;
  const std::size_t data_bytes = in.d.payload.size();
  const auto fits = [&](std::size_t ip_bytes) { return ip_bytes + header.size() <= mtu_bytes; };
  if (at == -1) {  // a byte of before, which keeps alive
    shift.without_data = true;
  } else if (!fits(in.d.ip_bytes) || (header_alone && data_bytes != 0)) {
    if (header_went) {
      header_went = false;
      return false;
    }
    shift.without_data = true;
  }
  if (shift.without_data) shift.flags_off = fin | psh;
  if (!fits(in.d.ip_bytes - (shift.without_data ? data_bytes : 0))) return false;
  shift.header = header;
  shift.sequence = client_isn + 1 - in.d.sequence;
  header_went = true;
  return true;
}

Shift Onlooker::Connection::to_endpoint(const Seen& in, uint32_t mtu_bytes) {
  Shift shift;
  if (has(in, syn)) {
    if (!is_unsettled(phase) && is_intact(in)) {
      if (phase == Phase::open && in.d.sequence != client_isn) asked_again = true;
      client_isn = in.d.sequence;
    }
    if (header.empty()) return shift;
    shift.without_fast_open = true;
    shift.without_data = is_whole(in);
    return shift;
  }
  if (is_unsettled(phase)) return shift;
  const bool due = phase == Phase::header_due;
  const bool put = due && put_header(in, mtu_bytes, shift);
  if (!put && (!due || behind(in.d.sequence, client_isn) >= 0)) shift.sequence = client_shift();
  count_as_endpoint(in, shift);
  return shift;
}

uint32_t Onlooker::Connection::as_client(uint32_t number) const {
  if (is_unsettled(phase)) return number;
  const int32_t at = behind(number, client_isn);
  const bool due = phase == Phase::header_due;
  if (due && at < 0) return number;
  if (due && at < static_cast<int32_t>(header.size())) return client_isn + 1;
  return number - client_shift();
}

Shift Onlooker::Connection::to_client(const Seen& in) {
  Shift shift;
  const bool answers_again = asked_again && (in.d.flags & (syn | ack)) == (syn | ack) &&
                             in.d.acknowledgment == client_isn + 1 && is_intact(in);
  if (answers_again) {
    asked_again = header_went = header_alone = false;
    begun_again = true;
    if (!header.empty()) phase = Phase::header_due;
  }
  const bool due = phase == Phase::header_due;
  if (is_unsettled(phase)) {  // a reset takes the place of all that the client waits for
    endpoint_isn = in.d.sequence - 1;
    answered = true;
    phase = Phase::refused;
  }
  if (has(in, ack) && (due || !has(in, syn))) {
    const uint32_t number = in.d.acknowledgment;
    shift.acknowledgment = as_client(number) - number;
    const auto header_bytes = static_cast<int32_t>(header.size());
    const bool whole = behind(number, client_isn) >= header_bytes;
    if (due && whole && is_intact(in)) phase = Phase::open;
  }
  shift.sequence = endpoint_shift();
  shift.blocks = -client_shift();
  shift.blanks_blocks = due;
  if (has(in, syn)) {
    shift.window = std::max(in.d.window - static_cast<int>(header.size()), 0);
  } else if (by_cookie && !begun_again && phase != Phase::refused && offered.window_scale) {
    shift.window = rescaled(in.d.window, granted.window_scale.value_or(0) - promised_scale);
  }
  if (by_cookie && phase != Phase::refused && offered.timestamps) {
    shift.timestamp = offered.echo - granted.timestamp;
  }
  return shift;
}

// ---- what may have happened

void Onlooker::restart() {
  connections_.clear();
  cookies_.clear();
}

const Onlooker::Connection* Onlooker::find(const Ends& client) const {
  const auto found = connections_.find(client);
  return found == connections_.end() ? nullptr : &found->second;
}

Onlooker::Connection Onlooker::begun(const Service& service, const Ends& client) const {
  Connection connection;
  connection.header = proxy_header(service.proxy, client);
  return connection;
}

// What begins with the segment if it brings a cookie that was given. `stale`: it may be too old.
std::optional<Onlooker::Connection> Onlooker::by_cookie(const Service& service, const Seen& in,
                                                        Instant now, bool& stale) const {
  constexpr uint32_t option_bits = 31;  // of the timestamp
  constexpr auto fresh_for = seconds(64), known_for = seconds(128);
  const auto given = cookies_.find(Ends::of(in.d));
  if (given == cookies_.end() || has(in, syn) || has(in, rst) || !has(in, ack)) return {};
  if (!is_intact(in)) return {};
  const Offer sent = Offer::of(in.d);
  for (const Cookie& cookie : given->second) {
    const bool same = cookie.isn + 1 == in.d.sequence && cookie.number + 1 == in.d.acknowledgment &&
                      cookie.offered.timestamps == sent.timestamps &&
                      (!sent.timestamps || ((sent.echo ^ cookie.timestamp) & option_bits) == 0);
    if (!same || now - cookie.given > known_for) continue;
    stale = now - cookie.given > fresh_for;
    Connection connection = begun(service, Ends::of(in.d));
    connection.phase = Phase::opening;
    connection.by_cookie = true;
    connection.client_isn = cookie.isn;
    connection.cookie = cookie.number;
    connection.client_window = in.d.window;
    connection.offered = cookie.offered;
    connection.offered.timestamp = sent.timestamp;
    connection.offered.echo = sent.echo;
    if (!sent.timestamps) {
      connection.offered.window_scale.reset();
      connection.offered.sack = false;
    }
    return connection;
  }
  return {};
}

// The SYN that the client sent once, of which a cookie keeps one of a few MSS.
Bytes Onlooker::syn_of(const Ends& client, const Connection& connection, const Seen& out) {
  const Offer& offered = connection.offered;
  const uint32_t mss_bytes =
      std::min(Offer::of(out.d).mss_bytes, std::max(offered.mss_bytes, 216u));
  Options options{2, 4, static_cast<uint8_t>(mss_bytes >> 8), static_cast<uint8_t>(mss_bytes)};
  if (offered.timestamps) {
    const Options sack = offered.sack ? Options{4, 2} : Options{1, 1};
    options.insert(options.end(), sack.begin(), sack.end());
    put_timestamps(options, offered.timestamp, 0);
  }
  if (offered.window_scale) {
    options.insert(options.end(), {1, 3, 3, static_cast<uint8_t>(*offered.window_scale)});
  }
  return of_client_itself(client, syn)
      .sequence(connection.client_isn)
      .window(static_cast<uint16_t>(connection.client_window))
      .tcp_options(options)
      .build();
}

Onlooker::Guess Onlooker::anything(const Service& service, const Ends& client) const {
  const Connection* known = find(client);
  Connection unsure = known != nullptr ? *known : begun(service, client);
  unsure.unsure = true;
  return {.after = unsure, .any_numbers = true};
}

// What may have become of the connection where nobody looked.
void Onlooker::add_unseen(std::vector<Guess>& guesses, const Service& service, const Ends& client,
                          const Turn& turn) const {
  const Connection* known = find(client);
  const bool header = is_proxy(service.proxy);
  const bool lax = known != nullptr ? known->unsure : header;
  const bool plain = known == nullptr || (!lax && !needs_entry(service));
  if (!header && plain) guesses.push_back({});
  if (lax || !turn.alone) guesses.push_back(anything(service, client));
}

// What the segment does to the connection.
Onlooker::Guess Onlooker::goes_on(Connection connection, const Seen& in, const Seen& out,
                                  uint32_t mtu_bytes) {
  if (connection.phase == Phase::opening && !has(in, syn)) {
    return {.after = connection, .as_if = syn_of(Ends::of(in.d), connection, out)};
  }
  const Shift shift = connection.to_endpoint(in, mtu_bytes);
  return {.after = connection, .shift = shift};
}

std::vector<Onlooker::Guess> Onlooker::of_client(const Service& service, const Seen& in,
                                                 const Seen& out, const Turn& turn,
                                                 uint32_t mtu_bytes) const {
  const Ends client = Ends::of(in.d);
  const bool header = is_proxy(service.proxy);
  if (turn.begun && !turn.alone) return {anything(service, client)};
  if (turn.begun) {
    bool stale = false;
    std::vector<Guess> guesses;
    if (const auto proven = by_cookie(service, in, turn.now, stale)) {
      guesses.push_back(goes_on(*proven, in, out, mtu_bytes));
      if (!stale) return guesses;
    }
    if (header) {
      Connection fresh = begun(service, client);
      const bool first = (in.d.flags & (syn | ack)) == syn;
      if (first) fresh.phase = Phase::header_due;
      guesses.push_back(goes_on(fresh, in, out, mtu_bytes));
    } else {
      guesses.push_back({});
    }
    return guesses;
  }
  const Connection* known = find(client);
  std::vector<Guess> guesses;
  if (known != nullptr && !known->unsure) {
    guesses.push_back(goes_on(*known, in, out, mtu_bytes));
    Connection& after = *guesses.back().after;
    after.unsure = !turn.alone && (has(in, syn) || after.phase != known->phase);
  }
  add_unseen(guesses, service, client, turn);
  return guesses;
}

std::vector<Onlooker::Guess> Onlooker::of_endpoint(const Service& service, const Ends& client,
                                                   const Seen& in, const Turn& turn) const {
  const Connection* known = find(client);
  std::vector<Guess> guesses;
  const bool waits = known != nullptr && is_unsettled(known->phase) && !has(in, rst);
  if (known != nullptr && !known->unsure && !waits) {
    Connection after = *known;
    const Shift shift = after.to_client(in);
    const bool changes = after.phase != known->phase || after.asked_again != known->asked_again;
    after.unsure = !turn.alone && changes;
    guesses.push_back({.after = after, .shift = shift});
  }
  add_unseen(guesses, service, client, turn);
  return guesses;
}

std::vector<Onlooker::Guess> Onlooker::turned(const Ends& client, const Seen& in,
                                              const Turn& turn) const {
  const Connection* known = find(client);
  if (known == nullptr) return {};
  std::vector<Guess> guesses;
  Connection after = *known;
  const Offer granted = Offer::of(in.d);
  const bool answers = (in.d.flags & (syn | ack)) == (syn | ack) &&
                       in.d.acknowledgment == known->client_isn + 1 &&
                       known->phase == Phase::opening;
  const bool fails = answers && known->offered.timestamps && !granted.timestamps;
  if (!known->unsure && is_unsettled(known->phase) && (!answers || fails)) {
    if (fails) after.phase = Phase::refused;
    const Bytes made =
        of_client_itself(client, rst).sequence(in.d.acknowledgment).window(0).build();
    guesses.push_back({.after = after, .as_if = made});
  } else if (!known->unsure && answers) {
    after.phase = after.header.empty() ? Phase::open : Phase::header_due;
    after.endpoint_isn = in.d.sequence;
    after.granted = granted;
    after.answered = true;
    Options options;
    if (after.offered.timestamps) {
      options = {1, 1};
      put_timestamps(options, granted.echo, after.offered.echo);
    }
    const Bytes made = of_client_itself(client, ack)
                           .sequence(after.client_isn + 1)
                           .acknowledgment(after.cookie + 1)
                           .window(static_cast<uint16_t>(after.client_window))
                           .tcp_options(options)
                           .build();
    const Shift shift = after.to_endpoint(Seen::in_frame(made), UINT32_MAX);
    guesses.push_back({.after = after, .as_if = made, .shift = shift});
  }
  if (!turn.alone && !guesses.empty()) guesses.back().after->unsure = true;
  if (known->unsure || !turn.alone) {
    after.unsure = true;
    guesses.push_back({.after = after, .any_numbers = true});
  }
  return guesses;
}

void Onlooker::saw(const Ends& client, const Guess& guess) {
  if (guess.after) {
    connections_.insert_or_assign(client, *guess.after);
  } else {
    connections_.erase(client);
  }
}

void Onlooker::lost(const Service& service, const Ends& client, const Seen& in, Drop drop,
                    bool held, const Turn& turn) {
  const auto found = connections_.find(client);
  const bool to_listener = client == Ends::of(in.d);
  if (found != connections_.end() && !turn.begun) {
    Connection& known = found->second;
    if (drop == Drop::handshake_failed) known.phase = Phase::refused;
    const bool data = known.phase == Phase::opening && to_listener && !has(in, syn);
    const bool nobody_saw = held || drop == Drop::no_route || drop == Drop::next_hop_unresolved;
    if (nobody_saw && !data) known.unsure = true;
    return;
  }
  if (!turn.begun || !to_listener) return;
  Connection unsure = begun(service, client);
  unsure.unsure = true;
  const bool could_be = is_proxy(service.proxy) || cookies_.contains(client);
  saw(client, {.after = could_be ? std::optional(unsure) : std::nullopt});
}

void Onlooker::saw_too_big(const Ends& client, const Turn& turn) {
  const auto found = connections_.find(client);
  if (found == connections_.end() || found->second.phase != Phase::header_due) return;
  found->second.header_alone = true;
  found->second.header_went = false;
  found->second.unsure = found->second.unsure || !turn.alone;
}

const Onlooker::Connection* Onlooker::settled(const Ends& client, const Turn& turn) const {
  const Connection* known = find(client);
  const bool sure = turn.alone && known != nullptr && !known->unsure;
  return sure && known->phase != Phase::refused ? known : nullptr;
}

Onlooker::Numbers Onlooker::of_client_quoted(const Ends& client, const Decoded& quoted,
                                             const Turn& turn) const {
  const Connection* known = settled(client, turn);
  if (known == nullptr) return {};
  return {known->as_client(quoted.sequence), quoted.acknowledgment + known->endpoint_shift()};
}

Onlooker::Numbers Onlooker::of_endpoint_quoted(const Ends& client, const Decoded& quoted,
                                               const Turn& turn) const {
  const Connection* known = settled(client, turn);
  if (known == nullptr) return {};
  Numbers numbers{quoted.sequence - known->endpoint_shift(), {}};
  // While the header is due, acknowledgements of its parts look the same to the client.
  if (known->phase == Phase::open)
    numbers.acknowledgment = quoted.acknowledgment + known->client_shift();
  return numbers;
}

std::string Onlooker::complaint_about_cookie(const Service& service, const Seen& request,
                                             const Seen& answer, uint32_t mtu_bytes, Instant now) {
  const Offer offered = Offer::of(request.d), ours = Offer::of(answer.d);
  cookies_[Ends::of(request.d)].push_back(
      {request.d.sequence, answer.d.sequence, ours.timestamp, offered, now});
  const uint32_t around_bytes = request.d.version == 4 ? 40 : 60;
  uint32_t fits_bytes = mtu_bytes - around_bytes;
  if (service.mss_clamp_bytes != 0)
    fits_bytes = std::min<uint32_t>(fits_bytes, service.mss_clamp_bytes);
  if (ours.mss_bytes != fits_bytes) return "a cookie's MSS";
  if (answer.d.window != static_cast<int>(ours.mss_bytes)) return "a cookie's window";
  if (ours.timestamps != offered.timestamps) return "a cookie's timestamps";
  if (ours.timestamps && ours.echo != offered.timestamp) return "a cookie's echo";
  if (ours.sack != (offered.sack && offered.timestamps)) return "a cookie's SACK";
  const bool scales = offered.window_scale && offered.timestamps;
  if (ours.window_scale.value_or(-1) != (scales ? promised_scale : -1)) return "a cookie's scale";
  return {};
}

}  // namespace weft::fuzz
