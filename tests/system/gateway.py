"""weftd on the lab's gateway: its configuration as dicts, its process, what it says of itself."""
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess

import lab as labs

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("WEFT_BUILD", ROOT / "build"))
ADMIN = "127.0.0.1:9100"
FLOW_TABLES = ["tunnel4_flows", "tunnel6_flows", "nat4_flows", "nat6_flows"]

# Quick enough for a test to wait for, slow enough for a loaded machine of two cores.
HEALTH = {"http": "/healthz", "interval_ms": 300, "timeout_ms": 200, "fall": 3, "rise": 2}


def promised_detection_s(health):
    """How long after its death an endpoint may still be picked."""
    return (health["fall"] * health["interval_ms"] + health["timeout_ms"]) / 1000


def device(lab, leg, driver):
    """AF_XDP takes each queue as a device of its own, AF_PACKET all of them as one."""
    if lab.queues == 1 or driver != "af_xdp":
        return f"{driver}:{leg}"
    return [f"{driver}:{leg}:{queue}" for queue in range(lab.queues)]


def configuration(
    lab, listeners, clusters, workers=None, driver="af_xdp", gateway=None, flows=None, admin=None
):
    """A whole configuration for the lab. listeners and clusters: dicts by name. workers: how many;
    None leaves it to weftd."""
    gateway = dict(gateway or {})
    if workers:
        gateway["workers"] = [(worker + 1) % os.cpu_count() for worker in range(workers)]
    folder = lab.folder
    return {
        "gateway": {
            "name": lab.prefix,
            "state_dir": str(folder / "state"),
            "memory_mib": 64 * lab.queues,
            "withdraw_ms": 0,
            "drain_timeout_ms": 200,
            **gateway,
        },
        "gateway.flows": {**{f"{table}_max": 65536 for table in FLOW_TABLES}, **(flows or {})},
        "admin": {"address": ADMIN, "socket": str(folder / "weftd.sock"), **(admin or {})},
        "interface": [
            {
                "name": "edge",
                "device": device(lab, "edge", driver),
                "mtu_bytes": lab.mtu_bytes,
                "addresses": [f"{labs.EDGE_GATEWAY}/24", f"{labs.EDGE6_GATEWAY}/64"],
            },
            {
                "name": "mesh",
                "device": device(lab, "mesh", driver),
                "mtu_bytes": lab.mesh_mtu_bytes,
                "addresses": [f"{labs.MESH_GATEWAY}/24", f"{labs.MESH6_GATEWAY}/64"],
                "source_addresses": labs.SOURCE_ADDRESSES,
            },
        ],
        "listener": [
            {"name": name, "protocol": "tcp", "forward": "nat", "cluster": name, **listener}
            for name, listener in listeners.items()
        ],
        "cluster": [{"name": name, **cluster} for name, cluster in clusters.items()],
    }


def toml_value(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml_value(v)}" for key, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return json.dumps(value)


def to_toml(settings):
    lines = []
    for section, content in settings.items():
        for table in content if isinstance(content, list) else [content]:
            lines.append(f"[[{section}]]" if isinstance(content, list) else f"[{section}]")
            lines += [f"{key} = {toml_value(value)}" for key, value in table.items()]
            lines.append("")
    return "\n".join(lines)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Gateway:
    """One weftd of a lab, on its first gateway if no other host is named. Not started by the
    constructor."""

    def __init__(self, lab, settings, host=None):
        self.lab = lab
        self.host = host or lab.gateway
        self.settings = settings
        number = self.host.name.removeprefix("gateway")
        self.config = lab.folder / f"weft{number}.toml"
        self.log_name = f"weftd{number}.log"
        self.socket = pathlib.Path(settings["admin"]["socket"])
        self.process = None
        self.hosts = None  # or the file that stands in for /etc/hosts

    def write(self, settings=None):
        if settings is not None:
            self.settings = settings
        text = self.settings if isinstance(self.settings, str) else to_toml(self.settings)
        self.config.write_text(text, encoding="utf-8")

    def command(self):
        return [BUILD / "mgmt/weftd", "--config", self.config]

    def know_hosts(self, addresses):
        """Names and their addresses, for the resolver of this weftd alone: before its start, and
        again when they change."""
        self.hosts = self.lab.folder / "hosts"
        lines = [f"{address} {name}" for name, all_of in addresses.items() for address in all_of]
        # In place: it is mounted.
        self.hosts.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    def weftctl(self, *words, check=True):
        return labs.run(BUILD / "mgmt/weftctl", "--socket", self.socket, *words, check=check)

    def spawn(self):
        self.write()
        command = self.command()
        if self.hosts:
            # `ip netns exec` gives each process mounts of its own.
            mount = 'mount --bind "$0" /etc/hosts && exec "$@"'
            command = ["sh", "-c", mount, self.hosts, *command]
        self.process = self.host.start(*command, log=self.log_name)

    def start(self, deadline_s=30):
        """Starts weftd and waits until it is ready."""
        self.spawn()
        self.wait_until(self.ready, deadline_s, "weftd to be ready")
        return self

    def wait_until(self, condition, deadline_s, what):
        def alive_and_condition():
            if self.process.poll() is not None:
                raise labs.LabError(
                    f"weftd ended with {self.process.returncode}:\n{self.log()[-2000:]}"
                )
            return condition()

        return labs.wait_until(alive_and_condition, deadline_s, what)

    def log(self):
        file = self.lab.folder / self.log_name
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def stop(self, deadline_s=20):
        """Orderly; returns the exit code. It is an error when weftd has to be killed."""
        if self.process is None or self.process.poll() is not None:
            return self.process and self.process.returncode
        self.terminate()
        try:
            return self.process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise labs.LabError(f"weftd did not stop within {deadline_s} s of SIGTERM") from None

    def kill(self):
        """kill -9."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def request(self, method, path):
        """(status, body) from the unix socket; (0, reason) when nobody answers."""
        connection = UnixConnection(self.socket)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error)
        finally:
            connection.close()

    def ready(self):
        return self.request("GET", "/ready")[0] == 200

    def reload(self, settings=None):
        """Writes the settings and has weftd take them; LabError with what it says against it."""
        self.write(settings)
        status, body = self.request("POST", "/v1/reload")
        if status != 200:
            raise labs.LabError(f"reload: {status} {body}")

    def status(self):
        status, body = self.request("GET", "/v1/status")
        if status != 200:
            raise labs.LabError(f"/v1/status: {status} {body}")
        return json.loads(body)

    def endpoint(self, cluster, address):
        """What status says of the endpoint at address:port."""
        for of_cluster in self.status()["clusters"]:
            if of_cluster["name"] == cluster:
                for endpoint in of_cluster["endpoints"]:
                    if endpoint["address"] == address:
                        return endpoint
        raise labs.LabError(f"status knows no endpoint {address} in cluster {cluster}")

    def flows_active(self):
        """Of all workers."""
        return sum(
            worker[table]["entries"]
            for worker in self.status()["workers"]
            for table in FLOW_TABLES
        )

    def wait_for_state(self, cluster, address, state, deadline_s=15):
        self.wait_until(
            lambda: self.endpoint(cluster, address)["state"] == state,
            deadline_s,
            f"endpoint {address} to be {state}",
        )

    def metrics(self):
        """Values by name and labels: {'weft_x{drop="land"}': 1.0}."""
        status, text = self.request("GET", "/metrics")
        if status != 200:
            raise labs.LabError(f"/metrics: {status} {text}")
        return {
            match[1]: float(match[2])
            for match in re.finditer(r"^([^#\s][^ {]*(?:\{[^}]*\})?) (\S+)", text, re.M)
        }

    def dropped(self, name):
        """How many packets ended as this drop, of all workers."""
        return sum(
            value
            for key, value in self.metrics().items()
            if "drop" in key and re.search(rf'"{name}"', key)
        )
