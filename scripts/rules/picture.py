"""Rule 9: the picture of the paths in README.md is made from the code.

A line of L4::run_stages that calls a function with a header of its own name is a stage; what its
files drop under which name is where packets leave.
"""
import pathlib
import re
import textwrap

PATHS = [("Life of a packet (layer 4)", "pipelines/l4", "l4.cc", "L4::run_stages")]
BEGIN, END = "<!-- picture: scripts/check --picture -->", "<!-- end of picture -->"
ELSEWHERE = {r"\.to_twin\(": "(to the twin)", r"\.hand_off\(": "(to the worker that owns the flow)"}
NAME_COLUMNS = 18
COLUMNS = 98


def body_of(tree, folder, file, function):
    text = tree.text.get(f"{folder}/{file}", "")
    body = re.search(rf"^void {function}\(.*?^}}", text, re.M | re.S)
    return body[0] if body else ""


def stages(tree, folder, file, function):
    """Names of the stages in order."""
    calls = re.findall(r"^  (\w+)\(", body_of(tree, folder, file, function), re.M)
    return [call for call in calls if f"{folder}/{call}.h" in tree.text]


def files_of(tree, folder, stage, others):
    """The stage's own .cc, and those of the headers it includes that are no stages."""
    files = [f"{folder}/{stage}.cc"]
    for include in re.findall(rf'#include "({folder}/\w+)\.h"', tree.text.get(files[0], "")):
        if include not in others and f"{include}.cc" in tree.text:
            files.append(f"{include}.cc")
    return files


def draw(tree):
    lines = []
    for title, folder, file, function in PATHS:
        names = stages(tree, folder, file, function)
        others = {f"{folder}/{name}" for name in names}
        lines += [title, "", "receive"]
        for name in names:
            text = "".join(tree.text.get(f, "") for f in files_of(tree, folder, name, others))
            elsewhere = [where for call, where in ELSEWHERE.items() if re.search(call, text)]
            drops = re.findall(r"\bDrop::(?!none\b)(\w+)", text)
            leaves = list(dict.fromkeys(elsewhere + drops))
            lines += stage_lines(name, leaves)
        lines += ["  |", "transmit"]
    return "\n".join(line.rstrip() for line in lines)


def stage_lines(name, leaves):
    if not leaves:
        return ["  |", name]
    wrapped = textwrap.wrap(", ".join(leaves), COLUMNS - NAME_COLUMNS - 6)
    first = f"{name:<{NAME_COLUMNS}} ---> {wrapped[0]}"
    return ["  |", first, *[f"{'  |':<{NAME_COLUMNS + 6}}{more}" for more in wrapped[1:]]]


def block(tree):
    return f"{BEGIN}\n```text\n{draw(tree)}\n```\n{END}"


def check(tree):
    for _, folder, file, function in PATHS:
        body = body_of(tree, folder, file, function)
        for stage in stages(tree, folder, file, function):
            if f'watch.after("{stage}");' not in body:
                tree.breach(f"{folder}/{file}", f"weftctl explain is not told of {stage}")
    readme = pathlib.Path("README.md")
    text = readme.read_text(encoding="utf-8") if readme.exists() else ""
    if block(tree) not in text:
        tree.breach(
            "README.md",
            "the picture of the paths is not that of the code (scripts/check --picture)",
        )


def write(tree):
    readme = pathlib.Path("README.md")
    text = readme.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    readme.write_text(before + block(tree) + rest.partition(END)[2], encoding="utf-8")
