"""QUIC clients that change their address, and servers that write themselves into connection ids."""
import itertools
import json
import os
import socket

import pytest

import lab as labs
import quic_ids

PORT = 4433
KEY = "8f95f09245765f80256934e50c66207f"
OTHER_KEY = "fdf726a9893ec05c0632d3956680baf0"
CLEAR = {"rotation": 0, "server_id_bytes": 3, "nonce_bytes": 4}
PASSES = {"rotation": 1, "server_id_bytes": 3, "nonce_bytes": 6, "key": KEY}
BLOCK = {"rotation": 2, "server_id_bytes": 3, "nonce_bytes": 13, "key": KEY}
OF_NOBODY = {"rotation": 7, "server_id_bytes": 3, "nonce_bytes": 4}
CONNECTIONS = 8  # each of which would keep its instance by chance in one move of three

both_modes = pytest.mark.parametrize("forward", ["nat", "ipip"])
source_ports = itertools.count(20000)


class Client:
    """A client's end of a connection."""

    def __init__(self, host, configuration):
        self.host = host
        self.port = next(source_ports)
        opening = bytes.fromhex("c00000000108") + os.urandom(8) + b"\0"
        self.instance, connection_id = self.send(opening + json.dumps(configuration).encode())
        self.connection_id = bytes.fromhex(connection_id)

    def send(self, datagram):
        with self.host.inside():
            asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with asking:
            asking.settimeout(5)
            asking.bind(("0.0.0.0", self.port))
            asking.connect((labs.ROUTED_LISTENER, PORT))
            asking.send(datagram)
            return asking.recv(65535).decode().split()

    def move(self, host=None):
        """To another port, and to another host if one is given."""
        self.host = host or self.host
        self.port = next(source_ports)

    def ask(self):
        return self.send(b"\x40" + self.connection_id + os.urandom(20))

    def still_served(self):
        return self.ask() == [self.instance, "ok"]


def server_id(instance):
    return f"c4605{instance.address[-1]}"


@pytest.fixture
def quic(lab, running):
    """(listeners, clusters) of the servers, which run: quic([CLEAR], forward="ipip")."""
    for instance in lab.instances:
        running(
            instance.start(
                "/usr/bin/python3",
                labs.HERE / "quic_server.py",
                instance.name,
                PORT,
                server_id(instance),
                log=f"{instance.name}.quic_server.log",
            )
        )
        instance.wait_for_port(PORT, "udp")

    def make(configurations, forward="nat"):
        endpoints = [
            {"address": f"{instance.address}:{PORT}", "server_id": server_id(instance)}
            for instance in lab.instances
        ]
        listener = {
            "address": f"{labs.ROUTED_LISTENER}:{PORT}",
            "protocol": "udp",
            "forward": forward,
            "quic": configurations,
        }
        return {"quic": listener}, {"quic": {"endpoints": endpoints}}

    return make


def open_connections(lab, configuration, count=CONNECTIONS):
    return [Client(lab.client, configuration) for _ in range(count)]


def assert_served_wherever_they_are(lab, clients):
    for client in clients:
        assert client.still_served(), "at its old place"
        for host in [None, lab.clients[1], lab.clients[0]]:
            client.move(host)
            assert client.still_served(), "at a new place"
            assert client.still_served(), "at the same place again"


def quic_counts(gateway):
    metrics = gateway.metrics()
    return [
        int(metrics[f'weft_listener_quic_{name}_total{{listener="quic"}}'])
        for name in ["routed", "unknown"]
    ]


@both_modes
@pytest.mark.parametrize("configuration", [CLEAR, PASSES, BLOCK], ids=["clear", "passes", "block"])
def test_a_client_that_moves_keeps_its_instance(lab, start_gateway, quic, forward, configuration):
    gateway = start_gateway(*quic([configuration], forward))
    clients = open_connections(lab, configuration)
    assert len({client.instance for client in clients}) > 1
    assert_served_wherever_they_are(lab, clients)
    assert quic_counts(gateway) == [7 * CONNECTIONS, 0]


@both_modes
def test_a_port_that_another_client_had_is_not_taken_for_it(lab, start_gateway, quic, forward):
    start_gateway(*quic([CLEAR], forward))
    clients = open_connections(lab, CLEAR)
    for client in clients:
        client.port = clients[0].port
        assert client.still_served()
    assert clients[0].still_served()


@both_modes
def test_ids_of_nobody_go_by_the_flow(lab, start_gateway, quic, forward):
    gateway = start_gateway(*quic([CLEAR], forward))
    for client in open_connections(lab, OF_NOBODY):
        assert client.still_served(), "its flow knows where it is"
    routed, unknown = quic_counts(gateway)
    assert (routed, unknown) == (0, CONNECTIONS)
    stray = Client(lab.client, CLEAR)
    stray.connection_id = quic_ids.new_id(CLEAR, "ffffff")
    assert stray.ask() == [stray.instance, "stranger"]
    assert quic_counts(gateway) == [0, unknown + 1]


@both_modes
def test_connections_outlive_the_gateway(lab, start_gateway, quic, forward):
    """It keeps nothing of them, and draws another seed."""
    gateway = start_gateway(*quic([PASSES], forward))
    clients = open_connections(lab, PASSES)
    gateway.kill()
    for seed in lab.folder.glob("state/*"):
        seed.unlink()
    gateway.start()
    assert_served_wherever_they_are(lab, clients)


def test_a_key_is_replaced_while_connections_go_on(lab, start_gateway, quic):
    new = {**PASSES, "rotation": 3, "key": OTHER_KEY}
    gateway = start_gateway(*quic([PASSES]))
    old_clients = open_connections(lab, PASSES)

    def reload(configurations):
        gateway.settings["listener"][0]["quic"] = configurations
        gateway.reload(gateway.settings)

    reload([PASSES, new])
    new_clients = open_connections(lab, new)
    assert_served_wherever_they_are(lab, old_clients + new_clients)
    reload([new])
    assert_served_wherever_they_are(lab, new_clients)
    first = old_clients[0]
    labs.wait_until(lambda: first.ask() and quic_counts(gateway)[1] > 0, 5, "the old key to go")
    _, unknown = quic_counts(gateway)
    for client in old_clients:
        client.ask()
    assert quic_counts(gateway)[1] == unknown + len(old_clients)


def test_the_key_may_be_in_a_file_and_is_shown_nowhere(lab, make_gateway, quic):
    file = lab.folder / "quic.key"
    file.write_text(f"{KEY}\n", encoding="utf-8")
    in_file = {**PASSES, "key_file": str(file)}
    del in_file["key"]
    gateway = make_gateway(*quic([in_file])).start()
    assert_served_wherever_they_are(lab, open_connections(lab, PASSES))
    gateway.settings["listener"][0]["quic"] = [{**PASSES, "rotation": 9}]
    gateway.write()
    refused = gateway.weftctl("reload", check=False)
    assert refused.returncode == 1
    assert "rotation must be between 0 and 6, not 9" in refused.stdout
    shown = refused.stdout + gateway.log() + json.dumps(gateway.status())
    assert KEY not in shown


def test_a_draining_instance_keeps_connections_that_move(lab, start_gateway, quic):
    gateway = start_gateway(*quic([CLEAR]))
    clients = open_connections(lab, CLEAR, 3 * CONNECTIONS)
    victim = lab.instances[0]
    gateway.weftctl("drain", f"quic/{victim.address}:{PORT}")
    assert victim.name not in {client.instance for client in open_connections(lab, CLEAR)}
    of_victim = [client for client in clients if client.instance == victim.name]
    assert of_victim
    assert_served_wherever_they_are(lab, of_victim)
