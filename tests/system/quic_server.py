"""What a QUIC server does with connection ids, and nothing else of it.

    quic_server.py NAME PORT SERVER_ID

A datagram with a long header opens a connection; behind the header is the configuration (JSON) to
make its id by. The answer is "NAME ID". A datagram with a short header is "NAME ok" if its id was
issued here, "NAME stranger" if not. Answers come from the address that was asked.
"""
import json
import socket
import sys

import quic_ids

IP_PKTINFO = 8
LONG = 0x80
LONG_HEADER_BYTES = 6 + 8 + 1  # with an id of 8 bytes, as clients begin, and an empty one


def answer(datagram, server_id, issued):
    if datagram[0] & LONG:
        new = quic_ids.new_id(json.loads(datagram[LONG_HEADER_BYTES:]), server_id)
        issued.add(new)
        return new.hex()
    lengths = {len(one) for one in issued}
    known = any(datagram[1 : 1 + length] in issued for length in lengths)
    return "ok" if known else "stranger"


def main():
    name, port, server_id = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    issued = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        server.bind(("0.0.0.0", port))
        while True:
            data, ancillary, _, client = server.recvmsg(65535, socket.CMSG_SPACE(12))
            # struct in_pktinfo: interface, local address (the source to answer from), destination.
            answer_from = bytes(4) + ancillary[0][2][4:8] + bytes(4)
            text = f"{name} {answer(data, server_id, issued)}"
            server.sendmsg(
                [text.encode()], [(socket.IPPROTO_IP, IP_PKTINFO, answer_from)], 0, client
            )


if __name__ == "__main__":
    main()
