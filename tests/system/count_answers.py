"""Asks an on-link address one ARP question and one SYN to a closed port, and counts what comes
back.

    count_answers.py ADDRESS PORT       prints "arp N reset N"

The count ends when the answers to two later pings are in, so an answer sent twice is seen twice.
"""
import logging
import sys
import time

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.all import ARP, ICMP, IP, TCP, AsyncSniffer, Ether, conf, sendp, srp1  # noqa: E402

INTERFACE = "eth0"
DEADLINE_S = 5


def main():
    address, port = sys.argv[1], int(sys.argv[2])
    conf.verb = 0
    question = Ether(dst="ff:ff:ff:ff:ff:ff") / ARP(pdst=address)
    mac = srp1(question, iface=INTERFACE, timeout=DEADLINE_S).hwsrc

    started = []
    sniffer = AsyncSniffer(iface=INTERFACE, started_callback=lambda: started.append(True))
    sniffer.start()
    end = time.monotonic() + DEADLINE_S
    while not started and time.monotonic() < end:
        time.sleep(0.01)
    sendp(question, iface=INTERFACE)
    sendp(
        Ether(dst=mac) / IP(dst=address) / TCP(sport=40001, dport=port, flags="S", seq=1),
        iface=INTERFACE,
    )
    for number in [1, 2]:
        srp1(
            Ether(dst=mac) / IP(dst=address) / ICMP(seq=number) / b"marker",
            iface=INTERFACE,
            timeout=DEADLINE_S,
        )
    seen = sniffer.stop()
    arps = sum(
        1 for frame in seen if ARP in frame and frame[ARP].op == 2 and frame[ARP].psrc == address
    )
    resets = sum(
        1 for frame in seen if TCP in frame and frame[IP].src == address and "R" in frame[TCP].flags
    )
    print(f"arp {arps} reset {resets}")


main()
