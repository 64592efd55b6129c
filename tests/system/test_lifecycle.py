"""Start, stop, crash, and what cannot start."""
import re
import signal
import time

import pytest

import gateway as gateways
import lab as labs
import traffic

ANNOUNCED_TABLE = 87
URL = f"http://{labs.ROUTED_LISTENER}/"


@pytest.mark.parametrize(
    "forward, driver", [("nat", "af_xdp"), ("ipip", "af_xdp"), ("nat", "af_packet")]
)
def test_killed_gateway_starts_again_at_once(lab, start_gateway, web, forward, driver):
    gateway = start_gateway(*web(forward=forward), driver=driver)
    assert traffic.fetch(lab.client, URL)[0] == 0
    for _ in range(2):
        gateway.kill()
        gateway.start(deadline_s=5)
        with traffic.Requests(lab.client, labs.ROUTED_LISTENER) as requests:
            assert traffic.failures(requests.wait_for(50)) == []


def announced(lab):
    """The routes that a routing daemon would announce."""
    return lab.gateway.ip("route", "show", "table", ANNOUNCED_TABLE).stdout


def test_orderly_stop(lab, start_gateway, web):
    """Not ready and not announced at once; new flows are served for withdraw_ms, then refused; open
    ones may go on until they end; exit 0."""
    withdraw_s = 1.5
    gateway = start_gateway(
        *web(),
        gateway={"withdraw_ms": int(withdraw_s * 1000), "drain_timeout_ms": 20000},
        flows={"closing_timeout_ms": 1000},
    )
    assert labs.ROUTED_LISTENER in announced(lab)
    with traffic.Requests(lab.client, labs.ROUTED_LISTENER) as requests:
        requests.wait_for(50)
        with traffic.connections(lab.client, labs.ROUTED_LISTENER, 3) as opened:
            names = [connection.ask() for connection in opened]
            stop_s = time.monotonic()
            gateway.terminate()
            gateway.wait_until(
                lambda: gateway.request("GET", "/ready")[0] == 503, 1, "/ready to fail"
            )
            assert gateway.request("GET", "/live")[0] == 200
            assert labs.ROUTED_LISTENER not in announced(lab)
            gateway.wait_until(
                lambda: traffic.failures(requests.since(stop_s)),
                withdraw_s + 5,
                "new flows to be refused",
            )
            first = traffic.failures(requests.since(stop_s))[0]
            assert first.end_s >= stop_s + withdraw_s
            assert "refused" in first.result
            assert [connection.ask() for connection in opened] == names, "an open flow was cut"
            assert gateway.process.poll() is None, "weftd ended with flows open"
    assert gateway.process.wait(25) == 0


def test_drain_ends_with_its_timeout(lab, start_gateway, web):
    drain_s = 1
    gateway = start_gateway(*web(), gateway={"withdraw_ms": 0, "drain_timeout_ms": drain_s * 1000})
    with traffic.connections(lab.client, labs.ROUTED_LISTENER, 1) as opened:
        opened[0].ask()
        stop_s = time.monotonic()
        gateway.terminate()
        assert gateway.process.wait(10) == 0
        assert time.monotonic() >= stop_s + drain_s


def test_second_signal_stops_at_once(lab, start_gateway, web):
    gateway = start_gateway(*web(), gateway={"withdraw_ms": 60000, "drain_timeout_ms": 60000})
    gateway.terminate()
    gateway.wait_until(lambda: not gateway.ready(), 5, "the stop to begin")
    gateway.process.send_signal(signal.SIGINT)
    assert gateway.process.wait(2) == 0


@pytest.mark.parametrize("driver", ["af_xdp", "af_packet"])
def test_nothing_is_left_on_the_host(lab, start_gateway, web, driver):
    """Neither twins nor XDP programs nor filters nor sockets outlive an orderly stop."""
    links = lab.gateway.ip("-o", "link").stdout.count("\n")
    gateway = start_gateway(*web(), driver=driver)
    assert lab.gateway.ip("-o", "link").stdout.count("\n") > links
    assert gateway.stop() == 0
    assert lab.gateway.ip("-o", "link").stdout.count("\n") == links
    assert "xdp" not in lab.gateway.ip("link").stdout
    assert lab.gateway.run("nft", "list", "tables").stdout == ""
    assert not gateway.socket.exists()


def refused_start(gateway, settings=None):
    """weftd's last words when it does not start."""
    if settings is not None:
        gateway.settings = settings
    gateway.spawn()
    assert gateway.process.wait(20) == 1
    return gateway.log()


def test_bad_configuration_ends_with_one(make_gateway, web):
    gateway = make_gateway(*web())
    bad = '[gateway]\nworkers = "many"\n[[listener]]\nname = "web"\ncluster = "nowhere"\n'
    said = refused_start(gateway, bad)
    assert "weft.toml:2" in said and "workers" in said
    assert "weft.toml:5" in said and "nowhere" in said, "only the first of the errors"
    check = labs.run(*gateway.command()[:1], "--check", gateway.config, check=False)
    assert check.returncode == 1
    assert "weft.toml:2" in check.stdout and "weft.toml:5" in check.stdout


def test_good_configuration_checks(make_gateway, web):
    gateway = make_gateway(*web())
    gateway.write()
    labs.run(*gateway.command()[:1], "--check", gateway.config)


def test_unusable_device_is_named(lab, make_gateway, web):
    gateway = make_gateway(*web())
    gateway.settings["interface"][1]["device"] = "af_xdp:nothing0"
    said = refused_start(gateway)
    assert "nothing0" in said and "mesh" in said


def test_examples_in_the_readme_check(lab, make_gateway):
    gateway = make_gateway({}, {})
    examples = re.findall(
        r"^```toml\n(.*?)^```", (gateways.ROOT / "README.md").read_text(), re.M | re.S
    )
    assert examples
    for example in examples:
        gateway.write(example)
        labs.run(*gateway.command()[:1], "--check", gateway.config)
