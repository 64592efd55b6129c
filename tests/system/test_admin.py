"""What the gateway says of itself."""
import grp
import json
import stat

import pytest

import gateway as gateways
import lab as labs
import traffic

URL = f"http://{labs.ROUTED_LISTENER}/"


def ask(lab, path, *options):
    """(HTTP status, body) from the TCP address, asked on the gateway."""
    done = lab.gateway.run(
        "curl",
        "-s",
        "-m",
        5,
        "-w",
        "\n%{http_code}",
        *options,
        f"http://{gateways.ADMIN}{path}",
        check=False,
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


def test_tcp_address_serves_three_pages_only(lab, start_gateway, web):
    start_gateway(*web())
    for path in ["/ready", "/live", "/metrics"]:
        assert ask(lab, path)[0] == 200, path
    for path in ["/v1/status", "/", "/../etc/passwd"]:
        assert ask(lab, path)[0] == 404, path
    assert ask(lab, "/v1/reload", "-X", "POST")[0] in (404, 405)


def test_socket_is_for_root_only(start_gateway, web):
    gateway = start_gateway(*web())
    about = gateway.socket.stat()
    assert stat.S_IMODE(about.st_mode) & 0o077 == 0
    assert about.st_uid == 0


def live_as(lab, gateway, group):
    """curl's exit code when another user of this group asks the socket."""
    return lab.gateway.run(
        *["setpriv", "--reuid", 65534, "--regid", group, "--clear-groups"],
        *["curl", "-s", "-m", 5, "--unix-socket", gateway.socket, "http://localhost/live"],
        check=False,
    ).returncode


def test_socket_is_for_its_group(lab, start_gateway, web):
    gateway = start_gateway(*web(), admin={"group": "daemon"})
    group = grp.getgrnam("daemon").gr_gid
    about = gateway.socket.stat()
    assert stat.S_IMODE(about.st_mode) == 0o660
    assert about.st_gid == group
    assert live_as(lab, gateway, group) == 0
    assert live_as(lab, gateway, 65534) == 7  # refused


def test_weftctl_says_what_it_cannot_reach(make_gateway, web):
    gateway = make_gateway(*web())
    for command in ["status", "reload", "top", "capture"]:
        failed = gateway.weftctl(command, check=False)
        assert failed.returncode == 1
        assert str(gateway.socket) in failed.stdout
        assert failed.stdout.count("\n") == 1, failed.stdout


def test_top_shows_rates(lab, start_gateway, web):
    gateway = start_gateway(*web())
    with traffic.Requests(lab.client, labs.ROUTED_LISTENER):
        text = gateway.weftctl("top", "--interval-ms", 500, "--count", 2).stdout
    for instance in lab.instances:
        assert text.count(f"{instance.address}:80") == 2, text


def test_status_tells_of_drops_workers_and_generations(lab, start_gateway, web):
    gateway = start_gateway(*web())
    traffic.fetch(lab.client, URL)
    with pytest.raises(ConnectionRefusedError):
        traffic.Connection(lab.client, labs.ROUTED_LISTENER, 4444)
    status = gateway.status()
    assert status["phase"] == "serving" and status["ready"]
    assert status["drops"]["no_listener"] == 1
    assert status["snapshot_generation"] >= 1
    assert len(status["workers"]) == lab.queues
    for worker in status["workers"]:
        assert 0 < worker["busy_share"] <= 1
        assert worker["snapshot_generation"] == status["snapshot_generation"]
    assert sum(worker["cycles_per_packet"] for worker in status["workers"]) > 0
    for endpoint in status["clusters"][0]["endpoints"]:
        assert endpoint["why"] == "first probe passed"
        assert endpoint["since"] and endpoint["for_ms"] >= 0
    text = gateway.weftctl("status").stdout
    for word in ["no_listener", "BUSY", "CYCLES/PACKET", "generation", "first probe passed"]:
        assert word in text


def test_status_counts_traffic(lab, start_gateway, web):
    gateway = start_gateway(*web())
    with traffic.Requests(lab.client, labs.ROUTED_LISTENER) as requests:
        requests.wait_for(90)
    served = traffic.spread(requests.done())
    status = json.loads(gateway.weftctl("status", "--json").stdout)
    listener = next(listener for listener in status["listeners"] if listener["name"] == "web")
    assert listener["ready"]
    assert listener["flows"] >= sum(served.values())
    for instance in lab.instances:
        endpoint = gateway.endpoint("web", f"{instance.address}:80")
        assert endpoint["state"] == "healthy"
        assert endpoint["flows"] >= served[instance.name]
        assert endpoint["packets"] > 5 * served[instance.name]
        assert endpoint["bytes"] > 40 * endpoint["packets"]
    text = gateway.weftctl("status").stdout
    for word in ["web", *[f"{instance.address}:80" for instance in lab.instances], "healthy"]:
        assert word in text


def test_status_says_why_an_endpoint_is_down(lab, start_gateway, web):
    gateway = start_gateway(*web())
    lab.instances[0].kill_nginx()
    endpoint = f"{lab.instances[0].address}:80"
    gateway.wait_for_state("web", endpoint, "down")
    assert "refused" in gateway.endpoint("web", endpoint)["why"]
    assert "refused" in gateway.weftctl("status").stdout


def test_state_changes_are_logged_as_json(lab, start_gateway, web):
    gateway = start_gateway(*web())
    lab.instances[0].kill_nginx()
    endpoint = f"{lab.instances[0].address}:80"
    gateway.wait_for_state("web", endpoint, "down")
    lines = [json.loads(line) for line in gateway.log().splitlines() if line.startswith("{")]
    assert any(endpoint in json.dumps(line) and "down" in json.dumps(line) for line in lines)


def test_metrics_are_prometheus_text(lab, start_gateway, web):
    gateway = start_gateway(*web())
    traffic.fetch(lab.client, URL)
    before = gateway.dropped("no_listener")
    with pytest.raises(ConnectionRefusedError):
        traffic.Connection(lab.client, labs.ROUTED_LISTENER, 4444)
    assert gateway.dropped("no_listener") == before + 1
    metrics = gateway.metrics()
    assert all(name.startswith("weft_") for name in metrics)
    assert any('listener="web"' in name and value > 0 for name, value in metrics.items())


def test_not_ready_before_the_first_probes(lab, make_gateway, web):
    """An instance that answers nothing leaves its listener unready until ready_after_ms."""
    listeners, clusters = web()
    for instance in lab.instances:
        instance.link(up=False)
    gateway = make_gateway(listeners, clusters, gateway={"ready_after_ms": 3000})
    gateway.spawn()
    gateway.wait_until(lambda: gateway.request("GET", "/live")[0] == 200, 20, "weftd to live")
    assert gateway.request("GET", "/ready")[0] == 503
    gateway.wait_until(gateway.ready, 10, "ready_after_ms to pass")
