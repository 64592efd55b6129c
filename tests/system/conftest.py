"""What every system test gets: a lab, and gateways in it that end with the test.

Each test runs with one worker on one queue and with two workers on two queues.
"""
import contextlib
import os
import pathlib
import shutil
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import gateway as gateways  # noqa: E402
import lab as labs  # noqa: E402


# So that a run that is told to stop removes its labs.
signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session", params=[1, 2], ids=["1-worker", "2-workers"])
def whole_lab(request):
    workers = request.param
    with labs.Lab(
        f"weft-system-{os.getpid()}-{workers}", clients=2, queues=workers
    ).running() as lab:
        yield lab


@pytest.fixture
def lab(whole_lab):
    """The lab with every instance plugged in and serving."""
    for instance in whole_lab.instances:
        instance.link(up=True)
        if instance.nginx.poll() is not None:
            instance.start_nginx()
    return whole_lab


@pytest.fixture
def make_gateway(lab):
    """make_gateway(listeners, clusters, ...) makes a Gateway that is not started yet."""
    made = []

    def make(listeners, clusters, **more):
        settings = gateways.configuration(
            lab, listeners, clusters, **{"workers": lab.queues} | more
        )
        made.append(gateways.Gateway(lab, settings))
        return made[-1]

    (lab.folder / "weftd.log").unlink(missing_ok=True)
    shutil.rmtree(lab.folder / "state", ignore_errors=True)
    yield make
    try:
        for gateway in made:
            code = gateway.stop()
            assert code in (None, 0, 1, -9), f"weftd ended with {code}"
    finally:
        for gateway in made:
            gateway.kill()
        if made:
            print(made[0].log())  # pytest shows it when the test failed


@pytest.fixture
def start_gateway(make_gateway):
    """start_gateway(listeners, clusters, ...) starts a Gateway and waits until it is ready."""
    return lambda listeners, clusters, **more: make_gateway(listeners, clusters, **more).start()


@pytest.fixture
def running():
    """running(process) has the process ended with the test."""
    with contextlib.ExitStack() as processes:

        def register(process):
            def end():
                process.terminate()
                process.wait(10)

            processes.callback(end)
            return process

        yield register


def endpoints(lab, port=80):
    return [f"{instance.address}:{port}" for instance in lab.instances]


@pytest.fixture
def echo(lab, running):
    """(listeners, clusters) of UDP echo servers that run on the instances: echo(forward="ipip")."""
    for instance in lab.instances:
        running(instance.start_udp_echo())
        instance.wait_for_port(9000, "udp")

    def make(forward="nat", **cluster):
        address = f"{labs.ROUTED_LISTENER}:9000"
        return (
            {"echo": {"address": address, "protocol": "udp", "forward": forward}},
            {"echo": {"endpoints": endpoints(lab, 9000), **cluster}},
        )

    return make


@pytest.fixture
def web(lab):
    """(listeners, clusters) of the three web servers: web(forward="ipip", hash="source", ...)."""

    def make(
        address=labs.ROUTED_LISTENER, health=gateways.HEALTH, on_endpoint_down="reset", **listener
    ):
        cluster = {
            "endpoints": endpoints(lab),
            "health": health,
            "on_endpoint_down": on_endpoint_down,
        }
        return {"web": {"address": f"{address}:80", **listener}}, {"web": cluster}

    return make
