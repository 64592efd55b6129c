"""How an endpoint that is new takes up its flows, and how many it takes."""
import pytest

import lab as labs
import traffic

ALL = {"web1", "web2", "web3"}


def with_cluster(web, **settings):
    listeners, clusters = web()
    clusters["web"] |= settings
    return listeners, clusters


def test_an_endpoint_that_is_enabled_again_starts_slowly(lab, start_gateway, web):
    gateway = start_gateway(*with_cluster(web, slow_start_ms=3_600_000))
    victim = lab.instances[0]
    endpoint = f"{victim.address}:80"
    assert gateway.endpoint("web", endpoint)["new_flows_share"] == 1  # it was there at the start
    gateway.weftctl("drain", f"web/{endpoint}")
    gateway.weftctl("enable", f"web/{endpoint}")
    assert gateway.endpoint("web", endpoint)["new_flows_share"] == 1 / 32
    with traffic.Requests(lab.client, labs.ROUTED_LISTENER) as requests:
        done = requests.wait_for(300)
    spread = traffic.spread(done)
    assert traffic.failures(done) == []
    # 3 of its 100 first choices; without a slow start fewer than 40 once in ten to the eleven.
    assert spread.get(victim.name, 0) < 40
    assert set(spread) >= ALL - {victim.name}


def test_an_endpoint_has_no_more_flows_than_it_may(lab, start_gateway, web):
    gateway = start_gateway(*with_cluster(web, endpoint_flows_max=4))
    most = 3 * 4  # with two workers one may be full earlier, at half of it
    opened = []
    try:
        with pytest.raises(ConnectionRefusedError):
            for _ in range(most + 1):
                opened.append(traffic.Connection(lab.client, labs.ROUTED_LISTENER))
        assert most / lab.queues <= len(opened) <= most
        assert {connection.ask() for connection in opened} == ALL
        assert gateway.dropped("endpoints_full") > 0
        for instance in lab.instances:
            assert gateway.endpoint("web", f"{instance.address}:80")["flows_active"] <= 4
    finally:
        for connection in opened:
            connection.close()
