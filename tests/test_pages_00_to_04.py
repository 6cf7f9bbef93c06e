"""Pages of notebooks 00 to 04: their sizes, and sentences that decide between cases."""

from __future__ import annotations

import importlib
import inspect
import math
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from IPython.core.formatters import DisplayFormatter
from perturbed import perturbation_result

from renaissance_kit import Network, ReactorConditions, studies
from renaissance_kit.core import ParameterError
from renaissance_kit.simulation import Fit, PerturbationResult
from renaissance_kit.studies.pages import (
    bioreactor,
    bioreactor_claims,
    robustness,
    start_here,
    states,
    training,
    training_claims,
)
from renaissance_kit.studies.scale import SCALES, Scale
from renaissance_kit.studies.text import Text
from renaissance_kit.training import NESSettings

PAGES = ("start_here", "states", "training", "robustness", "bioreactor")


@dataclass(frozen=True)
class Small(Scale):
    models: int
    grid: bool

    SIZES: ClassVar = {"models": (1, 2, 3, 4), "grid": (False, False, True, True)}


# --- sizes and text -------------------------------------------------------------------------------


def test_sizes_come_from_the_scale_unless_they_are_asked_for() -> None:
    assert Small.at("demo") == Small(2, False)
    assert Small.at("paper", models=7, grid=None) == Small(7, True)
    assert Small.at("paper", grid=False) == Small(4, False)
    assert list(Small.table().columns) == list(SCALES)
    assert Small.table().loc["models"].tolist() == [1, 2, 3, 4]


def test_a_scale_or_size_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(ParameterError, match="did you mean 'laptop'"):
        Small.at("labtop")
    with pytest.raises(ParameterError, match="did you mean 'models'"):
        Small.at("demo", modles=3)


@pytest.mark.parametrize("name", PAGES)
def test_every_size_of_a_page_has_a_value_at_every_scale(name: str) -> None:
    sizes = importlib.import_module(f"renaissance_kit.studies.pages.{name}").Sizes
    names = [field.name for field in fields(sizes)]
    assert list(sizes.SIZES) == names
    assert all(len(values) == len(SCALES) for values in sizes.SIZES.values())
    text = inspect.getdoc(sizes) or ""
    assert all(f"\n    {name}:" in text for name in names), "say what each means"


def test_jupyter_shows_a_text_as_markdown() -> None:
    data, _ = DisplayFormatter().format(Text("**3 of 4**"))
    assert data["text/markdown"] == "**3 of 4**"


# --- 02 ------------------------------------------------------------------------------------------


def baseline(*lambda_max_per_h: float) -> studies.Baseline:
    return studies.Baseline(np.ones((1, 1)), np.array(lambda_max_per_h), -2.5, seed=1, seconds=0.1)


def history(**last: list[float]) -> pd.DataFrame:
    """Two steps of every repeat of each group; the first without a valid model."""
    return pd.DataFrame(
        [
            {"group": group, "repeat": i, "step": step, "incidence": share}
            for group, shares in last.items()
            for i, final in enumerate(shares)
            for step, share in ((0, 0.0), (5, final))
        ]
    )


def test_unbiased_models_of_which_none_is_valid() -> None:
    text = training.unbiased(baseline(-1.0, 2.0, math.nan))
    assert text.startswith("0 of 3 unbiased models are valid: 0 %")
    assert text.endswith("there are 1.")


def test_incidence_of_one_repeat_and_of_several() -> None:
    ends = studies.first_and_last(history(default=[0.5, 1.0], paper=[0.25], code=[0.75]))
    assert ends["last"].tolist() == [0.5, 1.0, 0.25, 0.75]
    assert ends["first"].tolist() == [0.0] * 4
    assert ends.steps.tolist() == [5] * 4
    text = training.incidence(ends, baseline(-3.0, 0.0))
    assert "from 0 % to 75.0 % in 5 generations over 2 repeat(s), from 50.0 % to 100 %" in text
    assert "the paper 25.0 % in 5 generations over 1 repeat(s)" in text
    assert "the code 75.0 % in 5 generations over 1 repeat(s)" in text
    assert "by models" in training_claims.spread(pd.Series([0.5]), 10)
    assert "by repeats" in training_claims.spread(pd.Series([0.5, 1.0]), 10)


def test_grid_and_parts_that_were_not_computed_say_how_to() -> None:
    assert training.settings_grid(None, "demo").endswith("set `grid=True`, or a larger scale.")
    assert training.recipe_parts(None, "demo").endswith("set `parts=True`, or a larger scale.")


def test_best_of_the_grid_is_the_first_of_equals() -> None:
    columns = ["sigma", "learning_rate", "population", "decay", "incidence"]
    grid = pd.DataFrame([[1, 1, 4, 0, 0.2], [2, 1, 4, 0, 0.9], [3, 1, 4, 0, 0.9]], columns=columns)
    text = training.settings_grid(grid, "smoke")
    assert text.startswith("Best of 3 trainings: σ = 2,")
    assert text.endswith("the worst had 20.0 %.")


def test_grid_around_the_default_settings() -> None:
    settings = NESSettings(sigma=0.1, learning_rate=2.0)
    around = training.GRIDS["smoke"].around(settings)
    assert around == {"sigma": [0.05, 0.2], "learning_rate": [1.0, 4.0]}
    assert list(training.GRIDS["paper"].around(settings)) == [
        "population", "decay", "sigma", "learning_rate",
    ]  # fmt: skip


def test_a_million_sets_are_not_extrapolated() -> None:
    budget = pd.DataFrame({"part": ["eigenvalues"], "share": [0.8]})
    stream = {"seconds": 1.0, "megabytes": 1.0, "seconds_per_million": 2.0}
    run = type("Run", (), {"seconds": 3.0})()
    few = training.time(budget, [run], {"sets": 10, **stream}, workers=2)
    many = training.time(budget, [run], {"sets": training.MILLION, **stream}, workers=2)
    assert "which extrapolates to 2.0 s a million" in few
    assert "extrapolates" not in many


# --- 03 ------------------------------------------------------------------------------------------


def decaying(*factors: float) -> PerturbationResult:
    """One metabolite of a model for each factor by which it deviates less every minute."""
    deviation = np.array([[[[0.5 * f**t] for t in range(6)]] for f in factors])
    return perturbation_result(deviation, variables=("a_c",))


def test_the_last_model_is_back_or_not() -> None:
    result = decaying(0.1, 1.0)
    both = {"first": (0, 0), "last": (1, 0)}
    titles = robustness.model_titles(result, both, ["a_c"], 0.01)
    assert titles == {
        "first": "Model 0: first, back after 2 min",
        "last": "Model 1: last, not back within 5 min",
    }
    text = robustness.last_model(result, both, ["a_c"], tolerance=0.01, totals="keep")
    assert text.startswith("50.0 % of the perturbed models are not back within")
    assert "In model 1 a_c is then 1.5 times that of the steady state. Linear" in text
    other = robustness.last_model(result, both, ["a_c"], tolerance=0.01, totals="resample")
    assert other.endswith("With other totals it settles at another state.")
    back = robustness.last_model(
        decaying(0.1, 0.1), both, ["a_c"], tolerance=0.01, totals="keep"
    )  # fmt: skip
    assert back == "0 % of the perturbed models are not back within 0.0833333 h."


def test_linear_responses_exist_only_with_kept_totals() -> None:
    assert robustness.linear(None, pd.DataFrame()).startswith("No linear response")
    shares = studies.return_shares(
        decaying(0.1, 1.0), {studies.CYTOSOL: ["a_c"]}, times_min=[2.0], tolerances=[0.01]
    )
    text = robustness.linear(shares, shares)
    assert text.endswith("50.0 % (50.0 % are) within 2 min to 1 %.")


def test_a_share_that_is_not_in_the_table() -> None:
    shares = pd.DataFrame({"group": ["a"], "time_min": [24.0], "tolerance": [0.1], "share": [0.5]})
    assert studies.share_at(shares, "a", 24.0, 0.1).share == 0.5
    with pytest.raises(ParameterError, match=r"'a' at 34 min with a tolerance of 0\.1"):
        studies.share_at(shares, "a", 34.0, 0.1)


# --- 04 ------------------------------------------------------------------------------------------


def fit(*rows: tuple[float, float]) -> Fit:
    return Fit(np.arange(len(rows)), ("biomass", "glucose"), np.array(rows), threshold=1.0)


def test_models_that_match_all_some_and_none() -> None:
    some = fit((0.5, 0.9), (0.5, 2.0), (math.nan, math.nan))
    assert bioreactor.matches(some).startswith("**1 of 3 models match all curves**")
    assert "biomass 2, glucose 1" in bioreactor.matches(some)
    assert bioreactor.group_shown(some, some.shown(2)) == "matching"
    none = fit((3.0, 2.0), (0.5, 2.0))
    assert bioreactor.matches(none).startswith("**0 of 2 models match all curves**")
    assert bioreactor.group_shown(none, none.shown(1)) == "best 1"
    assert bioreactor_claims.fewer_matches(none) == ["match 1 of 2"]


def test_without_engineered_strains() -> None:
    text = bioreactor.strains(pd.DataFrame(), "anthranilate", 2.0)
    assert text == "The network's folder names no engineered strain (strains.csv)."


def test_change_of_a_strain_relative_to_its_host() -> None:
    fits = pd.DataFrame(
        {"strain": "s", "factor": 2.0, "model": [0, 1], "goodness_of_fit": [1.0, 3.0],
         "last": [2.0, 6.0], "measured_last": 1.5}
    )  # fmt: skip
    changes = studies.strain_changes(fits, pd.Series([1.0, 2.0]), host_measured=0.5)
    assert changes.loc[0, "predicted change"] == 2.5
    text = bioreactor.strains(changes, "acetate", 2.0)
    assert text.endswith("s: predicted × 2.50 at a factor of 2, measured × 3.00.")


def test_richer_media_and_what_they_give(ecoli: Network) -> None:
    media = studies.richer_media(ecoli, {"trp__L_e": 3.0})
    assert media == {"given": {}, "tryptophan": {"trp__L_e": 3.0}, "both": {"trp__L_e": 3.0}}
    changed = pd.DataFrame(
        {"medium": list(media), "model": 0, "time_h": 60.0, "biomass": [1.0, 2.0, 3.0],
         "trp__L_e": [0.1, 0.0, 0.0]}
    )  # fmt: skip
    ends = studies.final_values(changed, ["biomass", "trp__L_e"])
    assert studies.biomass_gain(ends).loc[0, "both"] == 3.0


def test_the_difference_that_matters_most() -> None:
    rows = [
        ("own", "nothing", 1, 2, 0), ("own", "medium", 1, 3, 0), ("own", "O2 supply", 4, 4, 1),
        ("published", "nothing", 5, 4, 2), ("published", "medium", 5, 4, 2),
        ("published", "O2 supply", 5, 4, 2),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["start", "changed", "biomass", "glucose", "all"])
    table = table.assign(models=5, finished=5, **{"biomass, median": 1.0, "glucose, median": 1.0})
    text = bioreactor.compared(table)
    assert text.startswith("Under the conditions *own* 0 of 5 models match all curves (biomass 1, ")
    assert "matters most is O2 supply (biomass 4, glucose 4)" in text
    assert text.endswith("(biomass 5, glucose 4); no single change matters.")
    few = bioreactor.compared(table.assign(models=4))
    assert "4 models do not tell which change matters" in few
    assert "matters most" not in few
    assert "one table of conditions" in bioreactor.compared(pd.DataFrame())


def test_what_a_batch_is_given(ecoli: Network) -> None:
    own, published, aerated = (
        bioreactor.experiment(3, "a file", ReactorConditions.from_folder(ecoli, name), 300.0)
        for name in ("own", "published", "aerated")
    )
    assert "held: co2_e, h_e, o2_e; from a gas: nothing. A litre of cell weighs 300 gDW." in own
    assert "331.5 gDW for growth and 280 gDW for the exchange" in published
    assert "up to a factor of 1.18" in published
    assert "made with 300 gDW, so that cells start to grow at 90 % of its growth rate" in published
    assert "o2_e (kLa 100 1/h, saturation 0.21 mM)" in aerated


# --- 01 and 00 -----------------------------------------------------------------------------------


def test_regenerated_states_or_none() -> None:
    assert states.regenerated(None, 0, "demo").endswith("set `remake=True`.")
    assert "flux 1e-12 at most" in states.regenerated({"flux": 1e-12}, 5, "laptop")


def test_a_short_sample_has_not_converged() -> None:
    good, bad = (pd.DataFrame({"ess": [500.0], "rhat": [r]}) for r in (1.001, 1.2))
    assert states.convergence(good, bad, "the states", 50).endswith("too short to have converged.")
    assert "too short" not in states.convergence(good, good, "the states", 50)


def test_fluxes_without_ratios() -> None:
    rates = pd.DataFrame({"reaction": ["r"], "value": [1.0], "low": [0.5], "high": [2.0]})
    table = pd.DataFrame(
        {"reaction": ["r"], "text": ["growth"], "median": [1.1], "low_95": [1.0], "high_95": [1.2],
         "unit": ["1/h"]}
    )  # fmt: skip
    none = pd.DataFrame(columns=["text", "median"])
    text = states.fluxes(table, rates, none)
    assert text == "growth 1.1 1/h (95 %: 1 to 1.2), measured 1 (0.5 to 2)."
    some = pd.DataFrame({"text": ["PPP/EMP"], "median": [0.5]})
    assert "Ratios (medians): PPP/EMP 0.50." in states.fluxes(table, rates, some)


@pytest.mark.parametrize(("reached", "said"), [(30, "intervals are apart"), (3, "Too few states")])
def test_whether_the_bound_on_turnover_is_worth_it(reached: int, said: str) -> None:
    n = 30
    found = pd.DataFrame(
        {"turnover_time_min": [math.inf] * n + [4.0] * n,
         "lambda_max_per_h": [0.0] * n + [-3.0] * reached + [0.0] * (n - reached)}
    )  # fmt: skip
    unbiased = found.assign(lambda_max_per_h=0.0)
    table = studies.reached_by_turnover(unbiased, found, -2.5)
    assert table.valid.tolist() == [0, reached]
    text = states.bound(table)
    assert said in text
    assert text.startswith("no bound: 0 of 30 random models valid; the search found one at 0 of 30")


def test_the_slowest_metabolite_is_named(tiny: Network, one_tiny_state) -> None:
    slowest = studies.slowest_turnover(tiny, one_tiny_state())
    times = studies.turnover_times_min(tiny, one_tiny_state())[0]
    assert slowest.turnover_time_min.tolist() == [times.max()]
    assert slowest.metabolite.tolist() == [tiny.dynamic[int(times.argmax())]]


def test_start_here_counts_at_the_threshold_that_is_asked_for() -> None:
    spectrum = type("S", (), {"lambda_max_per_h": np.array([-3.0, -1.0]), "incidence": 1.0})()
    text = start_here.strict_threshold(spectrum, spectrum, -2.0, 1500, 0.25)
    assert text == (
        "At a threshold of -2 1/h, 50 % of the random models are valid and 100 % of those of the "
        "generator, after 1,500 models in 0.2 s."
    )
