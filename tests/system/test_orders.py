"""What an operator orders about an endpoint."""
import re

import lab as labs
import traffic

CONNECTIONS = 36  # of which an instance has none once in two million
ALL = {"web1", "web2", "web3"}


def served_by(lab, requests=60):
    with traffic.Requests(lab.client, labs.ROUTED_LISTENER) as running:
        return set(traffic.spread(running.wait_for(requests)))


def test_a_drained_endpoint_keeps_its_connections_and_gets_no_new_ones(lab, start_gateway, web):
    gateway = start_gateway(*web())
    victim = lab.instances[0]
    endpoint = f"{victim.address}:80"
    with traffic.connections(lab.client, labs.ROUTED_LISTENER, CONNECTIONS) as connections:
        before = [connection.ask() for connection in connections]
        assert set(before) == ALL
        gateway.weftctl("drain", f"web/{endpoint}")
        assert served_by(lab) == ALL - {victim.name}
        gateway.reload()
        assert served_by(lab) == ALL - {victim.name}
        assert [connection.ask() for connection in connections] == before
    assert gateway.endpoint("web", endpoint)["state"] == "draining"
    [order] = gateway.status()["orders"]
    assert (order["order"], order["endpoint"]) == ("drain", f"web/{endpoint}")
    assert re.fullmatch(r"\S+, uid 0", order["by"])
    assert re.search(rf"drain +web/{endpoint} +{order['by']}", gateway.weftctl("status").stdout)
    gateway.weftctl("enable", f"web/{endpoint}")
    assert served_by(lab) == ALL
    assert gateway.status()["orders"] == []


def test_a_disabled_endpoint_is_down_over_a_restart(lab, start_gateway, web):
    gateway = start_gateway(*web())
    victim = lab.instances[1]
    endpoint = f"{victim.address}:80"
    gateway.weftctl("disable", f"web/{endpoint}")
    assert gateway.endpoint("web", endpoint)["state"] == "down"
    assert served_by(lab) == ALL - {victim.name}
    order = gateway.status()["orders"]
    gateway.kill()
    gateway.start()
    assert gateway.endpoint("web", endpoint)["state"] == "down"
    assert gateway.status()["orders"] == order
    assert served_by(lab) == ALL - {victim.name}
    [metric] = [key for key in gateway.metrics() if "endpoint_order_timestamp" in key]
    assert 'order="disable"' in metric and f'endpoint="{endpoint}"' in metric
    gateway.weftctl("enable", f"web/{endpoint}")
    gateway.wait_for_state("web", endpoint, "healthy")
    assert served_by(lab) == ALL


def test_orders_about_nobody_are_refused(start_gateway, web):
    gateway = start_gateway(*web())
    for endpoint, says in [
        ("wob/10.0.0.1:80", 'there is no cluster "wob"'),
        ("web/10.9.9.9:80", 'cluster "web" has no endpoint 10.9.9.9:80'),
        ("web", "CLUSTER/ADDRESS:PORT"),
    ]:
        failed = gateway.weftctl("drain", endpoint, check=False)
        assert failed.returncode == 1
        assert says in failed.stdout
    assert gateway.status()["orders"] == []
