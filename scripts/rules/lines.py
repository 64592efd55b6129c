"""What one line shows: rules 2 (columns), 6 (byte order) and 8 (TODO, commented-out code), and the
words of ARCHITECTURE.md."""
import pathlib
import re

COLUMNS = 100
RAW_BYTE_ORDER = re.compile(
    r"\b(htons|ntohs|htonl|ntohl|rte_cpu_to_be_\d+|rte_be_to_cpu_\d+|" r"__builtin_bswap\d+)\b"
)
TODO_WITHOUT_ISSUE = re.compile(r"\bTODO\b(?!\(issue \d+\))")
# An example in a comment is indented: "//   table.insert(key);".
COMMENTED_OUT = re.compile(r"\s*// ?[\w:.>\[\]-]+(\(.*\)| = .*);$")

# Words that the table "Words" in ARCHITECTURE.md has another word for.
SYNONYMS = {
    r"backends?": "endpoint",
    r"frontends?": "listener",
    r"virtual servers?|vservers?": "listener",
    r"real servers?": "endpoint",
    r"conntrack": "flow",
    r"(?:ethernet|eth|nic|dpdk) ports?": "device (a port is only ever the L4 port)",
}
SYNONYM = re.compile("|".join(rf"\b(?P<w{n}>{word})\b" for n, word in enumerate(SYNONYMS)), re.I)


# What a raw string holds is data (a message that a test compares), not layout.
RAW_STRING = re.compile(r'R"(\w*)\((.*?)\)\1"', re.S)


CONFLICT = re.compile(rb"^(<{7}|>{7}) ", re.M)


def without_raw_strings(text):
    return RAW_STRING.sub(lambda match: "\n" * match[0].count("\n"), text)


def check(tree):
    for file in tree.files:
        if CONFLICT.search(pathlib.Path(file).read_bytes()):
            tree.breach(file, "a merge left its marks")
    for file in tree.sources + tree.python:
        for number, line in enumerate(without_raw_strings(tree.text[file]).split("\n"), 1):
            where = f"{file}:{number}"
            if len(line) > COLUMNS:
                tree.breach(where, f"longer than {COLUMNS} columns")
            if file != "scripts/rules/lines.py":
                if TODO_WITHOUT_ISSUE.search(line):
                    tree.breach(where, "a TODO names its issue: TODO(issue 3)")
                synonym = SYNONYM.search(line)
                if synonym:
                    word = list(SYNONYMS.values())[int(synonym.lastgroup[1:])]
                    tree.breach(where, f"'{synonym[0]}' is here called {word}")
    for file in tree.sources:
        for number, line in enumerate(tree.text[file].split("\n"), 1):
            if file != "dataplane/base/byte_order.h" and RAW_BYTE_ORDER.search(line):
                tree.breach(f"{file}:{number}", "byte order is a type: be16, be32")
            if COMMENTED_OUT.match(line):
                tree.breach(f"{file}:{number}", "commented-out code")
