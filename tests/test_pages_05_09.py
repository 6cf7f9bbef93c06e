"""Pages of notebooks 05 to 10: sizes at every scale, and sentences that decide between cases."""

from __future__ import annotations

from dataclasses import fields
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from renaissance_kit import Network, SteadyStates, studies
from renaissance_kit.analysis import UnbiasedModels, permutation_test, wilson_interval
from renaissance_kit.kinetics import Status
from renaissance_kit.search import Survey
from renaissance_kit.studies.pages import (
    aconitase,
    intracellular,
    meaning,
    own_organism,
    routes,
    shifts,
    tca,
)

PAGES = (intracellular, aconitase, tca, shifts, routes, own_organism)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__.rpartition(".")[2])
def test_every_size_has_a_value_at_every_scale_and_is_documented(page: ModuleType) -> None:
    names = [field.name for field in fields(page.Sizes)]
    assert list(page.Sizes.table().index) == names
    smoke, paper = page.Sizes.at("smoke"), page.Sizes.at("paper")
    assert smoke != paper
    assert all(name in page.Sizes.__doc__ for name in names)


def surveyed(supports: list[bool], found: list[bool]) -> studies.Surveyed:
    """States with two unbiased models each and a search, valid where it is said."""
    state = np.arange(len(supports))
    lambda_max = np.stack([np.where(supports, -3.0, -1.0), np.full(len(supports), -1.0)], axis=1)
    about = {"network_digest": "", "states_digest": "", "threshold_per_h": -2.5, "seed": 1}
    models = xr.Dataset(
        {
            "lambda_max": (("state", "model"), lambda_max, {"units": "1/h"}),
            "km": (("model", "km_name"), np.ones((2, 1)), {"units": "mM"}),
        },
        coords={"state": state, "model": [0, 1], "km_name": ["a:b_c"]},
        attrs=about,
    )
    best = np.where(found, -3.0, -1.0)
    search = xr.Dataset(
        {
            "lambda_max": ("state", best, {"units": "1/h"}),
            "first_lambda_max": ("state", best, {"units": "1/h"}),
            "status": ("state", np.where(found, Status.VALID, Status.SLOW).astype(np.int8)),
            "evaluations": ("state", np.full(len(found), 10, dtype=np.int32), {"units": "1"}),
            "seconds": ("state", np.ones(len(found)), {"units": "s"}),
            "longest": ("state", np.ones(len(found)), {"units": "s"}),
            "km": (("state", "km_name"), np.ones((len(found), 1)), {"units": "mM"}),
        },
        coords={"state": state, "km_name": ["a:b_c"]},
        attrs={**about, "settings": "{}"},
    )
    tiny = Network.example("tiny")
    none = np.zeros((len(found), len(tiny.kinetic_reactions)))
    states = SteadyStates.from_arrays(
        tiny, none, tiny.kinetic_reactions, np.ones((len(found), len(tiny.species))), none, {}
    )
    return studies.Surveyed(states, UnbiasedModels.sealed(models), Survey.sealed(search))


def test_slow_states_are_named_and_none_is_said_to_be_none() -> None:
    one = {"generic": surveyed([True, False], [True, True])}
    text = intracellular.no_model(studies.without_model(one), one)
    assert "unbiased models 50.0 %" in text
    assert "so no state is slow" in text
    other = {**one, "shipped": surveyed([False, False], [True, False])}
    text = intracellular.no_model(studies.without_model(other), other)
    assert "leaves slow 1 of 2 shipped" in text
    rows = intracellular.no_model_claims(studies.without_model(other))
    assert [claim for claim, *_ in rows] == ["C11"] * 6
    here = {quantity: value for _, quantity, value, _ in rows}
    assert here["states without a valid model, no bound on turnover"] == "0 % (0 of 2)"
    assert here["states without a valid model among unbiased ones, shipped"] == "100 % (2 of 2)"


@pytest.mark.parametrize(
    ("supports", "says"),
    [([True, False], ""), ([False, False], "More models"), ([True, True], "Fewer models")],
)
def test_states_of_one_kind_are_said_to_be(supports: list[bool], says: str) -> None:
    text = intracellular.kinds(surveyed(supports, [True, True]).unbiased)
    assert text.startswith(f"{sum(supports)} of 2 states support valid dynamics by 2 models.")
    assert ("All are of one kind" in text) == bool(says)
    assert says in text


def test_no_metabolite_is_none() -> None:
    ranges = pd.DataFrame({"metabolite": ["a_c", "b_c"], "found": [False, False]})
    assert "(false discovery rate 5 %): none." in intracellular.metabolites({"generic": ranges}, {})
    ranges["found"] = [True, False]
    assert "**1 of 2 metabolites**" in intracellular.metabolites({"generic": ranges}, {})
    assert "no ranges to compare" in intracellular.metabolites({}, {})


def test_claims_without_two_kinds_are_those_of_the_neighbourhoods() -> None:
    assert intracellular.metabolite_claims({}, {}, metabolites=0) == []
    one = surveyed([True, False], [True, True])
    ((claim, quantity, here, spread),) = intracellular.neighbourhood_claims({"new anywhere": one})
    assert (claim, quantity) == ("C12", "states new anywhere")
    assert here.startswith("50.0 % support valid dynamics (1 of 2), search finds")
    low, high = wilson_interval(1, 2)
    assert spread.startswith(f"{100 * low:.1f} % to {100 * high:.1f} %, ")


def test_published_rows_of_the_notebook_have_its_names(ecoli: Network) -> None:
    one = surveyed([True], [True])
    cut = {"metabolite": "3pg_c", "found": True, "value_mM": 2.0, "low_mM": 1.0, "high_mM": 3.0,
           "share_inside": 1.0, "share_outside": 0.0}  # fmt: skip
    cuts = pd.DataFrame([{**cut, "below": below} for below in (True, False)])
    rows = [
        intracellular.no_model_claims(studies.without_model({"generic": one}))[0],
        *intracellular.neighbourhood_claims(
            {f"new in {name}": one for name in ("best cell", "all supporting states")}
        ),
        *intracellular.metabolite_claims(
            {"generic": cuts}, {"non-supporting": one}, metabolites=30
        ),
    ]  # fmt: skip
    table = studies.published(ecoli)
    published = table[table.claim.isin(["C11", "C12", "C13"])]
    assert set(published.quantity) == {quantity for _, quantity, *_ in rows}
    (shipped, _) = intracellular.metabolite_claims({"shipped": cuts}, {}, metabolites=0)
    assert shipped[1].endswith("below it, shipped")


@pytest.mark.parametrize(
    ("within", "near", "says"),
    [(90, 100, ("Bounds alone help", "help more than those of all.")),
     (10, 12, ("cannot be told",)), (90, 92, ("Bounds alone help", "cannot be told"))],
)  # fmt: skip
def test_neighbours_are_compared_with_bounds_of_all(
    within: int, near: int, says: tuple[str, ...]
) -> None:
    shares = studies.share_table(
        {name: np.arange(100) < n for name, n in
         {"new in all supporting states": near, "new in all states": within,
          "new anywhere": 10, "members of the best cell": 50}.items()}
    )  # fmt: skip
    text = intracellular.neighbours(shares)
    assert all(words in text for words in says)
    assert ("Bounds alone help" in text) == (within > 10)
    assert "members" not in text


def counts(shifted: int, reshaped: int, least: float = 0.001) -> pd.DataFrame:
    rows = ["parameters of other reactions", "shifted (q < 0.05)", "other shape (q < 0.05)",
            "least p-value of so few trainings"]  # fmt: skip
    return pd.DataFrame(
        {"KM": [10, shifted, reshaped, least], "Vmax": [5, 0, 0, least]}, index=rows
    )


def test_trainings_too_few_to_tell_say_so_and_count_nothing() -> None:
    text = aconitase.propagation(counts(0, 0, least=0.1))
    assert text.startswith("These are too few trainings to tell: no p-value of theirs falls below")
    assert "0 " not in text.replace("0.1", "")


def test_distributions_of_other_networks_are_those_of_their_data(
    ecoli: Network, tiny: Network
) -> None:
    wanted = [("vmax", "PGI", "Vmax of PGI", "mM/h"), ("km", "ICDHyr:icit_c", "KM", "mM")]
    assert aconitase.shown(ecoli, wanted, []) == wanted
    assert aconitase.shown(tiny, wanted, []) == wanted[:1]
    (row,) = aconitase.shown(tiny, wanted[1:], ["PGI:g6p_c"])
    assert row[:2] == ("vmax_per_km", "PGI:g6p_c")


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
    assert text.startswith("With all 1 constants put in, 90.0 % of 200 models are valid")
    assert "but for 10.0 % of its mass" in text
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
    text = tca.rises(by_group, scores, test, 0.001)
    assert "too few trainings to tell" not in text
    assert "too few trainings to tell" in tca.rises(by_group, scores, test, 0.1)
    assert says in text.partition("Outside it")[0]
    assert "at q < 0.05: A:a_c." in text
    assert [row[0] for row in tca.claims(by_group, design="3 and 3")] == ["C15", "C15", "C16"]


def test_wide_distributions_leave_scores_little_to_grow_by() -> None:
    assert "little to grow by" in tca.widths(3.5, 3.4)
    assert "little to grow by" not in tca.widths(2.0, 1.9)


@pytest.mark.parametrize(("p", "chance"), [(0.5, True), (0.01, False)])
def test_shifts_are_chance_or_not(p: float, chance: bool) -> None:
    row = {"shift (decades)": 0.1, "shift, null": 0.09, "p of shift": p,
           "nearer to each other by (decades)": -0.02, "p of nearer": 0.4,
           "least p-value of so few trainings": 0.001}  # fmt: skip
    table = pd.DataFrame([row], index=["all 9 measured"])
    text = shifts.shifted(table, "all 9 measured", pd.DataFrame({"q_shift": [0.01, 0.5]}))
    assert text.startswith("With 9 measured constants")
    assert "1 of 2 shift" in text
    assert "further apart by 0.0200" in text
    assert ("Neither is more than chance" in text) == chance
    few = table.assign(**{"least p-value of so few trainings": 0.1})
    assert "too few trainings" in shifts.shifted(
        few, "all 9 measured", pd.DataFrame({"q_shift": []})
    )


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


def test_own_organism_says_whether_chains_mixed_and_when_returns_are_read() -> None:
    class Two(SimpleNamespace):
        def __len__(self) -> int:
            return 2

    states = Two(
        dataset=xr.Dataset(
            {
                "flux": (("state", "reaction"), [[0.4], [0.5]]),
                "ess": ("v", [40.0, 60.0]),
                "rhat": ("v", [1.0, 1.02]),
            },
            coords={"reaction": ["grow"]},
        )
    )
    network = SimpleNamespace(
        require_growth=lambda _: "grow", conditions={"doubling_time": SimpleNamespace(value=47.6)}
    )
    text = own_organism.sampled(network, states)
    assert "2 states, which grow at 0.40 to 0.50 1/h" in text
    assert "All chains mixed." in text
    states.dataset["rhat"][0] = 1.3
    assert "have not mixed (R-hat up to 1.30, " in own_organism.sampled(network, states)
    assert own_organism.read_min(network) == (24, 48)


def test_ranges_that_hold_the_truth_too_rarely_are_named() -> None:
    rng = np.random.default_rng(1)
    right = rng.integers(100, size=(200, 2))
    narrow = np.where(right > 49, 99, 0)
    found = studies.Calibration(
        ("a", "b"), 99, {"right": right, "narrow": narrow},
        {"right": np.ones(right.shape), "narrow": np.ones(right.shape)},
    )  # fmt: skip
    text = meaning.ranges(found.table(), ["a"])
    assert "The central 90 %" in text
    assert "* **narrow**: 0 % of the truths of constants with a measurement, 0 % of the" in text
    assert "ranks not uniform for 2 of 2" in text
    assert "for 0 of 2" in text
    few = studies.Calibration(
        ("a", "b"), 99, {"right": right[:20]}, {"right": np.ones((20, 2))}
    )  # fmt: skip
    assert "20 truths are too few" in meaning.ranges(few.table(), ["a"])
