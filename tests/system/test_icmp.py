"""ICMP through the gateway: echoes that it answers, and errors that it passes on."""
import pytest

import lab as labs
import traffic


def test_every_address_of_a_prefix_listener_answers_echoes(lab, start_gateway, echo):
    listeners, clusters = echo()
    listeners["echo"]["address"] = "203.0.113.64/28:9000"
    start_gateway(listeners, clusters)
    for address in ["203.0.113.64", "203.0.113.79"]:
        done = lab.client.run("ping", "-c2", "-i0.2", "-W2", address)
        assert "2 received" in done.stdout, done.stdout


def test_a_closed_port_of_an_endpoint_is_told_to_the_client(lab, start_gateway):
    """The endpoint's kernel refuses the datagram; the client's socket hears it of the listener."""
    start_gateway(
        {
            "closed": {
                "address": f"{labs.ROUTED_LISTENER}:9001",
                "protocol": "udp",
                "forward": "nat",
            }
        },
        {"closed": {"endpoints": [f"{lab.instances[0].address}:9001"]}},
    )
    for source_port in range(21_000, 21_005):
        with pytest.raises(ConnectionRefusedError):
            traffic.ask_udp(lab.client, labs.ROUTED_LISTENER, 9001, source_port, "anybody?")
