"""Echoes UDP datagrams with the instance's name in front, from the address they were sent to.

    udp_echo.py NAME PORT
"""
import socket
import sys

IP_PKTINFO = 8


def main():
    name, port = sys.argv[1].encode(), int(sys.argv[2])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as echo:
        echo.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        echo.bind(("0.0.0.0", port))
        while True:
            data, ancillary, _, client = echo.recvmsg(65535, socket.CMSG_SPACE(12))
            # struct in_pktinfo: interface, local address (the source to answer from), destination.
            local = ancillary[0][2][4:8]
            answer_from = bytes(4) + local + bytes(4)
            echo.sendmsg(
                [name, b" ", data], [(socket.IPPROTO_IP, IP_PKTINFO, answer_from)], 0, client
            )


if __name__ == "__main__":
    main()
