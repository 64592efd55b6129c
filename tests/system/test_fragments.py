"""Datagrams beyond the MTU: every piece of one reaches the instance of the first one, and back."""
import contextlib

import pytest

import lab as labs
import traffic

both_modes = pytest.mark.parametrize("forward", ["nat", "ipip"])


@both_modes
def test_large_datagrams_are_echoed(lab, start_gateway, echo, forward):
    start_gateway(*echo(forward=forward))

    def ask(source_port):
        text = f"{source_port} " + "x" * 4000
        answer = traffic.ask_udp(lab.client, labs.ROUTED_LISTENER, 9000, source_port, text)
        assert answer.partition(" ")[2] == text

    # A tunnel leaves less room: the first datagram's pieces are refused, and the client learns how
    # long they may be.
    with contextlib.suppress(TimeoutError) if forward == "ipip" else contextlib.nullcontext():
        ask(20_000)
    for source_port in range(20_001, 20_032):
        ask(source_port)


def test_large_echoes_of_a_listeners_address(lab, start_gateway, echo):
    start_gateway(*echo())
    done = lab.client.run("ping", "-c3", "-i0.2", "-W2", "-s4000", labs.ROUTED_LISTENER)
    assert "3 received" in done.stdout, done.stdout
