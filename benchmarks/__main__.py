"""Print every speed that matters, measured in one run on one machine.

Ratios are what to read: machines differ, and one machine differs from hour to hour. Each benchmark
has a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.catalogue import NAMES, benchmark
from benchmarks.report import Measured, Report
from benchmarks.rows import Row

FOLDER = Path("build") / "bench"
ROOT = Path(__file__).parents[1]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of {', '.join(NAMES)} (all if none)")
    parser.add_argument("--against", type=Path, help="a JSON file of an earlier run")
    parser.add_argument("--out", type=Path, default=FOLDER, help=f"folder of files ({FOLDER})")
    parser.add_argument("--tiny", action="store_true", help="see only whether everything runs")
    parser.add_argument("--rows", type=Path, help=argparse.SUPPRESS)  # of the process of one
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in NAMES]
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(NAMES)}")
    if arguments.rows:
        return _one(arguments.names[0], arguments.tiny, arguments.rows)
    earlier = None
    if arguments.against:
        try:
            earlier = Report.from_json(arguments.against.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            parser.error(f"--against {arguments.against}: {error}")
    report = Report.begun()
    for name in arguments.names or NAMES:
        print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
        report.benchmarks.append(measured(name, tiny=arguments.tiny))
        print(f"{report.benchmarks[-1].seconds:.0f} s", file=sys.stderr, flush=True)
    print(report.markdown(earlier))
    print(f"{report.write(arguments.out, earlier)} (python -m benchmarks --against ...)")
    return 1 if any(b.failure for b in report.benchmarks) else 0


def measured(name: str, *, tiny: bool) -> Measured:
    """Run one benchmark in a process of its own; a failure is kept with its reason."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.json"
        command = [sys.executable, "-m", "benchmarks", name, "--rows", str(file)]
        begin = time.perf_counter()
        done = subprocess.run(
            command + (["--tiny"] if tiny else []), stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(
                filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))},
        )  # fmt: skip
        seconds = time.perf_counter() - begin
        method = (benchmark(name).__doc__ or "").strip()
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:] or [f"ended with {done.returncode}"]
            return Measured(name, method, (), seconds, float("nan"), last[0])
        found = json.loads(file.read_text(encoding="utf-8"))
    rows = tuple(map(Row.from_dict, found["rows"]))
    return Measured(name, method, rows, seconds, found["memory_GiB"])


def _one(name: str, tiny: bool, file: Path) -> int:
    """Run a benchmark here, and write what it found."""
    rows = benchmark(name)(tiny)
    found = {"rows": [row.to_dict() for row in rows], "memory_GiB": _peak_GiB()}
    file.write_text(json.dumps(found), encoding="utf-8")
    return 0


def _peak_GiB() -> float:
    """Of this process and of the largest one that it started; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    unit = 1.0 if sys.platform == "darwin" else 1024.0
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(w).ru_maxrss for w in who) * unit / 2**30


if __name__ == "__main__":
    sys.exit(main())
