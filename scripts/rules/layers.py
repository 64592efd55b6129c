"""Rule 1: which folder may include which (ARCHITECTURE.md, "The house")."""
import os
import re

DATAPLANE = {
    "base": [],
    "wire": ["base"],
    "table": ["base", "wire"],
    "rcu": ["base", "table"],
    "interface": ["base", "wire", "table", "rcu"],
    "worker": ["base", "wire", "table", "rcu", "interface"],
    "bytes": ["base"],
    "match": ["base", "bytes"],
    "tls": ["base", "bytes"],
    "http": ["base", "bytes"],
    "tcp": ["base", "wire", "table", "bytes"],
}


def check(tree):
    for file in tree.sources:
        for include in re.findall(r'^#include "([^"]+)"', tree.text[file], re.M):
            if not os.path.exists(include):
                tree.breach(file, f'"{include}" is not written from the root')
            else:
                one_include(tree, file, include)
        if file.startswith("mgmt/") and not file.startswith("mgmt/io/"):
            for header in re.findall(r"#include <(boost/(?:asio|beast)[^>]*)>", tree.text[file]):
                tree.breach(file, f"<{header}> belongs in mgmt/io")


def one_include(tree, file, include):
    of, to = file.split("/"), include.split("/")
    test = file.endswith(("_test.cc", "_bench.cc"))
    if to[0] in ("tests", "perf"):
        if of[0] not in ("tests", "perf") and not test:
            tree.breach(file, f'"{include}": shipped code may not include tests')
        return
    if of[0] == "dataplane":
        allowed = [of[1], *DATAPLANE[of[1]]]
        if to[0] != "dataplane" or to[1] not in allowed:
            tree.breach(file, f'"{include}": {of[1]} may include only {", ".join(allowed)}')
    if of[0] == "pipelines" and to[0] == "mgmt":
        tree.breach(file, f'"{include}": pipelines know nothing of mgmt')
