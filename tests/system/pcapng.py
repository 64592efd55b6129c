"""Reads a pcapng file of this host's byte order, with the options that scapy leaves out."""
import dataclasses
import struct

from scapy.layers.l2 import Ether

INTERFACE, PACKET = 1, 6
COMMENT, NAME, FLAGS = 1, 2, 2


@dataclasses.dataclass(frozen=True)
class Captured:
    interface: str
    direction: str  # in, out
    comment: str
    frame_bytes: int  # of the whole frame
    bytes: bytes  # its front

    @property
    def packet(self):
        return Ether(self.bytes)


def blocks(data):
    """(type, body) of each whole block; what is written meanwhile may end in the middle of one."""
    while len(data) >= 12:
        kind, length = struct.unpack_from("=II", data)
        if len(data) < length:
            return
        assert struct.unpack_from("=I", data, length - 4)[0] == length
        yield kind, data[8 : length - 4]
        data = data[length:]


def options(data):
    found = {}
    while len(data) >= 4:
        code, length = struct.unpack_from("=HH", data)
        if code == 0:
            break
        found[code] = data[4 : 4 + length]
        data = data[4 + (length + 3) // 4 * 4 :]
    return found


def read(file):
    interfaces, packets = [], []
    for kind, body in blocks(file.read_bytes()):
        if kind == INTERFACE:
            interfaces.append(options(body[8:])[NAME].decode())
        if kind == PACKET:
            interface, _, _, captured, whole = struct.unpack_from("=IIIII", body)
            more = options(body[20 + (captured + 3) // 4 * 4 :])
            (flags,) = struct.unpack("=I", more[FLAGS])
            packets.append(
                Captured(
                    interfaces[interface],
                    {1: "in", 2: "out"}[flags & 3],
                    more.get(COMMENT, b"").decode(),
                    whole,
                    body[20 : 20 + captured],
                )
            )
    return packets
