"""Connection ids with a server id in them, made as draft-ietf-quic-load-balancers-21 says; written
apart from the gateway's own code. A configuration is a table of [[listener.quic]].
"""
import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes


def aes(key, block):
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(block) + encryptor.finalize()


def added(value, other):
    return bytes(a ^ b for a, b in zip(value, other))


def four_passes(key, plain):
    """Odd lengths: the halves meet inside a byte, whose nibbles they have one each."""
    length = len(plain)
    half = (length + 1) // 2
    odd = length % 2 == 1

    def masked(part, is_left):
        part = bytearray(part)
        if odd:
            part[-1 if is_left else 0] &= 0xF0 if is_left else 0x0F
        return bytes(part)

    left, right = masked(plain[:half], True), masked(plain[-half:], False)
    for number in range(1, 5):
        is_left = number % 2 == 0
        source = right if is_left else left
        block = source + bytes(14 - half) + bytes([length, number])
        mixed = masked(added(left if is_left else right, aes(key, block)), is_left)
        left, right = (mixed, right) if is_left else (left, mixed)
    if not odd:
        return left + right
    return left[:-1] + bytes([left[-1] | right[0]]) + right[1:]


def new_id(configuration, server_id, nonce=None):
    """`server_id` in hexadecimal digits; the nonce is random unless given."""
    nonce = nonce or os.urandom(configuration["nonce_bytes"])
    plain = bytes.fromhex(server_id) + nonce
    first = bytes([configuration["rotation"] << 5 | len(plain)])
    key = bytes.fromhex(configuration.get("key", ""))
    if not key:
        return first + plain
    return first + (aes(key, plain) if len(plain) == 16 else four_passes(key, plain))
