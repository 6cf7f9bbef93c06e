"""Whether a published value is reproduced: the rule, the texts it reads, and the page of claims."""

from __future__ import annotations

import importlib.util
import math
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from renaissance_kit import Network, studies
from renaissance_kit.studies import Rule, value_of, verdict

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5,000", 5000.0),
        ("1 (state 334)", 1.0),
        ("99.8%", 0.998),
        ("0 of 1,000", 0.0),
        ("39.8 of 114", 39.8 / 114),
        ("3.20 → 0.10", -3.1),
        ("−0.783, −4.17", -4.17),
        ("+0.0071", 0.0071),
        ("0.00% (0 of 200)", 0.0),
        ("20.6 s", 20.6),
        ("none (q = 0.083)", math.nan),
        ("not computed", math.nan),
    ],
)
def test_the_number_a_text_is_about(text: str, value: float) -> None:
    assert value_of(text) == pytest.approx(value, nan_ok=True)


def test_a_value_or_its_interval_in_the_range_is_reproduced() -> None:
    rule = Rule(0.754, 0.754, because="of the tolerance")
    assert verdict(rule, "77.3%", "74.6% to 79.8% (95 %), 1,000 perturbed") == "reproduced"
    assert verdict(rule, "97.9%", "96.8% to 98.6% (95 %)") == "differs because of the tolerance"
    assert verdict(Rule(high=0.1), "1.41%", "") == "reproduced"


def test_an_effect_must_be_beyond_chance() -> None:
    rise = Rule(low=0.5, beyond_chance=True)
    assert verdict(rise, "13 of 14", "permuted 7.0, p = 0.003; 10 trainings") == "reproduced"
    assert verdict(rise, "9 of 14", "permuted 7.0, p = 0.197; 10 trainings") == "differs"
    assert verdict(rise, "2 of 14", "permuted 7.0, p = 0.003") == "differs", "the other way"
    narrower = Rule(high=0, beyond_chance=True)
    assert verdict(narrower, "3.75 → 3.70", "permuted change −0.01 to +0.01") == "reproduced"
    assert verdict(narrower, "3.75 → 3.745", "permuted change −0.01 to +0.01") == "differs"


def test_what_cannot_be_compared_says_why() -> None:
    assert verdict(Rule(), "1", "").endswith("because the paper gives no number")
    small = verdict(Rule(low=1), "1", "", full_size=False)
    assert small.endswith("because this run is smaller than the published one, though it agrees")
    far = verdict(Rule(low=0.18), "0 %", "0 % to 1.9 %", full_size=False)
    assert far == "differs even in this small run because of its value"


def test_every_published_value_has_a_rule_or_a_reason(ecoli: Network) -> None:
    for quantity, rule in studies.published_rules(ecoli).items():
        assert rule.decides or rule.because, quantity


def test_a_table_of_claims_has_no_codes(ecoli: Network) -> None:
    rows = [("C5", "incidence of unbiased sampling", "1.4%", "", True)]
    table = studies.claims_table(ecoli, rows)
    assert list(table) == ["quantity", "paper", "here", "spread", "verdict"]
    assert table.verdict[0] == "reproduced"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tool", ROOT / "tools" / "write_reproduction.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_says_where_only_one_of_two_states_agrees(tool: ModuleType) -> None:
    own, theirs = (
        pd.DataFrame([("KM", "384", here, "", said)],
                     columns=["quantity", "paper", "here", "spread", "verdict"])
        for here, said in (("384", "reproduced"), ("383", "differs"))
    )  # fmt: skip
    assert list(tool.merged({"own": own}).verdict) == ["reproduced"]
    assert list(tool.merged({"own": own, "published": own}).verdict) == ["reproduced"]
    both = tool.merged({"own": own, "published": theirs})
    assert list(both.verdict) == ["ours: reproduced; the study's: differs"]


def test_every_row_of_the_page_has_a_verdict() -> None:
    text = (ROOT / "docs" / "reproduction.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    rows = [row for row in rows if row[0] != "quantity"]
    assert len(rows) > 80
    for row in rows:
        said = row[-1].removeprefix("ours: ").split("; the study's: ")
        for part in said:
            assert part.startswith(("reproduced", "differs", "not comparable because ")), row
