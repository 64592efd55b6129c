"""Seeing what becomes of packets: weftctl capture and explain."""
import json
import re
import signal
import subprocess

import pytest
from scapy.layers.inet import IP, TCP

import gateway as gateways
import lab as labs
import pcapng
import traffic

WEFTCTL = gateways.BUILD / "mgmt/weftctl"


class Capture:
    """A weftctl capture that runs until it ends by itself or is told to."""

    def __init__(self, gateway, *words):
        self.file = gateway.lab.folder / "capture.pcapng"
        self.file.unlink(missing_ok=True)
        words = [WEFTCTL, "--socket", gateway.socket, "capture", "--output", self.file, *words]
        self.process = subprocess.Popen(
            [str(word) for word in words], stderr=subprocess.PIPE, text=True
        )
        # The section and the interfaces come at once, when the workers record.
        labs.wait_until(
            lambda: self.file.exists() and self.file.stat().st_size > 0, 10, "the capture to begin"
        )

    def end(self, how=signal.SIGINT):
        """What it says when it is told to end, or has ended."""
        if how and self.process.poll() is None:
            self.process.send_signal(how)
        _, said = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, said
        return said

    def packets(self):
        return pcapng.read(self.file)


def comments(packets):
    return [each.comment for each in packets]


@pytest.mark.parametrize("forward", ["nat", "ipip"])
def test_capture_shows_both_sides_of_a_connection(lab, start_gateway, web, forward):
    gateway = start_gateway(*web(forward=forward))
    capture = Capture(gateway, "--filter", f"tcp and host {labs.ROUTED_LISTENER}")
    assert traffic.fetch(lab.client, f"http://{labs.ROUTED_LISTENER}/")[0] == 0
    labs.wait_until(lambda: len(capture.packets()) >= 8, 10, "the packets of a connection")
    said = capture.end()
    packets = capture.packets()
    assert said == f"{len(packets)} packets captured, 0 lost\n"
    syn = next(each for each in packets if each.packet[TCP].flags == "S")
    assert (syn.comment, syn.direction, syn.interface) == ("listener web", "in", "edge")
    # Followed to where it leaves, although the filter knows no endpoint and no tunnel.
    left = [each for each in packets if (each.direction, each.interface) == ("out", "mesh")]
    assert left and set(comments(left)) == {"listener web"}
    assert left[0].packet[IP].dst in {instance.address for instance in lab.instances}
    done = labs.run("tcpdump", "-n", "-r", capture.file)
    assert f"{labs.ROUTED_LISTENER}.80: Flags [S]" in done.stdout


def test_drops_have_their_name(lab, start_gateway, web):
    gateway = start_gateway(*web())
    capture = Capture(gateway, "--drops", "--packets", 1, "--filter", "tcp port 4444")
    traffic.fetch(lab.client, f"http://{labs.ROUTED_LISTENER}/")
    with pytest.raises(ConnectionRefusedError):
        traffic.Connection(lab.client, labs.ROUTED_LISTENER, 4444)
    assert capture.end(how=None) == "1 packets captured, 0 lost\n"
    [dropped] = capture.packets()
    assert dropped.comment == "drop no_listener"
    assert (dropped.direction, dropped.interface) == ("in", "edge")
    assert dropped.packet[TCP].dport == 4444


def test_the_answer_to_a_drop_is_told_apart(lab, start_gateway, web):
    gateway = start_gateway(*web())
    # The client's link address is known then, or the answer would wait for it and leave by itself.
    traffic.fetch(lab.client, f"http://{labs.ROUTED_LISTENER}/")
    capture = Capture(gateway, "--packets", 2, "--filter", "tcp port 4444")
    with pytest.raises(ConnectionRefusedError):
        traffic.Connection(lab.client, labs.ROUTED_LISTENER, 4444)
    capture.end(how=None)
    assert comments(capture.packets()) == ["drop no_listener", "answer; to drop no_listener"]


def test_capture_ends_by_itself_and_keeps_to_its_snap(lab, start_gateway, web):
    gateway = start_gateway(*web())
    capture = Capture(gateway, "--seconds", 1, "--snap", 60)
    traffic.fetch(lab.client, f"http://{labs.ROUTED_LISTENER}/large", "-o", "/dev/null")
    capture.end(how=None)
    packets = capture.packets()
    assert packets
    assert max(len(each.bytes) for each in packets) == 60
    assert max(each.frame_bytes for each in packets) > 1000


def test_kernel_traffic_is_seen(lab, start_gateway, web):
    gateway = start_gateway(*web())
    capture = Capture(gateway, "--packets", 2, "--filter", f"icmp and host {labs.EDGE_GATEWAY}")
    lab.client.run("ping", "-c", 1, "-W", 5, labs.EDGE_GATEWAY)
    capture.end(how=None)
    assert comments(capture.packets()) == ["to the kernel", "from the kernel"]


def test_captures_are_bounded_and_end_with_their_client(lab, start_gateway, web, running):
    gateway = start_gateway(*web())
    files = [lab.folder / f"capture-{number}.pcapng" for number in range(4)]
    captures = []
    for file in files:
        command = [WEFTCTL, "--socket", gateway.socket, "capture", "--output", file]
        process = subprocess.Popen([str(word) for word in command], stderr=subprocess.DEVNULL)
        captures.append(running(process))
    labs.wait_until(
        lambda: all(file.exists() and file.stat().st_size for file in files), 20, "four captures"
    )

    def one_more():
        return gateway.weftctl("capture", "--output", "/dev/null", "--seconds", 1, check=False)

    refused = one_more()
    assert refused.returncode == 1
    assert refused.stdout == (
        "weftctl: 4 captures run already, and more may not: end one of them\n"
    )
    captures[0].kill()
    captures[0].wait()
    labs.wait_until(lambda: one_more().returncode == 0, 20, "a capture to make room")


def test_bad_filters_are_explained(start_gateway, web):
    gateway = start_gateway(*web())
    done = gateway.weftctl("capture", "--filter", "tcp prt 80", "--output", "-", check=False)
    assert done.returncode == 1
    assert done.stdout.startswith('weftctl: the filter "tcp prt 80" is not understood: ')
    assert done.stdout.count("\n") == 1


def explain(gateway, *words):
    """(whole answer, {stage: what it says})."""
    answer = json.loads(gateway.weftctl("explain", "--json", *words).stdout)
    return answer, {stage["stage"]: stage["says"] for stage in answer["stages"]}


@pytest.mark.parametrize("forward, first_port", [("nat", 20000), ("ipip", 21000)])
def test_explain_says_what_then_happens(lab, start_gateway, web, forward, first_port):
    gateway = start_gateway(*web(forward=forward))
    for port in range(first_port, first_port + 8):
        packet = f"tcp 10.0.0.1:{port} > {labs.ROUTED_LISTENER}:80"
        answer, stages = explain(gateway, packet)
        assert (answer["verdict"], answer["leaves"], answer["drop"]) == ("transmit", "mesh", "")
        assert stages["match_listener"] == f"to listener web ({forward})"
        assert stages["track_flow"] == "no flow is known"
        picked = stages["pick_endpoint"]
        address = re.fullmatch(r"a new flow: endpoint (\S+):80, healthy", picked)[1]
        assert gateway.flows_active() == port - first_port, "asking made a flow"
        url = f"http://{labs.ROUTED_LISTENER}/"
        assert traffic.fetch(lab.client, url, "--local-port", port) == (
            0,
            next(each.name for each in lab.instances if each.address == address) + "\n",
        )
        labs.wait_until(
            lambda: gateway.flows_active() == port - first_port + 1, 10, "the flow to count"
        )
        _, stages = explain(gateway, packet, "ack")
        assert stages["track_flow"] == f"a known flow: endpoint {address}:80, healthy"


def test_explain_says_why_a_packet_is_dropped(lab, start_gateway, web):
    gateway = start_gateway(*web())
    asked = Capture(gateway, "--drops", "--filter", "host 10.0.0.1 and (port 1 or port 1234)")
    answer, stages = explain(gateway, f"tcp 10.0.0.1:1234 > {labs.ROUTED_LISTENER}:81")
    assert answer["drop"] == "no_listener"
    assert stages["admit"].startswith("dropped: no_listener: ")
    assert stages["answer"].startswith("its sender gets a TCP reset: ")
    answer, _ = explain(gateway, "udp 10.0.0.1:1 > 198.51.100.1:53")
    assert (answer["verdict"], answer["drop"]) == ("drop", "transit")
    answer, _ = explain(gateway, f"tcp 10.0.0.1:1 > {labs.ROUTED_LISTENER}:80 ttl=1")
    assert answer["drop"] == "ttl_expired"
    answer, stages = explain(gateway, f"icmp 10.0.0.1 > {labs.EDGE_GATEWAY}")
    assert answer["verdict"] == "twin"
    for instance in lab.instances:
        instance.kill_nginx()
        gateway.wait_for_state("web", f"{instance.address}:80", "down")
    answer, _ = explain(gateway, f"tcp 10.0.0.1:1 > {labs.ROUTED_LISTENER}:80")
    assert answer["drop"] == "no_endpoint"
    assert asked.end() == "0 packets captured, 0 lost\n", "asking dropped a packet"


def test_explain_takes_a_captured_frame(lab, start_gateway, web):
    gateway = start_gateway(*web())
    capture = Capture(gateway, "--drops", "--packets", 1, "--filter", "tcp port 4444")
    with pytest.raises(ConnectionRefusedError):
        traffic.Connection(lab.client, labs.ROUTED_LISTENER, 4444)
    capture.end(how=None)
    answer, _ = explain(gateway, "--pcap", capture.file, "--frame", 1)
    assert answer["drop"] == "no_listener"
    text = gateway.weftctl("explain", "--pcap", capture.file).stdout
    assert text.startswith("receive          on edge\nparse_headers    tcp 10.0.0.1:")


def test_what_cannot_be_explained_is_said(lab, start_gateway, web):
    gateway = start_gateway(*web())
    syn = f"tcp 10.0.0.1:1 > {labs.ROUTED_LISTENER}:80"
    (lab.folder / "text").write_text("no capture, but long enough to be looked at")
    for words, says in [
        (["tcp 10.0.0.1 > 10.0.0.2:80"], '"10.0.0.1" is no ADDRESS:PORT'),
        ([syn, "--interface", "egde"], 'no interface "egde": edge, mesh are there'),
        (["--pcap", "/nowhere.pcap"], "/nowhere.pcap: No such file or directory"),
        (["--pcap", lab.folder / "text"], "unknown file format"),
        ([syn, "bytes=20000"], "a buffer only"),
    ]:
        done = gateway.weftctl("explain", *words, check=False)
        assert done.returncode == 1, words
        assert says in done.stdout and done.stdout.count("\n") == 1, done.stdout
    gateway.stop()
    done = gateway.weftctl("explain", syn, check=False)
    assert done.returncode == 1 and "is weftd running?" in done.stdout
