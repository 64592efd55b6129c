"""Rules 4 and what STYLE.md asks of tests: every drop and stage is tested, no test sleeps."""
import re

SLEEP_CC = re.compile(
    r"\b(sleep_for|sleep_until|usleep|nanosleep|rte_delay_\w+)\s*\(|(?<![\w.])sleep\s*\("
)
SLEEP_PY = re.compile(r"\bsleep\(")


def check(tree):
    drops(tree)
    stages(tree)
    for file in tree.text:
        sleeps = None
        if file.endswith("_test.cc"):
            sleeps = SLEEP_CC
        elif re.match(r"tests/.*(test_\w+|conftest)\.py$", file):
            sleeps = SLEEP_PY
        for number, line in enumerate(tree.text[file].split("\n"), 1):
            if sleeps and sleeps.search(line):
                tree.breach(f"{file}:{number}", "a test waits for a condition, it does not sleep")


def drops(tree):
    header = tree.text.get("dataplane/base/drop.h", "")
    body = header[header.find("enum class Drop") : header.find("};")]
    tests = "\n".join(text for file, text in tree.text.items() if file.endswith("_test.cc"))
    for drop in re.findall(r"^  (\w+),", body, re.M):
        if drop != "none" and not re.search(rf"\bDrop::{drop}\b", tests):
            tree.breach("dataplane/base/drop.h", f"no test raises Drop::{drop}")


def stages(tree):
    for file in tree.sources:
        if re.match(r"pipelines/l[47]/\w+\.cc$", file) and not file.endswith(
            ("_test.cc", "_bench.cc")
        ):
            if file[:-3] + "_test.cc" not in tree.sources:
                tree.breach(file, "a stage has a test beside it")
