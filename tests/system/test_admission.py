"""Whose packets and flows a listener takes."""
import contextlib
import select
import socket
import struct
import time

import pytest

import lab as labs
import traffic

URL = f"http://{labs.ROUTED_LISTENER}/"
FIRST, SECOND = "10.0.0.1", "10.0.0.2"  # the lab's clients


def served(host):
    """Whether a request of its own is answered; what is dropped is only seen by waiting."""
    return traffic.fetch(host, URL, timeout_s=1)[0] == 0


@pytest.fixture
def listed(lab, make_gateway, web):
    """listed("deny", ["10.0.0.2"]): a started gateway whose listener has a list in a file, which
    is read again with each reload."""

    def start(key, prefixes):
        listeners, clusters = web(**{key: ["sources"]})
        gateway = make_gateway(listeners, clusters)
        gateway.list = lab.folder / "sources.txt"
        write(gateway, prefixes)
        gateway.settings["prefix_list"] = [{"name": "sources", "file": str(gateway.list)}]
        return gateway.start()

    return start


def write(gateway, lines):
    gateway.list.write_text("".join(f"{line}\n" for line in ["# sources", *lines]), "utf-8")


def test_a_denied_client_is_not_served_and_others_are(lab, listed):
    gateway = listed("deny", ["192.0.2.0/24", f"{SECOND}/32  # the second client"])
    first, second = lab.clients
    assert served(first) and not served(second)
    assert gateway.dropped("prefix_denied") > 0
    write(gateway, [FIRST])
    gateway.reload()
    gateway.wait_until(lambda: not served(first), 5, "the new list to hold")
    assert served(second)


def test_only_allowed_clients_are_served(lab, listed):
    gateway = listed("allow", ["10.0.0.0/31"])
    first, second = lab.clients
    assert served(first) and not served(second)
    write(gateway, ["10.0.0.0/24"])
    gateway.reload()
    gateway.wait_until(lambda: served(second), 5, "the new list to hold")


def test_a_list_that_cannot_be_read_keeps_the_running_one(lab, listed):
    gateway = listed("deny", [SECOND])
    write(gateway, [FIRST, "10.0.0.1/8"])
    with pytest.raises(labs.LabError, match="409") as refused:
        gateway.reload()
    assert f"{gateway.list}:3:1" in str(refused.value)
    assert "bits set beyond its length" in str(refused.value)
    assert served(lab.clients[0]) and not served(lab.clients[1])
    check = lab.gateway.run(gateway.command()[0], "--check", gateway.config, check=False)
    assert check.returncode == 1 and f"{gateway.list}:3:1" in check.stdout


def test_a_million_prefixes(lab, listed):
    """None of them is the clients'; then the list holds the second client as well."""
    many = [f"11.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}/32" for n in range(0, 2_000_000, 2)]
    gateway = listed("deny", many)
    assert served(lab.clients[0]) and served(lab.clients[1])
    write(gateway, [*many, SECOND])
    with traffic.Requests(lab.clients[0], labs.ROUTED_LISTENER) as running:
        gateway.reload()
        gateway.wait_until(lambda: not served(lab.clients[1]), 10, "the new list to hold")
        requests = running.done()
    assert traffic.failures(requests) == []


def test_blackholes_come_and_go_under_load(lab, start_gateway, web):
    gateway = start_gateway(*web())
    first, second = lab.clients
    with traffic.Requests(first, labs.ROUTED_LISTENER) as running:
        with traffic.connections(second, labs.ROUTED_LISTENER, 1) as [connection]:
            assert connection.ask()
            gateway.weftctl("blackhole", "add", SECOND, "2001:db8::/32")
            gateway.wait_until(lambda: not served(second), 5, "the blackhole to hold")
            connection.socket.settimeout(1)
            with pytest.raises(TimeoutError):
                connection.ask()
        assert gateway.dropped("blackholed") > 0
        gateway.reload()
        assert not served(second)
        listed = gateway.weftctl("blackhole", "list").stdout.split()
        assert listed == [f"{SECOND}/32", "2001:db8::/32"]
        gateway.weftctl("blackhole", "remove", SECOND)
        gateway.wait_until(lambda: served(second), 5, "the blackhole to be gone")
        requests = running.done()
    assert traffic.failures(requests) == []
    assert gateway.status()["blackholes"] == 1


def test_blackholes_survive_a_restart(lab, start_gateway, web):
    gateway = start_gateway(*web())
    gateway.weftctl("blackhole", "add", SECOND)
    gateway.kill()
    gateway.start()
    assert served(lab.clients[0]) and not served(lab.clients[1])
    gateway.weftctl("blackhole", "remove", SECOND)
    gateway.kill()
    gateway.start()
    assert served(lab.clients[1])


def test_blackholes_that_cannot_be_are_refused(start_gateway, web):
    gateway = start_gateway(*web())
    for words, says in [
        (["add", "10.0.0.0/33"], '"10.0.0.0/33" is no IP address or prefix'),
        (["add", "10.0.0.1/8"], 'write "10.0.0.0/8"'),
        (["remove", "10.0.0.1"], "10.0.0.1/32 is not blackholed"),
    ]:
        failed = gateway.weftctl("blackhole", *words, check=False)
        assert failed.returncode == 1 and says in failed.stdout
    assert gateway.weftctl("blackhole", "list").stdout == ""


@contextlib.contextmanager
def connecting(host, count, at_least=0, source=""):
    """So many connections that begin at once, once none has been answered for half a second; while
    `at_least` have not been, for longer: a packet that the lab lost comes again after a second.
    """
    with contextlib.ExitStack() as opened:
        sockets = []
        for _ in range(count):
            with host.inside():
                one = opened.enter_context(socket.socket())
            # Ends with a reset, which is not sent again: nothing of it comes to a later gateway.
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if source:
                one.bind((source, 0))
            one.setblocking(False)
            one.connect_ex((labs.ROUTED_LISTENER, 80))
            sockets.append(one)
        waiting = sockets
        while waiting:
            missing = len(sockets) - len(waiting) < at_least
            ready = select.select([], waiting, [], 5 if missing else 0.5)[1]
            if not ready:
                break
            waiting = [one for one in waiting if one not in ready]
        yield len(sockets) - len(waiting)


@contextlib.contextmanager
def another_address(host, address):
    """One that no earlier connection had: whose last segments are still being sent again would be
    a flow of it, and count."""
    host.add_address(f"{address}/24", "eth0")
    try:
        yield address
    finally:
        host.ip("addr", "del", f"{address}/24", "dev", "eth0")


@pytest.mark.parametrize("forward, number", [("nat", 20), ("ipip", 30)])
def test_flows_at_a_time_of_each_client(lab, start_gateway, web, forward, number):
    """Each worker has half of the limit where there are two."""
    gateway = start_gateway(*web(forward=forward, source_flows_max=10))
    first, second = lab.clients
    with contextlib.ExitStack() as opened:
        own = opened.enter_context(another_address(first, f"10.0.0.{number + 1}"))
        its = opened.enter_context(another_address(second, f"10.0.0.{number + 2}"))
        begun = opened.enter_context(connecting(first, 40, 10, own))
        begun_there = opened.enter_context(connecting(second, 40, 10, its))
        assert (begun, begun_there) == (10, 10)
        gateway.wait_until(
            lambda: gateway.dropped("source_flows_full") >= 60, 5, "the others to be dropped"
        )


def test_flows_at_a_time_of_all_clients(lab, start_gateway, web):
    gateway = start_gateway(*web(flows_max=10))
    first, second = lab.clients
    with connecting(first, 40, at_least=10) as begun, connecting(second, 40) as none:
        assert (begun, none) == (10, 0)
        gateway.wait_until(
            lambda: gateway.dropped("listener_flows_full") >= 70, 5, "the others to be dropped"
        )


def test_flows_that_begin_in_a_second(lab, start_gateway, web):
    """The second's worth at once; what is dropped comes again a second later (TCP), and so on."""
    gateway = start_gateway(*web(new_flows_per_s_max=20))
    begin_s = time.monotonic()
    with connecting(lab.client, 60) as begun:
        took_s = time.monotonic() - begin_s
        assert 20 <= begun <= 20 + 20 * took_s + 2
    assert gateway.dropped("new_flow_rate") > 0
    assert gateway.dropped("source_new_flow_rate") == 0


def test_flows_of_a_client_that_begin_in_a_second(lab, start_gateway, web):
    gateway = start_gateway(*web(source_new_flows_per_s_max=4))
    with connecting(lab.clients[0], 60) as begun:
        assert begun < 30
        assert served(lab.clients[1]), "another client has a rate of its own"
    assert gateway.dropped("source_new_flow_rate") > 0
