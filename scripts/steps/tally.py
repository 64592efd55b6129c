"""What passed and what failed, counted test case by test case."""
import json
import xml.etree.ElementTree


class Tally:
    def __init__(self):
        self.passed = 0
        self.failed = []  # names, for the list at the end

    def add(self, name, passed):
        if passed:
            self.passed += 1
        else:
            self.failed.append(name)

    def add_meson(self, log, reports, title):
        """Adds a run of `meson test`: log is its testlog.json, reports the folder in which
        GoogleTest programs left their cases. A program that leaves none counts as one test, and so
        does a failure that no case explains (a crash, a leak, a timeout). Returns how many programs
        ran."""
        cases = {}
        for report in reports.glob("*.xml"):
            # GoogleTest adds _1, _2, ... when a program runs more than once.
            passed, failed = read_junit(report)
            counted = cases.setdefault(report.stem, ([], []))
            counted[0].extend(passed)
            counted[1].extend(failed)
        runs = (
            [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
            if log.exists()
            else []
        )
        for stem, (passed, failed) in cases.items():
            self.passed += len(passed)
            self.failed += [f"{title}: {stem}: {case}" for case in failed]
        for run in runs:
            program = run["command"][0].rsplit("/", 1)[-1]
            _, failed = cases.get(program, ([], []))
            if run["result"] == "OK" and program not in cases:
                self.passed += 1
            elif run["result"] not in ("OK", "SKIP") and not failed:
                self.failed.append(f"{title}: {run['name']} ({run['result']})")
        return len(runs)

    def add_pytest(self, report, code, title):
        """Adds a run of pytest from its JUnit report."""
        if not report.exists():
            self.failed.append(f"{title}: pytest ended with {code} and no report")
            return
        passed, failed = read_junit(report)
        self.passed += len(passed)
        self.failed += [f"{title}: {case}" for case in failed]
        if code not in (0, 1) or not passed + failed or (code and not failed):
            self.failed.append(f"{title}: pytest ended with {code}")


def read_junit(report):
    """Names of the cases that passed and of those that failed; skipped ones are neither."""
    passed, failed = [], []
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(name)
        elif case.find("skipped") is None and case.get("status") != "notrun":
            passed.append(name)
    return passed, failed
