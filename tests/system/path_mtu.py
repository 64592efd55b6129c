"""Sends datagrams that may not be fragmented until the kernel has learned the path's MTU, and
prints it.

    path_mtu.py ADDRESS PORT PAYLOAD_BYTES
"""
import socket
import sys
import time

# Level, IP_MTU_DISCOVER, IP_MTU; and the same of IPv6.
OPTIONS = {
    socket.AF_INET: (socket.IPPROTO_IP, 10, 14),
    socket.AF_INET6: (socket.IPPROTO_IPV6, 23, 24),
}
PMTUDISC_DO = 2
DEADLINE_S = 5


def main():
    address, port, payload_bytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    level, discover, mtu = OPTIONS[family]
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(level, discover, PMTUDISC_DO)
        sender.connect((address, port))
        at_first = sender.getsockopt(level, mtu)
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end and sender.getsockopt(level, mtu) == at_first:
            try:
                sender.send(bytes(payload_bytes))
            except OSError:
                break  # too long: the kernel has learned
            time.sleep(0.02)
        print(sender.getsockopt(level, mtu))


main()
