"""Every way of forwarding, for every pair of families that it can join, with real programs: curl,
iperf3, ping, and path MTU discovery. Each pair has one gateway, which all its tests use."""
import contextlib
import dataclasses
import errno
import hashlib
import json

import pytest

import gateway as gateways
import lab as labs
import traffic

TUNNELS = ["ipip", "gre", "gue"]
IP_HEADER_BYTES = {4: 20, 6: 40}
SHIM_BYTES = {"ipip": 0, "gre": 4, "gue": 8}  # between the outer header and the packet
WEB_PORT, IPERF_PORT, ECHO_PORT = 80, 5201, 9000


@dataclasses.dataclass(frozen=True)
class Mode:
    forward: str
    listener: int  # the family
    endpoints: int  # theirs

    def __str__(self):
        return f"{self.forward}-{self.listener}to{self.endpoints}"

    @property
    def address(self):
        return labs.ROUTED_LISTENER if self.listener == 4 else labs.ROUTED_LISTENER6

    @property
    def url_host(self):
        return f"[{self.address}]" if self.listener == 6 else self.address

    @property
    def overhead_bytes(self):
        if self.forward not in TUNNELS:
            return 0
        return IP_HEADER_BYTES[self.endpoints] + SHIM_BYTES[self.forward]

    def at(self, instance):
        return instance.address if self.endpoints == 4 else instance.address6

    def serves_at(self, instance):
        """The address that packets have when they reach the instance's programs."""
        return self.at(instance) if self.forward in ["nat", "fullnat"] else self.address


MODES = [
    *[Mode(forward, family, family) for forward in ["nat", "fullnat"] for family in [4, 6]],
    *[Mode(forward, inner, outer) for forward in TUNNELS for inner in [4, 6] for outer in [4, 6]],
    *[Mode("direct", family, family) for family in [4, 6]],
]


def listeners_and_clusters(lab, mode):
    """Web servers on all instances; iperf3 and the echo on the first, as their parts belong
    together."""

    def endpoint(instance, port):
        host = mode.at(instance)
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def listener(port, protocol, cluster):
        address = f"{mode.url_host}:{port}"
        return {
            "address": address,
            "protocol": protocol,
            "forward": mode.forward,
            "cluster": cluster,
        }

    first = lab.instances[0]
    return {
        "web": listener(WEB_PORT, "tcp", "web"),
        "iperf3": listener(IPERF_PORT, "tcp", "iperf3"),
        "iperf3-udp": listener(IPERF_PORT, "udp", "iperf3"),
        "echo": listener(ECHO_PORT, "udp", "echo"),
    }, {
        "web": {
            "endpoints": [endpoint(instance, WEB_PORT) for instance in lab.instances],
            "health": gateways.HEALTH,
        },
        "iperf3": {"endpoints": [endpoint(first, IPERF_PORT)]},
        "echo": {"endpoints": [endpoint(first, ECHO_PORT)]},
    }


def all_healthy(gateway):
    clusters = gateway.status()["clusters"]
    endpoints = [endpoint for cluster in clusters for endpoint in cluster["endpoints"]]
    return all(endpoint["state"] == "healthy" for endpoint in endpoints)


@pytest.fixture(scope="module", params=MODES, ids=str)
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def gateway(whole_lab, mode):
    """Serves the mode, with an iperf3 and an echo server behind it."""
    lab = whole_lab
    first = lab.instances[0]
    (lab.folder / "weftd.log").unlink(missing_ok=True)
    listeners, clusters = listeners_and_clusters(lab, mode)
    settings = gateways.configuration(lab, listeners, clusters, workers=lab.queues)
    with contextlib.ExitStack() as running:
        for process in [first.start_iperf3(mode.serves_at(first)), first.start_udp_echo()]:
            running.callback(process.wait, 10)
            running.callback(process.terminate)
        first.wait_for_port(ECHO_PORT, "udp")
        lab.client.forget_path_mtu()
        serving = gateways.Gateway(lab, settings)
        running.callback(serving.kill)
        serving.start()
        serving.wait_until(lambda: all_healthy(serving), 10, "all endpoints to be healthy")
        yield serving
        assert serving.stop() == 0
    lab.client.forget_path_mtu()


def iperf3(lab, mode, *options):
    done = lab.client.run(
        "iperf3", "--json", "--time", 1, "--client", mode.address, *options, timeout=30
    )
    return json.loads(done.stdout)["end"]


@pytest.mark.usefixtures("gateway")
def test_every_instance_serves(lab, mode):
    with traffic.Requests(lab.client, mode.address) as requests:
        done = requests.wait_for(60)
    assert traffic.failures(done) == []
    assert set(traffic.spread(done)) == {"web1", "web2", "web3"}


@pytest.mark.usefixtures("gateway")
def test_curl_gets_a_large_file_whole(lab, mode):
    file = lab.folder / "downloaded"
    url = f"http://{mode.url_host}/large"
    assert traffic.fetch(lab.client, url, "-o", file, timeout_s=30)[0] == 0
    sent = (lab.folder / "web1/large").read_bytes()
    assert hashlib.sha256(file.read_bytes()).digest() == hashlib.sha256(sent).digest()


@pytest.mark.usefixtures("gateway")
def test_instance_sees_the_client(lab, mode):
    """But with fullnat, where it sees one of the workers' addresses."""
    code, seen = traffic.fetch(lab.client, f"http://{mode.url_host}/client")
    assert code == 0
    own = {4: "10.0.0.1", 6: "fd00:10::1"}[mode.listener]
    sources = {4: "10.9.0.", 6: "fd00:9::"}[mode.listener]
    if mode.forward == "fullnat":
        assert seen.startswith(sources)
    else:
        assert seen.strip() == own


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize("direction", ["up", "down"])
def test_iperf3_tcp(lab, mode, direction):
    """Upwards through a tunnel the client has to learn the path's MTU."""
    lab.client.forget_path_mtu()
    end = iperf3(lab, mode, *(["--reverse"] if direction == "down" else []))
    assert end["sum_received"]["bits_per_second"] > 10e6


@pytest.mark.usefixtures("gateway")
def test_iperf3_udp(lab, mode):
    total = iperf3(lab, mode, "--udp", "--bitrate", "10M", "--length", 1200)["sum"]
    assert total["packets"] > 500
    assert total["lost_percent"] < 2


@pytest.mark.usefixtures("gateway")
def test_datagrams_in_pieces(lab, mode):
    """Both ways; through a tunnel the pieces become smaller when the client has learned its MTU."""
    lab.client.forget_path_mtu()
    text = "x" * 4000

    def answer():
        try:
            return traffic.ask_udp(lab.client, mode.address, ECHO_PORT, 30001, text, timeout_s=0.5)
        except TimeoutError:
            return None
        except OSError as error:  # EMSGSIZE: the kernel has just learned
            assert error.errno == errno.EMSGSIZE
            return None

    assert labs.wait_until(answer, 5, "an answer to a large datagram") == f"web1 {text}"


@pytest.mark.usefixtures("gateway")
@pytest.mark.parametrize("payload_bytes", [56, 1000, 1400])
def test_ping(lab, mode, payload_bytes):
    """A listener's address answers, however the packets behind it travel."""
    said = lab.client.run(
        *["ping", "-n", "-c", 2, "-i", "0.2", "-W", 1, "-s", payload_bytes, mode.address],
        check=False,
    ).stdout
    assert "2 received" in said and "DUP!" not in said, said


@pytest.mark.usefixtures("gateway")
def test_path_mtu(lab, mode):
    """The client's kernel learns what fits into the tunnel, and what fits goes through."""
    lab.client.forget_path_mtu()
    full_bytes = lab.mtu_bytes - IP_HEADER_BYTES[mode.listener] - 8
    script = [labs.HERE / "path_mtu.py", mode.address, ECHO_PORT, full_bytes]
    if mode.overhead_bytes:
        learned = int(lab.client.run("/usr/bin/python3", *script).stdout)
        assert learned == lab.mtu_bytes - mode.overhead_bytes
    said_besides = len("web1 ")  # by the answer, which goes through no tunnel
    text = "x" * (full_bytes - max(mode.overhead_bytes, said_besides))
    answer = traffic.ask_udp(lab.client, mode.address, ECHO_PORT, 30000, text)
    assert answer == f"web1 {text}"
