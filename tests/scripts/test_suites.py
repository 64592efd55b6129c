"""No suite of the build is forgotten by scripts/test."""
import json
import subprocess

import build
import test as steps


class Recorder(steps.Run):
    """Goes through the parts without building or running anything."""

    def __init__(self):
        self.full = False
        self.tally = steps.tally.Tally()
        self.suites = set()

    def command(self, *_, **__):
        return 0

    def pytest(self, *_):
        pass

    def meson_tests(self, _folder, suites, *_):
        self.suites |= set(suites)


def suites_of_the_build():
    build.configure("build")
    tests = subprocess.run(
        ["meson", "introspect", "build", "--tests"],
        cwd=build.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {suite.split(":")[-1] for test in json.loads(tests.stdout) for suite in test["suite"]}


def test_every_suite_is_run_and_every_suite_that_is_run_exists(monkeypatch):
    there = suites_of_the_build()
    monkeypatch.setattr(build, "configure", lambda *_, **__: None)
    monkeypatch.setattr(build, "build", lambda *_, **__: None)
    monkeypatch.setattr(steps, "tests_of", lambda _, suites: (suites, suites))
    recorder = Recorder()
    for part in steps.PARTS:
        getattr(recorder, part)()
    assert recorder.suites == there
