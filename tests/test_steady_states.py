"""Sets of steady states: positions, slices and the default profile."""

from __future__ import annotations

import numpy as np
import pytest

from renaissance_kit import Network, SteadyStates
from renaissance_kit.analysis import with_default_profile
from renaissance_kit.core import SteadyStateError
from renaissance_kit.studies import profile_table


@pytest.fixture(scope="module")
def states(ecoli: Network) -> SteadyStates:
    return SteadyStates.example(ecoli)


@pytest.mark.parametrize(
    "cut", [slice(0, 3), slice(3), slice(-2, None), slice(10, 2, -4), slice(4990, 9999, 5)]
)
def test_a_slice_holds_the_states_that_a_list_would(
    ecoli: Network, states: SteadyStates, cut: slice
) -> None:
    positions = list(range(5000))[cut]
    part = states[cut]
    assert isinstance(part, SteadyStates)
    assert [s.label for s in part] == [str(i) for i in positions]
    for one, i in zip(part, positions, strict=True):
        one.check(ecoli)
        np.testing.assert_array_equal(one.concentrations_mM, states[i].concentrations_mM)
        np.testing.assert_array_equal(one.fluxes_mmol_gDW_h, states[i].fluxes_mmol_gDW_h)
    assert part.provenance == states.provenance


def test_a_slice_of_a_slice_and_of_a_file(states: SteadyStates, tmp_path) -> None:
    part = states[10:20][2:4]
    part.save(tmp_path / "few.nc")
    assert [s.label for s in SteadyStates.load(tmp_path / "few.nc")] == ["12", "13"]


def test_positions_count_from_both_ends(states: SteadyStates) -> None:
    assert states[-1].label == states[4999].label == "4999"
    assert states[np.int64(7)].label == "7"


@pytest.mark.parametrize("index", [5000, -5001])
def test_a_position_out_of_range(states: SteadyStates, index: int) -> None:
    with pytest.raises(SteadyStateError, match=rf"no state {index}; there are 5000, counted from"):
        states[index]


@pytest.mark.parametrize("index", [1.0, "3", None, [1, 2], np.array([True, False])])
def test_what_is_no_position(states: SteadyStates, index: object) -> None:
    with pytest.raises(SteadyStateError, match=r"is no position; .*states\[0\].*states\[0:3\]"):
        states[index]


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        (slice(5000, 5100), "no states from 5000 to 5100 in steps of None; there are 5000"),
        (slice(3, 3), "no states from 3 to 3"),
        (slice(0, 3, 0), "step cannot be zero"),
        (slice("a", "b"), "slice indices must be integers"),
    ],
)
def test_a_slice_without_states(states: SteadyStates, cut: slice, message: str) -> None:
    with pytest.raises(SteadyStateError, match=message):
        states[cut]


def test_the_default_profile_is_found_by_its_number(states: SteadyStates) -> None:
    number = states.default_label
    assert states.default.label == str(number)
    part = states[number - 2 : number + 3]
    assert part.default.label == str(number)
    np.testing.assert_array_equal(part.default.concentrations_mM, states[number].concentrations_mM)


def test_a_slice_without_the_default_profile_says_so(states: SteadyStates) -> None:
    number = states.default_label
    with pytest.raises(SteadyStateError, match=f"state {number}, is not among these 3 states"):
        _ = states[number + 1 : number + 4].default


def test_a_default_profile_chosen_in_a_slice_keeps_its_number(
    ecoli: Network, states: SteadyStates
) -> None:
    part = with_default_profile(ecoli, states[100:106], examined=6, models=4)
    middle = int(part.dataset.lambda_max_quantile.values.argsort()[2])
    assert part.default_label == 100 + middle
    assert part.default.label == part[middle].label
    table = profile_table(ecoli, part)
    assert list(table.state) == list(range(100, 106))
    assert list(table.state[table.role == "default"]) == [part.default_label]
