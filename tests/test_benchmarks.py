"""The table of benchmarks: rows, files, comparison with an earlier run; no speed is tested."""

from __future__ import annotations

import json
from math import nan
from pathlib import Path

import pytest

from benchmarks import __main__ as program
from benchmarks.catalogue import NAMES, benchmark
from benchmarks.report import Measured, Report
from benchmarks.rows import Reach, Row, alone, at_least, at_most, faster, missing, share

GUIDE = Path(__file__).parents[1] / "docs" / "performance.md"


def test_a_row_knows_its_ratio_and_whether_it_reaches() -> None:
    assert share("a", 1.0, 2.0, "s", "b", at_most(0.5)).met is True
    assert faster("a", 1.0, 2.0, "s", "b", at_least(3)).met is False
    assert faster("a", 1.0, 2.0, "s", "b").ratio == 2.0
    assert alone("a", 3.0, "s", at_most(2)).met is False
    assert alone("a", 3.0, "s").met is None
    assert missing("a", "not built", at_most(2)).met is None
    assert (str(at_least(3)), str(at_most(0.5))) == ("≥ 3", "≤ 0.5")


def test_a_report_comes_back_from_its_file_and_is_compared(tmp_path: Path) -> None:
    rows = (share("a", 1.0, 2.0, "s", "b", at_most(0.5)), missing("c", "why", Reach(1.0)))
    report = Report("2026-01-02T03:04:05+00:00", {"processor": "X"})
    report.benchmarks.append(Measured("one", "How.", rows, 3.0, 0.5))
    report.benchmarks.append(Measured("two", "How.", (), 3.0, nan, "ValueError: no"))
    path = report.write(tmp_path)
    assert path.name == "2026-01-02_030405.json"
    again = Report.from_json(path.read_text(encoding="utf-8"))
    assert again.benchmarks[0] == report.benchmarks[0]
    assert again.benchmarks[1].failure == "ValueError: no"
    slower = Report("2026-01-03T03:04:05+00:00", {"processor": "X"})
    slower.benchmarks.append(
        Measured("one", "How.", (share("a", 3.0, 2.0, "s", "b", at_most(0.5)),), 3.0, 0.5)
    )
    table = slower.markdown(again)
    assert "| one | a | 3 s | 2 s, b | 1.5 | ≤ 0.5 | no | 0.50 | 0.5 | +200% |" in table
    assert "failed: ValueError: no" in report.markdown()
    assert "not measured: why" in report.markdown()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"benchmarks": [{"rows": [{}]}]}'])
def test_a_file_that_is_no_report_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a file of"):
        Report.from_json(text)


def test_the_program_measures_in_a_process_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["benchmarks", "growth", "--tiny", "--out", str(tmp_path)])
    assert program.main() == 0
    (file,) = tmp_path.glob("*.json")
    assert "exponent of n" in capsys.readouterr().out
    (found,) = json.loads(file.read_text(encoding="utf-8"))["benchmarks"]
    assert found["memory_GiB"] > 0
    assert file.with_suffix(".md").exists()
    monkeypatch.setattr("sys.argv", ["benchmarks", "--against", str(file.with_suffix(".md"))])
    with pytest.raises(SystemExit):
        program.main()
    assert "not a file of" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["validity", "parts", "perturbation", "control"])
def test_benchmarks_give_rows_at_tiny_sizes(name: str) -> None:
    rows = benchmark(name)(True)
    assert rows
    assert all(isinstance(row, Row) for row in rows)
    assert len({row.what for row in rows}) == len(rows)


def test_every_benchmark_says_how_it_measures_and_the_guide_names_it() -> None:
    guide = GUIDE.read_text(encoding="utf-8")
    for name in NAMES:
        assert benchmark(name).__doc__
        assert f"`{name}`" in guide, name
