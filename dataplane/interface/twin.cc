#include "dataplane/interface/twin.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if_arp.h>
#include <rte_mbuf.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <thread>
#include <utility>

#include "dataplane/base/check.h"
#include "dataplane/interface/interface_request.h"

namespace weft {

namespace {

constexpr uint32_t segments_max = 40;  // of a frame: 64 KiB in standard buffers, and to spare

struct Descriptor {
  int fd = -1;
  Descriptor() = default;
  explicit Descriptor(int opened) : fd(opened) {}
  Descriptor(Descriptor&& other) noexcept : fd(std::exchange(other.fd, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd, other.fd);
    return *this;
  }
  ~Descriptor() {
    if (fd >= 0) close(fd);
  }
};

struct alignas(64) Queue {
  Descriptor tap;
  std::atomic<bool> readable{true};                // the watcher sets, the worker clears
  std::array<rte_mbuf*, segments_max> segments{};  // the worker's: for the next frame
};

}  // namespace

struct Twin::State {
  std::string name;
  uint32_t mtu_bytes = 0;
  rte_mempool* buffers = nullptr;
  uint32_t frame_segments = 1;  // buffers that the largest frame needs
  std::deque<Queue> queues;
  Descriptor epoll;
  Descriptor stop;
  std::thread watcher;

  Result<void> open_queue(Queue& queue, bool first);
  Result<void> set_up(const TwinSettings& settings);
  Result<void> start_watcher();
  void watch();
  void watch_again(Queue& queue, int operation);
  rte_mbuf* read_frame(Queue& queue);
  bool fill_segments(Queue& queue, std::array<iovec, segments_max>& pieces);
};

static tl::unexpected<Error> refused(const std::string& name, const std::string& what) {
  const int why = errno;
  std::string hint;
  if (why == EPERM || why == EACCES) hint = "; run as root";
  if (why == EBUSY) hint = ": an interface of that name exists already";
  if (why == ENOENT || why == ENODEV) hint = "; run: modprobe tun";
  return fail("twin " + name + ": " + what + ": " + std::strerror(why) + hint);
}

Result<void> Twin::State::open_queue(Queue& queue, bool first) {
  queue.tap = Descriptor(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (queue.tap.fd < 0) return refused(name, "cannot open /dev/net/tun");
  ifreq request = request_for(name);
  request.ifr_flags = static_cast<short>(IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE);
  // A tap of that name belongs to somebody else, and is not to be shared.
  if (first) request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_TUN_EXCL);
  if (ioctl(queue.tap.fd, TUNSETIFF, &request) != 0) return refused(name, "cannot make the tap");
  // What the kernel sends has its checksums and is no larger than the MTU.
  if (ioctl(queue.tap.fd, TUNSETOFFLOAD, 0) != 0) {
    return refused(name, "cannot switch its offloads off");
  }
  return {};
}

Result<void> Twin::State::set_up(const TwinSettings& settings) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request = request_for(name);
  request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  std::memcpy(request.ifr_hwaddr.sa_data, settings.mac.data(), settings.mac.size());
  if (ioctl(socket.fd, SIOCSIFHWADDR, &request) != 0) {
    return refused(name, "cannot set its MAC address");
  }
  request = request_for(name);
  request.ifr_mtu = static_cast<int>(mtu_bytes);
  if (ioctl(socket.fd, SIOCSIFMTU, &request) != 0) {
    return refused(name, "cannot set its MTU to " + std::to_string(mtu_bytes) + " bytes");
  }
  return {};
}

// A queue is watched once: its worker reads until nothing is left, then has it watched again.
void Twin::State::watch_again(Queue& queue, int operation) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLONESHOT;
  event.data.ptr = &queue;
  CHECK(epoll_ctl(epoll.fd, operation, queue.tap.fd, &event) == 0);
}

Result<void> Twin::State::start_watcher() {
  epoll = Descriptor(epoll_create1(EPOLL_CLOEXEC));
  stop = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (epoll.fd < 0 || stop.fd < 0) return refused(name, "cannot watch it");
  epoll_event event{};
  event.events = EPOLLIN;
  CHECK(epoll_ctl(epoll.fd, EPOLL_CTL_ADD, stop.fd, &event) == 0);
  // A queue that epoll reports once needs its entry before its worker can ask for more.
  for (Queue& queue : queues) {
    epoll_event idle{};
    idle.events = EPOLLONESHOT;
    idle.data.ptr = &queue;
    CHECK(epoll_ctl(epoll.fd, EPOLL_CTL_ADD, queue.tap.fd, &idle) == 0);
  }
  // Signals are for the thread that waits for them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  watcher = std::thread([this] { watch(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(watcher.native_handle(), "twin-watch");
  return {};
}

void Twin::State::watch() {
  std::array<epoll_event, 16> events{};
  for (;;) {
    const int n = epoll_wait(epoll.fd, events.data(), static_cast<int>(events.size()), -1);
    CHECK(n >= 0 || errno == EINTR);
    for (int i = 0; i < n; ++i) {
      if (events[i].data.ptr == nullptr) return;  // stop
      static_cast<Queue*>(events[i].data.ptr)->readable.store(true, std::memory_order_release);
    }
  }
}

Result<std::unique_ptr<Twin>> Twin::open(const TwinSettings& settings) {
  CHECK(settings.buffers != nullptr && settings.queues > 0);
  auto state = std::make_unique<State>();
  state->name = settings.name;
  state->mtu_bytes = settings.mtu_bytes;
  state->buffers = settings.buffers;
  if (settings.name.empty() || settings.name.size() >= IFNAMSIZ) {
    return fail("twin \"" + settings.name + "\": an interface name has 1 to 15 characters",
                Fault::operator_input);
  }
  constexpr uint32_t link_header_bytes = 18;
  const uint32_t room_bytes = rte_pktmbuf_data_room_size(settings.buffers) - RTE_PKTMBUF_HEADROOM;
  state->frame_segments = (settings.mtu_bytes + link_header_bytes + room_bytes - 1) / room_bytes;
  CHECK(state->frame_segments <= segments_max);
  state->queues.resize(settings.queues);
  bool first = true;
  for (Queue& queue : state->queues) {
    if (auto done = state->open_queue(queue, first); !done) return tl::unexpected(done.error());
    first = false;
  }
  if (auto done = state->set_up(settings); !done) return tl::unexpected(done.error());
  if (auto done = state->start_watcher(); !done) return tl::unexpected(done.error());
  return std::unique_ptr<Twin>(new Twin(std::move(state)));
}

Twin::Twin(std::unique_ptr<State> state) : state_(std::move(state)) {}

Twin::~Twin() {
  const uint64_t one = 1;
  CHECK(write(state_->stop.fd, &one, sizeof(one)) == sizeof(one));
  state_->watcher.join();
  for (Queue& queue : state_->queues) {
    rte_pktmbuf_free_bulk(queue.segments.data(), state_->frame_segments);
  }
}

std::string_view Twin::name() const {
  return state_->name;
}
uint32_t Twin::queues() const {
  return static_cast<uint32_t>(state_->queues.size());
}
uint32_t Twin::mtu_bytes() const {
  return state_->mtu_bytes;
}

void Twin::set_carrier(bool up) {
  int carrier = up ? 1 : 0;
  ioctl(state_->queues.front().tap.fd, TUNSETCARRIER, &carrier);
}

// Buffers for the largest frame lie ready; those that a frame took are replaced before the next.
bool Twin::State::fill_segments(Queue& queue, std::array<iovec, segments_max>& pieces) {
  for (uint32_t i = 0; i < frame_segments; ++i) {
    rte_mbuf*& segment = queue.segments[i];
    if (segment == nullptr) segment = rte_pktmbuf_alloc(buffers);
    if (segment == nullptr) return false;
    pieces[i] = {.iov_base = rte_pktmbuf_mtod(segment, void*),
                 .iov_len = rte_pktmbuf_tailroom(segment)};
  }
  return true;
}

// The next frame, or null: none has come (and the queue is watched again), or no buffer is free.
rte_mbuf* Twin::State::read_frame(Queue& queue) {
  std::array<iovec, segments_max> pieces;
  if (!fill_segments(queue, pieces)) return nullptr;
  const ssize_t n = readv(queue.tap.fd, pieces.data(), static_cast<int>(frame_segments));
  if (n <= 0) {
    queue.readable.store(false, std::memory_order_relaxed);
    watch_again(queue, EPOLL_CTL_MOD);
    return nullptr;
  }
  rte_mbuf* frame = std::exchange(queue.segments[0], nullptr);
  rte_mbuf* last = frame;
  frame->pkt_len = static_cast<uint32_t>(n);
  auto left = static_cast<uint32_t>(n);
  for (uint32_t i = 0;;) {
    const auto here = std::min(left, static_cast<uint32_t>(pieces[i].iov_len));
    last->data_len = static_cast<uint16_t>(here);
    left -= here;
    if (left == 0) return frame;
    last->next = std::exchange(queue.segments[++i], nullptr);
    last = last->next;
    ++frame->nb_segs;
  }
}

uint32_t Twin::receive(uint32_t queue, std::span<Packet> packets) {
  DCHECK(queue < state_->queues.size());
  Queue& mine = state_->queues[queue];
  if (!mine.readable.load(std::memory_order_acquire)) return 0;
  uint32_t received = 0;
  while (received < packets.size()) {
    rte_mbuf* frame = state_->read_frame(mine);
    if (frame == nullptr) break;
    packets[received++] = Packet(frame);
  }
  return received;
}

static bool write_frame(int tap, const rte_mbuf* frame) {
  std::array<iovec, segments_max> pieces;
  uint32_t count = 0;
  const rte_mbuf* segment = frame;
  for (; segment != nullptr && count < segments_max; segment = segment->next) {
    pieces[count++] = {.iov_base = rte_pktmbuf_mtod(segment, void*),
                       .iov_len = rte_pktmbuf_data_len(segment)};
  }
  return segment == nullptr && writev(tap, pieces.data(), static_cast<int>(count)) > 0;
}

uint32_t Twin::transmit(uint32_t queue, std::span<Packet> packets) {
  DCHECK(queue < state_->queues.size());
  const int tap = state_->queues[queue].tap.fd;
  uint32_t taken = 0;
  for (; taken < packets.size(); ++taken) {
    if (!write_frame(tap, packets[taken].buffer())) break;
    rte_pktmbuf_free(packets[taken].buffer());
  }
  return taken;
}

}  // namespace weft
