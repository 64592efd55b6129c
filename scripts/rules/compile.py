"""Rules 1 and 7, the part that needs compilers: clang-format, each header alone, clang-tidy.

What was clean is remembered by the contents of everything it includes, in the build folder, so that
only what changed is compiled again.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess

from rules.tree import is_test

# Boost's headers take clang-tidy minutes.
SLOW_TO_COMPILE = "mgmt/io/"
# The commands are GCC's.
OTHER_COMPILERS = "-Wno-unknown-warning-option"
OWN_INCLUDE = re.compile(r'^#include "([^"]+)"', re.M)


def formatted(tree):
    batches = [tree.sources[n :: os.cpu_count()] for n in range(os.cpu_count())]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for run in pool.map(format_batch, filter(None, batches)):
            for line in re.findall(r"^(\S+:\d+):\d+: error", run.stderr, re.M):
                tree.breach(line, "clang-format would change it")


def format_batch(files):
    return subprocess.run(
        ["clang-format", "--dry-run", "-Werror", *files],
        capture_output=True,
        text=True,
        check=False,
    )


class Clean:
    """What is known to be clean, by a hash of the command and of every own file it reads."""

    def __init__(self, tree, folder):
        self.tree = tree
        self.file = pathlib.Path(folder) / "scripts-check-clean.json"
        self.known = set(json.loads(self.file.read_text("utf-8"))) if self.file.exists() else set()
        self.seen = set()
        self.closures = {}

    def closure(self, file):
        if file not in self.closures:
            self.closures[file] = {file}
            for include in OWN_INCLUDE.findall(self.tree.text.get(file, "")):
                self.closures[file] |= self.closure(include)
        return self.closures[file]

    def key(self, file, command):
        digest = hashlib.sha256(repr(command).encode())
        for name in sorted(self.closure(file)):
            digest.update(f"{name}\0{self.tree.text.get(name, '')}\0".encode())
        return digest.hexdigest()

    def run(self, jobs, judge):
        """jobs: (file, command, input). Runs those not known to be clean and judges their
        output."""
        keys = {
            (file, tuple(command)): self.key(file, command + [given])
            for file, command, given in jobs
        }
        todo = [job for job in jobs if keys[job[0], tuple(job[1])] not in self.known]
        self.seen |= set(keys.values()) & self.known

        def one(job):
            return job, subprocess.run(
                job[1], input=job[2], capture_output=True, text=True, check=False
            )

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for (file, command, _), done in pool.map(one, todo):
                if judge(file, done):
                    self.seen.add(keys[file, tuple(command)])

    def save(self):
        self.file.write_text(json.dumps(sorted(self.seen)), encoding="utf-8")


def commands(folder):
    """The compiler's command for each source of the build folder, relative to the root: the first
    one, where a source is compiled several times."""
    database = json.loads(
        (pathlib.Path(folder) / "compile_commands.json").read_text(encoding="utf-8")
    )
    return {
        os.path.relpath(os.path.join(entry["directory"], entry["file"])): shlex.split(
            entry["command"]
        )
        for entry in reversed(database)
    }


def include_flags(command, folder):
    """The flags by which a command finds headers, and the language's, as seen from the root."""
    flags = []
    for word in command:
        match = re.match(r"(-I|-isystem)(.+)", word)
        if match:
            flags.append(match[1] + os.path.join(folder, match[2]))
        elif re.match(r"-(std|march|m\w+|D|include)", word) or word.endswith("rte_config.h"):
            flags.append(word)
    return flags


def nearest(file, known, folder):
    """The flags of the source nearest to a header in the tree."""

    def closeness(other):
        return len(os.path.commonprefix([file, other]))

    return include_flags(known[max(sorted(known), key=closeness)], folder)


def first_include_of_its_source(header, tree, known):
    """Then the build has shown already that the header compiles alone."""
    source = header.removesuffix(".h") + ".cc"
    first = re.search(r'^#include [<"]([^">]+)[">]', tree.text.get(source, ""), re.M)
    return source in known and first is not None and first[1] == header


def headers_compile_alone(tree, folder, clean):
    known = commands(folder)
    jobs = [
        (
            file,
            [
                "g++",
                "-fsyntax-only",
                "-Wall",
                "-Wextra",
                "-xc++",
                *nearest(file, known, folder),
                "-",
            ],
            f'#include "{file}"\n#include "{file}"\n',
        )
        for file in tree.sources
        if file.endswith(".h") and not first_include_of_its_source(file, tree, known)
    ]

    def judge(file, done):
        if done.returncode:
            first = next(
                (line for line in done.stderr.splitlines() if "error" in line), done.stderr[:200]
            )
            tree.breach(file, f"does not compile alone: {first}")
        return done.returncode == 0

    clean.run(jobs, judge)


def tidy(tree, folder, clean):
    rules = pathlib.Path(".clang-tidy").read_text(encoding="utf-8")
    jobs = []
    for file, command in sorted(commands(folder).items()):
        if file in tree.text and not is_test(file) and not file.startswith(SLOW_TO_COMPILE):
            # With the folder's own commands it would judge a source once for each of them.
            flags = [OTHER_COMPILERS, *include_flags(command, folder)]
            jobs.append((file, ["clang-tidy", "--quiet", file, "--", *flags], rules))

    def judge(file, done):
        found = set(re.findall(r"^(\S+?:\d+):\d+: (?:warning|error): (.*)$", done.stdout, re.M))
        for where, what in found:
            tree.breach(os.path.relpath(where), f"clang-tidy: {what}")
        if done.returncode and not found:
            tree.breach(file, f"clang-tidy exits with {done.returncode}: {done.stdout[:200]}")
        return done.returncode == 0 and not found

    clean.run(jobs, judge)
