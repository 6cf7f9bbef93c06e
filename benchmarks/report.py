"""The table of one run, its files, and the comparison with an earlier run."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.rows import Row


@dataclass(frozen=True)
class Measured:
    """One benchmark that was run.

    Args:
        name: of the benchmark.
        method: how it measures, in words.
        rows: what it found; empty where it failed.
        seconds: wall time of the whole benchmark, with the start of its process.
        memory_GiB: peak of its process and of the largest process that it started.
        failure: why there are no rows.
    """

    name: str
    method: str
    rows: tuple[Row, ...]
    seconds: float
    memory_GiB: float
    failure: str = ""


@dataclass(frozen=True)
class Report:
    """One run on one machine."""

    date: str
    machine: dict[str, str]
    benchmarks: list[Measured] = field(default_factory=list)

    @classmethod
    def begun(cls) -> Report:
        """An empty one, of now and here."""
        return cls(datetime.now().astimezone().isoformat(timespec="seconds"), machine())

    def rows(self) -> dict[tuple[str, str], Row]:
        """All rows by benchmark and name."""
        return {(b.name, row.what): row for b in self.benchmarks for row in b.rows}

    def json(self) -> str:
        """The report as JSON; `from_json` reads it."""
        found = [{**asdict(b), "rows": [r.to_dict() for r in b.rows]} for b in self.benchmarks]
        return json.dumps({**asdict(self), "benchmarks": found}, indent=1, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """What `json` gave.

        Raises:
            ValueError: the text is no report.
        """
        try:
            values = json.loads(text)
            found = [
                Measured(**{**b, "rows": tuple(map(Row.from_dict, b["rows"]))})
                for b in values.pop("benchmarks")
            ]
            return cls(**values, benchmarks=found)
        except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
            raise ValueError(f"not a file of this program's benchmarks ({error})") from error

    def markdown(self, earlier: Report | None = None) -> str:
        """The table; with an earlier report a column of what each row was, and its change."""
        machine = ", ".join(f"{key} {value}" for key, value in self.machine.items())
        lines = [f"Measured {self.date}: {machine}."]
        if earlier is not None:
            lines.append(f"Before: {earlier.date}, {', '.join(earlier.machine.values())}.")
        head = ["benchmark", "what", "ours", "theirs", "ratio", "reach", "met", "peak GiB"]
        head += [] if earlier is None else ["before", "change"]
        lines += ["", _line(head), _line(["---"] * len(head))]
        before = {} if earlier is None else earlier.rows()
        for benchmark in self.benchmarks:
            if benchmark.failure:
                cells = [benchmark.name, f"failed: {benchmark.failure}"]
                lines.append(_line([*cells, *[""] * (len(head) - 2)]))
            for row in benchmark.rows:
                cells = [benchmark.name, *_cells(row), f"{benchmark.memory_GiB:.2f}"]
                if earlier is not None:
                    cells += _change(row, before.get((benchmark.name, row.what)))
                lines.append(_line(cells))
        lines += ["", "How each is measured:", ""]
        lines += [
            f"- **{b.name}** ({b.seconds:.0f} s): {' '.join(b.method.split())}"
            for b in self.benchmarks
        ]
        return "\n".join(lines) + "\n"

    def write(self, folder: Path, earlier: Report | None = None) -> Path:
        """Write both files, with the date as name.

        Returns:
            The JSON file; the table lies beside it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        name = self.date[:19].replace(":", "").replace("T", "_")
        path = folder / f"{name}.json"
        path.write_text(self.json() + "\n", encoding="utf-8")
        path.with_suffix(".md").write_text(self.markdown(earlier), encoding="utf-8")
        return path


def machine() -> dict[str, str]:
    """What a reader must know of this machine; the load says whether others used it too."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "load at the start": load,
        "system": platform.system(),
        "Python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "scipy", "numba", "torch")},
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _cells(row: Row) -> list[str]:
    if row.ours != row.ours:
        ours = f"not measured: {row.note}"
    else:
        ours = f"{row.ours:.3g} {row.unit}" + (f" ({row.note})" if row.note else "")
    theirs = "" if row.theirs != row.theirs else f"{row.theirs:.3g} {row.unit}, {row.against}"
    ratio = "" if row.ratio != row.ratio else f"{row.ratio:.3g}"
    met = {None: "", True: "yes", False: "no"}[row.met]
    return [row.what, ours, theirs, ratio, str(row.reach or ""), met]


def _change(row: Row, before: Row | None) -> list[str]:
    if before is None or before.value != before.value:
        return ["", ""]
    if row.value != row.value or before.value == 0:
        return [f"{before.value:.3g}", ""]
    return [f"{before.value:.3g}", f"{row.value / before.value - 1:+.0%}"]


def _line(cells: list[Any]) -> str:
    return "| " + " | ".join(str(c).replace("|", "/") for c in cells) + " |"
