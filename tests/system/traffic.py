"""Load from the lab's clients, and what became of it."""
import collections
import contextlib
import dataclasses
import hashlib
import http.client
import pathlib
import re
import signal
import socket
import subprocess
import time

import lab as labs

HERE = pathlib.Path(__file__).resolve().parent


@dataclasses.dataclass(frozen=True)
class Request:
    begin_s: float  # CLOCK_MONOTONIC
    end_s: float
    instance: str  # "-" when it failed
    result: str  # "ok", or what went wrong

    @property
    def failed(self):
        return self.result != "ok"


class Requests:
    """Requests on a connection each, running between start and stop (or inside `with`)."""

    count = 0

    def __init__(self, host, address, port=80, loops=8, pace_ms=20, timeout_ms=1000, path="/"):
        Requests.count += 1
        self.host = host
        self.file = host.lab.folder / f"requests-{Requests.count}"
        self.command = [
            "/usr/bin/python3",
            HERE / "request_client.py",
            address,
            port,
            "--loops",
            loops,
            "--pace-ms",
            pace_ms,
            "--timeout-ms",
            timeout_ms,
            "--path",
            path,
        ]
        self.process = None

    def start(self):
        self.process = self.host.start(
            "env", "PYTHONUNBUFFERED=1", *self.command, log=self.file.name
        )
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(10)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def done(self):
        """Those that have ended so far."""
        requests = []
        for line in self.file.read_text(encoding="utf-8").split("\n")[:-1]:
            fields = line.split(" ", 3)
            try:
                requests.append(Request(float(fields[0]), float(fields[1]), fields[2], fields[3]))
            except (ValueError, IndexError):
                raise labs.LabError(f"the request client said: {line}") from None
        return requests

    def since(self, begin_s):
        return [request for request in self.done() if request.begin_s >= begin_s]

    def wait_for(self, count, deadline_s=10):
        """Waits for count more requests that begin from now on and returns them."""
        begin_s = time.monotonic()
        labs.wait_until(lambda: len(self.since(begin_s)) >= count, deadline_s, f"{count} requests")
        return self.since(begin_s)


def failures(requests):
    return [request for request in requests if request.failed]


def spread(requests):
    """How many requests each instance served, by name."""
    return dict(sorted(collections.Counter(r.instance for r in requests if not r.failed).items()))


@dataclasses.dataclass(frozen=True)
class WrkResult:
    requests: int
    requests_per_s: float
    failed: int  # socket errors and answers other than 2xx and 3xx
    text: str


class Wrk:
    """Keep-alive load by wrk."""

    def __init__(self, host, url, connections=16, duration_s=5):
        self.process = subprocess.Popen(
            host.command("wrk", "-t1", f"-c{connections}", f"-d{duration_s}s", url),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.deadline_s = duration_s + 20

    def result(self):
        text, _ = self.process.communicate(timeout=self.deadline_s)
        requests = re.search(r"(\d+) requests in", text)
        if not requests:
            raise labs.LabError(f"wrk: {text.strip()}")
        errors = re.search(
            r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text
        )
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        failed = sum(map(int, errors.groups())) if errors else 0
        failed += int(refused[1]) if refused else 0
        per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
        return WrkResult(int(requests[1]), per_second, failed, text)


def fetch(host, url, *options, timeout_s=5):
    """(curl's exit code, body)."""
    done = labs.run(*host.command("curl", "-sS", "-m", timeout_s, *options, url), check=False)
    return done.returncode, done.stdout


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def transfer(lab, url, megabytes, timeout_s, host=None):
    """Sends a file to the first instance and fetches its large one; both must be whole."""
    host = host or lab.client
    sent, fetched = lab.folder / "to-send", lab.folder / "fetched"
    sent.write_bytes(bytes(i * 7 % 251 for i in range(4096)) * 256 * megabytes)
    stored = lab.folder / f"web1/put/upload-{megabytes}"
    stored.unlink(missing_ok=True)
    upload = ["-T", sent, "-H", "Expect:"]
    code, said = fetch(host, f"{url}/put/{stored.name}", *upload, timeout_s=timeout_s)
    assert code == 0, f"upload: curl ended with {code}: {said}"
    assert digest(stored) == digest(sent)
    code, said = fetch(host, f"{url}/large", "-o", fetched, timeout_s=timeout_s)
    assert code == 0, f"download: curl ended with {code}: {said}"
    assert digest(fetched) == digest(lab.folder / "web1/large")


@contextlib.contextmanager
def loss(host, percent):
    """Of the TCP segments that reach the host."""
    host.run("nft", "add table inet loss")
    try:
        host.run("nft", "add chain inet loss in { type filter hook input priority 0 ; }")
        rule = f"meta l4proto tcp numgen random mod 100 < {percent} drop"
        host.run("nft", f"add rule inet loss in {rule}")
        yield
    finally:
        host.run("nft", "delete", "table", "inet", "loss")


class Connection:
    """One HTTP connection that is kept alive, from a host of the lab."""

    def __init__(self, host, address, port=80, timeout_s=10):
        with host.inside():
            self.socket = socket.create_connection((address, port), timeout_s)

    def send(self, path="/"):
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: lab\r\n\r\n".encode())

    def answer(self):
        """The name of the instance that answers."""
        response = http.client.HTTPResponse(self.socket)
        response.begin()
        response.read()
        return response.getheader("X-Instance")

    def ask(self):
        self.send()
        return self.answer()

    def close(self):
        self.socket.close()


@contextlib.contextmanager
def connections(host, address, count, port=80):
    with contextlib.ExitStack() as opened:
        yield [
            opened.enter_context(contextlib.closing(Connection(host, address, port)))
            for _ in range(count)
        ]


def ask_udp(host, address, port, source_port, text, timeout_s=2):
    """What comes back for a datagram; TimeoutError or ConnectionRefusedError when nothing does."""
    v6 = ":" in address
    with host.inside():
        asking = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
    with asking:
        asking.settimeout(timeout_s)
        asking.bind(("::" if v6 else "0.0.0.0", source_port))
        asking.connect((address, port))
        asking.send(text.encode())
        return asking.recv(65535).decode()
