#include "mgmt/kernel/netlink.h"

#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/errno.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <functional>
#include <type_traits>

#include "mgmt/kernel/netlink_objects.h"

namespace weft::mgmt {

using Message = std::unique_ptr<nl_msg, Release<nlmsg_free>>;

// A dump that the kernel changed under is read again; it is good enough after some attempts.
static constexpr int dump_attempts_max = 5;

void Netlink::Close::operator()(nl_sock* socket) const {
  nl_socket_free(socket);
}

Result<Netlink> Netlink::open() {
  Netlink netlink{Socket(nl_socket_alloc()), Socket(nl_socket_alloc())};
  for (nl_sock* socket : {netlink.dumps_.get(), netlink.requests_.get()}) {
    if (const int code = nl_connect(socket, NETLINK_ROUTE); code != 0) {
      return fail(std::string("cannot speak to the kernel by netlink: ") + nl_geterror(code));
    }
  }
  // Dumps of one interface or one table only. Linux 4.20.
  const int on = 1;
  nl_sock* dumps = netlink.dumps_.get();
  if (setsockopt(nl_socket_get_fd(dumps), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on)) !=
      0) {
    return fail("the kernel is too old: netlink filters dumps since Linux 4.20");
  }
  nl_socket_disable_auto_ack(dumps);
  return netlink;
}

std::unique_ptr<NetlinkLink> Netlink::link(const std::string& name) const {
  rtnl_link* object = nullptr;
  if (rtnl_link_get_kernel(requests_.get(), 0, name.c_str(), &object) != 0) return nullptr;
  const LinkObject owned(object);
  return std::make_unique<NetlinkLink>(value_of(object));
}

// One attempt. A dump of what is not there (a table) is empty.
static int dump_once(nl_sock* socket, nl_msg* request,
                     const std::function<void(nl_object*)>& visit) {
  int code = nl_send_auto(socket, request);
  if (code < 0) return code;
  const std::unique_ptr<nl_cb, Release<nl_cb_put>> callbacks(nl_cb_alloc(NL_CB_DEFAULT));
  nl_cb_set(
      callbacks.get(), NL_CB_VALID, NL_CB_CUSTOM,
      [](nl_msg* message, void* visit_pointer) {
        const auto parsed = [](nl_object* object, void* pointer) {
          (*static_cast<const std::function<void(nl_object*)>*>(pointer))(object);
        };
        nl_msg_parse(message, parsed, visit_pointer);
        return static_cast<int>(NL_OK);
      },
      const_cast<void*>(static_cast<const void*>(&visit)));
  return nl_recvmsgs(socket, callbacks.get());
}

template <class Value, class Object, class Header>
static std::vector<Value> dump(nl_sock* socket, int type, const Header& header,
                               const std::function<void(nl_msg*)>& add_filter = {}) {
  std::vector<Value> values;
  for (int attempt = 0; attempt < dump_attempts_max; ++attempt) {
    const Message request(nlmsg_alloc_simple(type, NLM_F_DUMP));
    nlmsg_append(request.get(), const_cast<Header*>(&header), sizeof(header), NLMSG_ALIGNTO);
    if (add_filter) add_filter(request.get());
    values.clear();
    const int code = dump_once(socket, request.get(), [&](nl_object* object) {
      const auto value = value_of(reinterpret_cast<Object*>(object));
      if (value) values.push_back(*value);
    });
    if (code != -NLE_DUMP_INTR) break;
  }
  return values;
}

template <class T>
static void append(std::vector<T>& to, std::vector<T> more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::vector<NetlinkAddress> Netlink::addresses(int link) const {
  std::vector<NetlinkAddress> all;
  for (const int family : {AF_INET, AF_INET6}) {
    ifaddrmsg header{};
    header.ifa_family = static_cast<uint8_t>(family);
    header.ifa_index = static_cast<uint32_t>(link);
    append(all, dump<NetlinkAddress, rtnl_addr>(dumps_.get(), RTM_GETADDR, header));
  }
  return all;
}

std::vector<NetlinkNeighbour> Netlink::neighbours(int link) const {
  std::vector<NetlinkNeighbour> all;
  for (const int family : {AF_INET, AF_INET6}) {
    ndmsg header{};
    header.ndm_family = static_cast<uint8_t>(family);
    append(all, dump<NetlinkNeighbour, rtnl_neigh>(
                    dumps_.get(), RTM_GETNEIGH, header, [link](nl_msg* request) {
                      nla_put_u32(request, NDA_IFINDEX, static_cast<uint32_t>(link));
                    }));
  }
  return all;
}

std::vector<NetlinkRoute> Netlink::routes(uint32_t table) const {
  std::vector<NetlinkRoute> all;
  for (const int family : {AF_INET, AF_INET6}) {
    rtmsg header{};
    header.rtm_family = static_cast<uint8_t>(family);
    append(all, dump<NetlinkRoute, rtnl_route>(
                    dumps_.get(), RTM_GETROUTE, header,
                    [table](nl_msg* request) { nla_put_u32(request, RTA_TABLE, table); }));
  }
  return all;
}

// `expected`: an error that says it is done already.
static std::string reason(int code, int expected) {
  return code == 0 || code == -expected ? std::string() : nl_geterror(code);
}

std::string Netlink::set_up(int link) const {
  const LinkObject now(rtnl_link_alloc());
  const LinkObject change(rtnl_link_alloc());
  rtnl_link_set_ifindex(now.get(), link);
  rtnl_link_set_flags(change.get(), IFF_UP);
  return reason(rtnl_link_change(requests_.get(), now.get(), change.get(), 0), 0);
}

std::string Netlink::add(const NetlinkAddress& address) const {
  return reason(rtnl_addr_add(requests_.get(), object_of(address).get(), NLM_F_CREATE | NLM_F_EXCL),
                NLE_EXIST);
}

std::string Netlink::remove(const NetlinkAddress& address) const {
  return reason(rtnl_addr_delete(requests_.get(), object_of(address).get(), 0), NLE_NOADDR);
}

std::string Netlink::add(const NetlinkRoute& route) const {
  // Appended: another gateway's route to the same place is none of ours.
  return reason(
      rtnl_route_add(requests_.get(), object_of(route).get(), NLM_F_CREATE | NLM_F_APPEND),
      NLE_EXIST);
}

std::string Netlink::remove(const NetlinkRoute& route) const {
  return reason(rtnl_route_delete(requests_.get(), object_of(route).get(), 0), NLE_OBJ_NOTFOUND);
}

std::string Netlink::add(const NetlinkNeighbour& neighbour) const {
  return reason(
      rtnl_neigh_add(requests_.get(), object_of(neighbour).get(), NLM_F_CREATE | NLM_F_REPLACE),
      NLE_EXIST);
}

std::string Netlink::remove(const NetlinkNeighbour& neighbour) const {
  return reason(rtnl_neigh_delete(requests_.get(), object_of(neighbour).get(), 0),
                NLE_OBJ_NOTFOUND);
}

void Netlink::use_neighbour(int link, const IpAddress& address) const {
  const NeighbourObject object(rtnl_neigh_alloc());
  rtnl_neigh_set_ifindex(object.get(), link);
  rtnl_neigh_set_dst(object.get(), bytes_of(address, address.family_bits()).get());
  rtnl_neigh_set_flags(object.get(), NTF_USE);
  // Whether it worked is seen in the view.
  rtnl_neigh_add(requests_.get(), object.get(), NLM_F_CREATE);
}

}  // namespace weft::mgmt
