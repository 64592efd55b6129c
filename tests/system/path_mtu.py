"""Sends datagrams that may not be fragmented until the kernel has learned the path's MTU, and
prints it.

    path_mtu.py ADDRESS PORT PAYLOAD_BYTES
"""
import socket
import sys
import time

IP_MTU_DISCOVER, IP_PMTUDISC_DO, IP_MTU = 10, 2, 14
DEADLINE_S = 5


def main():
    address, port, payload_bytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
        sender.connect((address, port))
        at_first = sender.getsockopt(socket.IPPROTO_IP, IP_MTU)
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end and sender.getsockopt(socket.IPPROTO_IP, IP_MTU) == at_first:
            try:
                sender.send(bytes(payload_bytes))
            except OSError:
                break  # too long: the kernel has learned
            time.sleep(0.02)
        print(sender.getsockopt(socket.IPPROTO_IP, IP_MTU))


main()
