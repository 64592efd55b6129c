"""Whose packets and flows a listener takes."""
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
