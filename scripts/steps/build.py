"""Builds with meson and ninja, showing how far it is."""
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUIET_S = 10  # without a terminal, a line of progress this often


class BuildError(Exception):
    """The tool's own message, for the user."""


class Progress:
    """One line that is overwritten on a terminal, a line now and then elsewhere."""

    def __init__(self, title):
        self.title = title
        self.begin_s = self.shown_s = time.monotonic()
        self.terminal = sys.stdout.isatty()
        if not self.terminal:
            print(f"   {title} ...", flush=True)

    def show(self, text):
        now_s = time.monotonic()
        if self.terminal:
            print(f"\r\033[K   {self.title}: {text}", end="", flush=True)
        elif now_s - self.shown_s >= QUIET_S:
            self.shown_s = now_s
            print(f"   {self.title}: {text}", flush=True)

    def done(self, text="done"):
        took_s = time.monotonic() - self.begin_s
        start = "\r\033[K" if self.terminal else ""
        print(f"{start}   {self.title}: {text} ({took_s:.0f} s)", flush=True)


def configure(folder, *options, environment=None):
    """Sets the build folder up; one that is set up keeps its settings and gets the options
    again."""
    if (ROOT / folder / "build.ninja").exists():
        # Anew, as the files that say which tests there are may have changed since.
        command = ["meson", "setup", "--reconfigure", folder, *options]
    else:
        command = ["meson", "setup", folder, *options]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        text=True,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise BuildError(f"{' '.join(command)}\n{done.stdout[-4000:]}")


def build(folder, *targets, title=None):
    """Builds targets (all when none are named)."""
    progress = Progress(title or f"building {folder}")
    environment = os.environ | {"NINJA_STATUS": "[%f/%t] "}
    ninja = subprocess.Popen(
        ["ninja", f"-j{os.cpu_count()}", "-C", str(ROOT / folder), *targets],
        text=True,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output = []
    try:
        for line in ninja.stdout:
            output.append(line)
            step = re.match(r"\[(\d+/\d+)\] (.*)", line)
            if step:
                what = re.sub(r".*/|\.(o|p)$", "", step[2].split()[-1])
                progress.show(f"{step[1].replace('/', ' of ')} {what}")
    finally:
        ninja.stdout.close()
        code = ninja.wait()
    if code:
        progress.done("failed")
        said = [line for line in output if not re.match(r"\[\d+/\d+\] ", line)]
        raise BuildError("".join(said)[:6000])
    progress.done()


def give_to_invoker(*folders):
    """Under sudo, what was built belongs to who called sudo, so that it can be built without it
    next time."""
    user, group = os.environ.get("SUDO_UID"), os.environ.get("SUDO_GID")
    if os.geteuid() == 0 and user and group:
        for folder in folders:
            if (ROOT / folder).exists():
                subprocess.run(["chown", "-R", f"{user}:{group}", str(ROOT / folder)], check=False)
