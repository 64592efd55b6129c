"""Nothing that fails is lost between the programs and the line that scripts/test ends with."""
import json

import tally

REPORT = """<testsuites><testsuite>
<testcase classname="A" name="Passes" status="run"/>
<testcase classname="A" name="Fails" status="run"><failure/></testcase>
<testcase classname="A" name="IsSkipped" status="run"><skipped/></testcase>
<testcase classname="A" name="IsDisabled" status="notrun"/>
</testsuite></testsuites>"""


def meson(tmp_path, runs, reports):
    log = tmp_path / "testlog.json"
    log.write_text("\n".join(json.dumps(run) for run in runs))
    for name, text in reports.items():
        (tmp_path / f"{name}.xml").write_text(text)
    counted = tally.Tally()
    ran = counted.add_meson(log, tmp_path, "unit")
    return counted, ran


def run(program, result):
    return {"name": program, "command": [f"/x/{program}"], "result": result}


def test_cases_of_a_report_are_counted(tmp_path):
    counted, ran = meson(tmp_path, [run("a_test", "FAIL")], {"a_test": REPORT})
    assert (counted.passed, counted.failed, ran) == (1, ["unit: a_test: A.Fails"], 1)


def test_program_without_report_is_one_test(tmp_path):
    counted, _ = meson(tmp_path, [run("a", "OK"), run("b", "FAIL"), run("c", "TIMEOUT")], {})
    assert (counted.passed, len(counted.failed)) == (1, 2)


def test_crash_after_the_cases_is_a_failure(tmp_path):
    """As a leak that the sanitizer reports at the end."""
    passing = REPORT.replace("<failure/>", "")
    counted, _ = meson(tmp_path, [run("a_test", "FAIL")], {"a_test": passing})
    assert (counted.passed, len(counted.failed)) == (2, 1)


def test_nothing_ran(tmp_path):
    assert meson(tmp_path, [], {})[1] == 0


def test_pytest_that_dies_is_a_failure(tmp_path):
    counted = tally.Tally()
    counted.add_pytest(tmp_path / "none.xml", 3, "system")
    assert len(counted.failed) == 1


def test_pytest_that_runs_nothing_is_a_failure(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text("<testsuites><testsuite/></testsuites>")
    counted = tally.Tally()
    counted.add_pytest(report, 5, "system")
    assert len(counted.failed) == 1
