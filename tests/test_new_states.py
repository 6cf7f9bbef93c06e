"""New steady states: closed form, long integration, control coefficients, and where they end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from monod import monod

from renaissance_kit import KineticEnsemble, KineticModels, Network, SteadyState
from renaissance_kit.control import control_coefficients
from renaissance_kit.core import ParameterError, Run
from renaissance_kit.simulation import (
    Dynamics,
    NewState,
    Step,
    knock_outs,
    new_steady_states,
    shift,
)

ONE = Run(workers=1)


def shipped(states: str, models: int) -> KineticModels:
    network = Network.example()
    batch = KineticEnsemble.example(network, states).models(network)
    return batch.with_km(batch.km_mM[:models])


@pytest.fixture(scope="module")
def growing(tmp_path_factory: pytest.TempPathFactory) -> KineticModels:
    return monod(tmp_path_factory.mktemp("new_states") / "monod")


def monod_state(k: float, mu: float, outside: float) -> float:
    """Uptake 5 k (s_e − s) and use 10 mu s/(1 + s): the positive root."""
    a, b, c = 5 * k, 5 * k + 10 * mu - 5 * k * outside, -5 * k * outside
    return (-b + np.sqrt(b * b - 4 * a * c)) / (2 * a)


@given(st.floats(0.01, 50), st.floats(0.01, 50), st.floats(0.1, 20))
@settings(max_examples=40)
def test_monod_growth_in_closed_form(growing, k: float, mu: float, outside: float) -> None:
    change = Step(vmax_factors={"GLCt": k, "GROWTH": mu}, constants_mM={"glc__D_e": outside})
    found = new_steady_states(growing, [change], run=ONE)
    s = monod_state(k, mu, outside)
    assert found.status[0, 0] == NewState.STABLE
    assert found.states_mM[0, 0] == pytest.approx([s], rel=1e-8)
    # a state near 0 is known to 1e-12 mM, and its rates to what that makes of them
    np.testing.assert_allclose(
        found.rates[0, 0], 2 * mu * s / (1 + s), rtol=1e-8, atol=2 * mu * 1e-12
    )
    assert found.lambda_max_per_h[0, 0] == pytest.approx(
        -300 * (5 * k + 10 * mu / (1 + s) ** 2), rel=1e-8
    )


def test_knock_outs_in_closed_form(growing) -> None:
    found = knock_outs(growing, run=ONE)
    assert (found.status == NewState.STABLE).all()
    np.testing.assert_allclose(found.states_mM[0, :, 0], [0.0, 2.0], atol=1e-9)
    np.testing.assert_allclose(found.rates[0], 0.0, atol=1e-9)


CHANGES = (
    Step(vmax_factors={"PGI": 0.5}),
    Step(vmax_factors={"PFK": 2.0}),
    Step(vmax_factors={"G6PDH2r": 3.0, "DDPA": 2.0}),
    Step(constants_mM={"nh4_e": 10.0}),
)


@pytest.mark.slow
@pytest.mark.parametrize("states", ["own", "published"])
def test_long_integration_ends_there(states: str) -> None:
    models = shipped(states, 2)
    found = new_steady_states(models, CHANGES, run=ONE)
    assert (found.status == NewState.STABLE).all()
    assert (found.reached == 1).all()
    for i, change in enumerate(CHANGES):
        long = shift(models, (change,), np.array([0.0, 2000.0]), run=ONE)
        assert long.steady.all()
        np.testing.assert_allclose(found.states_mM[:, i], long.states_mM[:, -1], rtol=1e-6)
        np.testing.assert_allclose(found.rates[:, i], long.rates[:, -1], rtol=1e-4, atol=1e-4)


def test_small_changes_are_the_control_coefficients() -> None:
    models = shipped("own", 2)
    step, names = 1e-4, ("PGI", "ANS", "GROWTH")
    changes = [
        Step(vmax_factors={n: float(np.exp(sign * step))}) for n in names for sign in (1, -1)
    ]
    found = new_steady_states(models, changes, run=ONE)
    control = control_coefficients(models)
    columns = [control.enzymes.index(name) for name in names]
    for values, ours in (
        (found.rates, control.flux), (found.states_mM, control.concentration),
    ):  # fmt: skip
        slope = (np.log(values[:, ::2]) - np.log(values[:, 1::2])) / (2 * step)
        expected = np.moveaxis(ours[:, :, columns], 2, 1)
        np.testing.assert_allclose(slope, expected, rtol=1e-4, atol=1e-4)


def test_a_knock_out_is_the_limit_of_knock_downs() -> None:
    models = shipped("published", 2)
    names = ("G6PDH2r", "GND", "ACALD")
    gone = knock_outs(models, names, run=ONE)
    nearly = new_steady_states(models, [Step(vmax_factors={n: 1e-6}) for n in names], run=ONE)
    done = gone.status == NewState.STABLE
    assert done.sum() >= 4
    np.testing.assert_allclose(gone.rates[done], nearly.rates[done], rtol=1e-3, atol=1e-3)
    for i, name in enumerate(names):
        reaction = models.network.reaction_index[name]
        assert (gone.rates[done[:, i], i, reaction] == 0).all()


def test_totals_stay() -> None:
    models = shipped("own", 2)
    network, start = models.network, Dynamics(models).steady_state
    found = new_steady_states(models, CHANGES, run=ONE)
    for moiety in network.moieties:
        rows = [network.species_index[m] for m in moiety.coefficients]
        amounts = np.array(list(moiety.coefficients.values())) * network.volume_fractions[rows]
        total = (amounts * start[rows]).sum()
        np.testing.assert_allclose(found.states_mM[:, :, rows] @ amounts, total, rtol=1e-9)


@pytest.mark.slow
def test_beyond_the_end_of_the_branch_a_cell_runs_away() -> None:
    """The first shipped model loses its steady state at 0.96 of its aconitase."""
    models = shipped("own", 1)
    lost = new_steady_states(models, [Step(vmax_factors={"ACONTa": 0.5})], run=ONE)
    assert lost.status[0, 0] == NewState.LOST
    assert np.isnan(lost.states_mM).all()
    assert np.isnan(lost.rates).all()
    end = lost.reached[0, 0]
    assert 0 < end < 1
    inside, outside = (
        Step(vmax_factors={"ACONTa": float(0.5 ** (part * end))}) for part in (0.9, 1.1)
    )
    found = new_steady_states(models, [inside, outside], run=ONE)
    assert found.status[0].tolist() == [NewState.STABLE, NewState.LOST]
    times = np.array([0.0, 2000.0])
    assert shift(models, (inside,), times, run=ONE).steady.all()
    runaway = shift(models, (outside,), times, run=ONE)
    assert not runaway.steady.any()
    assert np.abs(np.log(runaway.states_mM[0, -1] / runaway.states_mM[0, 0])).max() > 10


def test_near_equilibrium_the_slope_is_no_measure_of_rest() -> None:
    """1e-9 from the steady state, dc/dt is all error of the integration: 1e-4 of c an hour."""
    models = shipped("own", 2)
    change = Step(vmax_factors={"PGI": 0.5})
    long = shift(models, (change,), np.array([0.0, 2000.0]), run=ONE)
    found = new_steady_states(models, [change], run=ONE)
    np.testing.assert_allclose(found.states_mM[:, 0], long.states_mM[:, -1], rtol=1e-6)
    assert long.steady.all()


def test_a_pool_that_is_cut_off() -> None:
    """Without both its reactions, a pool of the shuttle keeps what it has: no one state is left."""
    network = Network.from_folder(Path(__file__).parent / "data" / "shuttle")
    models = KineticModels(
        network, SteadyState.from_folder(network), np.ones((1, len(network.km_names)))
    )
    cut = Step(vmax_factors={"BIND": 0.0, "FLIP": 0.0})
    found = new_steady_states(models, [cut], run=ONE)
    assert found.counts()["NOT_UNIQUE"] == 1
    assert np.isnan(found.states_mM).all()


def test_a_pool_without_its_enzyme_runs_away() -> None:
    models = shipped("own", 2)
    assert knock_outs(models, ["PFK"], run=ONE).status.ravel().tolist() == [NewState.LOST] * 2
    assert all(status.meaning for status in NewState)


def test_workers_do_not_matter(tiny, tiny_state) -> None:
    km = np.random.default_rng(3).uniform(0.5, 2.0, (25, 10))
    models = KineticModels(tiny, tiny_state, km)
    one, two = (knock_outs(models, run=Run(workers=n)) for n in (1, 2))
    np.testing.assert_array_equal(one.states_mM, two.states_mM)
    np.testing.assert_array_equal(one.status, two.status)


def test_models_that_a_stopped_run_left_keep_their_place(tiny, tiny_state) -> None:
    km = np.random.default_rng(3).uniform(0.5, 2.0, (25, 10))
    models, change = KineticModels(tiny, tiny_state, km), Step(vmax_factors={"HEX": 0.5})
    asked = iter([False, False])
    found = new_steady_states(models, [change], run=Run(1, stop=lambda: next(asked, True)))
    left = found.status[:, 0] == NewState.STOPPED
    assert 0 < left.sum() < len(models) == len(found.states_mM)
    assert np.isnan(found.states_mM[left]).all()
    whole = new_steady_states(models, [change], run=ONE)
    np.testing.assert_array_equal(found.rates[~left], whole.rates[~left])
    with pytest.raises(ParameterError, match="nothing to return"):
        new_steady_states(models, [change], run=Run(1, stop=lambda: True))


def test_messages(tiny, tiny_state) -> None:
    models = KineticModels(tiny, tiny_state, np.ones((1, 10)))
    with pytest.raises(ParameterError, match="no change"):
        new_steady_states(models, [])
    with pytest.raises(ParameterError, match=r"'PGi' is not a reaction.*PGI"):
        knock_outs(models, ["PGi"])
    with pytest.raises(ParameterError, match="glc__D_e is 0 mM"):
        new_steady_states(models, [Step(constants_mM={"glc__D_e": 0.0})])


def test_a_stopped_shift_says_which_models_are_done(tiny, tiny_state) -> None:
    km = np.random.default_rng(3).uniform(0.5, 2.0, (25, 10))
    models, steps = KineticModels(tiny, tiny_state, km), (Step(vmax_factors={"HEX": 0.5}),)
    times, asked = np.array([0.0, 50.0]), iter([False, False])
    part = shift(models, steps, times, run=Run(1, stop=lambda: next(asked, True)))
    assert 0 < len(part.numbers) < 25
    whole = shift(models, steps, times, run=Run(1))
    np.testing.assert_array_equal(whole.numbers, np.arange(25))
    np.testing.assert_array_equal(part.states_mM, whole.states_mM[part.numbers])
