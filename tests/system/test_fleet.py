"""Two gateways of a fleet in front of the same instances: connections that go on when routers send
their packets to the other gateway, also when the set has changed since they began."""
import contextlib
import http.client
import os
import shutil

import gateway as gateways
import lab as labs
import pytest

CONNECTIONS = 24
KEY = "a secret of the fleet"
EDGES = [labs.EDGE_GATEWAY, labs.EDGE_GATEWAY2]
MESHES = [labs.MESH_GATEWAY, labs.MESH_GATEWAY2]


@pytest.fixture(scope="module", params=[1, 2], ids=["1-worker", "2-workers"])
def lab(request):
    prefix = f"weft-fleet-{os.getpid()}-{request.param}"
    with labs.Lab(prefix, queues=request.param, gateways=2).running() as lab:
        yield lab


class Fleet:
    """Two gateways with the same cluster."""

    def __init__(self, lab, sync):
        self.lab = lab
        self.sync = sync
        self.members = [
            gateways.Gateway(lab, self.settings(number, lab.instances), host)
            for number, host in enumerate(lab.gateways)
        ]

    def settings(self, number, instances):
        listeners = {"web": {"address": f"{labs.ROUTED_LISTENER}:80", "forward": "ipip"}}
        cluster = {
            "endpoints": [f"{instance.address}:80" for instance in instances],
            "health": gateways.HEALTH,
            "previous_tables_ms": 0,
        }
        settings = gateways.configuration(
            self.lab, listeners, {"web": cluster}, workers=self.lab.queues
        )
        settings["gateway"] |= {
            "name": f"gw-{number}",
            "fleet": "edge",
            "hash_seed": "fleet",
            "state_dir": str(self.lab.folder / f"state{number}"),
        }
        if self.sync:
            settings["gateway.sync"] = {
                "address": f"{EDGES[number]}:7946",
                "peers": [f"{edge}:7946" for edge in EDGES],
                "key": KEY,
            }
        settings["admin"]["socket"] = str(self.lab.folder / f"weftd{number}.sock")
        for interface, address in zip(settings["interface"], [EDGES[number], MESHES[number]]):
            interface["addresses"] = [f"{address}/24"]
            interface.pop("source_addresses", None)
        return settings

    def start(self, number, instances):
        member = self.members[number]
        member.settings = self.settings(number, instances)
        return member.start()

    def change(self, instances, numbers=(0, 1)):
        for number in numbers:
            self.members[number].reload(self.settings(number, instances))

    def route_through(self, number):
        for address in EDGES[1 - number], EDGES[number]:
            self.lab.client.ip("route", "replace", "default", "via", address)

    def peer_knows(self, number, flows):
        """Waits until this member knows at least so many flows of the other."""
        member = self.members[number]
        member.wait_until(
            lambda: member.status()["fleet"]["flows_known"] >= flows,
            20,
            f"{flows} flows to be known to gateway {number}",
        )

    def looks(self, number):
        """How often each worker has looked at all of its flows for those at risk."""
        metrics = self.members[number].metrics()
        return [metrics[key] for key in sorted(metrics) if "looks_for_risk" in key]

    def wait_for_looks(self, number, looks=2):
        before = self.looks(number)
        self.members[number].wait_until(
            lambda: all(
                now >= then + looks for now, then in zip(self.looks(number), before, strict=True)
            ),
            30,
            f"gateway {number} to look for flows at risk",
        )

    def flows_at_risk(self, number):
        return self.members[number].status()["fleet"]["flows_at_risk"]


@pytest.fixture
def make_fleet(lab):
    with contextlib.ExitStack() as ends:

        def make(sync):
            for number in (0, 1):
                shutil.rmtree(lab.folder / f"state{number}", ignore_errors=True)
                (lab.folder / f"weftd{number or ''}.log").unlink(missing_ok=True)
            fleet = Fleet(lab, sync)
            for member in fleet.members:
                ends.callback(member.kill)
                ends.callback(lambda member=member: print(member.log()))
            return fleet

        yield make


class Connections:
    """Kept open, each to the instance that its first answer came from."""

    def __init__(self, lab):
        self.all = []
        with lab.client.inside():
            for _ in range(CONNECTIONS):
                connection = http.client.HTTPConnection(labs.ROUTED_LISTENER, timeout=3)
                self.all.append((connection, ask(connection)))

    def instances(self):
        return {instance for _, instance in self.all}

    def broken(self):
        """How many do not answer from where they did."""
        return sum(ask(connection) != instance for connection, instance in self.all)

    def close(self):
        for connection, _ in self.all:
            connection.close()


def ask(connection):
    """The instance that answers, or what went wrong. What is over is not begun anew."""
    try:
        if connection.sock is None and connection.auto_open == 0:
            return "over"
        connection.request("GET", "/")
        connection.auto_open = 0
        return connection.getresponse().read().decode().strip()
    except (OSError, http.client.HTTPException) as error:
        return repr(error)


@pytest.fixture
def connect(lab):
    with contextlib.ExitStack() as ends:

        def make():
            connections = Connections(lab)
            ends.callback(connections.close)
            return connections

        yield make


@pytest.mark.parametrize("sync", [True, False], ids=["sync", "no-sync"])
def test_connections_outlive_their_gateway_after_the_set_changed(lab, make_fleet, connect, sync):
    fleet = make_fleet(sync)
    few = lab.instances[:2]
    for number in (0, 1):
        fleet.start(number, few)
    fleet.route_through(0)
    connections = connect()
    assert len(connections.instances()) == 2
    fleet.change(lab.instances)
    if sync:
        fleet.wait_for_looks(0)
        assert fleet.flows_at_risk(0) > 0
        fleet.peer_knows(1, fleet.flows_at_risk(0))
    fleet.members[0].kill()
    fleet.route_through(1)
    broken = connections.broken()
    assert broken == 0 if sync else broken > 0


def test_a_gateway_that_began_after_an_endpoint_left_adopts_it(lab, make_fleet, connect):
    fleet = make_fleet(sync=True)
    fleet.start(0, lab.instances)
    fleet.route_through(0)
    connections = connect()
    assert len(connections.instances()) == 3
    rest = lab.instances[1:]
    fleet.change(rest, numbers=[0])
    fleet.start(1, rest)
    gone = f"{lab.instances[0].address}:80"
    second = fleet.members[1]
    second.wait_until(
        lambda: any(
            endpoint["address"] == gone and endpoint["state"] == "draining"
            for cluster in second.status()["clusters"]
            for endpoint in cluster["endpoints"]
        ),
        20,
        f"{gone} to be adopted",
    )
    fleet.wait_for_looks(0)
    assert fleet.flows_at_risk(0) > 0
    fleet.peer_knows(1, fleet.flows_at_risk(0))
    assert fleet.members[0].stop() == 0
    fleet.route_through(1)
    assert connections.broken() == 0
    peer = second.status()["fleet"]["peers"][0]
    assert peer["heard"] and peer["flows_heard"] > 0
    assert EDGES[0] in second.weftctl("status").stdout
