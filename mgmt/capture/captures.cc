#include "mgmt/capture/captures.h"

#include <algorithm>
#include <utility>

#include "dataplane/base/byte_order.h"

namespace weft::mgmt {

static constexpr Duration statistics_interval = seconds(1);

static std::string_view text_of(TapNote note) {
  switch (note) {
    case TapNote::held:
      return "waits for the address of its next hop";
    case TapNote::to_twin:
      return "to the kernel";
    case TapNote::from_twin:
      return "from the kernel";
    case TapNote::answer:
      return "answer";
    case TapNote::none:
      break;
  }
  return "";
}

std::string comment_of(const TapRecord& record, std::string_view listener) {
  std::string comment;
  const auto add = [&](std::string_view what, std::string_view of = "") {
    if (!comment.empty()) comment += "; ";
    comment += what;
    if (!of.empty()) (comment += ' ') += of;
  };
  if (!listener.empty()) add("listener", listener);
  if (record.note != TapNote::none) add(text_of(record.note));
  if (record.drop != Drop::none) {
    add(record.note == TapNote::answer ? "to drop" : "drop", name(record.drop));
  }
  return comment;
}

std::optional<std::string> Capture::take() {
  if (waiting_.empty() && ended_) return {};
  return std::exchange(waiting_, {});
}

Captures::Captures(std::vector<Tap*> taps, std::vector<pcapng::Interface> interfaces,
                   std::string application)
    : taps_(std::move(taps)),
      interfaces_(std::move(interfaces)),
      application_(std::move(application)) {}

Result<std::shared_ptr<Capture>> Captures::start(const CaptureRequest& request, Instant now,
                                                 pcapng::Nanoseconds wall) {
  auto filter = PacketFilter::of(request.program);
  if (!filter) return tl::unexpected(filter.error());
  const auto slot = std::ranges::find_if(slots_, [](const Slot& each) { return !each.used; });
  if (slot == slots_.end()) {
    return fail(
        std::to_string(captures_max) + " captures run already, and more may not: end one of them",
        Fault::operator_input, true);
  }
  auto capture = std::make_shared<Capture>();
  capture->request_ = request;
  capture->to_wall_clock_ = wall.time_since_epoch() - now.time_since_epoch();
  capture->ends_ =
      request.duration_s == 0 ? Instant::max() : now + seconds(int64_t{request.duration_s});
  capture->statistics_due_ = now + statistics_interval;
  const uint32_t snap_bytes = std::min(request.snap_bytes, captured_bytes_max);
  *slot = {.capture = capture,
           .used = true,
           .closing = false,
           .wish = {*std::move(filter), request.drops_only, snap_bytes}};
  const auto index = static_cast<uint32_t>(slot - slots_.begin());
  pcapng::write_section(capture->waiting_, application_);
  for (uint16_t i = 0; i < interfaces_.size(); ++i) {
    pcapng::Interface interface = interfaces_[i];
    interface.snap_bytes = snap_bytes;
    interface.filter = request.filter;
    pcapng::write_interface(capture->waiting_, interface);
    for (const Tap* tap : taps_) capture->counts_[i].lost_before += tap->lost(index, i);
  }
  publish();
  return capture;
}

// What the slots say now becomes what the workers record.
void Captures::publish() {
  auto next = std::make_unique<CaptureWishes>();
  bool any = false;
  for (uint32_t i = 0; i < captures_max; ++i) {
    if (!slots_[i].used || slots_[i].closing) continue;
    (*next)[i] = slots_[i].wish;
    any = true;
  }
  if (!any) next.reset();
  for (Tap* tap : taps_) tap->want(next.get());
  if (wishes_ != nullptr) retired_.push_back(std::move(wishes_));
  wishes_ = std::move(next);
}

void Captures::release_retired() {
  std::erase_if(retired_, [&](const auto& wishes) {
    return std::ranges::none_of(taps_, [&](const Tap* tap) { return tap->holds(wishes.get()); });
  });
}

void Captures::poll(Instant now, const ListenerName& listener_name) {
  if (wishes_ == nullptr && retired_.empty()) return;
  release_retired();
  const bool settled = retired_.empty();
  const bool drained = drain(listener_name);
  for (uint32_t i = 0; i < captures_max; ++i) {
    // Nobody records for it any more, and no record is left.
    if (slots_[i].closing && settled && drained) slots_[i] = {};
    if (slots_[i].used && !slots_[i].closing) tend(i, now, drained);
  }
}

// False: more is left than a poll may take.
bool Captures::drain(const ListenerName& listener_name) {
  std::size_t left_bytes = polled_bytes_max;
  for (Tap* tap : taps_) {
    RecordRing& records = tap->records();
    for (auto bytes = records.front(); !bytes.empty(); bytes = records.front()) {
      if (bytes.size() > left_bytes) return false;
      left_bytes -= bytes.size();
      take(load<TapRecord>(bytes.data()), bytes.subspan(sizeof(TapRecord)), listener_name);
      records.pop();
    }
  }
  return true;
}

void Captures::take(const TapRecord& record, std::span<const std::byte> bytes,
                    const ListenerName& listener_name) {
  std::optional<std::string> comment;
  for (uint32_t i = 0; i < captures_max; ++i) {
    if ((record.wanted >> i & 1) == 0 || slots_[i].closing) continue;
    const std::shared_ptr<Capture> capture = slots_[i].capture.lock();
    if (capture == nullptr) continue;
    if (!comment) {
      const bool known = record.listener != none<ListenerSlot>;
      comment = comment_of(record, known ? listener_name(record.listener) : "");
    }
    write(*capture, record,
          bytes.first(std::min<std::size_t>(bytes.size(), slots_[i].wish.snap_bytes)), *comment);
  }
}

void Captures::write(Capture& capture, const TapRecord& record, std::span<const std::byte> bytes,
                     const std::string& comment) {
  const uint64_t packets_max = capture.request_.packets_max;
  if (packets_max != 0 && capture.packets_written_ == packets_max) return;
  Capture::Counts& counts = capture.counts_[record.interface];
  if (capture.waiting_.size() >= waiting_bytes_max) {
    ++counts.no_room;
    return;
  }
  ++counts.written;
  ++capture.packets_written_;
  pcapng::write_packet(
      capture.waiting_,
      {.interface = record.interface,
       .time = pcapng::Nanoseconds(record.time.time_since_epoch() + capture.to_wall_clock_),
       .bytes = bytes,
       .frame_bytes = record.frame_bytes,
       .direction = record.point == TapPoint::received ? pcapng::PacketDirection::inbound
                                                       : pcapng::PacketDirection::outbound,
       .comment = comment});
}

void Captures::count_lost(Capture& capture, uint32_t slot) {
  for (uint16_t i = 0; i < interfaces_.size(); ++i) {
    Capture::Counts& counts = capture.counts_[i];
    counts.lost = counts.no_room - counts.lost_before;
    for (const Tap* tap : taps_) counts.lost += tap->lost(slot, i);
  }
}

void Captures::write_statistics(Capture& capture, Instant now) {
  for (uint16_t i = 0; i < interfaces_.size(); ++i) {
    Capture::Counts& counts = capture.counts_[i];
    counts.lost_said = counts.lost;
    pcapng::write_statistics(capture.waiting_, {.interface = i,
                                                .time = pcapng::Nanoseconds(now.time_since_epoch() +
                                                                            capture.to_wall_clock_),
                                                .received = counts.written + counts.lost,
                                                .lost = counts.lost});
  }
}

void Captures::tend(uint32_t slot, Instant now, bool drained) {
  const std::shared_ptr<Capture> capture = slots_[slot].capture.lock();
  if (capture != nullptr) {
    count_lost(*capture, slot);
    const uint64_t packets_max = capture->request_.packets_max;
    const bool full = packets_max != 0 && capture->packets_written_ == packets_max;
    capture->ended_ = full || (now >= capture->ends_ && drained);
    const bool news = std::ranges::any_of(
        capture->counts_, [](const auto& counts) { return counts.lost != counts.lost_said; });
    if (capture->ended_ || (news && now >= capture->statistics_due_)) {
      write_statistics(*capture, now);
      capture->statistics_due_ = now + statistics_interval;
    }
    if (!capture->ended_) return;
  }
  slots_[slot].closing = true;
  publish();
}

}  // namespace weft::mgmt
