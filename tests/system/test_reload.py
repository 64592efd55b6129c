"""Configuration changes while traffic flows."""
import copy
import signal

import pytest

import gateway as gateways
import lab as labs
import traffic

ALL = {"web1", "web2", "web3"}
RELOADS = 100


SECOND_PORT = 8080  # the instances serve it too, which matters where ports are not rewritten


def both_listeners(lab, web, forward):
    listeners, clusters = web(forward=forward)
    listeners["second"] = {
        "address": f"{labs.ROUTED_LISTENER}:{SECOND_PORT}",
        "forward": forward,
        "cluster": "web",
    }
    clusters["web"]["endpoints"] = [
        {"address": f"{i.address}:80", "weight": 1} for i in lab.instances
    ]
    return listeners, clusters


class Changes:
    """A cycle of changes to a configuration, each with a way to see it in traffic."""

    def __init__(self, lab, settings):
        self.lab = lab
        self.original = settings

    def changed(self, number):
        """The number-th configuration and what then must hold for traffic."""
        settings = copy.deepcopy(self.original)
        victim = number % len(self.lab.instances)
        name = self.lab.instances[victim].name
        kind = number % 4
        if kind == 0:
            settings["cluster"][0]["endpoints"][victim]["weight"] = 0
            return settings, lambda: self.served_without(name)
        if kind == 1:
            del settings["cluster"][0]["endpoints"][victim]
            return settings, lambda: self.served_without(name)
        if kind == 2:
            del settings["listener"][1]
            return settings, self.second_refuses
        settings["gateway.flows"]["udp_timeout_ms"] = 20000 + number
        return settings, lambda: not self.second_refuses() and self.served_by_all()

    def second_refuses(self):
        """Whether the second listener is gone; as long as it is there it serves."""
        client, address = self.lab.clients[1], labs.ROUTED_LISTENER
        try:
            with traffic.connections(client, address, 1, SECOND_PORT) as opened:
                assert opened[0].ask() in ALL
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:
            pass  # it went between the connection and the answer; the next one tells
        return False

    def served(self):
        with traffic.connections(self.lab.clients[1], labs.ROUTED_LISTENER, 36) as opened:
            return {connection.ask() for connection in opened}

    def served_without(self, name):
        return self.served() == ALL - {name}

    def served_by_all(self):
        return self.served() == ALL


@pytest.mark.parametrize("forward", ["nat", "ipip"])
def test_hundred_reloads_under_load(lab, start_gateway, web, forward):
    """No request fails, whether on a connection kept alive over all changes or on one of its own,
    and each change is seen in traffic."""
    gateway = start_gateway(*both_listeners(lab, web, forward))
    changes = Changes(lab, gateway.settings)
    wrk = traffic.Wrk(lab.client, f"http://{labs.ROUTED_LISTENER}/", connections=8, duration_s=600)
    with traffic.Requests(lab.client, labs.ROUTED_LISTENER, loops=2, pace_ms=50) as requests:
        for number in range(RELOADS):
            settings, holds = changes.changed(number)
            gateway.reload(settings)
            gateway.wait_until(holds, 5, f"reload {number} to show in traffic")
        done = requests.done()
    wrk.process.send_signal(signal.SIGINT)  # wrk prints its summary
    result = wrk.result()
    assert traffic.failures(done) == []
    assert result.failed == 0, result.text
    assert result.requests > RELOADS and len(done) > RELOADS


def test_changed_timeout_holds_for_flows_that_are_there(lab, start_gateway, echo):
    gateway = start_gateway(*echo())
    traffic.ask_udp(lab.client, labs.ROUTED_LISTENER, 9000, 30000, "anybody?")
    gateway.wait_until(lambda: gateway.flows_active() == 1, 5, "the flow to be counted")
    settings = copy.deepcopy(gateway.settings)
    settings["gateway.flows"]["udp_timeout_ms"] = 1000
    gateway.reload(settings)
    gateway.wait_until(lambda: gateway.flows_active() == 0, 5, "the flow to end")


def test_sighup_and_weftctl_reload(lab, start_gateway, web):
    gateway = start_gateway(*web())
    everything = gateway.settings
    without = copy.deepcopy(everything)
    del without["cluster"][0]["endpoints"][0]
    changes = Changes(lab, everything)
    gateway.write(without)
    gateway.process.send_signal(signal.SIGHUP)
    gateway.wait_until(
        lambda: changes.served_without("web1"), 5, "SIGHUP to take the new configuration"
    )
    gateway.write(everything)
    gateway.weftctl("reload")
    gateway.wait_until(changes.served_by_all, 5, "weftctl reload to take the new configuration")


BAD = {
    "syntax": ("[gateway\n", "weft.toml:1"),
    "unknown key": ('[gateway]\nnam = "x"\n', "weft.toml:2"),
}


@pytest.mark.parametrize("mistake", BAD)
def test_bad_reload_keeps_the_old_configuration(lab, start_gateway, web, mistake):
    gateway = start_gateway(*web())
    good = gateway.settings
    text, where = BAD[mistake]
    with pytest.raises(labs.LabError, match="409") as refused:
        gateway.reload(text)
    assert where in str(refused.value)
    failed = gateway.weftctl("reload", check=False)
    assert failed.returncode == 1 and where in failed.stdout
    assert where in gateway.log()
    assert traffic.fetch(lab.client, f"http://{labs.ROUTED_LISTENER}/")[0] == 0
    gateway.reload(good)


def test_reload_of_a_restart_key_is_refused_as_a_whole(lab, start_gateway, web):
    gateway = start_gateway(*web())
    changed = copy.deepcopy(gateway.settings)
    changed["gateway"]["memory_mib"] += 32
    del changed["cluster"][0]["endpoints"][0]
    with pytest.raises(labs.LabError, match="memory_mib"):
        gateway.reload(changed)
    assert Changes(lab, changed).served_by_all()


def test_endpoints_by_name(lab, make_gateway, web):
    """Host names are endpoints: the system's resolver gives their addresses, gives others later,
    and takes none away by failing."""
    name = "instances.mesh.test"
    listeners, clusters = web()
    clusters["web"] |= {"endpoints": [f"{name}:80"], "resolve_interval_ms": 200}
    gateway = make_gateway(listeners, clusters)
    web1, web2, web3 = (instance.address for instance in lab.instances)
    gateway.know_hosts({name: [web1, web2]})
    gateway.start()
    changes = Changes(lab, gateway.settings)
    assert changes.served() == {"web1", "web2"}
    gateway.know_hosts({name: [web2, web3]})
    gateway.wait_until(
        lambda: changes.served_without("web1"), 10, "the name's new addresses in traffic"
    )
    gateway.know_hosts({})
    gateway.wait_until(lambda: "cannot look up" in gateway.log(), 10, "a look-up to fail")
    assert changes.served() == {"web2", "web3"}
