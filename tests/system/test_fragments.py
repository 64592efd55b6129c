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

    # A tunnel leaves less room: pieces are refused until the client has learned how long they may
    # be. Its socket hears of it (EMSGSIZE), and of the first refusal nothing at all while the
    # gateway does not know its neighbour yet.
    for source_port in range(20_000, 20_003) if forward == "ipip" else []:
        with contextlib.suppress(OSError):
            ask(source_port)
    for source_port in range(20_003, 20_032):
        ask(source_port)


def test_large_echoes_of_a_listeners_address(lab, start_gateway, echo):
    start_gateway(*echo())
    done = lab.client.run("ping", "-c3", "-i0.2", "-W2", "-s4000", labs.ROUTED_LISTENER)
    assert "3 received" in done.stdout, done.stdout
