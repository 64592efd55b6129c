"""Probes that go through a tunnel listener see what plain ones cannot: whether decapsulation and
the service behind it work."""
import contextlib
import socket

import pytest

import gateway as gateways
import test_modes as modes
import traffic

# What only the kernel and the workers may meet: the IPv4 one of the kernel, and the IPv6 prefix.
SYNTHETIC = [bytes([240, 0, 0, 1]), bytes.fromhex("fd7765667400")]
ETHERNET_BYTES = 14

MODES = [mode for mode in modes.MODES if mode.forward in [*modes.TUNNELS, "direct"]]
IPIP4 = modes.Mode("ipip", 4, 4)
GUE6_IN_4 = modes.Mode("gue", 6, 4)


def with_modes(*some):
    return pytest.mark.parametrize("mode", some, ids=str)


@pytest.fixture
def gateway(lab, mode, start_gateway):
    """Probes the web servers through the listener; in another cluster at their own addresses."""
    listeners, clusters = modes.listeners_and_clusters(lab, mode)
    web = clusters["web"]
    serving = start_gateway(
        {"web": listeners["web"]},
        {
            "web": {**web, "health": {**gateways.HEALTH, "through": "web"}},
            "plain": web,
        },
    )
    # Neighbour discovery can take longer than a first probe waits.
    serving.wait_until(lambda: modes.all_healthy(serving), 10, "all endpoints to be healthy")
    return serving


@contextlib.contextmanager
def out_of_service(mode, instance):
    """The instance's own address goes on serving; the listener's, behind the tunnel, does not."""
    if mode.forward == "direct":
        address = f"{mode.address}/{128 if mode.listener == 6 else 32}"
        instance.ip("addr", "del", address, "dev", "lo")
    else:
        instance.decapsulate(False)
    try:
        yield
    finally:
        if mode.forward == "direct":
            instance.add_address(address, "lo")
        else:
            instance.decapsulate(True)


def at(mode, instance):
    host = mode.at(instance)
    return f"[{host}]:80" if ":" in host else f"{host}:80"


def states(gateway, cluster):
    for of_cluster in gateway.status()["clusters"]:
        if of_cluster["name"] == cluster:
            return [endpoint["state"] for endpoint in of_cluster["endpoints"]]
    return []


@with_modes(*MODES)
def test_an_endpoint_that_does_not_serve_behind_the_tunnel_is_down(lab, mode, gateway):
    victim = lab.instances[1]
    with out_of_service(mode, victim):
        gateway.wait_for_state("web", at(mode, victim), "down")
        assert states(gateway, "web") == ["healthy", "down", "healthy"]
        assert states(gateway, "plain") == ["healthy"] * 3
        with traffic.Requests(lab.client, mode.address) as requests:
            done = requests.wait_for(60)
        assert traffic.failures(done) == []
        assert set(traffic.spread(done)) == {"web1", "web3"}
    gateway.wait_for_state("web", at(mode, victim), "healthy")


@with_modes(IPIP4, GUE6_IN_4)
def test_a_dead_service_is_seen_as_refused(lab, mode, gateway):
    victim = lab.instances[1]
    victim.kill_nginx()
    gateway.wait_for_state("web", at(mode, victim), "down")
    assert "refused" in gateway.endpoint("web", at(mode, victim))["why"]
    assert states(gateway, "web") == ["healthy", "down", "healthy"]
    victim.start_nginx()
    gateway.wait_for_state("web", at(mode, victim), "healthy")


@with_modes(IPIP4, GUE6_IN_4)
def test_what_the_kernel_connects_to_is_on_no_wire(lab, mode, gateway):
    with lab.switch.inside():
        wires = [
            socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            for _ in ["edge-bridge", "mesh-bridge"]
        ]
    for wire, bridge in zip(wires, ["edge-bridge", "mesh-bridge"]):
        wire.bind((bridge, 3))
        wire.setblocking(False)
    before = gateway.metrics()
    gateway.wait_until(lambda: probes_answered(gateway, before), 5, "some probes")
    frames = [frame for wire in wires for frame in received(wire)]
    for wire in wires:
        wire.close()
    assert len(frames) > 10
    assert [frame for frame in frames if carries_synthetic(frame)] == []
    assert gateway.dropped("probe_unknown") == 0


def carries_synthetic(frame):
    """Whether an address in it, outer or inner, is synthetic. All stand at multiples of four
    behind the Ethernet header; elsewhere a checksum and an urgent pointer can look like one."""
    return any(
        frame[at:].startswith(address)
        for at in range(ETHERNET_BYTES, len(frame), 4)
        for address in SYNTHETIC
    )


def received(wire):
    while True:
        try:
            yield wire.recv(65536)
        except BlockingIOError:
            return


def probes_answered(gateway, before):
    """A few from each endpoint."""

    def from_twins(metrics):
        return sum(count for name, count in metrics.items() if "from_twin_packets" in name)

    return from_twins(gateway.metrics()) > from_twins(before) + 60


@with_modes(IPIP4)
def test_a_reload_from_plain_probes_and_back_loses_no_endpoint(lab, mode, gateway):
    settings = gateway.settings
    web = settings["cluster"][0]
    through = web["health"]
    changes = gateway.log().count('"endpoint_state"')
    for health in [gateways.HEALTH, through, gateways.HEALTH, through]:
        web["health"] = health
        gateway.reload(settings)
        with traffic.Requests(lab.client, mode.address) as requests:
            done = requests.wait_for(40)
        assert traffic.failures(done) == []
        assert states(gateway, "web") == ["healthy"] * 3
    assert gateway.log().count('"endpoint_state"') == changes
