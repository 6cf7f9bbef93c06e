"""Pages of notebooks 05 to 09: sizes at every scale, and sentences that decide between cases."""

from __future__ import annotations

from dataclasses import fields
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from renaissance_kit import Network, studies
from renaissance_kit.analysis import permutation_test, wilson_interval
from renaissance_kit.kinetics import Status
from renaissance_kit.search import Survey
from renaissance_kit.studies.pages import aconitase, intracellular, routes, shifts, tca

PAGES = (intracellular, aconitase, tca, shifts, routes)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__.rpartition(".")[2])
def test_every_size_has_a_value_at_every_scale_and_is_documented(page: ModuleType) -> None:
    names = [field.name for field in fields(page.Sizes)]
    assert list(page.Sizes.table().index) == names
    smoke, paper = page.Sizes.at("smoke"), page.Sizes.at("paper")
    assert smoke != paper
    assert all(name in page.Sizes.__doc__ for name in names)


def survey(*statuses: Status) -> Survey:
    """Found models with these statuses; λmax −3 where valid, else −1."""
    valid = np.array([s == Status.VALID for s in statuses], dtype=bool)
    values = {
        "status": np.array([int(s) for s in statuses], dtype=np.int8),
        "lambda_max": np.where(valid, -3.0, -1.0),
        "evaluations": np.full(len(statuses), 100, dtype=np.int32),
    }
    data = {name: ("state", x) for name, x in values.items()}
    return Survey(xr.Dataset(data, coords={"state": np.arange(len(statuses))}))


def test_more_effort_counts_what_turned_and_lowers_the_share() -> None:
    found = survey(Status.VALID, Status.VALID, Status.SLOW, Status.SLOW)
    slow = found.select(~found.fast)
    effort = studies.MoreEffort.of(found, (slow, survey(Status.VALID, Status.SLOW)))
    assert (effort.turned, effort.tried) == (1, 2)
    assert effort.slow_share == 0.25
    assert effort.turned_interval == wilson_interval(1, 2)
    low, high = wilson_interval(2, 4)
    assert effort.slow_interval == (
        low * (1 - effort.turned_interval[1]), high * (1 - effort.turned_interval[0])
    )  # fmt: skip
    text = intracellular.more_effort(effort)
    assert text.startswith("**1 of 2 slow states turned fast**")
    assert "had been at -1.00 1/h" in text
    assert "25.00% of the states would stay slow" in text


@pytest.mark.parametrize("slow", [True, False])
def test_without_another_search_the_sentence_says_how_long_the_first_took(slow: bool) -> None:
    found = survey(Status.VALID, Status.SLOW if slow else Status.VALID)
    effort = studies.MoreEffort.of(found, None)
    assert (effort.turned, effort.tried) == (0, 0)
    assert effort.slow_share == (0.5 if slow else 0.0)
    assert effort.turned_interval == (0.0, 1.0)
    text = intracellular.more_effort(effort)
    assert text.startswith("No state was searched again.")
    assert ("No state is slow." in text) != slow
    rows = intracellular.slow_claims(shares(found), at_once(), effort, steps=60)
    assert [claim for claim, *_ in rows] == ["C11"] * 3


def shares(found: Survey) -> pd.DataFrame:
    return studies.share_table({"generic": found, "shipped": found})


def at_once() -> pd.DataFrame:
    row = {"states": 2, "first_descent": 1, "share": 0.5, "low": 0.1, "high": 0.9,
           "failed_share": 0.5, "failed_low": 0.1, "failed_high": 0.9}  # fmt: skip
    return pd.DataFrame([{"population": name, **row} for name in ("generic", "shipped")])


def test_no_metabolite_is_none() -> None:
    ranges = pd.DataFrame({"metabolite": ["a_c", "b_c"], "found": [False, False]})
    assert "(false discovery rate 5 %): none." in intracellular.metabolites(ranges)
    ranges["found"] = [True, False]
    assert "**1 of 2 metabolites**" in intracellular.metabolites(ranges)


def counts(shifted: int, reshaped: int) -> pd.DataFrame:
    rows = ["parameters of other reactions", "shifted (q < 0.05)", "other shape (q < 0.05)"]
    return pd.DataFrame({"KM": [10, shifted, reshaped], "Vmax": [5, 0, 0]}, index=rows)


def test_propagation_is_claimed_only_where_something_changed() -> None:
    assert "No propagation can be told from noise" in aconitase.propagation(counts(0, 0))
    text = aconitase.propagation(counts(1, 2))
    assert text.startswith("Of 15 parameters of other reactions, 1 shifted and 2 changed shape")
    assert "to which the data propagate" in text


@pytest.mark.parametrize(
    ("moves", "says"),
    [([], "No training by evolution"), ([0.5, 0.4], "would be that of the seed"),
     ([0.7, 0.4], "The data move more than the seed")],
)  # fmt: skip
def test_evolution_with_data_stands_beside_another_seed(moves: list[float], says: str) -> None:
    table = pd.DataFrame({"median |shift| (decades)": moves}) if moves else pd.DataFrame()
    assert says in aconitase.by_evolution(table)


def test_conflict_speaks_of_the_other_constants_only_for_valid_models() -> None:
    blame = pd.DataFrame(
        {"without": [1.0, 0.9, 0.95]}, index=["as generated", "all measured", "A:a_c"]
    )
    text = aconitase.conflicts(blame, models=200, valid_only=True)
    assert text.startswith("With all 1 constants put in, 90.0% of 200 models are valid")
    assert "but for 10.0% of its mass" in text
    assert "mass" not in aconitase.conflicts(blame, models=200, valid_only=False)


def group(change: float) -> dict[str, Any]:
    return {
        "constants": 4, "improved": 3, "improved_null": 2.0, "p_improved": 0.2, "before": 0.2,
        "after": 0.2 + change, "change": change, "null_low": -0.1, "null_high": 0.1,
        "p_change": 0.3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [(0.05, ", within the"), (0.2, ", above the"), (-0.2, ", below the")],
)
def test_scores_rise_beyond_chance_or_not(change: float, says: str) -> None:
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((2, 3, 2))
    test = permutation_test(*noise, ["A:a_c", "B:b_c"], rng=rng, permutations=20)
    by_group = pd.DataFrame(
        [{"group": studies.INSIDE, **group(change)}, {"group": studies.OUTSIDE, **group(0.0)}]
    )
    scores = test.table().assign(q_value=[0.01, 0.5])
    text = tca.rises(by_group, scores, test)
    assert says in text.partition("Outside it")[0]
    assert "at q < 0.05: A:a_c." in text
    assert [row[0] for row in tca.claims(by_group, design="3 and 3")] == ["C15", "C15", "C16"]


def test_wide_distributions_leave_scores_little_to_grow_by() -> None:
    assert "little to grow by" in tca.widths(3.5, 3.4)
    assert "little to grow by" not in tca.widths(2.0, 1.9)


@pytest.mark.parametrize(("p", "chance"), [(0.5, True), (0.01, False)])
def test_shifts_are_chance_or_not(p: float, chance: bool) -> None:
    row = {"shift (decades)": 0.1, "shift, null": 0.09, "p of shift": p,
           "nearer to each other by (decades)": -0.02, "p of nearer": 0.4}  # fmt: skip
    table = pd.DataFrame([row], index=["all 9 measured"])
    text = shifts.shifted(table, "all 9 measured", pd.DataFrame({"q_shift": [0.01, 0.5]}))
    assert text.startswith("With 9 measured constants")
    assert "1 of 2 shift" in text
    assert "further apart by 0.0200" in text
    assert ("Neither is more than chance" in text) == chance


def test_a_route_that_does_not_get_there_is_named() -> None:
    rows = [
        ("NES", "8", 100.0), ("gradient", "8", 5.0), ("NES", "3", np.nan), ("gradient", "3", 4.0)
    ]  # fmt: skip
    costs = pd.DataFrame(rows, columns=["route", "state", "seconds_to_90"])
    text = routes.time_to_90(costs)
    assert "state 8: NES 100 s, gradient 5.0 s, 20 times faster; state 3: NES did not get" in text
    here = [row[2] for row in routes.claims(costs, "3")]
    assert here == ["not reached", "4.0 s"]


def test_published_counts_are_those_of_the_table(ecoli: Network, tiny: Network) -> None:
    assert tca.published_counts(ecoli) == {studies.INSIDE: (16, 17), studies.OUTSIDE: (85, 91)}
    assert tca.published_counts(tiny) == {}
