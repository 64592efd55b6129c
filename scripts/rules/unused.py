"""Rule 8: no file and no function that nothing uses."""
import collections
import os
import pathlib
import re

WORD = re.compile(r"\w+")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
# Called by the language, a framework or a library under a name of its own.
CALLED_BY_OTHERS = re.compile(
    r"^(main|TEST\w*|BENCHMARK\w*|LLVMFuzzer\w+|operator.*|~.*|INSTANTIATE\w*|"
    r"SetUp\w*|TearDown\w*|__anon\w+|[A-Z_]+|begin|end|await_\w+|PrintTo|what|hash_of|"
    r"malloc|calloc|realloc|posix_memalign|aligned_alloc|free|sink_it_|flush_)$"
)


def check(tree):
    built(tree)
    included(tree)
    called(tree)


def built(tree):
    """Each .cc is named in a meson.build."""
    listed = set()
    for file in tree.files:
        if os.path.basename(file) == "meson.build":
            text = pathlib.Path(file).read_text(encoding="utf-8")
            for name in re.findall(r"'([\w./-]+\.cc)'", text):
                listed.add(os.path.normpath(os.path.join(os.path.dirname(file), name)))
    for file in tree.sources:
        if file.endswith(".cc") and file not in listed:
            tree.breach(file, "no meson.build builds it")


def included(tree):
    everything = "\n".join(tree.text.values())
    for file in tree.sources:
        if file.endswith(".h") and f'#include "{file}"' not in everything:
            tree.breach(file, "nothing includes it")
    for file in tree.python:
        name = os.path.basename(file)
        module = name.removesuffix(".py")
        if not file.endswith(".py") or re.match(r"test_|conftest", name):
            continue
        users = [text for other, text in tree.text.items() if other != file]
        users += [
            open(f, encoding="utf-8").read() for f in tree.files if re.match(r"scripts/[^/.]+$", f)
        ]
        if not any(re.search(rf"\b{module}\b", text) for text in users):
            tree.breach(file, "nothing uses it")


def called(tree):
    """A name of a function that occurs nowhere but where it is declared and defined."""
    occurs = collections.Counter()
    for file in tree.sources:
        occurs.update(WORD.findall(COMMENT.sub("", tree.text[file])))
    tags = [tag for tag in tree.tags() if tag["kind"] in ("function", "prototype")]
    declared = collections.Counter(tag["name"] for tag in tags)
    classes = {tag["name"] for tag in tree.tags() if tag["kind"] in ("class", "struct")}
    for tag in tags:
        name = tag["name"]
        if name in classes or CALLED_BY_OTHERS.match(name):
            continue
        if occurs[name] <= declared[name]:
            tree.breach(f"{tag['path']}:{tag['line']}", f"nothing calls {name}")
