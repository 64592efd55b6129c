"""The files that git tracks (or would), their text, and the breaches found in them."""
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
C_SUFFIXES = (".cc", ".h")


class Tree:
    def __init__(self, root=ROOT):
        os.chdir(root)
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"],
            text=True,
            check=True,
            capture_output=True,
        ).stdout.split("\n")
        self.files = sorted(f for f in listed if os.path.isfile(f))
        self.sources = [f for f in self.files if f.endswith(C_SUFFIXES)]
        self.python = [f for f in self.files if f.endswith(".py") or starts_with_python(f)]
        self.text = {
            f: pathlib.Path(f).read_text(encoding="utf-8") for f in self.sources + self.python
        }
        self.breaches = []
        self._tags = None

    def breach(self, where, what):
        self.breaches.append(f"{where}: {what}")

    def tags(self):
        """What universal-ctags finds declared in the C++ sources: dicts of name, path, line, end,
        kind."""
        if self._tags is None:
            done = subprocess.run(
                [
                    "ctags",
                    "--output-format=json",
                    "--languages=C++",
                    "--langmap=C++:.h.cc",
                    "--kinds-C++=+pfvmlz",
                    "--fields=+neK",
                    "-f",
                    "-",
                    *self.sources,
                ],
                text=True,
                check=True,
                capture_output=True,
            )
            self._tags = [json.loads(line) for line in done.stdout.splitlines()]
        return self._tags


def starts_with_python(file):
    if not file.startswith("scripts/") or "." in file:
        return False
    with open(file, encoding="utf-8") as opened:
        return "python" in opened.readline()


def is_test(file):
    return file.endswith(("_test.cc", "_bench.cc")) or file.startswith(("tests/", "perf/"))
