"""Who answers for which address: the kernel on the twin, or the workers."""
import re

import pytest

import lab as labs
import traffic

ALL = {"web1", "web2", "web3"}


def ping(host, address, count=3, **options):
    return host.run(
        "ping", "-n", "-c", count, "-i", "0.2", "-W", 1, address, check=False, **options
    ).stdout


def replies(text):
    return int(re.search(r"(\d+) received", text)[1])


@pytest.mark.parametrize("driver", ["af_xdp", "af_packet"])
def test_ping(lab, start_gateway, web, driver):
    """Host addresses and single on-link listener addresses answer, each ping once. Neighbours are
    asked by ARP first, so this is ARP too."""
    start_gateway(*web(address=labs.ON_LINK_LISTENER), driver=driver)
    lab.client.ip("neigh", "flush", "all")
    for host, address in [
        (lab.client, labs.EDGE_GATEWAY),
        (lab.instances[0], labs.MESH_GATEWAY),
        (lab.client, labs.ON_LINK_LISTENER),
    ]:
        said = ping(host, address)
        assert replies(said) == 3, said
        assert "DUP!" not in said


@pytest.mark.parametrize("driver", ["af_xdp", "af_packet"])
def test_one_answer_to_one_question(lab, start_gateway, web, driver):
    """ARP, and the reset of a closed port: exactly one each, although with af_packet the kernel of
    the gateway sees every frame too."""
    start_gateway(*web(address=labs.ON_LINK_LISTENER), driver=driver)
    for address in [labs.EDGE_GATEWAY, labs.ON_LINK_LISTENER]:
        done = lab.client.run(
            "/usr/bin/python3", labs.HERE / "count_answers.py", address, 4444, timeout=30
        )
        assert done.stdout.split() == ["arp", "1", "reset", "1"], address


def test_own_address_reaches_the_host(lab, start_gateway, web):
    """curl to the gateway's own address is answered by its kernel's sockets, here weftd's own."""
    start_gateway(*web(), admin={"address": f"{labs.EDGE_GATEWAY}:9100"})
    code, body = traffic.fetch(lab.client, f"http://{labs.EDGE_GATEWAY}:9100/live")
    assert code == 0, body


def test_host_services_are_not_exposed_on_listener_addresses(lab, start_gateway, web, running):
    gateway = start_gateway(*web(address=labs.ON_LINK_LISTENER))
    running(lab.gateway.start("socat", "TCP-LISTEN:8888,fork,reuseaddr", "SYSTEM:echo secret"))
    labs.wait_until(
        lambda: ":8888" in lab.gateway.run("ss", "-Hltn").stdout, 10, "the host's service"
    )
    asked = ["nc", "-w", 2]
    assert lab.client.run(*asked, labs.EDGE_GATEWAY, 8888).stdout == "secret\n"
    before = gateway.dropped("no_listener")
    refused = lab.client.run(*asked, "-v", labs.ON_LINK_LISTENER, 8888, check=False)
    assert refused.returncode == 1 and "refused" in refused.stdout
    assert gateway.dropped("no_listener") > before


@pytest.mark.parametrize(
    "address", [labs.ON_LINK_LISTENER, labs.ROUTED_LISTENER], ids=["on-link", "routed"]
)
def test_closed_ports_are_refused(lab, start_gateway, web, address):
    """TCP by a reset, UDP by port unreachable, both at once and counted."""
    gateway = start_gateway(*web(address=address))
    before = gateway.dropped("no_listener")
    with pytest.raises(ConnectionRefusedError):
        traffic.Connection(lab.client, address, 4444, timeout_s=2)
    with pytest.raises(ConnectionRefusedError):
        traffic.ask_udp(lab.client, address, 4444, 0, "anybody?")
    assert gateway.dropped("no_listener") >= before + 2


@pytest.fixture
def forwarding_kernel(lab):
    """The gateway's kernel would forward whatever reaches it."""
    lab.gateway.sysctl(net__ipv4__ip_forward=1)
    yield
    lab.gateway.sysctl(net__ipv4__ip_forward=0)


@pytest.mark.parametrize("driver", ["af_xdp", "af_packet"])
@pytest.mark.usefixtures("forwarding_kernel")
def test_transit_is_dropped(lab, start_gateway, web, driver):
    """Also where the kernel sees every frame too."""
    gateway = start_gateway(*web(), driver=driver)
    before = gateway.dropped("transit")
    assert replies(ping(lab.client, lab.instances[0].address)) == 0
    assert gateway.dropped("transit") >= before + 3


@pytest.mark.usefixtures("forwarding_kernel")
def test_transit_goes_to_the_twin_when_asked(lab, start_gateway, web):
    start_gateway(*web(), gateway={"transit": "twin"})
    assert replies(ping(lab.client, lab.instances[0].address)) == 3


def test_gateway_reaches_out(lab, start_gateway, web):
    """The host's own traffic: its kernel pings clients and instances through the twins."""
    start_gateway(*web())
    for address in ["10.0.0.1", lab.instances[0].address]:
        assert replies(ping(lab.gateway, address)) == 3


def path_mtu_bytes(client, address, port, payload_bytes):
    """What the client's kernel learns of the path when it sends a datagram that may not be
    fragmented."""
    script = labs.HERE / "path_mtu.py"
    return int(
        client.run("/usr/bin/python3", script, address, port, payload_bytes, timeout=30).stdout
    )


def test_too_big_for_the_tunnel_says_the_right_mtu(lab, start_gateway):
    """The outer header takes 20 of the mesh's bytes; Fragmentation Needed names what is left."""
    gateway = start_gateway(
        {"echo": {"address": f"{labs.ROUTED_LISTENER}:9000", "protocol": "udp", "forward": "ipip"}},
        {"echo": {"endpoints": [f"{instance.address}:9000" for instance in lab.instances]}},
    )
    before = gateway.dropped("packet_too_big")
    assert path_mtu_bytes(lab.client, labs.ROUTED_LISTENER, 9000, 1472) == lab.mesh_mtu_bytes - 20
    labs.wait_until(
        lambda: gateway.dropped("packet_too_big") > before, 5, "the drop to be counted"
    )


@pytest.mark.parametrize("device", ["af_xdp", "af_packet"])
def test_traffic_on_every_driver(lab, start_gateway, web, device):
    start_gateway(*web(), driver=device)
    with traffic.Requests(lab.client, labs.ROUTED_LISTENER) as requests:
        done = requests.wait_for(100)
    assert traffic.failures(done) == []
    assert set(traffic.spread(done)) == ALL
    assert (
        traffic.fetch(lab.client, f"http://{labs.ROUTED_LISTENER}/large", "-o", "/dev/null")[0] == 0
    )


def test_link_that_goes_down_and_up(lab, start_gateway, web):
    """The gateway's own leg loses its carrier: endpoints go down, and everything comes back with
    it."""
    gateway = start_gateway(*web())
    lab.switch.ip("link", "set", "gateway-mesh", "down")
    try:
        gateway.wait_for_state("web", f"{lab.instances[0].address}:80", "down")
    finally:
        lab.switch.ip("link", "set", "gateway-mesh", "up")
    for endpoint in [f"{instance.address}:80" for instance in lab.instances]:
        gateway.wait_for_state("web", endpoint, "healthy")
    with traffic.Requests(lab.client, labs.ROUTED_LISTENER) as requests:
        assert traffic.failures(requests.wait_for(50)) == []
