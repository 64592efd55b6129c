"""Does a run leave anything behind on the machine? Compares what is there before and after.

What another process that is still alive named after its own pid is not ours, so that several runs
may share a machine.
"""
import contextlib
import os
import pathlib
import re
import signal
import subprocess

MARK = "WEFT_TEST_RUN"
FOLDERS = [
    "/run/netns",
    "/run/weft",
    "/run/weft-lab",
    "/run/dpdk",
    "/var/lib/weft",
    "/dev/shm",
    "/dev/hugepages",
    "/tmp/dpdk",
]


def lines_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()


def look(root, temporary):
    """Everything a run could leave, as a set of sentences. temporary: the run's own TMPDIR."""
    found = set()
    for folder in [*FOLDERS, temporary]:
        with contextlib.suppress(OSError):
            found |= {f"file {folder}/{name}" for name in os.listdir(folder)}
    found |= {
        f"link {match[1]}"
        for line in lines_of("ip", "-o", "link")
        if (match := re.match(r"\d+: ([^:@]+)", line))
    }
    found |= {
        f"mount {line.split()[1]}"
        for line in pathlib.Path("/proc/mounts").read_text("utf-8").splitlines()
        if line.split()[2] in ("hugetlbfs", "bpf")
    }
    hugepages = pathlib.Path("/proc/sys/vm/nr_hugepages").read_text(encoding="utf-8").strip()
    found.add(f"sysctl vm.nr_hugepages = {hugepages}")
    found |= {
        f"in the work tree: {line}"
        for line in lines_of("git", "-C", str(root), "status", "--porcelain")
    }
    return found


def marked_processes():
    """Pids of processes that the run started, this one and those above it excepted."""
    above, pid = set(), os.getpid()
    while pid > 1:
        above.add(pid)
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        pid = int(stat.rpartition(")")[2].split()[1])
    mark = f"{MARK}={os.environ[MARK]}".encode()
    found = {}
    for process in pathlib.Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) not in above:
            with contextlib.suppress(OSError):
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    name = (process / "comm").read_text(encoding="utf-8").strip()
                    found[int(process.name)] = name
    return found


def someone_elses(thing):
    ours = marked_processes()
    return any(
        int(number) > 1 and os.path.exists(f"/proc/{number}") and int(number) not in ours
        for number in re.findall(r"(?<=[-_])\d+", thing)
    )


def left(before, after):
    """What a run left behind, one sentence each. Ends the processes among it."""
    found = sorted(f"left behind: {thing}" for thing in after - before if not someone_elses(thing))
    for pid, name in marked_processes().items():
        found.append(f"left behind: process {pid} ({name})")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return found
