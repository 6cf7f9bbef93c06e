"""Rates against a plain transcription in extended precision, derivatives by finite differences."""

from __future__ import annotations

from dataclasses import replace

import mpmath
import numpy as np
import pytest

from renaissance_kit import KineticModels, Network, SteadyState
from renaissance_kit.core import DataError
from renaissance_kit.kinetics import RateLaws
from renaissance_kit.laws import REGISTRY


def rate_in_extended_precision(network, reaction, c, km, log_keq):
    """One rate per Vmax, written as in the blueprint's table; values are mpmath numbers."""
    r = network.reactions[reaction]

    def value(name):
        return c[network.species_index[name]]

    def scaled(name):
        key = f"{reaction}:{name}"
        return value(name) / (km[network.km_index[key]] if key in network.km_index else 1)

    if r.rate_law == "irreversible_michaelis_menten":
        f = mpmath.mpf(1)
        for name, _ in r.substrates:
            f *= scaled(name) / (1 + scaled(name))
        for name, n, mode in r.protons:
            if mode == "first_order":
                f *= value(name) ** abs(n)
        return f
    quotient = mpmath.mpf(1)
    for name, n in r.products:
        quotient *= value(name) ** mpmath.mpf(n)
    for name, n in r.substrates:
        quotient /= value(name) ** mpmath.mpf(n)
    for name, n, mode in r.protons:
        if mode == "displacement":
            quotient *= value(name) ** mpmath.mpf(n)
    s = [(scaled(name), n) for name, n in r.substrates]
    p = [(scaled(name), n) for name, n in r.products]
    numerator = mpmath.mpf(1)
    for x, n in s:
        numerator *= x ** mpmath.mpf(n)
    numerator *= 1 - quotient / mpmath.exp(log_keq)
    if r.rate_law == "reversible_mass_action":
        return numerator
    if r.rate_law in ("reversible_michaelis_menten", "generalized_reversible_hill"):
        denominator = mpmath.mpf(1)
        for (x, _), (y, _) in zip(s, p, strict=True):
            denominator *= 1 + x + y
    elif r.rate_law == "uni_bi_reversible_hill":
        (x, _), (y, _), (w, _) = s[0], p[0], p[1]
        denominator = 1 + x + y + w + y * w
    elif r.rate_law == "bi_uni_reversible_hill":
        (x, _), (y, _), (w, _) = p[0], s[0], s[1]
        denominator = 1 + x + y + w + y * w
    else:
        sides = []
        for side in (s, p):
            product = mpmath.mpf(1)
            for x, n in side:
                product *= sum(x**k for k in range(int(n) + 1))
            sides.append(product)
        denominator = sides[0] + sides[1] - 1
    return numerator / denominator


def test_every_rate_and_derivative_of_ecoli(reference):
    """All 123 rates to 1e-12 and all derivatives to 1e-9 of central differences at 60 digits."""
    network, state = reference.network, reference.states[0]
    models = reference.models[0]
    laws, km, log_keq = models.laws, models.km_mM[0], models.log_keq
    f, df = laws.rates_and_derivatives(state.concentrations_mM, km, log_keq)
    mpmath.mp.dps = 60
    c = [mpmath.mpf(float(x)) for x in state.concentrations_mM]
    k = [mpmath.mpf(float(x)) for x in km]
    slots = laws.slots
    for r, name in enumerate(network.kinetic_reactions):
        keq = mpmath.mpf(float(log_keq[r]))
        exact = rate_in_extended_precision(network, name, c, k, keq)
        assert f[r] == pytest.approx(float(exact), rel=1e-11), name
        for slot in range(slots.first[r], slots.first[r + 1]):
            i = slots.species[slot]
            h = c[i] * mpmath.mpf("1e-20")
            up, down = list(c), list(c)
            up[i] += h
            down[i] -= h
            slope = (
                rate_in_extended_precision(network, name, up, k, keq)
                - rate_in_extended_precision(network, name, down, k, keq)
            ) / (2 * h)
            scale = float(abs(exact) / c[i])
            error = abs(df[slot] - float(slope)) / max(abs(float(slope)), scale)
            assert error < 1e-9, (name, network.species[i])


def test_all_seven_families_are_in_the_network(ecoli):
    families = [ecoli.reactions[r].rate_law for r in ecoli.kinetic_reactions]
    counts = {family: families.count(family) for family in set(families)}
    assert counts == {
        "reversible_michaelis_menten": 38,
        "generalized_reversible_hill": 33,
        "reversible_mass_action": 20,
        "convenience": 15,
        "uni_bi_reversible_hill": 9,
        "irreversible_michaelis_menten": 7,
        "bi_uni_reversible_hill": 1,
    }


def test_rates_exist_without_substrate(tiny, tiny_state):
    """A metabolite that has run out gives a backward rate and finite derivatives, not NaN."""
    models = KineticModels(tiny, tiny_state, np.ones(len(tiny.km_names)))
    c = tiny_state.concentrations_mM.copy()
    c[tiny.species_index["g6p_c"]] = 0.0
    f, df = models.laws.rates_and_derivatives(c, models.km_mM[0], models.log_keq)
    assert np.isfinite(f).all()
    assert np.isfinite(df).all()
    assert f[tiny.reaction_index["PGI"]] < 0


def test_only_products_of_irreversible_laws_have_no_influence(ecoli):
    without = np.array(ecoli.km_names)[~RateLaws.of(ecoli).influential_km]
    assert len(without) == 26
    for name in without:
        reaction, metabolite = name.split(":")
        law = ecoli.reactions[reaction]
        assert law.rate_law == "irreversible_michaelis_menten"
        assert metabolite in dict(law.products)


def test_fluxes_are_reproduced(reference):
    """Vmax · f is the flux of the steady state."""
    models, state = reference.models[1], reference.states[1]
    for i in range(len(models)):
        f = models.laws.rates(state.concentrations_mM, models.km_mM[i], models.log_keq)
        np.testing.assert_allclose(models.vmax_mM_h[i] * f, state.fluxes_mM_h, rtol=1e-12)


def test_arity_errors_name_the_remedy(ecoli):
    pfk, pgi = ecoli.reactions["PFK"], ecoli.reactions["PGI"]
    problem = REGISTRY[pfk.rate_law].problem(pfk.substrates, (("fdp_c", 1.0),))
    assert "use 'convenience'" in problem
    problem = REGISTRY[pgi.rate_law].problem((("g6p_c", 2.0),), pgi.products)
    assert "coefficients of 1" in problem


def test_state_of_folder_needs_known_names(tiny, tmp_path):
    import shutil

    folder = tmp_path / "tiny"
    shutil.copytree(tiny.folder, folder)
    table = folder / "steady_state.csv"
    table.write_text(table.read_text().replace("concentration,g6p_c", "concentration,g6p_x"))
    with pytest.raises(DataError, match=r"steady_state.csv, line .*g6p_x.*did you mean"):
        SteadyState.from_folder(Network.from_folder(folder))


def test_inverse_constants_by_slot(tiny: Network) -> None:
    laws = RateLaws.of(tiny)
    km = np.arange(1.0, len(tiny.km_names) + 1)
    expected = [1.0 / km[i] if i >= 0 else 1.0 for i in laws.slots.km]
    np.testing.assert_array_equal(laws.inverse(km), expected)
    none = replace(laws, slots=laws.slots._replace(km=np.full(len(laws.slots.km), -1)))
    np.testing.assert_array_equal(none.inverse(np.empty(0)), np.ones(len(laws.slots.km)))
