"""Ranges that leave enzymes unsaturated: by hand, and what they are worth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from renaissance_kit import KineticModels, KMRanges, Network, SteadyState, SteadyStates
from renaissance_kit.analysis import consumed, unsaturated_ranges, wilson_interval
from renaissance_kit.core import ParameterError, SteadyStateError


def test_lower_bounds_by_hand(tiny: Network, tiny_state: SteadyState) -> None:
    ranges = unsaturated_ranges(tiny, tiny_state)
    plain = KMRanges.of(tiny)
    at = dict(zip(tiny.species, tiny_state.concentrations_mM, strict=True))
    for i, name in enumerate(tiny.km_names):
        reaction, metabolite = name.split(":")
        forward = tiny_state.fluxes_mM_h[tiny.kinetic_reactions.index(reaction)] > 0
        record = tiny.reactions[reaction]
        side = dict(record.substrates if forward else record.products)
        if metabolite in side:
            expected = min(max(at[metabolite], plain.low_mM[i]), plain.high_mM[i] / 2)
        else:
            expected = plain.low_mM[i]
        assert ranges.low_mM[i] == expected, name
    np.testing.assert_array_equal(ranges.high_mM, plain.high_mM)


def test_the_net_flux_says_what_is_consumed(tiny: Network, tiny_state: SteadyState) -> None:
    """Turned round, products are consumed: every reaction of this network is of one kind each."""
    turned = replace(tiny_state, fluxes_mmol_gDW_h=-tiny_state.fluxes_mmol_gDW_h)
    names = tiny.km_names
    np.testing.assert_array_equal(consumed(tiny, turned, names), ~consumed(tiny, tiny_state, names))


def test_constants_held_to_data_and_of_modifiers_stay(
    tiny: Network, tiny_state: SteadyState
) -> None:
    held = KMRanges.of(tiny, fixed={"HEX:glc__D_c": (0.01, 0.02)})
    ranges = unsaturated_ranges(tiny, tiny_state, held)
    i = tiny.km_index["HEX:glc__D_c"]
    assert (ranges.low_mM[i], ranges.high_mM[i]) == (0.01, 0.02)
    regulated = Network.example(regulation="published")
    state = SteadyStates.published(regulated).default
    bounds, plain = unsaturated_ranges(regulated, state), KMRanges.of(regulated)
    modifiers = np.array([name.count(":") == 2 for name in regulated.km_names])
    assert modifiers.any()
    np.testing.assert_array_equal(bounds.low_mM[modifiers], plain.low_mM[modifiers])
    assert (bounds.low_mM >= plain.low_mM).all()


def test_unsaturated_enzymes_make_fast_models(ecoli: Network) -> None:
    state = SteadyStates.example(ecoli).default
    shares = []
    for ranges in (KMRanges.of(ecoli), unsaturated_ranges(ecoli, state)):
        km = ranges.uniform(300, np.random.default_rng(1))
        shares.append(KineticModels(ecoli, state, km).spectrum(workers=1).valid.sum())
    assert wilson_interval(shares[1], 300)[0] > 5 * wilson_interval(shares[0], 300)[1]


def test_mistakes(tiny: Network, tiny_state: SteadyState, ecoli: Network) -> None:
    with pytest.raises(ParameterError, match="positive"):
        unsaturated_ranges(tiny, tiny_state, fold=0)
    with pytest.raises(SteadyStateError):
        unsaturated_ranges(ecoli, tiny_state)
