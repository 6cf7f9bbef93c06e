"""The landscape: maps, neighbourhoods, tests and thresholds against planted structure."""

from __future__ import annotations

import math

import numpy as np
import pytest

from renaissance_kit import SteadyStates
from renaissance_kit.analysis import (
    Map,
    bounds_of,
    constrained_ranges,
    features,
    map_of,
    neighbourhood_table,
    neighbourhoods,
    ranges_of_metabolites,
    resample,
    running_quantiles,
    threshold_of,
    wilson_interval,
)
from renaissance_kit.core import InfeasibleError, ParameterError
from renaissance_kit.states import Constraints, Polytope, StateSpace

RNG = np.random.default_rng


@pytest.fixture(scope="module")
def shipped(ecoli) -> SteadyStates:
    return SteadyStates.example(ecoli)[:400]


@pytest.fixture(scope="module")
def space(ecoli) -> StateSpace:
    return StateSpace.of(ecoli, Constraints.from_folder(ecoli))


# --- the map


def two_clusters(n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = RNG(1)
    member = np.arange(2 * n) < n
    table = rng.normal(size=(2 * n, 12))
    table[member, :3] += 12
    return table, member


def test_the_map_separates_what_is_separate_and_is_the_same_twice():
    table, member = two_clusters()
    chart, again = (map_of(table, seed=4, perplexity=10) for _ in range(2))
    np.testing.assert_array_equal(chart.xy, again.xy)
    assert not np.array_equal(chart.xy, map_of(table, seed=5, perplexity=10).xy)
    distance = np.linalg.norm(chart.xy[:, None] - chart.xy[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    np.testing.assert_array_equal(member[distance.argmin(axis=1)], member)


def test_components_and_polar_coordinates_are_what_they_are_called():
    table, _ = two_clusters()
    chart = map_of(table, seed=1, components=5)
    values = np.linalg.eigvalsh(np.cov(table, rowvar=False))[::-1]
    np.testing.assert_allclose(chart.components.var(axis=0, ddof=1), values[:5])
    np.testing.assert_allclose(chart.explained, values[:5] / values.sum())
    np.testing.assert_allclose(chart.xy.mean(axis=0), 0, atol=1e-9)
    polar = np.stack([np.cos(chart.angle), np.sin(chart.angle)], axis=1)
    np.testing.assert_allclose(chart.radius[:, None] * polar, chart.xy)
    with pytest.raises(ParameterError, match="at least 8"):
        map_of(table[:5], seed=1)


def test_features_are_standardised_and_named(ecoli, shipped):
    table, names = features(ecoli, shipped)
    assert len(names) == table.shape[1] == len(set(names))
    np.testing.assert_allclose(table.mean(axis=0), 0, atol=1e-7)
    np.testing.assert_allclose(table.std(axis=0), 1)
    assert "concentration atp_c" in names
    assert "flux PYK" in names
    assert not [n for n in names if n.endswith((" h_c", " h_p"))]


def plane(n: int = 240) -> Map:
    xy = RNG(2).normal(size=(n, 2))
    return Map(xy, np.ones(2), xy, np.hypot(*xy.T), np.arctan2(xy[:, 1], xy[:, 0]))


def test_cells_are_equal_in_number_and_polar():
    chart = plane()
    cell = neighbourhoods(chart, rings=3, sectors=4)
    np.testing.assert_array_equal(np.bincount(cell), 20)
    ring = cell // 4
    for inner in (0, 1):
        assert chart.radius[ring == inner].max() <= chart.radius[ring == inner + 1].min()
    for k in range(11):
        if k % 4 != 3:
            assert chart.angle[cell == k].max() <= chart.angle[cell == k + 1].min()
    group = chart.xy[:, 0] > 0
    table = neighbourhood_table(chart, cell, group)
    assert table["count"].sum() == group.sum()
    counted = dict(zip(table.cell, table["count"], strict=True))
    for row in table.itertuples():
        assert (row.low, row.high) == pytest.approx(wilson_interval(counted[row.cell], row.states))
        assert row.share == group[cell == row.cell].mean()
    with pytest.raises(ParameterError, match="fewer cells"):
        neighbourhoods(chart, rings=100, sectors=100)


# --- tests and thresholds on planted structure


def planted(ecoli, n: int, seed: int) -> SteadyStates:
    """States whose log concentrations are independent and normal, so that truth is known."""
    names = list(ecoli.species)
    values = np.exp(RNG(seed).normal(size=(n, len(names))))
    reactions = ecoli.kinetic_reactions
    none = np.zeros((n, len(reactions)))
    return SteadyStates.from_arrays(ecoli, none, reactions, values, none, {})


def test_a_planted_metabolite_is_found_and_no_other(ecoli):
    states = planted(ecoli, 400, 3)
    x = states.dataset.concentration.sel(metabolite="3pg_c").values
    group = (x < 1.5) & (RNG(4).random(400) < 0.95)
    table = ranges_of_metabolites(ecoli, states, group)
    assert table.metabolite[0] == "3pg_c"
    assert table.found.sum() <= 3
    assert table.area[0] > 0.9
    assert table.group_high[0] < 1.5 < table.others_high[0]
    assert (table.q >= table.p).all()


@pytest.mark.slow
def test_without_structure_discoveries_are_as_rare_as_promised(ecoli):
    """All hypotheses null: any discovery is false, which may happen in 5 % of the samples."""
    states = planted(ecoli, 120, 5)
    wrong = [
        ranges_of_metabolites(ecoli, states, RNG(100 + k).random(120) < 0.7).found.any()
        for k in range(20)
    ]
    assert sum(wrong) <= 4  # more with a chance of 0.3 %


@pytest.mark.parametrize("below", [True, False])
def test_a_planted_threshold_is_recovered_within_its_interval(below):
    rng = RNG(6)
    x = np.exp(rng.normal(size=500))
    group = ((x < 1.3) == below) & (rng.random(500) < 0.9)
    found = threshold_of(x, group, seed=1, resamples=200)
    assert found.below == below
    assert found.low_mM <= 1.3 <= found.high_mM or abs(found.value_mM / 1.3 - 1) < 0.03
    assert found.value_mM == pytest.approx(1.3, rel=0.05)
    assert found.share_inside > 0.85
    assert found.share_outside < 0.05
    same = threshold_of(x, group, seed=1, resamples=200)
    assert same == found


def test_the_cut_is_the_best_of_all_cuts():
    rng = RNG(7)
    x, group = np.exp(rng.normal(size=60)), rng.random(60) < 0.5
    found = threshold_of(x, group, seed=1, resamples=5)
    sign = 1 if found.below else -1
    brute = max(
        group[sign * x <= sign * c].sum() / group.sum()
        - (~group)[sign * x <= sign * c].sum() / (~group).sum()
        for c in x
    )
    assert found.youden == pytest.approx(brute)
    with pytest.raises(ParameterError, match="one kind"):
        threshold_of(x, np.ones(60, bool), seed=1)


def test_running_quantiles_of_a_line():
    x = RNG(8).random(500)
    table = running_quantiles(x, 2 * x, windows=20)
    np.testing.assert_allclose(table.q50, 2 * table.x, rtol=1e-6)
    assert (table.q10 <= table.q90).all()
    assert table.x.is_monotonic_increasing


# --- resampling


def test_a_polytope_within_bounds_is_the_same_as_with_the_bounds_from_the_start():
    empty = (np.zeros((0, 2)), np.zeros(0))
    lower, upper = np.zeros(2), np.array([2.0, 3.0])
    sum_at_most = (np.ones((1, 2)), np.array([4.0]))

    def polytope(low: np.ndarray, high: np.ndarray) -> Polytope:
        return Polytope.of(
            ["a", "b"], equalities=empty, inequalities=sum_at_most, bounds=(low, high)
        )

    part = polytope(lower, upper).within(np.array([0.5, -np.inf]), np.array([np.inf, 1.0]))
    whole = polytope(np.array([0.5, 0.0]), np.array([2.0, 1.0]))
    z = RNG(9).uniform(-1, 4, size=(2000, 2))

    def inside(p: Polytope) -> np.ndarray:
        return (p.b[:, None] >= p.A @ z.T).all(axis=0)

    np.testing.assert_array_equal(inside(part), inside(whole))
    assert inside(part).any()


def test_new_states_are_inside_the_bounds_and_valid(ecoli, shipped, space):
    members = np.zeros(len(shipped), dtype=bool)
    members[::8] = True
    bounds = bounds_of(ecoli, shipped, members)
    new = resample(space, bounds, 12, seed=1, steps_per_dimension=1)  # checks every state
    data = new.dataset
    for key, (low, high) in bounds.items():
        kind, name = key.split(" ")
        dimension = "metabolite" if kind == "concentration" else "reaction"
        values = data[kind].sel({dimension: name}).values
        slack = 1e-5 * max(abs(low), abs(high))
        assert (values >= low - slack).all(), key
        assert (values <= high + slack).all(), key
    old = shipped.dataset.concentration.values
    assert not (np.isclose(data.concentration.values[:, None], old[None])).all(axis=-1).any()


def test_bounds_that_cannot_be_met_are_an_error(space):
    bounds = {"concentration 3pg_c": (1e-9, 2e-9)}
    assert not space.within(bounds).has_room()
    assert space.has_room()
    with pytest.raises(InfeasibleError, match="empty or flat"):
        resample(space, bounds, 4, seed=1)
    with pytest.raises(ParameterError, match="no flux or concentration"):
        space.within({"concentration nope_c": (1.0, 2.0)})
    with pytest.raises(ParameterError, match="is no range"):
        space.within({"flux PGI": (2.0, 1.0)})


def test_negative_fluxes_are_bounded_with_their_sign(space, shipped):
    flux = shipped.dataset.flux.sel(reaction="PGK").values
    assert (flux < 0).all()
    middle = float(np.median(flux))
    new = resample(
        space, {"flux PGK": (float(flux.min()), middle)}, 8, seed=1, steps_per_dimension=1
    )
    assert (new.dataset.flux.sel(reaction="PGK").values <= middle + 1e-9).all()


def test_constrained_ranges_point_away_from_the_group(ecoli, shipped, space):
    x = shipped.dataset.concentration.sel(metabolite="ac_c").values
    group = x < np.quantile(x, 0.6)
    table, bad, good = constrained_ranges(space, ecoli, shipped, group, metabolites=5, share=0.5)
    assert table.metabolite[0] == "ac_c"
    assert table["hold"][0] == "high"
    assert len(table) == len(bad) == len(good) == 5
    key = "concentration ac_c"
    assert math.isclose(bad[key][1], x.max())
    assert math.isclose(good[key][0], x.min())
    assert space.within(bad).has_room()
    assert space.within(good).has_room()
