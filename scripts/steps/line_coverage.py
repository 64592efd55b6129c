"""How many of the lines of some folders programs reached that clang built with
-fprofile-instr-generate: each leaves a profile where LLVM_PROFILE_FILE says."""
import json
import pathlib
import subprocess

import build

FOLDERS = ["dataplane/wire", "pipelines/l4"]
LEAST_PERCENT = 90
# For configuring: programs that meson tries the compiler with would leave theirs in the work tree.
NONE = {"LLVM_PROFILE_FILE": "/dev/null"}


def environment(folder):
    """For the programs; their profiles go to the folder."""
    return {"LLVM_PROFILE_FILE": f"{folder}/%p.profraw"}


def run(*command):
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise build.BuildError(f"{command[0]}: {done.stderr[-2000:]}")
    return done.stdout


def files_of(folder, programs):
    """By file from the project's root, its lines as llvm-cov counts them. Programs: their paths."""
    merged = pathlib.Path(folder) / "merged.profdata"
    profiles = sorted(pathlib.Path(folder).glob("*.profraw"))
    if not profiles:
        raise build.BuildError("no program left a profile")
    run("llvm-profdata", "merge", "-sparse", "-o", merged, *profiles)
    first, *others = programs
    objects = [word for program in others for word in ("-object", program)]
    text = run(
        "llvm-cov", "export", "-summary-only", f"-instr-profile={merged}", first, *objects
    )
    lines = {}
    for file in json.loads(text)["data"][0]["files"]:
        path = pathlib.Path(file["filename"]).resolve()
        if path.is_relative_to(build.ROOT):
            lines[str(path.relative_to(build.ROOT))] = file["summary"]["lines"]
    return lines


def is_of(folder, file):
    """Tests' own lines are none of a folder's."""
    return file.startswith(folder + "/") and not file.endswith("_test.cc")


def of_folders(files):
    """[(folder, lines reached, lines)]"""
    totals = []
    for folder in FOLDERS:
        lines = [counts for file, counts in files.items() if is_of(folder, file)]
        covered, count = (sum(counts[key] for counts in lines) for key in ("covered", "count"))
        totals.append((folder, covered, count))
    return totals


def table(files):
    """The lines to print: the files that are not reached as a whole, then the folders."""
    rows = [
        (file, counts["covered"], counts["count"])
        for file, counts in sorted(files.items())
        if any(is_of(folder, file) for folder in FOLDERS) and counts["covered"] < counts["count"]
    ] + of_folders(files)
    return [
        f"   {100 * covered / max(count, 1):5.1f} percent of {count:5} lines  {name}"
        for name, covered, count in rows
    ]
