"""Perturbed starts, linear response, what counts as returned, and the guide."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from guides import guide_blocks
from perturbed import perturbation_result
from scipy.optimize import minimize

from renaissance_kit import (
    KineticModels,
    Network,
    Perturbation,
    SteadyState,
    SteadyStates,
    perturb,
)
from renaissance_kit.core import ParameterError, Run, read_store
from renaissance_kit.simulation import Outcome, Return, keep_totals, linear_response

ONE = Run(workers=1)

GUIDE = Path(__file__).parents[1] / "docs" / "perturb.md"


@pytest.fixture(scope="module")
def ecoli_models(ecoli: Network) -> KineticModels:
    state = SteadyStates.example(ecoli).default
    return KineticModels(ecoli, state, np.ones((1, len(ecoli.km_names))))


def totals(network: Network, concentrations: np.ndarray) -> np.ndarray:
    amounts = dict(zip(network.dynamic, (concentrations * network.volume_fractions).T, strict=True))
    return np.array(
        [sum(c * amounts[m] for m, c in q.coefficients.items()) for q in network.moieties]
    ).T


# --- starts --------------------------------------------------------------------------------------


def test_kept_totals_stay_within_the_size(ecoli_models: KineticModels) -> None:
    network = ecoli_models.network
    steady = ecoli_models.state.concentrations_mM[: len(network.dynamic)]
    starts = Perturbation(size=0.5, per_model=400).starts(ecoli_models, 0)
    assert np.abs(starts / steady - 1).max() <= 0.5 + 1e-12
    assert totals(network, starts) == pytest.approx(
        np.tile(totals(network, steady), (400, 1)), rel=1e-12
    )
    drawn = Perturbation(size=0.5, per_model=400, totals="resample").starts(ecoli_models, 0)
    members = {name for moiety in network.moieties for name in moiety.coefficients}
    free = [i for i, name in enumerate(network.dynamic) if name not in members]
    assert np.array_equal(starts[:, free], drawn[:, free])
    small = network.dynamic.index("nadh_c")  # its moiety is nearly all NAD
    assert np.abs((starts - drawn)[:, small] / steady[small]).max() < 0.05


def test_kept_totals_are_the_nearest(tiny: Network, tiny_state) -> None:
    """Moieties that share a member, against a general solver."""
    steady = tiny_state.concentrations_mM[: len(tiny.dynamic)]
    rng = np.random.default_rng(0)
    for _ in range(5):
        drawn = steady * rng.uniform(0.4, 1.6, len(steady))
        kept = keep_totals(tiny, drawn, steady, 0.6)
        wanted = drawn / steady - 1
        found = minimize(
            lambda x, wanted=wanted: ((x - wanted) ** 2).sum(),
            np.zeros(len(steady)),
            jac=lambda x, wanted=wanted: 2 * (x - wanted),
            bounds=[(-0.6, 0.6)] * len(steady),
            constraints={
                "type": "eq",
                "fun": lambda x: totals(tiny, steady * (1 + x)) - totals(tiny, steady),
            },
            method="SLSQP",
            options={"ftol": 1e-14},
        )
        assert found.success
        assert kept / steady - 1 == pytest.approx(found.x, abs=1e-5)
        assert totals(tiny, kept) == pytest.approx(totals(tiny, steady), rel=1e-12)


def test_partners_of_one_displaced_metabolite_make_up_for_it(
    ecoli_models: KineticModels,
) -> None:
    network = ecoli_models.network
    steady = ecoli_models.state.concentrations_mM[: len(network.dynamic)]
    starts = Perturbation(metabolites=["atp_c"], per_model=50).starts(ecoli_models, 0)
    moved = {m for m, x in zip(network.dynamic, (starts - steady).T, strict=True) if abs(x).max()}
    assert moved <= {"atp_c", "adp_c", "amp_c"}
    assert np.abs(starts / steady - 1).max() <= 0.5 + 1e-12


# --- linear response -----------------------------------------------------------------------------


def test_linear_response_is_the_exponential_and_the_limit_of_small_perturbations(
    tiny: Network, tiny_state: SteadyState
) -> None:
    models = KineticModels(tiny, tiny_state, np.full((2, len(tiny.km_names)), [[0.5], [2.0]]))
    steady = tiny_state.concentrations_mM[: len(tiny.dynamic)]
    times = np.array([0.0, 0.1, 0.2, 0.3, 0.5, 2.0])
    differences = []
    for size in (1e-1, 1e-2):
        settings = Perturbation(size=size, times_min=times)
        (start,) = settings.starts(models, 1)
        linear = linear_response(models, 1, start, times)
        # The same from eigenvectors.
        values, vectors = np.linalg.eig(models.jacobians_per_h()[1])
        rows = [tiny.species_index[m] for m in tiny.independent]
        modes = np.linalg.solve(vectors, (start - steady)[rows])
        exact = [(vectors @ (np.exp(values * t / 60) * modes)).real for t in times]
        assert linear[:, rows] - steady[rows] == pytest.approx(np.array(exact), abs=1e-13)
        assert totals(tiny, linear) == pytest.approx(
            np.tile(totals(tiny, steady), (len(times), 1)), rel=1e-12
        )
        course = perturb(models, settings, run=ONE).dataset.deviation.values[1, 0]
        differences.append(np.abs(course - (linear / steady - 1)).max() / size)
    assert differences[0] < 0.1
    assert differences[1] == pytest.approx(differences[0] / 10, rel=0.2)  # of second order


# --- results -------------------------------------------------------------------------------------


@pytest.mark.parametrize("ended", [o for o in Outcome if o != Outcome.FINISHED])
def test_what_did_not_finish_has_not_returned(ended: Outcome) -> None:
    """Also where its course is complete, as with a concentration below zero."""
    outcome = np.array([[Outcome.FINISHED], [ended]])
    got = perturbation_result(np.zeros((2, 1, 4, 1)), variables=["v"], outcome=outcome)
    assert list(got.status().ravel()) == [Return.RETURNED, Return[ended.name]]
    assert list(got.returned_by(3).ravel()) == [True, False]
    assert list(got.return_time_min().ravel()) == [0.0, np.inf]


# --- the guide -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_guide(ecoli: Network, tmp_path: Path, monkeypatch, capsys) -> None:
    """Every block of docs/perturb.md runs."""
    blocks = guide_blocks(GUIDE)
    assert len(blocks) == 9
    assert ecoli.folder is not None
    (tmp_path / "data").symlink_to(ecoli.folder.parent)
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for block in blocks:
        exec(block.replace("workers=2", "workers=1").replace("perturb(few,", "perturb(one,"), names)
        if "few" in names:
            names["one"] = names["few"].with_km(names["few"].km_mM[:1])
    printed = capsys.readouterr().out
    assert "1 of 1 done" in printed
    assert "reached the last time" in printed
    assert len(list((tmp_path / "build" / "my-runs").glob("perturbation-*/part-*.npz"))) >= 1
    moved = names["pep"].dataset.deviation.isel(time_min=0, model=0, perturbation=0).to_series()
    assert set(moved.index[moved != 0]) <= {"pep_c", "growth"}
    start = names["start"] / names["cell"].steady_state - 1
    assert start[names["cell"].index["nadh_c"]] == pytest.approx(0.5, abs=0.05)
    assert start[names["cell"].index["glc__D_c"]] == pytest.approx(2.0)
    one, two = (names[n].dataset.deviation.values for n in ("result", "same"))
    assert two[0] == pytest.approx(one[0], rel=1e-3, abs=1e-4)  # two solvers


# --- what a store belongs to ---------------------------------------------------------------------


def test_two_hypotheses_on_the_energies_do_not_share_a_store(
    tiny: Network, tiny_state: SteadyState, tmp_path: Path
) -> None:
    km = np.ones((1, len(tiny.km_names)))
    energies = replace(tiny_state, log_displacement=1.5 * tiny_state.log_displacement)
    settings = Perturbation(size=0.1, times_min=[0.0, 1.0])
    run = Run(workers=1, store=tmp_path)
    for state in (tiny_state, energies):
        perturb(KineticModels(tiny, state, km), settings, run=run)
    one, other = (read_store(folder) for folder in tmp_path.iterdir())
    assert {key for key in one if one[key] != other[key]} == {"models_digest"}


def test_the_numbers_of_models_make_their_random_streams(
    tiny: Network, tiny_state: SteadyState, tmp_path: Path
) -> None:
    models = KineticModels(tiny, tiny_state, np.ones((2, len(tiny.km_names))))
    settings = Perturbation(size=0.1, times_min=[0.0, 1.0])
    run = Run(workers=1, store=tmp_path)
    found = perturb(models, settings, numbers=[7, 2**63], run=run)
    for place, number in enumerate((7, 2**63)):
        start = (
            settings.starts(models, number)[0] / models.state.concentrations_mM[: len(tiny.dynamic)]
        )
        kept = found.dataset.deviation.values[place, 0, 0, : len(tiny.dynamic)]
        np.testing.assert_allclose(kept, start - 1, atol=1e-7)
    assert json.loads(found.dataset.attrs["settings"])["numbers"] == [7, 2**63]
    perturb(models, settings, numbers=[7, 8], run=run)
    assert len(list(tmp_path.iterdir())) == 2
    with pytest.raises(ParameterError, match="1 numbers for 2 models"):
        perturb(models, settings, numbers=[7], run=run)
    with pytest.raises(ParameterError, match="numbers: -1; give a whole number"):
        perturb(models, settings, numbers=[7, -1], run=run)
