"""Echoes UDP datagrams with the instance's name in front, from the address they were sent to.

    udp_echo.py NAME PORT
"""
import selectors
import socket
import sys

IP_PKTINFO, IPV6_RECVPKTINFO, IPV6_PKTINFO = 8, 49, 50


def open_v4(port):
    echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    echo.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    echo.bind(("0.0.0.0", port))
    return echo


def open_v6(port):
    echo = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    echo.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    echo.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
    echo.bind(("::", port))
    return echo


def answer(echo, name):
    data, ancillary, _, client = echo.recvmsg(65535, socket.CMSG_SPACE(20))
    if echo.family == socket.AF_INET:
        # struct in_pktinfo: interface, local address (the source to answer from), destination.
        source = (socket.IPPROTO_IP, IP_PKTINFO, bytes(4) + ancillary[0][2][4:8] + bytes(4))
    else:
        # struct in6_pktinfo: address, interface.
        source = (socket.IPPROTO_IPV6, IPV6_PKTINFO, ancillary[0][2][:16] + bytes(4))
    echo.sendmsg([name, b" ", data], [source], 0, client)


def main():
    name, port = sys.argv[1].encode(), int(sys.argv[2])
    with open_v4(port) as v4, open_v6(port) as v6, selectors.DefaultSelector() as ready:
        for echo in [v4, v6]:
            ready.register(echo, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                answer(key.fileobj, name)


if __name__ == "__main__":
    main()
