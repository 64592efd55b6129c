// The captures that run: has the workers' taps record what they want, and makes a pcapng file of
// each, which its client takes in parts. Bounded: captures at once, and bytes that wait for a
// client; what finds no room is lost to the capture, and the file says how much.
// Thread safety: mgmt's thread. It ends after the workers have.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/base/clock.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/result.h"
#include "dataplane/worker/tap.h"
#include "mgmt/capture/capture_request.h"
#include "mgmt/capture/pcapng.h"

namespace weft::mgmt {

// What a record says beside its bytes: "listener web; drop no_endpoint". `listener`: its name,
// empty if it has none.
std::string comment_of(const TapRecord& record, std::string_view listener);

// One capture, held by its client: it ends when the client lets go of it.
class Capture {
 public:
  // What the file has grown by since the last call; nothing: it is whole.
  std::optional<std::string> take();

 private:
  friend class Captures;
  struct Counts {
    uint64_t written = 0;
    uint64_t lost_before = 0;  // what the taps had lost when it began
    uint64_t lost = 0;         // since
    uint64_t lost_said = 0;    // by the last statistics in the file
    uint64_t no_room = 0;      // of `lost`: too much waited for the client
  };

  CaptureRequest request_;
  Instant ends_;
  Duration to_wall_clock_{};  // from an Instant
  std::array<Counts, interfaces_max> counts_;
  uint64_t packets_written_ = 0;
  Instant statistics_due_;
  std::string waiting_;  // for the client
  bool ended_ = false;
};

class Captures {
 public:
  // Of a slot's listener at the moment; empty: there is none.
  using ListenerName = std::function<std::string_view(ListenerSlot)>;

  static constexpr std::size_t waiting_bytes_max = 8u << 20;  // of each capture
  static constexpr std::size_t polled_bytes_max = 8u << 20;   // bounds the time of a poll

  // `taps`: of every worker; they outlive this. `interfaces`: in the order of the gateway's.
  Captures(std::vector<Tap*> taps, std::vector<pcapng::Interface> interfaces,
           std::string application);
  Captures(const Captures&) = delete;
  Captures& operator=(const Captures&) = delete;

  // `wall`: the time of day at `now`. Error: a filter that must not run, or captures_max run.
  Result<std::shared_ptr<Capture>> start(const CaptureRequest& request, Instant now,
                                         pcapng::Nanoseconds wall);
  // Many times a second: takes what the workers recorded, and ends what is over.
  void poll(Instant now, const ListenerName& listener_name);

 private:
  struct Slot {
    std::weak_ptr<Capture> capture;
    bool used = false;     // in the wishes that the workers may hold
    bool closing = false;  // until no worker holds them
    CaptureWish wish;
  };

  void publish();
  void release_retired();
  bool drain(const ListenerName& listener_name);
  void take(const TapRecord& record, std::span<const std::byte> bytes,
            const ListenerName& listener_name);
  void write(Capture& capture, const TapRecord& record, std::span<const std::byte> bytes,
             const std::string& comment);
  void count_lost(Capture& capture, uint32_t slot);
  void write_statistics(Capture& capture, Instant now);
  void tend(uint32_t slot, Instant now, bool drained);

  const std::vector<Tap*> taps_;
  const std::vector<pcapng::Interface> interfaces_;
  const std::string application_;
  std::array<Slot, captures_max> slots_;
  std::unique_ptr<const CaptureWishes> wishes_;                // what the taps have; null: nothing
  std::vector<std::unique_ptr<const CaptureWishes>> retired_;  // that a worker may still hold
};

}  // namespace weft::mgmt
