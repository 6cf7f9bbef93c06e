"""Uniform sampling of polytopes, its diagnostics, and sampled steady states."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from renaissance_kit import Network, SteadyStates, sample_steady_states
from renaissance_kit.analysis import (
    distances_to_centroid,
    with_default_profile,
)
from renaissance_kit.core import InfeasibleError, ParameterError, SteadyStateError, row_echelon
from renaissance_kit.states import (
    Constraints,
    Polytope,
    effective_sample_size,
    not_mixed,
    require_valid,
    sample_polytope,
    split_rhat,
)

SEED = np.random.SeedSequence(7)


def polytope(
    n: int,
    *,
    low: list[float],
    high: list[float],
    equal: list[list[float]] | None = None,
    right: list[float] | None = None,
    below: list[list[float]] | None = None,
    limit: list[float] | None = None,
) -> Polytope:
    empty = np.zeros((0, n))
    return Polytope.of(
        [f"x{j}" for j in range(n)],
        equalities=(np.array(equal) if equal else empty, np.array(right or [])),
        inequalities=(np.array(below) if below else empty, np.array(limit or [])),
        bounds=(np.array(low), np.array(high)),
    )


# --- polytopes ------------------------------------------------------------------------------


def test_simplex_has_the_moments_of_a_dirichlet_distribution() -> None:
    n = 6
    shape = polytope(n, low=[0.0] * n, high=[1.0] * n, equal=[[1.0] * n], right=[1.0])
    assert shape.dimension == n - 1
    x = shape.expand(sample_polytope(shape, 5000, seed=SEED)).reshape(-1, n)
    np.testing.assert_allclose(x.sum(axis=1), 1.0, atol=1e-12)
    assert x.min() >= 0
    np.testing.assert_allclose(x.mean(axis=0), 1 / n, atol=0.005)
    np.testing.assert_allclose(x.var(axis=0), (n - 1) / n**2 / (n + 1), rtol=0.06)


def test_a_long_thin_box_is_rounded() -> None:
    # one side a million times the other, and turned by a constraint
    shape = polytope(
        2, low=[0.0, 0.0], high=[1e6, 1e6 + 1], below=[[1.0, -1.0], [-1.0, 1.0]], limit=[0.0, 1.0]
    )
    z = sample_polytope(shape, 2500, seed=SEED)
    x = shape.expand(z).reshape(-1, 2)
    assert x[:, 0].mean() == pytest.approx(5e5, rel=0.03)
    assert (x[:, 1] - x[:, 0]).std() == pytest.approx(12**-0.5, rel=0.05)
    assert effective_sample_size(z).min() > 3000


def test_same_seed_same_points_and_other_seed_other_points() -> None:
    shape = polytope(3, low=[0.0] * 3, high=[1.0] * 3)
    one, two = (sample_polytope(shape, 20, seed=np.random.SeedSequence(3)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert not np.allclose(one, sample_polytope(shape, 20, seed=np.random.SeedSequence(4)))


def test_analytic_centre_of_a_triangle_is_its_centroid() -> None:
    shape = polytope(2, low=[0.0, 0.0], high=[9.0, 9.0], below=[[1.0, 1.0]], limit=[1.0])
    near = shape.A @ np.array([1 / 3, 1 / 3]) - shape.b
    triangle = replace(shape, A=shape.A[near > -1], b=shape.b[near > -1])  # far bounds aside
    centre, _ = triangle.analytic_centre()
    np.testing.assert_allclose(centre, 1 / 3, atol=1e-6)


def test_empty_and_contradicting_polytopes_are_named() -> None:
    empty = polytope(2, low=[0.0, 0.0], high=[1.0, 1.0], below=[[-1.0, -1.0]], limit=[-3.0])
    with pytest.raises(InfeasibleError, match="empty or flat"):
        empty.chebyshev_centre()
    with pytest.raises(InfeasibleError, match="contradict"):
        row_echelon(np.array([[1.0, 1.0], [2.0, 2.0]]), np.array([1.0, 3.0]))


# --- diagnostics ----------------------------------------------------------------------------


def autoregressive(phi: float, chains: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    x = np.empty((chains, draws))
    x[:, 0] = rng.normal(size=chains) / np.sqrt(1 - phi**2)
    noise = rng.normal(size=(chains, draws))
    for t in range(1, draws):
        x[:, t] = phi * x[:, t - 1] + noise[:, t]
    return x


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_effective_sample_size_of_an_autoregressive_process(phi: float) -> None:
    draws = autoregressive(phi, 4, 20_000, np.random.default_rng(1))[:, :, None]
    known = 80_000 * (1 - phi) / (1 + phi)
    assert effective_sample_size(draws)[0] == pytest.approx(known, rel=0.1)
    assert split_rhat(draws)[0] == pytest.approx(1.0, abs=0.005)


def test_rhat_sees_chains_apart_and_chains_that_drift() -> None:
    rng = np.random.default_rng(2)
    draws = rng.normal(size=(4, 1000, 3))
    draws[0, :, 1] += 2  # one chain elsewhere
    draws[:, :, 2] += np.linspace(0, 3, 1000)  # all drift
    rhat = split_rhat(draws)
    assert rhat[0] < 1.01
    assert rhat[1] > 1.1
    assert rhat[2] > 1.1
    ess = effective_sample_size(draws)
    assert ess[0] > 3000
    assert ess[1] < 100
    assert ess[2] < 100


def test_a_sample_that_did_not_mix_says_so(ecoli: Network) -> None:
    with pytest.warns(UserWarning, match="have not mixed .*steps_per_dimension=4"):
        few = sample_steady_states(ecoli, 20, seed=1, steps_per_dimension=1)
    assert "least effective sample size" in not_mixed(few)
    assert not_mixed(SteadyStates.example(ecoli)) == ""
    assert not_mixed(SteadyStates.published(ecoli)) == ""  # which were not sampled here


def test_a_constant_has_no_diagnostics_and_few_draws_are_refused() -> None:
    assert np.isnan(split_rhat(np.ones((2, 10, 1)))).all()
    assert np.isnan(effective_sample_size(np.ones((2, 10, 1)))).all()
    with pytest.raises(ParameterError, match="at least 4 draws"):
        split_rhat(np.ones((2, 3, 1)))


# --- steady states --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def constraints(ecoli: Network) -> Constraints:
    return Constraints.from_folder(ecoli)


@pytest.fixture(scope="module")
def states(ecoli: Network) -> SteadyStates:
    return sample_steady_states(ecoli, 12, seed=5, steps_per_dimension=1)


def test_sampled_states_are_steady_states(ecoli: Network, states: SteadyStates) -> None:
    assert len(states) == 12
    for state in states:
        state.check(ecoli)


def test_states_differ(states: SteadyStates) -> None:
    data = states.dataset
    spread = np.log(data.concentration).std("state").values
    fixed = {"h_c", "h_p", "h_e", "amob_c"}
    names = data.metabolite.values
    assert {str(m) for m, s in zip(names, spread, strict=True) if s < 1e-3} == fixed
    assert float(data.flux.std("state").min()) > 0


@pytest.mark.slow
def test_same_seed_same_states(ecoli: Network, states: SteadyStates) -> None:
    again = sample_steady_states(ecoli, 12, seed=5, steps_per_dimension=1)
    for name in ("flux", "concentration", "log_displacement"):
        np.testing.assert_allclose(again.dataset[name], states.dataset[name], rtol=1e-9)


def test_everything_needed_to_make_them_again_is_in_the_file(
    states: SteadyStates, tmp_path: Path
) -> None:
    states.save(tmp_path / "states.nc")
    read = SteadyStates.load(tmp_path / "states.nc")
    made = read.provenance
    assert made["seed"] == 5
    assert made["constraints"]["fluxes"]["GROWTH"]["low"] == 0.3103
    assert made["directions"]["PGK"] == -1
    assert {"ess", "rhat", "reaction_energy", "standard_energy"} <= set(read.dataset)
    assert {"flux PGI", "ln_c atp_c", "energy PFK"} <= set(read.dataset.sampled_variable.values)


@pytest.mark.parametrize(
    ("variable", "where", "change", "message"),
    [
        ("flux", {"reaction": "PGI"}, 1.01, "S v = 0 fails in 1 states"),
        ("concentration", {"metabolite": "atp_c"}, 9.0, "concentration within its range.*atp_c"),
        ("concentration", {"metabolite": "h_p"}, 1.1, "concentration within its range.*h_p"),
        ("reaction_energy", {"energy_reaction": "PFK"}, 0.5, "energy from concentrations.*PFK"),
        ("standard_energy", {"energy_reaction": "PFK"}, 2.0, "standard energy within its error"),
    ],
)
def test_validation_finds_a_wrong_number(
    ecoli: Network,
    constraints: Constraints,
    states: SteadyStates,
    variable: str,
    where: dict[str, str],
    change: float,
    message: str,
) -> None:
    dataset = states.dataset.copy(deep=True)
    dataset[variable].loc[{"state": 3, **where}] *= change
    with pytest.raises(SteadyStateError, match=message):
        require_valid(
            ecoli, constraints, SteadyStates.sealed(dataset), states.provenance["directions"]
        )


@pytest.mark.slow
def test_shorter_turnover_makes_smaller_pools(ecoli: Network, states: SteadyStates) -> None:
    short = sample_steady_states(ecoli, 4, seed=5, steps_per_dimension=1, turnover_time_min=3.5)
    most = short.provenance["least_throughputs_mM_h"]["skm5p_c"] * 3.5 / 60
    assert float(short.dataset.concentration.sel(metabolite="skm5p_c").max()) <= most * (1 + 1e-6)
    assert short.provenance["turnover_time_min"] == 3.5


def test_no_states_are_refused(ecoli: Network) -> None:
    with pytest.raises(ParameterError, match="at least one"):
        sample_steady_states(ecoli, 0)


def test_default_profile_follows_its_rule(ecoli: Network, states: SteadyStates) -> None:
    chosen = with_default_profile(ecoli, states, examined=10, models=4)
    quantile = chosen.dataset.lambda_max_quantile.values
    rank = int((quantile[:10] < quantile[chosen.default_label]).sum())
    assert rank == 4  # the lower of the two in the middle
    assert np.isnan(quantile[10:]).all()
    assert "is the median" in chosen.provenance["default_rule"]
    assert chosen.default.label == str(chosen.default_label)
    assert "default_rule" not in states.provenance  # the given states are as they were


def test_distance_to_centroid_is_one_on_average(ecoli: Network, states: SteadyStates) -> None:
    assert np.mean(distances_to_centroid(ecoli, states) ** 2) == pytest.approx(1.0)


def test_shipped_states_are_valid_and_converged(ecoli: Network, constraints: Constraints) -> None:
    shipped = SteadyStates.example(ecoli)
    assert len(shipped) == 5000
    assert float(shipped.dataset.rhat.max()) < 1.01
    assert float(shipped.dataset.ess.min()) > 1000
    first = shipped[:200]
    require_valid(ecoli, constraints, first, shipped.provenance["directions"])
    shipped.default.check(ecoli)


@pytest.mark.slow
def test_shipped_states_can_be_made_again(ecoli: Network) -> None:
    """To the same numbers, whatever the processor."""
    shipped = SteadyStates.example(ecoli)
    again = sample_steady_states(ecoli, len(shipped), seed=shipped.provenance["seed"])
    for name in ("flux", "concentration", "log_displacement"):
        np.testing.assert_allclose(again.dataset[name], shipped.dataset[name], rtol=1e-9, atol=1e-9)


_DRAW = """
import sys, numpy as np
from renaissance_kit import Network
from renaissance_kit import sample_steady_states
states = sample_steady_states(Network.example(), 8, seed=3, steps_per_dimension=4)
np.savez(sys.argv[1], **{k: states.dataset[k].values for k in ("flux", "concentration")})
"""


@pytest.mark.slow
def test_the_walk_is_the_same_on_other_blas_kernels(tmp_path: Path) -> None:
    """OpenBLAS rounds by processor; its kernels can be chosen where they are built in."""
    drawn = []
    for kernel in ("Prescott", "Haswell"):
        path = tmp_path / f"{kernel}.npz"
        subprocess.run(
            [sys.executable, "-c", _DRAW, str(path)],
            env=os.environ | {"OPENBLAS_CORETYPE": kernel}, check=True,
        )  # fmt: skip
        drawn.append(np.load(path))
    for name in ("flux", "concentration"):
        np.testing.assert_allclose(drawn[0][name], drawn[1][name], rtol=1e-9, atol=1e-9)
