"""No suite of the build is forgotten by scripts/test."""
import json
import subprocess

import build
import pytest
import test as steps


class Recorder(steps.Run):
    """Goes through the parts without building or running anything."""

    def __init__(self, temporary, full=False):
        self.full = full
        self.temporary = temporary
        self.tally = steps.tally.Tally()
        self.suites = set()
        self.runs = {}  # by title

    def command(self, *_, **__):
        return 0

    def pytest(self, *_):
        pass

    def coverage(self, *_):
        pass

    def meson_tests(self, folder, suites, title, names=None, arguments=(), environment=None):
        self.suites |= set(suites)
        self.runs[title] = (" ".join(arguments), environment)


def run_every_part(recorder):
    for part in steps.PARTS:
        getattr(recorder, part)()
    return recorder


@pytest.fixture(name="there")
def suites_of_the_build(monkeypatch):
    """Once they are known nothing is built any more."""
    build.configure("build")
    tests = subprocess.run(
        ["meson", "introspect", "build", "--tests"],
        cwd=build.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    monkeypatch.setattr(build, "configure", lambda *_, **__: None)
    monkeypatch.setattr(build, "build", lambda *_, **__: None)
    monkeypatch.setattr(steps, "tests_of", lambda _, suites: (suites, suites))
    return {suite.split(":")[-1] for test in json.loads(tests.stdout) for suite in test["suite"]}


def test_every_suite_is_run_and_exists(there, tmp_path):
    assert run_every_part(Recorder(tmp_path)).suites == there


@pytest.mark.usefixtures("there")
def test_full_is_longer(tmp_path):
    bounded, full = (run_every_part(Recorder(tmp_path, full)).runs for full in (False, True))
    assert bounded["simulation"][1] == {"WEFT_SIM_SEEDS": "20"}
    assert full["simulation"][1] == {"WEFT_SIM_SEEDS": "1000"}
    assert "--repeat=20" in full["thread"][0]
    assert "-max_total_time=60 " in bounded["fuzz"][0]
    assert "-max_total_time=1200 " in full["fuzz"][0]
