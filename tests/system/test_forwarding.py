"""Real programs through the gateway, with nat and with ipip."""
import hashlib
import json

import pytest

import gateway as gateways
import lab as labs
import traffic

both_modes = pytest.mark.parametrize("forward", ["nat", "ipip"])
ALL = {"web1", "web2", "web3"}


def start_iperf3(lab, forward):
    """What comes through a tunnel is for the listener's address, and must be answered from it."""
    instance = lab.instances[0]
    return instance.start_iperf3(labs.ROUTED_LISTENER if forward == "ipip" else instance.address)


def one_endpoint(lab, port, forward, protocols):
    """A cluster of one endpoint on a port, and a listener on the same port for each protocol."""
    listeners = {
        protocol: {
            "address": f"{labs.ROUTED_LISTENER}:{port}",
            "protocol": protocol,
            "forward": forward,
            "cluster": "one",
        }
        for protocol in protocols
    }
    return listeners, {"one": {"endpoints": [f"{lab.instances[0].address}:{port}"]}}


@both_modes
@pytest.mark.parametrize(
    "address", [labs.ON_LINK_LISTENER, labs.ROUTED_LISTENER], ids=["on-link", "routed"]
)
def test_every_instance_serves(lab, start_gateway, web, forward, address):
    start_gateway(*web(address=address, forward=forward))
    with traffic.Requests(lab.client, address) as requests:
        done = requests.wait_for(200)
    assert traffic.failures(done) == []
    assert set(traffic.spread(done)) == ALL


@both_modes
def test_instance_sees_the_client(lab, start_gateway, web, forward):
    start_gateway(*web(forward=forward))
    for number, client in enumerate(lab.clients, 1):
        assert traffic.fetch(client, f"http://{labs.ROUTED_LISTENER}/client") == (
            0,
            f"10.0.0.{number}\n",
        )


@both_modes
def test_keep_alive_load_has_no_error(lab, start_gateway, web, forward):
    gateway = start_gateway(*web(forward=forward))
    result = traffic.Wrk(
        lab.client, f"http://{labs.ROUTED_LISTENER}/", connections=32, duration_s=3
    ).result()
    assert result.failed == 0, result.text
    assert result.requests > 500
    workers = gateway.status()["workers"]
    assert len(workers) == lab.queues
    assert all(worker["packets"] > 100 for worker in workers), "a worker had nothing to do"


@both_modes
def test_large_download_arrives_whole(lab, start_gateway, web, forward):
    start_gateway(*web(forward=forward))
    file = lab.folder / "downloaded"
    assert (
        traffic.fetch(lab.client, f"http://{labs.ROUTED_LISTENER}/large", "-o", file, timeout_s=30)[
            0
        ]
        == 0
    )
    assert file.read_bytes() == (lab.folder / "web1/large").read_bytes()


@both_modes
def test_large_upload_arrives_whole(lab, start_gateway, running, forward):
    """Also half-closes: the client has said everything when the instance answers. Through the
    tunnel it needs path MTU discovery."""
    start_gateway(*one_endpoint(lab, 7000, forward, ["tcp"]))
    instance = lab.instances[0]
    running(
        instance.start("socat", "TCP-LISTEN:7000,fork,reuseaddr", "EXEC:sha256sum", log="socat.log")
    )
    instance.wait_for_port(7000)
    file = lab.folder / "web1/large"
    done = lab.client.run(
        "socat",
        "-t",
        20,
        f"OPEN:{file},rdonly!!STDOUT",
        f"TCP:{labs.ROUTED_LISTENER}:7000",
        timeout=60,
    )
    assert done.stdout.split()[0] == hashlib.sha256(file.read_bytes()).hexdigest()


@both_modes
@pytest.mark.parametrize("direction", ["up", "down"])
def test_iperf3_tcp(lab, start_gateway, running, forward, direction):
    start_gateway(*one_endpoint(lab, 5201, forward, ["tcp"]))
    running(start_iperf3(lab, forward))
    more = ["--reverse"] if direction == "down" else []
    done = lab.client.run(
        "iperf3", "--json", "--time", 2, "--client", labs.ROUTED_LISTENER, *more, timeout=30
    )
    assert json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"] > 20e6


@both_modes
def test_iperf3_udp(lab, start_gateway, running, forward):
    start_gateway(*one_endpoint(lab, 5201, forward, ["tcp", "udp"]))
    running(start_iperf3(lab, forward))
    done = lab.client.run(
        "iperf3",
        "--json",
        "--time",
        2,
        "--udp",
        "--bitrate",
        "20M",
        "--length",
        1200,
        "--client",
        labs.ROUTED_LISTENER,
        timeout=30,
    )
    total = json.loads(done.stdout)["end"]["sum"]
    assert total["packets"] > 1000
    assert total["lost_percent"] < 2


@both_modes
def test_udp_echo(lab, start_gateway, echo, forward):
    """Datagrams of one client port keep their instance; those of many ports reach all."""
    start_gateway(*echo(forward=forward))
    answers = {}
    for source_port in range(30000, 30036):
        for text in ["first", "second"]:
            answer = traffic.ask_udp(lab.client, labs.ROUTED_LISTENER, 9000, source_port, text)
            name, _, echoed = answer.partition(" ")
            assert echoed == text
            assert answers.setdefault(source_port, name) == name
    assert set(answers.values()) == ALL


def test_source_hash_keeps_a_client_on_one_instance(lab, start_gateway, web):
    start_gateway(*web(hash="source"))
    for client in lab.clients:
        with traffic.Requests(client, labs.ROUTED_LISTENER, pace_ms=5) as requests:
            done = requests.wait_for(60)
        assert traffic.failures(done) == []
        assert len(traffic.spread(done)) == 1


def test_weights_are_kept(lab, start_gateway, web):
    listeners, clusters = web()
    weights = [1, 2, 5]
    clusters["web"]["endpoints"] = [
        {"address": f"{instance.address}:80", "weight": weight}
        for instance, weight in zip(lab.instances, weights)
    ]
    start_gateway(listeners, clusters)
    with traffic.Requests(lab.client, labs.ROUTED_LISTENER, loops=16, pace_ms=5) as requests:
        done = requests.wait_for(1600, deadline_s=60)
    served = traffic.spread(done)
    for instance, weight in zip(lab.instances, weights):
        share = served[instance.name] / len(done)
        assert share == pytest.approx(weight / 8, abs=0.05), served  # four standard deviations


def test_port_range_and_prefix(lab, start_gateway):
    start_gateway(
        {
            "range": {"address": f"{labs.ON_LINK_LISTENER}:8000-8099", "cluster": "web"},
            "prefix": {"address": f"{labs.ROUTED_LISTENERS}:80", "cluster": "web"},
        },
        {
            "web": {
                "endpoints": [f"{i.address}:80" for i in lab.instances],
                "health": gateways.HEALTH,
            }
        },
    )
    for url in [
        f"http://{labs.ON_LINK_LISTENER}:8000/",
        f"http://{labs.ON_LINK_LISTENER}:8099/",
        "http://203.0.113.1/",
        "http://203.0.113.254/",
    ]:
        code, body = traffic.fetch(lab.client, url)
        assert code == 0 and body.strip() in ALL, url
    assert traffic.fetch(lab.client, f"http://{labs.ON_LINK_LISTENER}:8100/")[0] == 7  # refused
