"""Records read twice are equal, on every Python, though numbers are missing in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from renaissance_kit import KMMeasurements, KMRanges, Network, ReactorConditions, SteadyState
from renaissance_kit.core import compared_by_value, same_value
from renaissance_kit.states import Constraints

NAN = float("nan")
ECOLI = "ecoli_w3110_trpd9923"
READ: dict[str, Callable[[], Any]] = {
    "tiny": lambda: Network.example("tiny"),
    "E. coli": lambda: Network.example(ECOLI),
    "metabolites": lambda: Network.example(ECOLI).metabolites,
    "reactions": lambda: Network.example(ECOLI).reactions,
    "compartments": lambda: Network.example(ECOLI).compartments,
    "conditions": lambda: Network.example(ECOLI).conditions,
    "steady state": lambda: SteadyState.from_folder(Network.example("tiny")),
    "ranges of KM": lambda: KMRanges.of(Network.example("tiny")),
    "measured KM": lambda: KMMeasurements.example(Network.example(ECOLI)).measurements,
    "constraints": lambda: Constraints.from_folder(Network.example(ECOLI)),
    "reactor": lambda: ReactorConditions.from_folder(Network.example(ECOLI)),
}


@pytest.mark.parametrize("name", READ)
def test_what_is_read_twice_is_equal(name: str) -> None:
    assert READ[name]() == READ[name]()


def test_what_differs_is_not() -> None:
    network = Network.example("tiny")
    changed = dict(network.metabolites)
    first = next(iter(changed.values()))
    changed[first.id] = replace(first, formation_energy_kJ_mol=-7.0)
    assert replace(network, metabolites=changed) != network
    assert network != "tiny"
    state = SteadyState.from_folder(network)
    assert replace(state, log_displacement=2 * state.log_displacement) != state


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (NAN, float("nan"), True),
        ((1, (NAN,)), (1, (float("nan"),)), True),
        ({"a": NAN}, {"a": float("nan")}, True),
        (np.array([1.0, NAN]), np.array([1.0, NAN]), True),
        (np.array([1.0]), np.array([1.0, 1.0]), False),
        (np.array([1.0]), np.array([1]), False),
        (np.array(["a"]), np.array(["a"]), True),
        (np.array([1.0]), [1.0], False),
        ((1.0,), (1.0, 2.0), False),
        ((1.0,), [1.0], False),
        ({"a": 1}, {"b": 1}, False),
        (NAN, None, False),
    ],
)
def test_values(a: object, b: object, same: bool) -> None:
    assert same_value(a, b) is same
    assert same_value(b, a) is same


def test_equal_records_have_one_hash_and_fields_can_be_left_out() -> None:
    @compared_by_value
    @dataclass(frozen=True)
    class Measured:
        value: float
        note: str = field(default="", compare=False)

    a, b = Measured(NAN, "one"), Measured(float("nan"), "two")
    assert a == b
    assert len({a, b}) == 1
    assert Measured(1.0) != a
