"""Robustness: shares, maps and choices against plain loops over a small made-up result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from perturbed import perturbation_result

from renaissance_kit import (
    KineticEnsemble,
    KineticModels,
    KMRanges,
    Network,
    Perturbation,
    SteadyState,
    perturb,
    studies,
)
from renaissance_kit.analysis import wilson_interval
from renaissance_kit.core import CheckpointError, DataError, ParameterError, Run
from renaissance_kit.simulation import Outcome, PerturbationResult

ONE = Run(workers=1)

NAMES = ("a_c", "b_c", "d_p", "growth")
TIMES = (0.0, 1.0, 2.0, 4.0, 7.0, 20.0)
GROUPS = {"growth": ("growth",), "both": ("a_c", "b_c")}
TOLERANCE = 0.1


def made_up(seed: int = 0, models: int = 12, perturbations: int = 2) -> PerturbationResult:
    """Deviations that shrink on average; one integration failed, one fell below zero."""
    rng = np.random.default_rng(seed)
    shape = (models, perturbations, len(TIMES), len(NAMES))
    deviation = rng.uniform(-0.5, 0.5, shape) * 2.0 ** -np.arange(len(TIMES))[:, None]
    outcome = np.full(shape[:2], Outcome.FINISHED)
    reason = np.full(shape[:2], "", dtype="U40")
    outcome[3, 1], reason[3, 1] = Outcome.FAILED, "gave up at 0.1 h"
    deviation[3, 1, 3:] = np.nan
    outcome[5, 0], reason[5, 0] = Outcome.NEGATIVE, "variable 2 fell below zero"
    deviation[5, 0, 2:] = 0.0
    deviation[7, 0, :, 0] = 0.3  # never back
    return perturbation_result(
        deviation, variables=NAMES, times_min=TIMES, outcome=outcome, reason=reason
    )


def back(result: PerturbationResult, i: int, j: int, names: Sequence[str], tol: float) -> float:
    """First time from which on all the variables stay within the tolerance."""
    data = result.dataset
    if data.outcome.values[i, j] != Outcome.FINISHED:
        return math.inf
    for k, time in enumerate(TIMES):
        rest = [
            abs(float(data.deviation.sel(variable=name).values[i, j, later]))
            for name in names
            for later in range(k, len(TIMES))
        ]
        if max(rest) <= tol:
            return time
    return math.inf


def every(result: PerturbationResult) -> list[tuple[int, int]]:
    models, perturbations = result.finished.shape
    return [(i, j) for i in range(models) for j in range(perturbations)]


def test_groups_of_networks(ecoli: Network, tiny: Network) -> None:
    groups = studies.variable_groups(ecoli)
    assert list(groups) == ["growth", "ATP", "NADH", "NADPH", studies.CYTOSOL]
    assert set(groups[studies.CYTOSOL]) == {m for m in ecoli.dynamic if m.endswith("_c")}
    assert list(studies.variable_groups(tiny)) == ["ATP", studies.CYTOSOL]


@pytest.mark.slow
def test_shares_against_loops() -> None:
    result = made_up()
    table = studies.return_shares(result, GROUPS, times_min=TIMES[1:5], tolerances=[0.02, 0.1])
    assert len(table) == 2 * 2 * 4
    for row in table.itertuples():
        times = [back(result, i, j, GROUPS[row.group], row.tolerance) for i, j in every(result)]
        count = sum(t <= row.time_min for t in times)
        assert (row.returned, row.perturbed) == (count, 24)
        assert row.share == pytest.approx(count / 24)
        assert row.low <= row.share <= row.high
    assert table.share.nunique() > 8


def test_interval_counts_models_not_perturbations_of_one() -> None:
    one = np.array([[True], [False], [True], [True]])
    assert studies.share_interval(one) == wilson_interval(3, 4)
    copies = np.repeat(one, 50, axis=1)  # perturbing again teaches nothing here
    low, high = studies.share_interval(copies)
    assert 0.0 <= low < 0.25
    assert high == 1.0
    assert studies.share_interval(np.ones((4, 50), dtype=bool)) == wilson_interval(4, 4)


def test_outcomes_name_status_reason_and_models() -> None:
    result = made_up()
    table = studies.outcome_table(result, TOLERANCE).set_index("status")
    assert table.loc["FAILED", ["reason", "perturbed", "models"]].tolist() == [
        "gave up at 0.1 h", 1, "3",
    ]  # fmt: skip
    assert table.loc["NEGATIVE", "reason"] == "variable 2 fell below zero"
    last = [
        back(result, i, j, NAMES, TOLERANCE) < math.inf
        for i, j in every(result)
        if result.finished[i, j]
    ]
    assert table.loc["RETURNED", "perturbed"] == sum(last)
    assert table.perturbed.sum() == 24
    assert table.share.sum() == pytest.approx(1.0)


def test_map_is_the_share_that_is_back_for_good() -> None:
    result = made_up()
    pathways = {"a_c": "One", "d_p": "Two"}
    table = studies.return_map(result, pathways, tolerance=TOLERANCE, until_min=7.0)
    assert list(dict.fromkeys(table.time_min)) == list(TIMES[:5])
    for row in table.itertuples():
        times = sorted(back(result, i, j, [row.metabolite], TOLERANCE) for i, j in every(result))
        assert row.share == pytest.approx(sum(t <= row.time_min for t in times) / len(times))
        assert row.median_return_min == times[12]  # of 24: half are back, not just under it
    assert dict(zip(table.metabolite, table.pathway, strict=True)) == pathways


def test_too_many_failures_show_in_the_map() -> None:
    result = made_up()
    result.dataset.outcome.values[:8] = Outcome.FAILED
    table = studies.return_map(result, {"a_c": "One"}, tolerance=TOLERANCE)
    assert table.share.max() <= 16 / 24, "a model that did not finish is not back"
    assert np.isinf(table.median_return_min).all()


def test_latecomers_against_loops() -> None:
    result = made_up()
    names = NAMES[:3]
    table = studies.latecomers(result, names, times_min=[2.0, 7.0], tolerance=TOLERANCE)
    assert sorted(table.variable) == sorted(names)
    times = {n: [back(result, i, j, [n], TOLERANCE) for i, j in every(result)] for n in names}
    for position, row in enumerate(table.to_dict("records")):
        own, below = times[row["variable"]], list(table.variable[position + 1 :])
        for t in (2, 7):
            assert row[f"back_{t}_min"] == pytest.approx(np.mean([x <= t for x in own]))
            rest = [all(times[n][k] <= t for n in below) for k in range(24)]
            assert row[f"rest_{t}_min"] == pytest.approx(np.mean(rest))
        latest = [
            own[k] == max(times[n][k] for n in names) < math.inf for k in range(24)
        ]  # fmt: skip
        assert row["last"] == pytest.approx(np.mean(latest))
    assert list(table.back_2_min) == sorted(table.back_2_min)


def test_extremes_are_first_and_last_of_those_that_finished() -> None:
    result = made_up()
    names = GROUPS["both"]
    found = studies.extremes(result, names, TOLERANCE)
    finished = [ij for ij in every(result) if result.finished[ij]]
    times = {ij: back(result, *ij, names, TOLERANCE) for ij in finished}
    assert times[found["first"]] == min(times.values())
    assert found["last"] == (7, 0)
    result.dataset.outcome.values[:] = Outcome.FAILED
    with pytest.raises(ParameterError, match="no integration finished"):
        studies.extremes(result, names, TOLERANCE)


def test_courses_are_those_of_the_result() -> None:
    result = made_up()
    table = studies.time_courses(result, {"x": (2, 1), "y": (0, 0)}, until_min=4.0)
    assert len(table) == 2 * 4 * len(NAMES)
    row = table[(table.time_course == "x") & (table.variable == "d_p") & (table.time_min == 2.0)]
    assert row.deviation.item() == result.dataset.deviation.values[2, 1, 2, 2]


# --- with models -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def models(tiny: Network, tiny_state: SteadyState) -> KineticModels:
    km = KMRanges.of(tiny).uniform(3, np.random.default_rng(0))
    return KineticModels(tiny, tiny_state, km)


def test_linear_responses_tell_when_small_perturbations_are_back(models: KineticModels) -> None:
    settings = Perturbation(
        size=0.01, per_model=2, times_min=np.linspace(0.0, 1.0, 201), seed=4
    )  # fmt: skip
    names = models.network.dynamic
    lambda_max = models.spectrum().lambda_max_per_h
    result = perturb(models, settings, run=ONE)
    linear = studies.linear_result(models, settings, run=ONE)
    table = studies.return_table(result, lambda_max, names, tolerance=1e-3, linear=linear)
    assert list(table.model) == [0, 0, 1, 1, 2, 2]
    assert list(table.time_constant_min) == pytest.approx(np.repeat(-60 / lambda_max, 2))
    assert np.isfinite(table.return_min).all()
    assert table.return_min.min() > 0
    assert np.abs(table.return_min - table.linear_return_min).max() <= 0.011  # two points in time
    without = studies.return_table(result, lambda_max, names, tolerance=1e-3)
    assert without.linear_return_min.isna().all()
    assert without.return_min.equals(table.return_min)


def test_resampled_totals_have_no_linear_response(models: KineticModels) -> None:
    with pytest.raises(ParameterError, match="totals='keep'"):
        studies.linear_result(models, Perturbation(totals="resample"), run=ONE)


def test_the_difference_to_the_linear_response_falls_with_the_size(models: KineticModels) -> None:
    table = studies.linearity_check(models, [0.1, 0.01], seed=1, until_min=2.0)
    assert table.largest_deviation.to_numpy() == pytest.approx([1.0, 1.0], rel=0.5)
    ratio = table.largest_difference[1] / table.largest_difference[0]
    assert ratio == pytest.approx(0.1, rel=0.3)


# --- which ensemble --------------------------------------------------------------------------


def ensemble_of(models: KineticModels, valid: int) -> KineticEnsemble:
    """An ensemble in which the fastest models are valid."""
    spectrum = models.spectrum()
    bound = float(np.sort(spectrum.lambda_max_per_h)[valid - 1]) if valid else -1e9
    spectrum = models.spectrum(threshold_per_h=bound)
    assert spectrum.valid.sum() == valid
    return KineticEnsemble.from_models(models, spectrum)


@pytest.fixture
def own(tiny: Network, tmp_path: Path) -> Network:
    """The tiny network, in a folder that can be written."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    assert tiny.folder is not None
    for file in tiny.folder.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    return Network.from_folder(folder)


def test_the_ensemble_of_a_folder(own: Network, models: KineticModels) -> None:
    with pytest.raises(CheckpointError, match=r"valid_models\.nc does not exist.*train"):
        KineticEnsemble.example(own)
    assert own.folder is not None
    ensemble_of(models, 2).save(own.folder / "valid_models.nc")
    read = KineticEnsemble.example(own)
    assert np.array_equal(read.models(own).km_mM, models.km_mM)


def test_a_network_without_a_folder_has_no_ensemble(own: Network) -> None:
    with pytest.raises(DataError, match="not read from a folder"):
        KineticEnsemble.example(replace(own, folder=None))


def test_which_ensemble_is_studied(own: Network, models: KineticModels, tmp_path: Path) -> None:
    assert own.folder is not None
    shipped, trained = own.folder / "valid_models.nc", tmp_path / "trained.nc"
    ensemble_of(models, 3).save(shipped)
    ensemble_of(models, 1).save(trained)

    chosen, where = studies.valid_ensemble(own, 1, trained=trained)
    assert (len(chosen), where) == (1, str(trained))
    assert chosen.lambda_max_per_h[0] == models.spectrum().lambda_max_per_h.min()
    chosen, where = studies.valid_ensemble(own, 2, trained=trained)  # which has too few
    assert (len(chosen), where) == (2, "the network's folder")
    chosen, where = studies.valid_ensemble(own, 2, trained=tmp_path / "missing.nc")
    assert where == "the network's folder"
    chosen, where = studies.valid_ensemble(own, 2, path=trained)  # as told
    assert (len(chosen), where) == (1, str(trained))
    ensemble_of(models, 0).save(trained)
    with pytest.raises(ParameterError, match="no valid model"):
        studies.valid_ensemble(own, 2, path=trained)
    with pytest.raises(CheckpointError, match="does not exist"):
        studies.valid_ensemble(own, 2, path=tmp_path / "missing.nc")


def test_published_shares_are_of_known_groups(ecoli: Network) -> None:
    paper = studies.published_returns(ecoli)
    assert {g for g, _ in paper} == set(studies.variable_groups(ecoli))
    assert pd.Series(paper).between(0, 1).all()
