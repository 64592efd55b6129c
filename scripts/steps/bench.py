"""The benchmarks: Google Benchmark programs, and the rows that issues bound (perf/bounds.toml)."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import tomllib

sys.dont_write_bytecode = True
import build  # noqa: E402

ROOT = build.ROOT
BEGIN = "<!-- figures: scripts/bench --document -->"
END = "<!-- end of figures -->"


def programs():
    """Paths of the benchmark programs of the build, by name."""
    done = subprocess.run(
        ["meson", "introspect", "build", "--targets"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = {}
    for target in json.loads(done.stdout):
        path = pathlib.Path(target["filename"][0])
        in_perf = path.is_relative_to(ROOT / "build/perf")
        if target["type"] == "executable" and (in_perf or target["name"].endswith("_bench")):
            found[target["name"]] = path
    return found


def run_plain(path):
    """Runs a Google Benchmark program; its errors. It exits with 0 when one of its rows failed."""
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as folder:
        file = pathlib.Path(folder) / "rows.json"
        done = subprocess.run(
            [path, f"--benchmark_out={file}", "--benchmark_out_format=json"], check=False
        )
        if done.returncode:
            return [f"exit code {done.returncode}"]
        rows = json.loads(file.read_text())["benchmarks"]
    return [f"{row['name']}: {row['error_message']}" for row in rows if row.get("error_occurred")]


def measure(path, arguments):
    """The rows that the program measures with these arguments, by name; none if it fails."""
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as folder:
        file = pathlib.Path(folder) / "rows.json"
        done = subprocess.run([path, *arguments, "--json", file], check=False)
        if done.returncode or not file.exists():
            return {}
        rows = [json.loads(line) for line in file.read_text().splitlines()]
    return {row["name"]: row for row in rows}


def judge(row, measured):
    """The row with value, unit, samples and whether its bound holds; without them it does not."""
    value = measured.get("value")
    result = {
        "name": row["name"],
        "value": value,
        "unit": measured.get("unit"),
        "sense": row["sense"],
        "bound": row["bound"],
        "holds": False,
        "samples": measured.get("samples", []),
    }
    if measured.get("valid"):
        at_most = row["sense"] == "at most"
        result["holds"] = value <= row["bound"] if at_most else value >= row["bound"]
    return result


def show(results):
    print(f"\n{'row':<32} {'value':>10}  {'bound':>16}  holds")
    for result in results:
        value = "not measured" if result["value"] is None else f"{result['value']:.2f}"
        bound = f"{result['sense']} {result['bound']}"
        holds = "yes" if result["holds"] else "NO"
        print(f"{result['name']:<32} {value:>10}  {bound:>16}  {holds:<5} {result['unit'] or ''}")


def document(measured, results):
    """Writes what was measured into perf/README.md, between its markers."""
    file = ROOT / "perf/README.md"
    before, rest = file.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    bounds = {result["name"]: result for result in results}
    lines = ["| row | measured | bound | holds |", "| --- | --- | --- | --- |"]
    for name, row in measured.items():
        result = bounds.get(name)
        bound = f"{result['sense']} {result['bound']}" if result else ""
        holds = ("yes" if result["holds"] else "**no**") if result else ""
        lines.append(f"| `{name}` | {row['value']:.2f} {row['unit']} | {bound} | {holds} |")
    lines += ["", "Where the time goes, in ns a packet, the clock read around each stage:", ""]
    lines += [f"- `{name}`: {row['detail']}" for name, row in measured.items() if row["detail"]]
    text = before + BEGIN + "\n" + "\n".join(lines) + "\n" + END + after
    file.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="write the bounded rows as a JSON array")
    parser.add_argument("--only", metavar="NAME", help="a row or a program")
    parser.add_argument(
        "--document", action="store_true", help="write what was measured into perf/README.md"
    )
    given = parser.parse_args()
    bounds = tomllib.loads((ROOT / "perf/bounds.toml").read_text(encoding="utf-8"))
    rows = [row for row in bounds["row"] if given.only in (None, row["name"], row["program"])]
    runs = [
        (program["name"], run)
        for program in bounds["program"]
        if given.only in (None, program["name"])
        for run in program["runs"]
    ] or [(row["program"], row["alone"]) for row in rows]
    try:
        build.configure("build")
        found = programs()
        measuring = {program["name"] for program in bounds["program"]}
        plain = [name for name in found if given.only in (None, name) and name not in measuring]
        if not runs and not plain:
            sys.exit(f"scripts/bench: there is no row and no program '{given.only}'")
        wanted = dict.fromkeys([*plain, *(name for name, _ in runs)])
        targets = [os.path.relpath(found[name], ROOT / "build") for name in wanted]
        build.build("build", *targets, title="building the benchmarks")
    except build.BuildError as error:
        sys.exit(str(error))
    finally:
        build.give_to_invoker("build")
    for name in plain:
        print(f"\n== {name}", flush=True)
        if errors := run_plain(found[name]):
            sys.exit(f"scripts/bench: {name}: {'; '.join(errors)}")
    measured = {}
    for name, arguments in runs:
        print(f"\n== {name} {' '.join(arguments)}", flush=True)
        measured |= measure(found[name], arguments)
    results = [judge(row, measured.get(row["name"], {})) for row in rows]
    if results:
        show(results)
    if given.document:
        document(measured, results)
    if given.json:
        pathlib.Path(given.json).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    sys.exit(0 if all(result["holds"] for result in results) else 1)


main()
