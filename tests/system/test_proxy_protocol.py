"""fullnat with a PROXY header: nginx learns the client's address, and no byte is lost, doubled or
moved, also where the network loses packets."""
import itertools

import pytest

import gateway as gateways
import lab as labs
import traffic

PORT = 80
OWN = {4: "10.0.0.1", 6: "fd00:10::1"}
VERSIONS = ["proxy_v1", "proxy_v2"]


def configuration(lab):
    listeners, clusters = {}, {}
    for number, (version, family) in enumerate(itertools.product(VERSIONS, [4, 6])):
        host = labs.ROUTED_LISTENER if family == 4 else f"[{labs.ROUTED_LISTENER6}]"
        name = f"{version}-{family}"
        listeners[name] = {
            "address": f"{host}:{PORT + number}",
            "forward": "fullnat",
            "client_address": version,
        }
        first = lab.instances[0]
        own = first.address if family == 4 else f"[{first.address6}]"
        clusters[name] = {"endpoints": [f"{own}:8081"]}
    return listeners, clusters


@pytest.fixture(scope="module")
def gateway(whole_lab):
    lab = whole_lab
    (lab.folder / "weftd.log").unlink(missing_ok=True)
    listeners, clusters = configuration(lab)
    settings = gateways.configuration(lab, listeners, clusters, workers=lab.queues)
    serving = gateways.Gateway(lab, settings)
    try:
        serving.start()
        yield serving
        assert serving.stop() == 0
    finally:
        serving.kill()


@pytest.fixture(params=list(enumerate(itertools.product(VERSIONS, [4, 6]))), ids=str)
def listener(request):
    """(URL of a listener, its family, address and port)."""
    number, (_, family) = request.param
    address = labs.ROUTED_LISTENER if family == 4 else labs.ROUTED_LISTENER6
    host = address if family == 4 else f"[{address}]"
    return f"http://{host}:{PORT + number}", family, address, PORT + number


@pytest.mark.usefixtures("gateway")
def test_the_instance_learns_whose_connection_it_is(lab, listener):
    url, family, address, port = listener
    first_port = 30000 + 100 * (port - PORT)  # used once: closed connections keep theirs
    for source_port in range(first_port, first_port + 20):
        code, said = traffic.fetch(lab.client, f"{url}/whose", "--local-port", source_port)
        assert code == 0
        assert said.split() == [OWN[family], str(source_port), address, str(port)]


@pytest.mark.usefixtures("gateway")
def test_large_files_arrive_whole_both_ways(lab, listener):
    traffic.transfer(lab, listener[0], 50, timeout_s=60)


@pytest.mark.usefixtures("gateway")
def test_files_arrive_whole_where_packets_are_lost(lab, listener):
    """Of the client's packets, and of the instance's acknowledgements."""
    with traffic.loss(lab.client, 2), traffic.loss(lab.instances[0], 2):
        traffic.transfer(lab, listener[0], 2, timeout_s=60)
        for _ in range(20):  # handshakes and headers are lost too
            code, said = traffic.fetch(lab.client, f"{listener[0]}/whose", timeout_s=20)
            assert code == 0
            assert said.split()[0] == OWN[listener[1]]


def test_connections_are_counted_and_end(lab, gateway):
    """A stream ends with its flow; there are none that no flow has."""
    url = f"http://{labs.ROUTED_LISTENER}:{PORT}/whose"
    assert traffic.fetch(lab.client, url)[0] == 0

    def streams():
        return sum(worker["streams"] for worker in gateway.status()["workers"])

    flows = gateway.flows_active()  # before the streams: meanwhile some may end
    assert 0 < streams() <= flows / 2
    assert gateway.dropped("streams_full") == 0
