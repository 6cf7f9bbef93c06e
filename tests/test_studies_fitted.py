"""Selected or trained: budgets, the trade-off between match and spread, and what is said of it."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from renaissance_kit import KMRanges, Network, Recipe, studies
from renaissance_kit.core import ParameterError, Run
from renaissance_kit.figures import fitted as figures
from renaissance_kit.objectives import SmoothIncidence
from renaissance_kit.studies.pages import bioreactor as page

WEIGHTS = [0.05, 20.0]


@pytest.fixture(scope="module")
def found(tiny: Network, tiny_state, tmp_path_factory):
    """What is wanted is a λmax that one in ten of the first generator's models has."""
    start = Recipe.by_gradient(tiny, steps=5, models_per_step=16)
    folder = tmp_path_factory.mktemp("fitted")

    def fitted(goal, weights=WEIGHTS, steps=30):
        return studies.selected_and_trained(
            tiny, tiny_state, goal, start=start, diversities=weights, steps=steps,
            models_per_step=40, drawn=200, seed=3, run=Run(workers=1, store=folder),
        )  # fmt: skip

    routes, _ = fitted(SmoothIncidence(), [1.0], 1)
    fast = float(np.quantile(routes[0].models.spectrum().lambda_max_per_h, 0.1))
    return fitted, SmoothIncidence(partition_per_h=fast), folder


def test_training_finds_more_than_selection_and_narrow_ones_most(found, tiny) -> None:
    fitted, goal, folder = found
    (selected, narrow, wide), trainings = fitted(goal)
    assert [r.name for r in (selected, narrow, wide)] == [
        "selected", "trained", "trained, diversity 20",
    ]  # fmt: skip
    assert [len(r.models) for r in (selected, narrow, wide)] == [1400, 200, 200]
    assert {r.simulations for r in (selected, narrow, wide)} == {1400}
    assert len(trainings) == 2
    table = studies.routes_table([selected, narrow, wide], KMRanges.of(tiny))
    assert narrow.scores.share > selected.scores.share + 0.2
    assert narrow.scores.share > wide.scores.share
    assert table.spread.iloc[1] < table.spread.iloc[2]
    for route, (_, row) in zip((selected, narrow, wide), table.iterrows(), strict=True):
        met = route.models.spectrum().lambda_max_per_h <= goal.partition_per_h
        assert row.match == met.sum()
        interval = binomtest(int(met.sum()), len(met)).proportion_ci(method="wilson")
        np.testing.assert_allclose([row.low, row.high], interval, atol=1e-9)
        ratio = np.log(route.models.km_mM).std(0, ddof=1).mean()
        ratio /= np.log(selected.models.km_mM).std(0, ddof=1).mean()
        assert row.spread == pytest.approx(ratio)
    files = sorted(folder.rglob("*"))
    (_, again, _), _ = fitted(goal)  # resumes
    np.testing.assert_array_equal(again.models.km_mM, narrow.models.km_mM)
    assert sorted(folder.rglob("*")) == files


def test_a_weight_is_asked_for(found) -> None:
    fitted, goal, _ = found
    with pytest.raises(ParameterError, match="no weight of diversity"):
        fitted(goal, [])


@pytest.fixture
def table() -> pd.DataFrame:
    rows = [
        ("selected", np.nan, 5, 1000, 1.0), ("trained", 0.5, 110, 200, 0.82),
        ("trained, diversity 0.1", 0.1, 160, 200, 0.7),
    ]  # fmt: skip
    made = pd.DataFrame(rows, columns=["route", "diversity", "match", "drawn", "spread"])
    made["share"] = made["match"] / made.drawn
    made["low"], made["high"] = made.share - 0.05, made.share + 0.05
    return made


def test_the_trade_off_is_told_and_drawn(table: pd.DataFrame) -> None:
    text = str(page.trade_off(table))
    assert "weight 0.1: 80 % (75 % to 85 %) at 70 %" in text
    assert "keep 80 % of the spread: 55 %" in text
    assert "None kept" in str(page.trade_off(table.assign(spread=0.5)))
    assert "fit_scan" in str(page.trade_off(table.iloc[:2]))
    drawn = figures.trade_off(table).to_dict()
    assert drawn["title"]["text"] == "160 of 200 models match at 70 % of the spread"


def test_one_number_stands_for_a_list_of_it() -> None:
    sizes = page.Sizes.at("smoke", fit_scan=0.5, vmax_scan=2)
    assert (sizes.fit_scan, sizes.vmax_scan) == ((0.5,), (2,))
    assert page.Sizes.at("smoke", models=[1, 4]).models == [1, 4]
