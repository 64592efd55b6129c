// What an onlooker between clients and endpoints knows of the connections whose two sides count
// differently, because the endpoint gets a PROXY header before what the client says, or because the
// client was answered by a SYN cookie: what each segment of theirs must become. From the segments
// alone, and from whether a flow of the listener began.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/drop.h"
#include "tests/fuzz/book.h"
#include "tests/fuzz/kept.h"
#include "tests/fuzz/services.h"

namespace weft::fuzz {

// What a packet went through in.
struct Turn {
  bool begun = false;  // a flow of its listener began
  bool alone = true;   // no other packet could come before or after it
  Instant now{};
};

class Onlooker {
 public:
  // What a SYN offers, or its answer grants.
  struct Offer {
    uint32_t mss_bytes = 536;
    std::optional<int> window_scale;
    bool sack = false, timestamps = false;
    uint32_t timestamp = 0, echo = 0;
    static Offer of(const Decoded& segment);
  };
  struct Connection {
    enum class Phase : uint8_t { opening, refused, header_due, open };
    Phase phase = Phase::open;
    bool unsure = false;  // something happened to it that nobody saw
    Bytes header;         // empty: none
    bool header_went = false;
    bool header_alone = false;  // with data it was too big for a router
    uint32_t client_isn = 0;
    // By a cookie.
    bool by_cookie = false;
    uint32_t cookie = 0, endpoint_isn = 0;
    int client_window = 0;
    Offer offered, granted;
    bool answered = false;  // granted is known
    // Once open.
    bool asked_again = false;  // by another SYN
    bool begun_again = false;  // that was answered: nothing was promised for the endpoint

    Shift to_endpoint(const Seen& in, uint32_t mtu_bytes);
    Shift to_client(const Seen& in);
    // The endpoint's number of a byte of the client's, as the client counts.
    uint32_t as_client(uint32_t number) const;
    uint32_t endpoint_shift() const { return by_cookie && answered ? cookie - endpoint_isn : 0; }
    uint32_t client_shift() const { return static_cast<uint32_t>(header.size()); }

   private:
    void count_as_endpoint(const Seen& in, Shift& shift) const;
    bool put_header(const Seen& in, uint32_t mtu_bytes, Shift& shift);
  };
  // One of the things that may have happened.
  struct Guess {
    std::optional<Connection> after;  // none: it is a connection as any other
    std::optional<Bytes> as_if = {};  // the client had sent this frame
    Shift shift = {};
    bool any_numbers = false;
  };

  void restart();

  // Of a segment of this client, one that went to the endpoint.
  std::vector<Guess> of_client(const Service& service, const Seen& in, const Seen& out,
                               const Turn& turn, uint32_t mtu_bytes) const;
  // Of a segment of its endpoint that went to the client, or was turned back by the gateway.
  std::vector<Guess> of_endpoint(const Service& service, const Ends& client, const Seen& in,
                                 const Turn& turn) const;
  std::vector<Guess> turned(const Ends& client, const Seen& in, const Turn& turn) const;
  // Which of them it was.
  void saw(const Ends& client, const Guess& guess);

  // The client's SYN was answered. What is wrong with the answer; empty: nothing.
  std::string complaint_about_cookie(const Service& service, const Seen& syn, const Seen& answer,
                                     uint32_t mtu_bytes, Instant now);
  // A segment of the client's, or of the endpoint's, did not go on, or not yet.
  void lost(const Service& service, const Ends& client, const Seen& in, Drop drop, bool held,
            const Turn& turn);

  // An error went to this client: what it sent was too big for a router.
  void saw_too_big(const Ends& client, const Turn& turn);

  // Whether the two sides may count differently.
  bool watches(const Service& service, const Ends& client) const {
    return client.protocol == 6 && (is_proxy(service.proxy) || cookies_.contains(client));
  }
  // The numbers of a segment as its sender wrote it, of what an error quotes of it: sequence and
  // acknowledgement; nothing where nobody knows.
  struct Numbers {
    std::optional<uint32_t> sequence, acknowledgment;
  };
  Numbers of_client_quoted(const Ends& client, const Decoded& quoted, const Turn& turn) const;
  Numbers of_endpoint_quoted(const Ends& client, const Decoded& quoted, const Turn& turn) const;

 private:
  struct Cookie {
    uint32_t isn, number, timestamp;
    Offer offered;
    Instant given;
  };

  const Connection* find(const Ends& client) const;  // null: nothing is known of it
  // Null unless all is known of it, and flows.
  const Connection* settled(const Ends& client, const Turn& turn) const;
  Connection begun(const Service& service, const Ends& client) const;
  std::optional<Connection> by_cookie(const Service& service, const Seen& in, Instant now,
                                      bool& stale) const;
  Guess anything(const Service& service, const Ends& client) const;
  void add_unseen(std::vector<Guess>& guesses, const Service& service, const Ends& client,
                  const Turn& turn) const;
  static Guess goes_on(Connection connection, const Seen& in, const Seen& out, uint32_t mtu_bytes);
  static Bytes syn_of(const Ends& client, const Connection& connection, const Seen& out);

  std::map<Ends, Connection> connections_;
  std::map<Ends, std::vector<Cookie>> cookies_;
};

}  // namespace weft::fuzz
