"""A network of namespaces for one gateway: clients, the gateway, service instances.

    client  10.0.0.1/24 --.                        .-- web1  10.0.2.1/24
    client2 10.0.0.2/24 --+-- edge [gateway] mesh --+-- web2  10.0.2.2/24
                          |   .254          .254    |-- web3  10.0.2.3/24
                          '--------[ switch ]-------'
                              .253          .253

Of IPv6 the edge has fd00:10::/64 and the mesh fd00:12::/64, with the same last numbers.

Two bridges in the namespace `switch` join the legs of the edge and of the mesh. The instances'
default route is the gateway (nat needs the way back through it); what they send from a listener's
address goes straight back through the switch (tunnels and direct). The gateway's two veths, `edge`
and `mesh`, carry no address: weftd takes them over and its twins have the addresses.

Not thread safe. Everything a lab makes is in its namespaces and in its folder, and `down` removes
both, also those of a lab that another process made or did not live to remove.
"""
import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
LABS = pathlib.Path("/run/weft-lab")

EDGE_GATEWAY = "10.0.0.254"
MESH_GATEWAY = "10.0.2.254"
EDGE_GATEWAY2 = "10.0.0.252"  # of a fleet of two
MESH_GATEWAY2 = "10.0.2.252"
EDGE_ROUTER = "10.0.0.253"
MESH_ROUTER = "10.0.2.253"
ON_LINK_LISTENER = "10.0.0.100"  # an address of the edge's own subnet
ROUTED_LISTENER = "203.0.113.10"  # one that clients reach by a route only
ROUTED_LISTENERS = "203.0.113.0/24"
EDGE6_GATEWAY, EDGE6_ROUTER = "fd00:10::254", "fd00:10::253"
MESH6_GATEWAY, MESH6_ROUTER = "fd00:12::254", "fd00:12::253"
ROUTED_LISTENER6 = "2001:db8:113::10"
SOURCE_ADDRESSES = ["10.9.0.0/28", "fd00:9::/124"]  # the workers', by the instances' default route
# Instances know it for good: plugged in again, one that still asked for it would ask next only a
# second later, and what it answers in a tunnel's or direct mode would wait, while probes pass.
MESH_ROUTER_MAC = "02:00:00:00:02:fd"
EDGE_ROUTER_MAC = "02:00:00:00:00:fd"
DIRECT_RETURN_TABLE = "100"


class LabError(Exception):
    """What a user should read: one sentence."""


def run(*command, check=True, **options):
    """Runs a command to its end and returns it, output as text."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True} | options
    done = subprocess.run([str(word) for word in command], check=False, **options)
    if check and done.returncode:
        raise LabError(f"{' '.join(map(str, command))}: {(done.stdout or '').strip()}")
    return done


def wait_until(condition, deadline_s, what):
    """Polls until condition() is truthy and returns it; LabError when the deadline passes."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise LabError(f"waited {deadline_s} s in vain for {what}")
        time.sleep(0.02)


def enter_namespace(file):
    if LIBC.setns(file.fileno(), CLONE_NEWNET):
        raise LabError(f"setns: {os.strerror(ctypes.get_errno())}")


class Host:
    """A namespace of the lab."""

    def __init__(self, lab, name):
        self.lab = lab
        self.name = name
        self.namespace = f"{lab.prefix}-{name}"

    def command(self, *command):
        return ["ip", "netns", "exec", self.namespace, *map(str, command)]

    def run(self, *command, **options):
        return run(*self.command(*command), **options)

    def start(self, *command, log=None, **options):
        """Starts a process in its own group; its output goes to the file log of the lab."""
        if log:
            with open(self.lab.folder / log, "ab") as file:
                options = {"stdout": file, "stderr": subprocess.STDOUT} | options
                return subprocess.Popen(self.command(*command), start_new_session=True, **options)
        return subprocess.Popen(self.command(*command), start_new_session=True, **options)

    @contextlib.contextmanager
    def inside(self):
        """Sockets made in this block are the host's, for as long as they live."""
        namespace = f"/run/netns/{self.namespace}"
        with open("/proc/thread-self/ns/net", "rb") as home, open(namespace, "rb") as there:
            enter_namespace(there)
            try:
                yield
            finally:
                enter_namespace(home)

    def ip(self, *words):
        return run("ip", "-n", self.namespace, *words)

    def sysctl(self, **values):
        for key, value in values.items():
            self.run("sysctl", "-qw", f"{key.replace('__', '.')}={value}")

    def pids(self):
        done = run("ip", "netns", "pids", self.namespace, check=False)
        return [int(pid) for pid in done.stdout.split()] if done.returncode == 0 else []

    def add_address(self, address, device):
        """With its prefix length, at once usable."""
        at_once = ["nodad"] if ":" in address else []
        self.ip("addr", "add", address, "dev", device, *at_once)

    def forget_path_mtu(self):
        for family in ["-4", "-6"]:
            self.ip(family, "route", "flush", "cache")

    def link(self, up):
        """Unplugs the host, or plugs it in again: what a dead machine looks like from outside."""
        self.lab.switch.ip("link", "set", self.name, "up" if up else "down")


class Instance(Host):
    """A service instance: nginx on ports 80 and 8080, and a UDP echo on port 9000 when started."""

    def __init__(self, lab, number):
        super().__init__(lab, f"web{number}")
        self.address = f"10.0.2.{number}"
        self.address6 = f"fd00:12::{number}"
        self.nginx = None
        self.decapsulation = None  # the program's file

    def decapsulate(self, on):
        """Whether it takes packets out of tunnels, as it does at first."""
        program = ["obj", self.decapsulation, "sec", "xdp"] if on else ["off"]
        self.ip("link", "set", "dev", "eth0", "xdpdrv", *program)

    def start_nginx(self):
        folder = self.lab.folder / self.name
        folder.mkdir(exist_ok=True)
        template = (HERE / "nginx.conf").read_text(encoding="utf-8")
        (folder / "nginx.conf").write_text(template.replace("@NAME@", self.name), encoding="utf-8")
        if not (folder / "large").exists():
            (folder / "large").write_bytes(bytes(range(256)) * 4096 * 8)
        self.nginx = self.start(
            "nginx",
            "-p",
            folder,
            "-c",
            folder / "nginx.conf",
            "-e",
            "error.log",
            log=f"{self.name}/nginx.log",
        )
        self.wait_for_port(80)

    def kill_nginx(self):
        """At once, workers too: what a crash looks like."""
        os.killpg(self.nginx.pid, signal.SIGKILL)
        self.nginx.wait()

    def start_udp_echo(self):
        return self.start(
            "/usr/bin/python3",
            HERE / "udp_echo.py",
            self.name,
            9000,
            log=f"{self.name}.udp_echo.log",
        )

    def start_iperf3(self, address):
        """Answers from this address only."""
        iperf3 = self.start(
            "iperf3",
            "--server",
            "--bind",
            address,
            "--port",
            5201,
            log=f"{self.name}.iperf3.log",
        )
        self.wait_for_port(5201)
        return iperf3

    def wait_for_port(self, port, protocol="tcp"):
        listening = ["ss", "-Hln", f"--{protocol}", f"sport = :{port}"]
        wait_until(
            lambda: f":{port}" in self.run(*listening).stdout,
            10,
            f"{self.name} to listen on {protocol} port {port}",
        )


class Lab:
    """The network. queues: of the gateways' veths. mtu_bytes: of every link, mesh_mtu_bytes: of the
    mesh's links when it is another. gateways: a second one stands beside the first."""

    def __init__(
        self,
        prefix,
        instances=3,
        clients=1,
        queues=1,
        mtu_bytes=1500,
        mesh_mtu_bytes=None,
        gateways=1,
    ):
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", prefix):
            raise LabError(f"'{prefix}' is no prefix: only small letters, digits and hyphens")
        self.prefix = prefix
        self.queues = queues
        self.mtu_bytes = mtu_bytes
        self.mesh_mtu_bytes = mesh_mtu_bytes or mtu_bytes
        self.folder = LABS / prefix
        self.switch = Host(self, "switch")
        self.gateways = [
            Host(self, f"gateway{n}" if n > 1 else "gateway") for n in range(1, gateways + 1)
        ]
        self.clients = [
            Host(self, f"client{n}" if n > 1 else "client") for n in range(1, clients + 1)
        ]
        self.instances = [Instance(self, n) for n in range(1, instances + 1)]

    @property
    def client(self):
        return self.clients[0]

    @property
    def gateway(self):
        return self.gateways[0]

    @property
    def hosts(self):
        return [self.switch, *self.gateways, *self.clients, *self.instances]

    def host(self, name):
        for host in self.hosts:
            if host.name == name:
                return host
        raise LabError(f"there is no host '{name}' in lab '{self.prefix}'")

    def up(self):
        """Makes the network and starts nginx on every instance. All or nothing."""
        if hosts_of(self.prefix):
            raise LabError(
                f"lab '{self.prefix}' is up already (scripts/lab down --prefix {self.prefix})"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            for host in self.hosts:
                run("ip", "netns", "add", host.namespace)
                host.ip("link", "set", "lo", "up")
                host.sysctl(
                    net__ipv4__conf__all__rp_filter=0,
                    net__ipv4__conf__default__rp_filter=0,
                    net__ipv6__conf__all__accept_dad=0,
                    net__ipv6__conf__default__accept_dad=0,
                    net__ipv6__conf__default__accept_ra=0,
                )
            self._make_switch()
            self._make_gateways()
            for number, client in enumerate(self.clients, 1):
                self._join(client, "eth0", "edge", self.mtu_bytes)
                client.add_address(f"10.0.0.{number}/24", "eth0")
                client.add_address(f"fd00:10::{number}/64", "eth0")
                for gateway in [EDGE_GATEWAY, EDGE6_GATEWAY]:
                    client.ip("route", "add", "default", "via", gateway)
            self._make_instances()
            for instance in self.instances:
                instance.start_nginx()
        except BaseException:
            self.down()
            raise

    def down(self):
        remove(self.prefix)

    @contextlib.contextmanager
    def running(self):
        self.up()
        try:
            yield self
        finally:
            self.down()

    def _make_switch(self):
        switch = self.switch
        for bridge, mac, address, address6, mtu_bytes in [
            ("edge", EDGE_ROUTER_MAC, EDGE_ROUTER, EDGE6_ROUTER, self.mtu_bytes),
            ("mesh", MESH_ROUTER_MAC, MESH_ROUTER, MESH6_ROUTER, self.mesh_mtu_bytes),
        ]:
            switch.ip(
                "link",
                "add",
                f"{bridge}-bridge",
                "address",
                mac,
                "mtu",
                mtu_bytes,
                "type",
                "bridge",
                "stp_state",
                "0",
                "mcast_snooping",
                "0",
            )
            switch.add_address(f"{address}/24", f"{bridge}-bridge")
            switch.add_address(f"{address6}/64", f"{bridge}-bridge")
            switch.ip("link", "set", f"{bridge}-bridge", "up")
        switch.sysctl(
            net__ipv4__ip_forward=1,
            net__ipv4__conf__all__send_redirects=0,
            net__ipv6__conf__all__forwarding=1,
        )

    def _make_gateways(self):
        for host in self.gateways:
            for leg, mtu_bytes in [("edge", self.mtu_bytes), ("mesh", self.mesh_mtu_bytes)]:
                peer = f"{host.name}-{leg}"
                self._join(host, leg, leg, mtu_bytes, peer=peer, queues=self.queues)

    def _make_instances(self):
        program = compile_decapsulation(self.folder)
        for instance in self.instances:
            self._join(instance, "eth0", "mesh", self.mesh_mtu_bytes)
            instance.add_address(f"{instance.address}/24", "eth0")
            instance.add_address(f"{instance.address6}/64", "eth0")
            instance.sysctl(net__ipv4__conf__all__arp_ignore=1)
            for address in [ON_LINK_LISTENER, ROUTED_LISTENER, ROUTED_LISTENER6]:
                family = "-6" if ":" in address else "-4"
                instance.add_address(f"{address}/{128 if family == '-6' else 32}", "lo")
                instance.ip(family, "rule", "add", "from", address, "lookup", DIRECT_RETURN_TABLE)
            for gateway, router in [(MESH_GATEWAY, MESH_ROUTER), (MESH6_GATEWAY, MESH6_ROUTER)]:
                instance.ip("route", "add", "default", "via", gateway)
                returning = ["table", DIRECT_RETURN_TABLE]
                instance.ip("route", "add", "default", "via", router, *returning)
                known = ["lladdr", MESH_ROUTER_MAC, "nud", "permanent"]
                instance.ip("neigh", "replace", router, "dev", "eth0", *known)
            instance.decapsulation = program
            instance.decapsulate(True)

    def _join(self, host, device, bridge, mtu_bytes, peer=None, queues=1):
        """A veth from host to a bridge of the switch. Its offloads are off: what arrives at the
        gateway must be whole frames with whole checksums, as from a wire."""
        peer = peer or host.name
        several = ["numrxqueues", queues, "numtxqueues", queues]
        run(
            "ip",
            "link",
            "add",
            device,
            "netns",
            host.namespace,
            "mtu",
            mtu_bytes,
            *several,
            "type",
            "veth",
            "peer",
            "name",
            peer,
            "netns",
            self.switch.namespace,
            "mtu",
            mtu_bytes,
            *several,
        )
        for end, name in [(host, device), (self.switch, peer)]:
            end.run("ethtool", "-K", name, "tx", "off", "tso", "off", "gso", "off", "gro", "off")
        self.switch.ip("link", "set", peer, "master", f"{bridge}-bridge", "up")
        host.ip("link", "set", device, "up")


def compile_decapsulation(folder):
    program = folder / "decap.bpf.o"
    machine = run("gcc", "-print-multiarch").stdout.strip()
    run(
        "clang",
        "-O2",
        "-g",
        "-target",
        "bpf",
        f"-I/usr/include/{machine}",
        "-c",
        HERE / "decap.bpf.c",
        "-o",
        program,
    )
    return program


def hosts_of(prefix):
    """Names of the hosts of a lab that is up."""
    names = [line.split()[0] for line in run("ip", "netns", "list").stdout.splitlines() if line]
    known = re.compile(re.escape(prefix) + r"-(switch|gateway\d*|client\d*|web\d+)")
    return sorted(match[1] for name in names if (match := known.fullmatch(name)))


def labs_up():
    names = [line.split()[0] for line in run("ip", "netns", "list").stdout.splitlines() if line]
    return sorted(
        name.removesuffix("-switch")
        for name in names
        if name.endswith("-switch") and (LABS / name.removesuffix("-switch")).is_dir()
    )


def remove(prefix):
    """Ends every process in the lab's namespaces, then removes namespaces and folder."""
    lab = Lab(prefix)
    hosts = [Host(lab, name) for name in hosts_of(prefix)]
    end_processes(hosts)
    for host in hosts:
        run("ip", "netns", "delete", host.namespace)
    shutil.rmtree(lab.folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        LABS.rmdir()


def end_processes(hosts):
    """Asks every process of the hosts to end, and kills what does not."""

    def none_left(how):
        left = [pid for host in hosts for pid in host.pids()]
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)
        return not left

    none_left(signal.SIGTERM)
    with contextlib.suppress(LabError):
        wait_until(lambda: none_left(0), 3, "processes to end")
    wait_until(lambda: none_left(signal.SIGKILL), 10, "killed processes to end")
