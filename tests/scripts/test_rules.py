"""Every rule of scripts/check finds what it is there for, and nothing in a tree that keeps them."""
import subprocess

import pytest

from rules import compile as compiled
from rules import layers, lines, names, tests, unused
from rules.tree import Tree

CLEAN = {
    "dataplane/base/meson.build": "files('clock.cc')\n",
    "dataplane/base/clock.h": "#pragma once\n\nint tick_ms();\n",
    "dataplane/base/clock.cc": '#include "dataplane/base/clock.h"\n\n'
    "int tick_ms() { return 1; }\nint ticks = tick_ms();\n",
}

# rule, file, its text, what the breach says
PLANTED = [
    (layers, "dataplane/base/x.h", '#include "mgmt/y.h"\n', "is not written from the root"),
    (layers, "dataplane/wire/x.h", '#include "dataplane/table/y.h"\n', "wire may include only"),
    (layers, "mgmt/health/x.h", "#include <boost/asio/post.hpp>\n", "belongs in mgmt/io"),
    (lines, "dataplane/base/x.h", "// " + "x" * 100 + "\n", "longer than 100"),
    (lines, "dataplane/base/x.h", "int x = hto" + "ns(80);\n", "byte order is a type"),
    (lines, "dataplane/base/x.h", "// TO" + "DO: later\n", "names its issue"),
    (lines, "dataplane/base/x.h", "// call(me);\n", "commented-out"),
    (lines, "dataplane/base/x.h", "// the back" + "end\n", "is here called endpoint"),
    (names, "dataplane/base/x.h", "inline int x() {\n" + "\n" * 70 + "}\n", "more than 70"),
    (names, "dataplane/base/x.h", "struct X {\n  uint32_t idle_timeout = 0;\n};\n", "its unit"),
    (names, "dataplane/base/x.h", "struct X {\n  std::size_t frame_size = 0;\n};\n", "its unit"),
    (names, "dataplane/base/x.h", "struct X {\n  int buf = 0;\n};\n", "abbreviation"),
    (names, "dataplane/base/utils.h", "", "named after what it is about"),
    (tests, "dataplane/base/x_test.cc", "  std::this_thread::sleep_for(x);\n", "does not sleep"),
    (tests, "pipelines/l4/x.cc", "", "a stage has a test"),
    (tests, "dataplane/base/drop.h", "enum class Drop {\n  none,\n  land,\n};\n", "Drop::land"),
    (unused, "dataplane/base/x.cc", "", "no meson.build builds it"),
    (unused, "dataplane/base/x.h", "", "nothing includes it"),
    (
        unused,
        "dataplane/base/clock.h",
        "#pragma once\n\nint tick_ms();\nint tock_ms();\n",
        "nothing calls tock_ms",
    ),
]


@pytest.fixture
def plant(tmp_path, monkeypatch):
    def make(files):
        monkeypatch.chdir(tmp_path)  # and back afterwards
        subprocess.run(["git", "init", "-q", tmp_path], check=True)
        for name, text in {"dataplane/table/y.h": "", **CLEAN, **files}.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return Tree(tmp_path)

    return make


@pytest.mark.parametrize(("rule", "file", "text", "said"), PLANTED)
def test_planted_breach_is_found(plant, rule, file, text, said):
    tree = plant({file: text})
    rule.check(tree)
    assert any(said in breach for breach in tree.breaches), tree.breaches


def test_clean_tree_has_no_breach(plant):
    tree = plant({})
    for rule in [layers, lines, names, tests]:
        rule.check(tree)
    assert tree.breaches == []


def test_what_clang_format_would_change_is_found(plant):
    tree = plant({"dataplane/base/x.h": "int  x ;\n"})
    compiled.formatted(tree)
    assert any("clang-format" in breach for breach in tree.breaches)
