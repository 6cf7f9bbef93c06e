"""The limit of a metabolite by itself: against a closed form, and against random constants."""

from __future__ import annotations

import numpy as np
import pytest

from renaissance_kit import KineticModels, KMRanges, SteadyStates
from renaissance_kit.analysis import relaxation_limits


def test_no_random_set_beats_the_limit_and_the_corner_reaches_it(ecoli):
    states = SteadyStates.example(ecoli)
    ranges = KMRanges.of(ecoli)
    km = ranges.uniform(300, np.random.default_rng(1))
    for state in (states.default, states[7]):
        models = KineticModels(ecoli, state, km)
        found = relaxation_limits(models)
        assert set(ecoli.dynamic) - set(found.names) == {"h_c", "h_p"}
        own = np.array([ecoli.dynamic.index(name) for name in found.names])
        pulls = -models.jacobians_per_h(reduced=False)[:, own, own]
        assert (pulls <= found.rate_per_h * (1 + 1e-9)).all()
        chosen = np.arange(0, len(found.names), 9)
        corners = np.where(np.isfinite(found.km_mM[chosen]), found.km_mM[chosen], 1.0)
        reached = models.with_km(corners).jacobians_per_h(reduced=False)
        reached = -reached[np.arange(len(chosen)), own[chosen], own[chosen]]
        np.testing.assert_allclose(reached, found.rate_per_h[chosen])


def test_closed_form_where_every_law_is_mass_action_or_pairs_of_michaelis_menten(tiny, tiny_state):
    """A reaction with flux v pulls its substrate by v/c (1/(1 − ρ) − e), with e = s/(1 + s + p)."""
    ranges = KMRanges.of(tiny)
    found = relaxation_limits(KineticModels(tiny, tiny_state, np.ones(len(tiny.km_names))))
    flux, rho = tiny_state.fluxes_mM_h, np.exp(tiny_state.log_displacement)
    low = dict(zip(ranges.names, ranges.low_mM, strict=True))
    high = dict(zip(ranges.names, ranges.high_mM, strict=True))
    paired = {"reversible_michaelis_menten", "generalized_reversible_hill"}

    def c(name: str) -> float:
        return float(tiny_state.concentrations_mM[tiny.species_index[name]])

    checked = 0
    for k, name in enumerate(found.names):
        i = tiny.dynamic.index(name)
        rows = np.flatnonzero(tiny.stoichiometry[i])
        names = [tiny.kinetic_reactions[r] for r in rows]
        if {tiny.reactions[r].rate_law for r in names} - paired - {"reversible_mass_action"}:
            continue
        pull = 0.0
        for r, reaction in zip(rows, names, strict=True):
            law = tiny.reactions[reaction]
            substrates, products = [s for s, _ in law.substrates], [p for p, _ in law.products]
            consumed = name in substrates
            here, there = (substrates, products) if consumed else (products, substrates)
            force = 1 / (1 - rho[r]) if consumed else -rho[r] / (1 - rho[r])
            saturation = 0.0
            if law.rate_law in paired:
                other = there[here.index(name)]
                made = tiny.stoichiometry[i, r] * flux[r] > 0
                own = c(name) / (low if made else high)[f"{reaction}:{name}"]
                rest = c(other) / (high if made else low)[f"{reaction}:{other}"]
                saturation = own / (1 + own + rest)
            size = tiny.stoichiometry[i, r] * flux[r] / c(name) / tiny.volume_fractions[i]
            pull -= size * (force - saturation)
        assert found.rate_per_h[k] == pytest.approx(pull, rel=1e-9)
        checked += 1
    assert checked >= 2
