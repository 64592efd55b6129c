"""The demo: real HTTP through the gateway, and an instance that dies under load."""
import argparse
import contextlib
import os
import pathlib
import signal
import sys
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/system"))
import build  # noqa: E402
import gateway  # noqa: E402
import lab as labs  # noqa: E402
import traffic  # noqa: E402

LAB = "weft-demo"
ADDRESS = labs.ROUTED_LISTENER
URL = f"http://{ADDRESS}/"
HEALTH = {"http": "/healthz", "interval_ms": 500, "timeout_ms": 300, "fall": 3, "rise": 2}
PROMISED_S = gateway.promised_detection_s(HEALTH)
VICTIM = 1  # index of the instance that dies


class Demo:
    """The steps, in order. What went against the promise is collected in `broken`."""

    def __init__(self):
        self.lab = labs.Lab(LAB)
        self.broken = []
        endpoints = [f"{instance.address}:8080" for instance in self.lab.instances]
        settings = gateway.configuration(
            self.lab,
            {"web": {"address": f"{ADDRESS}:80"}},
            {"web": {"endpoints": endpoints, "health": HEALTH}},
        )
        self.gateway = gateway.Gateway(self.lab, settings)
        self.victim = self.lab.instances[VICTIM]
        self.victim_endpoint = endpoints[VICTIM]

    def expect(self, holds, what):
        if not holds:
            self.broken.append(what)

    def start(self):
        step("A network of namespaces: a client, the gateway, three instances running nginx")
        self.lab.up()
        step("weftd on AF_XDP over veth")
        begin_s = time.monotonic()
        self.gateway.start()
        say(
            f"ready after {time.monotonic() - begin_s:.1f} s; clients reach {URL}, it forwards to "
            f"{', '.join(f'{i.name} {i.address}:8080' for i in self.lab.instances)}"
        )

    def before(self, requests):
        step("Real HTTP through it")
        for _ in range(3):
            code, body = traffic.fetch(self.lab.client, URL)
            say(f"$ curl {URL}    ->  {body.strip()}")
            self.expect(code == 0, f"curl failed before the stop: {body.strip()}")
        self.wrk(4)
        done = requests.wait_for(200)
        show_spread(requests.done())
        self.expect(
            len(traffic.spread(done)) == len(self.lab.instances),
            f"only {len(traffic.spread(done))} of {len(self.lab.instances)} instances served",
        )

    def wrk(self, duration_s):
        result = traffic.Wrk(self.lab.client, URL, duration_s=duration_s).result()
        rate = f"{result.requests_per_s:,.0f} requests a second"
        say(f"wrk, 16 connections kept alive for {duration_s} s: {rate}, {result.failed} failed")
        self.expect(result.failed == 0, f"wrk saw {result.failed} failures before the stop")

    def failover(self, requests):
        step(f"{self.victim.name} dies under load (kill -9)")
        wrk = traffic.Wrk(self.lab.client, URL, duration_s=int(PROMISED_S) + 5)
        requests.wait_for(50)
        stop_s = time.monotonic()
        self.victim.kill_nginx()
        self.gateway.wait_for_state("web", self.victim_endpoint, "down", PROMISED_S + 5)
        say(f"weftd calls it down after {time.monotonic() - stop_s:.2f} s")
        labs.wait_until(
            lambda: requests.since(stop_s + PROMISED_S + 1), PROMISED_S + 5, "requests after it"
        )
        after = requests.wait_for(200)
        self.judge_failures(requests.done(), stop_s)
        self.expect(
            self.victim.name not in traffic.spread(after), f"{self.victim.name} still serves"
        )
        result = wrk.result()
        say(
            f"wrk meanwhile: {result.requests_per_s:,.0f} requests a second, {result.failed} failed"
        )
        show_spread(after)

    def judge_failures(self, requests, stop_s):
        failed = traffic.failures(requests)
        early = [request for request in failed if request.end_s < stop_s]
        self.expect(
            not early,
            f"{len(early)} requests failed before the stop, first: "
            f"{early[0].result if early else ''}",
        )
        later = [request for request in failed if request.end_s >= stop_s]
        last_s = max((request.end_s - stop_s for request in later), default=0)
        say(
            f"{len(requests)} requests so far, each on a connection of its own: {len(early)} "
            f"failed before the stop, {len(later)} after it"
        )
        policy = f"{HEALTH['fall']} × {HEALTH['interval_ms']} ms + {HEALTH['timeout_ms']} ms"
        say(
            f"last failed request {last_s:.2f} s after the stop; the health policy promises "
            f"{PROMISED_S:.2f} s ({policy})"
        )
        self.expect(last_s <= PROMISED_S, f"a request failed {last_s:.2f} s after the stop")

    def recovery(self, requests):
        step(f"{self.victim.name} is started again")
        begin_s = time.monotonic()
        self.victim.start_nginx()
        again = labs.wait_until(
            lambda: [r for r in requests.since(begin_s) if r.instance == self.victim.name],
            30,
            f"traffic to return to {self.victim.name}",
        )
        say(
            f"its first request {again[0].end_s - begin_s:.2f} s later "
            f"({HEALTH['rise']} good probes, {HEALTH['interval_ms']} ms apart)"
        )
        after = requests.wait_for(200)
        show_spread(after)
        failed = traffic.failures(requests.since(begin_s))
        self.expect(not failed, f"{len(failed)} requests failed after the recovery began")
        self.expect(
            len(traffic.spread(after)) == len(self.lab.instances), "not all instances serve again"
        )

    def keep(self):
        step(f"The lab stays up. Things to try, from {ROOT}:")
        status = f"build/mgmt/weftctl --socket {self.gateway.socket}"
        for command, what in [
            (f"scripts/lab shell --prefix {LAB} client curl -s {URL}", "a request"),
            (f"scripts/lab shell --prefix {LAB} client wrk -t1 -c16 -d5s {URL}", "load"),
            (f"{status} status", "what the gateway says"),
            (f"scripts/lab stop --prefix {LAB} web1", "an instance dies (start: it is back)"),
            (f"$EDITOR {self.gateway.config} && {status} reload", "another configuration"),
            (f"tail -f {self.lab.folder}/weftd.log", "its log"),
            (f"scripts/lab shell --prefix {LAB} client", "a shell on the client"),
            (f"scripts/lab down --prefix {LAB}", "remove it all"),
        ]:
            print(f"   {command:<70}  # {what}")

    def run(self, keep):
        self.start()
        requests = traffic.Requests(self.lab.client, ADDRESS, pace_ms=20)
        with requests:
            self.before(requests)
            self.failover(requests)
            self.recovery(requests)
        step("weftctl status")
        print("   " + self.gateway.weftctl("status").stdout.strip().replace("\n", "\n   "))
        if keep:
            self.keep()
        else:
            step("weftd stops, the network is removed")
            code = self.gateway.stop()
            self.expect(code == 0, f"weftd ended with {code} after SIGTERM")


def step(title):
    print(f"\n== {title}", flush=True)


def say(text):
    print(f"   {text}", flush=True)


def show_spread(requests):
    served = traffic.spread(requests)
    total = sum(served.values())
    for name, count in served.items():
        share = count / total
        say(f"{name}  {'#' * round(40 * share):<40} {count:6} requests, {100 * share:.0f} %")


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument(
        "--keep", action="store_true", help="leave the lab up and print what to try"
    )
    keep = parser.parse_args().keep
    if os.geteuid() != 0:
        sys.exit("scripts/demo: namespaces and AF_XDP need root: run it with sudo")
    for number in [signal.SIGTERM, signal.SIGHUP]:
        signal.signal(number, interrupted)
    if labs.hosts_of(LAB):
        sys.exit(
            f"scripts/demo: the lab of an earlier run is still up: scripts/lab down --prefix {LAB}"
        )
    demo = Demo()
    left_up = False
    try:
        step("Build")
        build.configure("build")
        build.build("build", "mgmt/weftd", "mgmt/weftctl", title="weftd and weftctl")
        demo.run(keep)
        left_up = keep
    except (labs.LabError, build.BuildError) as error:
        demo.broken.append(str(error))
    except KeyboardInterrupt:
        demo.broken.append("interrupted")
    finally:
        for number in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]:
            signal.signal(number, signal.SIG_IGN)
        with contextlib.suppress(Exception):
            build.give_to_invoker("build")
        if not left_up:
            log = demo.gateway.log()
            labs.remove(LAB)
    if demo.broken:
        if not left_up and log:
            print(f"\nThe end of weftd's log:\n{log[-3000:]}", file=sys.stderr)
        print("\nThe demo failed: " + "\n  and: ".join(demo.broken), file=sys.stderr)
        sys.exit(1)
    print(
        "\nAll three instances served, nothing failed before the stop, nothing later than "
        "promised, and traffic came back."
    )


main()
