"""Rules 2 (length of functions) and 3 (units), and names without abbreviations."""
import ast
import pathlib
import re

FUNCTION_LINES = 70
EXCEPTIONS = pathlib.Path("scripts/rules/long_functions.txt")

NUMBER = re.compile(
    r"\b(?:u?int(?:8|16|32|64)?_t|(?:std::)?size_t|unsigned|int|long|float|double)\b"
)
NEEDS_TIME_UNIT = re.compile(
    r"(?:^|_)(timeout|interval|delay|duration|period|latency|deadline|lag|" r"rtt|rto)_?$"
)
NEEDS_SIZE_UNIT = re.compile(r"(?:_size|(?:^|_)(?:mtu|mss|headroom|tailroom))_?$")
ABBREVIATION = re.compile(
    r"(?:^|_)(ctx|cfg|buf|idx|cnt|tmp|mgr|pkt|conn|addr|len|num|msg|cb|hdr|val|cur|"
    r"prev|src|dst|sz|req|resp|res|ret|str|ptr|rc|fn|ep|svc)_?(?:_|$)"
)
FILE_NAME = re.compile(r"(?:^|[/_])(utils?|common|helpers?|impl|managers?|misc)(?:[/_.]|$)")


def check(tree):
    exceptions = set()
    if EXCEPTIONS.exists():
        exceptions = set(filter(None, EXCEPTIONS.read_text(encoding="utf-8").split("\n")[1:]))
    for where, name, length in functions(tree):
        if length > FUNCTION_LINES:
            entry = f"{where.partition(':')[0]} {name}"
            if entry not in exceptions:
                tree.breach(where, f"{name} has {length} lines, more than {FUNCTION_LINES}")
            exceptions.discard(entry)
    for entry in sorted(exceptions):
        tree.breach(EXCEPTIONS, f"'{entry}' is short enough now: remove it")
    for tag in tree.tags():
        declared(tree, tag)
    for file in tree.files:
        if FILE_NAME.search(file):
            tree.breach(file, "a file or folder is named after what it is about")


def functions(tree):
    """(place, name, lines) of every function with a body."""
    for tag in tree.tags():
        if tag["kind"] == "function" and "end" in tag:
            yield f"{tag['path']}:{tag['line']}", tag["name"], tag["end"] - tag["line"] + 1
    for file in tree.python:
        for node in ast.walk(ast.parse(tree.text[file])):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{file}:{node.lineno}", node.name, node.end_lineno - node.lineno + 1


def declared(tree, tag):
    """A variable, member or parameter: its name ends in its unit and abbreviates nothing."""
    if tag["kind"] not in ("variable", "member", "local", "parameter", "function", "prototype"):
        return
    where, name = f"{tag['path']}:{tag['line']}", tag["name"]
    abbreviation = ABBREVIATION.search(name)
    if abbreviation and tag["kind"] not in ("function", "prototype"):
        tree.breach(where, f"{name}: '{abbreviation[1]}' is an abbreviation")
    type_name = tag.get("typeref", "").removeprefix("typename:")
    if tag["kind"] in ("function", "prototype") or not NUMBER.search(type_name) or "<" in type_name:
        return
    if NEEDS_TIME_UNIT.search(name) and not name.startswith("status_"):  # as in HTTP's 408
        tree.breach(
            where, f"{name} is a number: its unit ends its name ({name.rstrip('_')}_ms, _s, _ns)"
        )
    if NEEDS_SIZE_UNIT.search(name):
        tree.breach(where, f"{name} is a number: its unit ends its name (_bytes, _packets, ...)")
