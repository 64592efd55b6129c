"""A SYN flood, and clients that are served all the same: what begins by a cookie loses no byte,
whatever options the client and the instance have, also where the network loses packets."""
import contextlib

import pytest

import gateway as gateways
import lab as labs
import traffic

FLOOD_PER_S = 3000
RESET = [7, 55, 56]  # of curl: while it connects, as it sends, or later
FORWARDS = ["nat", "fullnat", "proxy"]
PORTS = {"nat": 80, "fullnat": 81, "proxy": 82}


def configuration(lab):
    listeners, clusters = {}, {}
    first = lab.instances[0]
    for family, address, own in [
        (4, labs.ROUTED_LISTENER, first.address),
        (6, f"[{labs.ROUTED_LISTENER6}]", f"[{first.address6}]"),
    ]:
        for forward in FORWARDS:
            name = f"{forward}-{family}"
            listeners[name] = {
                "address": f"{address}:{PORTS[forward]}",
                "forward": "nat" if forward == "nat" else "fullnat",
                "client_address": "proxy_v2" if forward == "proxy" else "none",
            }
            port = {"nat": 80, "fullnat": 8080, "proxy": 8081}[forward]
            clusters[name] = {"endpoints": [f"{own}:{port}"]}
    return listeners, clusters


def of_workers(gateway, key):
    return [worker[key] for worker in gateway.status()["workers"]]


@pytest.fixture(scope="module")
def gateway(whole_lab):
    """Under attack for as long as it is there."""
    lab = whole_lab
    (lab.folder / "weftd.log").unlink(missing_ok=True)
    listeners, clusters = configuration(lab)
    flows = {"new_flows_per_s_max": 50, "half_open_timeout_ms": 1000}
    settings = gateways.configuration(lab, listeners, clusters, workers=lab.queues, flows=flows)
    serving = gateways.Gateway(lab, settings)
    with contextlib.ExitStack() as running:
        running.callback(serving.kill)
        serving.start()
        flood = lab.clients[1].start(
            *["/usr/bin/python3", labs.HERE / "syn_flood.py"],
            *[labs.ROUTED_LISTENER, 80, FLOOD_PER_S],
            log="syn_flood.log",
        )
        running.callback(flood.wait, 10)
        running.callback(flood.terminate)
        serving.wait_until(
            lambda: all(of_workers(serving, "under_attack")), 10, "the attack to be seen"
        )
        yield serving
        assert all(of_workers(serving, "under_attack"))
        assert serving.stop() == 0


@pytest.fixture
def by_cookie(gateway):
    """Sees to it that the test's flows began by a cookie."""
    before = sum(of_workers(gateway, "flows_by_cookie"))
    yield
    gateway.wait_until(
        lambda: sum(of_workers(gateway, "flows_by_cookie")) > before, 2, "flows by cookie"
    )
    assert gateway.dropped("streams_full") == 0


@pytest.fixture
def option():
    """option(host, tcp_timestamps=0) sets TCP options of a host for the test."""
    with contextlib.ExitStack() as undo:

        def set_option(host, **values):
            for name, value in values.items():
                key = f"net__ipv4__{name}"
                undo.callback(host.sysctl, **{key: 1})
                host.sysctl(**{key: value})

        yield set_option


def host_of(family):
    return labs.ROUTED_LISTENER if family == 4 else f"[{labs.ROUTED_LISTENER6}]"


@pytest.fixture(params=[4, 6])
def family(request):
    return request.param


@pytest.fixture(params=FORWARDS)
def url(request, family):
    return f"http://{host_of(family)}:{PORTS[request.param]}"


@pytest.mark.usefixtures("by_cookie")
@pytest.mark.parametrize("timestamps", [1, 0])
def test_small_answers(lab, url, option, timestamps):
    option(lab.client, tcp_timestamps=timestamps)
    path = "/whose" if url.endswith(str(PORTS["proxy"])) else "/client"
    for _ in range(20):
        code, said = traffic.fetch(lab.client, url + path, timeout_s=5)
        assert code == 0, said
        if path == "/whose":
            assert said.split()[0] in ["10.0.0.1", "fd00:10::1"]


@pytest.mark.usefixtures("by_cookie")
@pytest.mark.parametrize("timestamps", [1, 0])
def test_large_files_arrive_whole(lab, url, option, timestamps):
    option(lab.client, tcp_timestamps=timestamps)
    traffic.transfer(lab, url, 50, timeout_s=60)


@pytest.mark.usefixtures("by_cookie")
@pytest.mark.parametrize("timestamps", [1, 0])
def test_files_arrive_whole_where_packets_are_lost(lab, url, option, timestamps):
    """Selective acknowledgements of both sides go through the gateway."""
    option(lab.client, tcp_timestamps=timestamps)
    with traffic.loss(lab.client, 1), traffic.loss(lab.instances[0], 1):
        traffic.transfer(lab, url, 4, timeout_s=60)


@pytest.mark.usefixtures("by_cookie")
@pytest.mark.parametrize("lacks", ["tcp_sack", "tcp_window_scaling"])
def test_an_instance_that_grants_less(lab, url, option, lacks):
    """The client was promised more than that."""
    option(lab.instances[0], **{lacks: 0})
    with traffic.loss(lab.client, 1), traffic.loss(lab.instances[0], 1):
        traffic.transfer(lab, url, 2, timeout_s=60)


@pytest.mark.usefixtures("by_cookie")
def test_an_instance_without_timestamps_resets_the_client_at_once(lab, gateway, option):
    option(lab.instances[0], tcp_timestamps=0)
    code, _ = traffic.fetch(lab.client, f"http://{host_of(4)}/", timeout_s=5)
    assert code in RESET
    assert gateway.dropped("handshake_failed") > 0
    option(lab.client, tcp_timestamps=0)
    assert traffic.fetch(lab.client, f"http://{host_of(4)}/", timeout_s=5)[0] == 0


@pytest.mark.usefixtures("by_cookie")
def test_a_closed_port_behind_it_resets_the_client(lab, gateway):
    lab.instances[0].kill_nginx()
    try:
        assert traffic.fetch(lab.client, f"http://{host_of(4)}/", timeout_s=5)[0] in RESET
    finally:
        lab.instances[0].start_nginx()
    assert gateway.dropped("syn_cookie") > 0
