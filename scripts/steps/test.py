"""Every test of the project: builds, runs, counts, and looks whether anything was left behind."""
import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import build  # noqa: E402
import line_coverage  # noqa: E402
import leftovers  # noqa: E402
import tally  # noqa: E402

ROOT = build.ROOT
PARTS = ["unit", "check", "sanitizers", "system", "fuzz"]
# Bounded, and with --full:
FUZZ_S = {False: 60, True: 1200}  # for each target
# Fuzzing begins with as many random inputs of that size: none of a few bytes gets far.
FUZZ_SEEDS = 200
FUZZ_INPUT_BYTES = 1024
SIMULATION_SEEDS = {False: 20, True: 1000}
RACE_RUNS = {False: 1, True: 20}

# Folders whose tests are not built with sanitizers: Boost's headers take minutes there.
SLOW_TO_BUILD = "mgmt/io/"
# Each suite of the build is run by some part (tests/scripts/test_suites.py).
SANITIZERS = {
    "build-asan": (["unit"], "address,undefined"),
    "build-tsan": (["race"], "thread"),
}
# With sanitizers building takes longer than running, and -O2 -g four times as long as this; traces
# still name file and line.
QUICK_TO_BUILD = ["-Doptimization=0", "-Ddebug=true", "-Dcpp_args=-g1"]
SANITIZER_ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=0",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}
SUPPRESSIONS = {
    "ASAN_OPTIONS": "address.supp",
    "LSAN_OPTIONS": "leak.supp",
    "TSAN_OPTIONS": "thread.supp",
    "UBSAN_OPTIONS": "undefined.supp",
}


def step(title):
    print(f"\n== {title}", flush=True)


def tests_of(folder, suites):
    """Names of the suites' tests, and the targets in the folder that they run or are given."""
    done = subprocess.run(
        ["meson", "introspect", folder, "--tests", "--targets"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    known = json.loads(done.stdout)
    files = {target["id"]: target["filename"][0] for target in known["targets"]}
    names, programs = [], set()
    for test in known["tests"]:
        if {suite.split(":")[-1] for suite in test["suite"]} & set(suites):
            program = os.path.relpath(test["cmd"][0], ROOT / folder)
            if folder != "build" and program.startswith(SLOW_TO_BUILD):
                continue
            names.append(test["name"])
            needed = [files[target] for target in test["depends"]]
            programs |= {os.path.relpath(file, ROOT / folder) for file in needed}
    return names, sorted(programs)


class Run:
    def __init__(self, full):
        self.full = full
        self.tally = tally.Tally()
        self.temporary = tempfile.mkdtemp(prefix="weft-test-")
        os.environ[leftovers.MARK] = f"{os.getpid()}-{time.time_ns()}"
        os.environ["TMPDIR"] = self.temporary
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"

    def command(self, *command, environment=None):
        return subprocess.run(
            [str(word) for word in command],
            cwd=ROOT,
            check=False,
            env=os.environ | (environment or {}),
        ).returncode

    def meson_tests(self, folder, suites, title, names=None, arguments=(), environment=None):
        """Runs the tests of the suites, or those named, which are built already."""
        reports = ROOT / folder / "test-reports"
        shutil.rmtree(reports, ignore_errors=True)
        log = ROOT / folder / "meson-logs/testlog.json"
        log.unlink(missing_ok=True)
        chosen = names if names is not None else [f"--suite={suite}" for suite in suites]
        # Sanitizers of these compilers do not find room for their shadow among randomised
        # addresses.
        self.command(
            "setarch",
            "--addr-no-randomize",
            "meson",
            "test",
            "-C",
            folder,
            "--no-rebuild",
            "--print-errorlogs",
            *arguments,
            *chosen,
            environment={"GTEST_OUTPUT": f"xml:{reports}/"} | (environment or {}),
        )
        if self.tally.add_meson(log, reports, title) == 0:
            self.tally.add(f"{title}: no test of suite {' or '.join(suites)} ran", False)

    def release(self, *targets):
        build.configure("build")
        build.build("build", *targets, title="building the release")

    def unit(self):
        step("Unit tests, path tests and the simulation (release build)")
        self.release()
        self.meson_tests("build", ["unit"], "unit")
        seeds = SIMULATION_SEEDS[self.full]
        self.meson_tests(
            "build",
            ["sim"],
            "simulation",
            arguments=[f"--timeout-multiplier={seeds // SIMULATION_SEEDS[False]}"],
            environment={"WEFT_SIM_SEEDS": str(seeds)},
        )

    def check(self):
        step("Style (scripts/check)")
        build.configure("build")
        self.tally.add("scripts/check", self.command("scripts/check", "--compile", "build") == 0)
        self.pytest("tests/scripts", "scripts")

    def sanitizers(self):
        for folder, (suites, sanitizer) in SANITIZERS.items():
            step(f"{', '.join(suites)} tests under {sanitizer} sanitizer")
            build.configure(
                folder,
                f"-Db_sanitize={sanitizer}",
                *QUICK_TO_BUILD,
                "-Db_lundef=false",
                "-Dwerror=false",
                "-Dbenchmarks=disabled",
            )
            names, programs = tests_of(folder, suites)
            if not names:
                self.tally.add(f"{sanitizer}: no test of suite {' or '.join(suites)}", False)
                continue
            build.build(folder, *programs, title=f"building {folder}")
            self.meson_tests(
                folder,
                suites,
                sanitizer,
                names,
                ["--timeout-multiplier=5", *repeated(suites, self.full)],
                sanitizer_environment(),
            )

    def system(self):
        step("System tests: namespaces, real programs")
        build.configure("build")
        _, programs = tests_of("build", ["namespace"])
        self.release("mgmt/weftd", "mgmt/weftctl", *programs)
        self.meson_tests("build", ["namespace"], "namespace")
        self.pytest("tests/system", "system")

    def pytest(self, folder, title):
        report = ROOT / f"build/pytest-{title}.xml"
        report.unlink(missing_ok=True)
        folders_of_tests = pathlib.Path(self.temporary) / "pytest"
        options = ["-p", "no:cacheprovider", f"--basetemp={folders_of_tests}"]
        options += ["-v", "--tb=short", f"--junit-xml={report}"]
        code = self.command("/usr/bin/python3", "-m", "pytest", *options, folder)
        shutil.rmtree(folders_of_tests, ignore_errors=True)  # pytest keeps them
        self.tally.add_pytest(report, code, title)

    def fuzz(self):
        step(f"Fuzzing, {FUZZ_S[self.full]} s a target")
        build.configure(
            "build-fuzz",
            "-Dfuzzers=true",
            "-Dcpp_args=-fprofile-instr-generate -fcoverage-mapping",  # line_coverage reads them
            "-Dcpp_link_args=-fprofile-instr-generate",
            "-Dbuildtype=debugoptimized",
            "-Db_lundef=false",
            "-Dwerror=false",
            "-Dbenchmarks=disabled",
            environment=os.environ | {"CC": "clang", "CXX": "clang++"} | line_coverage.NONE,
        )
        names, programs = tests_of("build-fuzz", ["fuzz"])
        if not names:
            self.tally.add("fuzz: no test of suite fuzz", False)
            return
        build.build("build-fuzz", *programs, title="building the fuzz targets")
        with tempfile.TemporaryDirectory(prefix="fuzz-", dir=self.temporary) as folder:
            inputs, profiles = pathlib.Path(folder, "inputs"), pathlib.Path(folder, "profiles")
            seed(inputs)
            self.meson_tests(
                "build-fuzz",
                ["fuzz"],
                "fuzz",
                names,
                [
                    "--timeout-multiplier=0",
                    # What a target keeps from one input to the next is no leak.
                    f"--test-args=-max_total_time={FUZZ_S[self.full]} -detect_leaks=0 -reload=0 "
                    f"-len_control=0 -max_len={FUZZ_INPUT_BYTES} "
                    f"-artifact_prefix={ROOT}/build-fuzz/ {inputs}",
                ],
                sanitizer_environment() | line_coverage.environment(profiles),
            )
            self.coverage(profiles, [ROOT / "build-fuzz" / program for program in programs])

    def coverage(self, profiles, programs):
        files = line_coverage.files_of(profiles, programs)
        print("\n".join(line_coverage.table(files)), flush=True)
        for folder, covered, count in line_coverage.of_folders(files):
            enough = covered * 100 >= line_coverage.LEAST_PERCENT * count > 0
            least = f"{line_coverage.LEAST_PERCENT} percent"
            self.tally.add(f"fuzz: less than {least} of the lines of {folder} reached", enough)

    def run(self, parts):
        before = leftovers.look(ROOT, self.temporary)
        try:
            for part in parts:
                begin_s = time.monotonic()
                try:
                    getattr(self, part)()
                except build.BuildError as error:
                    print(error, file=sys.stderr)
                    self.tally.add(f"{part}: the build failed", False)
                print(f"   {part} took {time.monotonic() - begin_s:.0f} s", flush=True)
        finally:
            for number in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]:
                signal.signal(number, signal.SIG_IGN)
            build.give_to_invoker("build", *SANITIZERS, "build-fuzz")
            found = leftovers.left(before, leftovers.look(ROOT, self.temporary))
            shutil.rmtree(self.temporary, ignore_errors=True)
            for thing in found:
                self.tally.add(thing, False)
            if not found:
                self.tally.add("nothing left behind", True)


def seed(folder):
    """Makes it, with random inputs, the same ones each time; what is found goes there as well."""
    folder.mkdir()
    numbers = random.Random(1)
    for number in range(FUZZ_SEEDS):
        (folder / str(number)).write_bytes(numbers.randbytes(FUZZ_INPUT_BYTES))


def repeated(suites, full):
    """Arguments of meson: races show in some runs only."""
    return [f"--repeat={RACE_RUNS[full]}"] if "race" in suites else []


def sanitizer_environment():
    environment = dict(SANITIZER_ENVIRONMENT)
    for variable, name in SUPPRESSIONS.items():
        file = ROOT / "tests/suppressions" / name
        if file.exists():
            environment[variable] = ":".join(
                filter(None, [environment.get(variable), f"suppressions={file}"])
            )
    return environment


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(prog="scripts/test", description=__doc__)
    parser.add_argument(
        "--full",
        action="store_true",
        help=f"fuzzes each target for {FUZZ_S[True]} s instead of {FUZZ_S[False]}, simulates "
        f"{SIMULATION_SEEDS[True]} seeds instead of {SIMULATION_SEEDS[False]}, and runs the race "
        f"tests {RACE_RUNS[True]} times",
    )
    parser.add_argument("--only", action="append", choices=PARTS, help="a part of the tests")
    given = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("scripts/test: namespaces and AF_XDP need root: run it with sudo")
    for number in [signal.SIGTERM, signal.SIGHUP]:
        signal.signal(number, interrupted)
    run = Run(given.full)
    try:
        run.run([part for part in PARTS if part in (given.only or PARTS)])
    except KeyboardInterrupt:
        run.tally.add("interrupted", False)
    print()
    for name in run.tally.failed:
        print(f"failed: {name}")
    print(f"{run.tally.passed} passed, {len(run.tally.failed)} failed")
    sys.exit(1 if run.tally.failed else 0)


if __name__ == "__main__":
    main()
