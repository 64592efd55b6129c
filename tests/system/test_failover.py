"""An endpoint dies, and comes back."""
import time

import pytest

import gateway as gateways
import lab as labs
import traffic

PROMISED_S = gateways.promised_detection_s(gateways.HEALTH)
LOOP_LAG_S = 0.02  # ARCHITECTURE.md, decision 12
REQUEST_TIMEOUT_S = 1
CONNECTIONS = 36  # of which an instance has none once in two million
ALL = {"web1", "web2", "web3"}

both_modes = pytest.mark.parametrize("forward", ["nat", "ipip"])


def judge(requests, dying_s, dead_s, patience_s):
    """Nothing failed before the death, and nothing that ended later than promised."""
    failed = traffic.failures(requests)
    assert [request for request in failed if request.end_s < dying_s] == []
    last_s = dead_s + PROMISED_S + LOOP_LAG_S + patience_s
    late = [request.end_s - last_s for request in failed if request.end_s > last_s]
    assert late == [], f"{len(late)} requests failed later than {PROMISED_S} s"


@both_modes
@pytest.mark.parametrize("death", ["killed", "unplugged"])
def test_dead_instance_loses_traffic_in_time_and_gets_it_back(
    lab, start_gateway, web, forward, death
):
    gateway = start_gateway(*web(forward=forward))
    victim = lab.instances[1]
    with traffic.Requests(
        lab.client, labs.ROUTED_LISTENER, timeout_ms=REQUEST_TIMEOUT_S * 1000
    ) as requests:
        assert set(traffic.spread(requests.wait_for(100))) == ALL
        dying_s = time.monotonic()
        if death == "killed":
            victim.kill_nginx()
        else:
            victim.link(up=False)
        dead_s = time.monotonic()
        gateway.wait_for_state("web", f"{victim.address}:80", "down")
        labs.wait_until(
            lambda: requests.since(dead_s + PROMISED_S + REQUEST_TIMEOUT_S), 10, "later requests"
        )
        after = requests.wait_for(150)
        assert traffic.failures(after) == []
        assert set(traffic.spread(after)) == ALL - {victim.name}
        # A request to an unplugged machine fails only when its own patience ends.
        judge(requests.done(), dying_s, dead_s, REQUEST_TIMEOUT_S if death == "unplugged" else 0)

        recovery_s = time.monotonic()
        if death == "killed":
            victim.start_nginx()
        else:
            victim.link(up=True)
        gateway.wait_for_state("web", f"{victim.address}:80", "healthy")
        assert set(traffic.spread(requests.wait_for(150))) == ALL
        assert traffic.failures(requests.since(recovery_s)) == []


def test_flows_of_healthy_endpoints_stay(lab, start_gateway, web):
    """Connections open across the death of another instance go on where they are."""
    gateway = start_gateway(*web())
    victim = lab.instances[2]
    with traffic.connections(lab.client, labs.ROUTED_LISTENER, CONNECTIONS) as connections:
        before = [connection.ask() for connection in connections]
        assert set(before) == ALL
        victim.kill_nginx()
        gateway.wait_for_state("web", f"{victim.address}:80", "down")
        for connection, name in zip(connections, before):
            if name != victim.name:
                assert connection.ask() == name


@pytest.mark.parametrize("policy", ["reset", "keep"])
def test_flows_of_a_dead_endpoint(lab, start_gateway, web, policy):
    """The machine is unplugged, so that only the gateway can tell the client."""
    gateway = start_gateway(*web(on_endpoint_down=policy))
    victim = lab.instances[0]
    with traffic.connections(lab.client, labs.ROUTED_LISTENER, CONNECTIONS) as connections:
        held = [connection for connection in connections if connection.ask() == victim.name]
        assert held
        victim.link(up=False)
        gateway.wait_for_state("web", f"{victim.address}:80", "down")
        held[0].send()
        if policy == "reset":
            with pytest.raises(ConnectionResetError):
                held[0].answer()
        else:
            victim.link(up=True)  # the client sends again, and the flow is still there
            assert held[0].answer() == victim.name


def test_flows_of_a_dead_endpoint_move_and_stay(lab, start_gateway, echo):
    """A client that goes on reaches another instance, and stays there when the first is back."""
    health = {**gateways.HEALTH, "port": 80}
    gateway = start_gateway(*echo(health=health, on_endpoint_down="move"))

    def served_by(source_port):
        answer = traffic.ask_udp(lab.client, labs.ROUTED_LISTENER, 9000, source_port, "who?")
        return answer.partition(" ")[0]

    before = {port: served_by(port) for port in range(30000, 30000 + CONNECTIONS)}
    victim = lab.instances[0]
    moving = [port for port, name in before.items() if name == victim.name]
    assert moving
    victim.link(up=False)
    gateway.wait_for_state("echo", f"{victim.address}:9000", "down")
    moved = {port: served_by(port) for port in moving}
    assert victim.name not in moved.values()
    victim.link(up=True)
    gateway.wait_for_state("echo", f"{victim.address}:9000", "healthy")
    assert {port: served_by(port) for port in before} == before | moved


def test_cluster_without_a_healthy_endpoint(lab, start_gateway, web):
    gateway = start_gateway(*web())
    for instance in lab.instances:
        instance.kill_nginx()
    for instance in lab.instances:
        gateway.wait_for_state("web", f"{instance.address}:80", "down")
    dropped = gateway.dropped("no_endpoint")
    assert traffic.fetch(lab.client, f"http://{labs.ROUTED_LISTENER}/", timeout_s=2)[0] != 0
    assert gateway.dropped("no_endpoint") > dropped
    lab.instances[0].start_nginx()
    gateway.wait_for_state("web", f"{lab.instances[0].address}:80", "healthy")
    assert traffic.fetch(lab.client, f"http://{labs.ROUTED_LISTENER}/") == (0, "web1\n")


def test_tcp_probe_leaves_no_time_wait(lab, start_gateway, web):
    """Probes are closed by reset: at their rate TIME-WAIT would fill the gateway's ports."""
    start_gateway(
        *web(health={"tcp": True, "interval_ms": 100, "timeout_ms": 100, "fall": 2, "rise": 1})
    )
    with traffic.Requests(lab.client, labs.ROUTED_LISTENER) as requests:
        requests.wait_for(300)  # meanwhile many probes
    sockets = lab.gateway.run("ss", "-Htan", "state", "time-wait", "dport = :80").stdout
    assert sockets == ""
