"""The tiny network against exact arithmetic, derived from the rate laws by hand.

Here the five rates are written down as the documentation defines them, with rational numbers.
Nothing of the package is used but the names, so that a wrong sign, coefficient or link shows.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy as sp

from renaissance_kit import KineticModels

FLUX = sp.Integer(300)  # mM/h: 1 mmol/gDW/h and 300 gDW/L
DISPLACEMENT = {
    "GLCt": sp.Rational(1, 2),
    "HEX": sp.Rational(1, 10),
    "PGI": sp.Rational(1, 4),
    "FRUK": sp.Rational(1, 5),
    "FRUt": sp.Rational(1, 2),
}
G, G6P, F6P, F, ATP, ADP, G_OUT, F_OUT = METABOLITES = sp.symbols(
    "glc__D_c g6p_c f6p_c fru_c atp_c adp_c glc__D_e fru_e", positive=True
)
AT_STEADY_STATE = {
    G: 1, G6P: 2, F6P: sp.Rational(1, 2), F: 1, ATP: 3, ADP: 1, G_OUT: 2, F_OUT: sp.Rational(1, 2),
}  # fmt: skip

KM_SETS = [
    [1] * 10,
    [Fraction(k) for k in ("1/10", 3, "7/2", "1/50", 5, 2, 9, "1/7", "13/10", 4)],
    [Fraction(k) for k in (20, "1/700", 20, "1/700", "1/3", 19, 8, "1/90", 20, "6/5")],
]


def rates_per_vmax(k):
    """f of the five reactions in closed form; k maps 'reaction:metabolite' to its KM."""

    def reversible(name, quotient):
        at = quotient.subs(AT_STEADY_STATE)
        keq = at / DISPLACEMENT[name]
        return 1 - quotient / keq

    s1, s2 = G / k["HEX:glc__D_c"], ATP / k["HEX:atp_c"]
    p1, p2 = G6P / k["HEX:g6p_c"], ADP / k["HEX:adp_c"]
    hex_ = s1 * s2 * reversible("HEX", G6P * ADP / (G * ATP)) / ((1 + s1 + p1) * (1 + s2 + p2))
    s, p = G6P / k["PGI:g6p_c"], F6P / k["PGI:f6p_c"]
    pgi = s * reversible("PGI", F6P / G6P) / (1 + s + p)
    s1, s2 = F6P / k["FRUK:f6p_c"], ADP / k["FRUK:adp_c"]
    p1, p2 = F / k["FRUK:fru_c"], ATP / k["FRUK:atp_c"]
    fruk = s1 * s2 * reversible("FRUK", F * ATP / (F6P * ADP))
    fruk /= (1 + s1) * (1 + s2) + (1 + p1) * (1 + p2) - 1
    return {
        "GLCt": G_OUT * reversible("GLCt", G / G_OUT),
        "HEX": hex_,
        "PGI": pgi,
        "FRUK": fruk,
        "FRUt": F * reversible("FRUt", F_OUT / F),
    }


class Exact:
    """Vmax and Jacobians as rational numbers, for one set of KM."""

    def __init__(self, km):
        f = rates_per_vmax(km)
        self.vmax = {name: FLUX / f[name].subs(AT_STEADY_STATE) for name in f}
        v = {name: self.vmax[name] * f[name] for name in f}
        self.balances = {
            G: v["GLCt"] - v["HEX"],
            G6P: v["HEX"] - v["PGI"],
            F6P: v["PGI"] - v["FRUK"],
            F: v["FRUK"] - v["FRUt"],
            ATP: v["FRUK"] - v["HEX"],
            ADP: v["HEX"] - v["FRUK"],
        }

    def jacobian(self, names, conserved=None):
        """∂(dc/dt)/∂c; with conserved totals put in first, over the metabolites that remain."""
        symbols = [s for name in names for s in METABOLITES if s.name == name]
        rates = [self.balances[s].subs(conserved or {}) for s in symbols]
        return sp.Matrix(rates).jacobian(symbols).subs(AT_STEADY_STATE)

    def reduced_jacobian(self, independent):
        """With ADP and F6P from the totals of adenylate and of phosphate."""
        totals = {ADP: 4 - ATP, F6P: sp.Rational(11, 2) - ATP - G6P}
        assert not {s.name for s in totals} & set(independent)
        return self.jacobian(independent, totals)


@pytest.fixture(scope="module", params=range(len(KM_SETS)))
def exact_and_model(request, tiny, tiny_state):
    km = KM_SETS[request.param]
    names = dict(zip(tiny.km_names, (sp.Rational(str(k)) for k in km), strict=True))
    return Exact(names), KineticModels(tiny, tiny_state, np.array(km, dtype=float))


def as_floats(matrix):
    return np.array(matrix.evalf(30).tolist(), dtype=float)


def test_the_only_fluxes_that_balance_are_equal_along_the_chain(tiny):
    null_space = sp.Matrix(tiny.stoichiometry.astype(int).tolist()).nullspace()
    assert null_space == [sp.ones(5, 1)]


def test_the_shipped_state_is_the_closed_form_one(tiny, tiny_state):
    concentrations = [float(AT_STEADY_STATE[sp.Symbol(m, positive=True)]) for m in tiny.species]
    np.testing.assert_array_equal(tiny_state.concentrations_mM, concentrations)
    np.testing.assert_array_equal(tiny_state.fluxes_mM_h, np.full(5, 300.0))
    log_rho = [float(sp.log(DISPLACEMENT[r])) for r in tiny.kinetic_reactions]
    np.testing.assert_allclose(tiny_state.log_displacement, log_rho, rtol=1e-15)


def test_vmax(exact_and_model):
    exact, models = exact_and_model
    expected = [float(exact.vmax[r]) for r in models.network.kinetic_reactions]
    np.testing.assert_allclose(models.vmax_mM_h[0], expected, rtol=1e-13)


def test_vmax_by_hand(tiny, tiny_state):
    """All KM 1 mM. GLCt: 2·(1 − 1/2) = 1. PGI: 2·(1 − 1/4)/(1 + 2 + 1/2) = 3/7."""
    models = KineticModels(tiny, tiny_state, np.ones(10))
    vmax = dict(zip(tiny.kinetic_reactions, models.vmax_mM_h[0], strict=True))
    assert vmax["GLCt"] == pytest.approx(300)
    assert vmax["PGI"] == pytest.approx(700)
    assert vmax["HEX"] == pytest.approx(300 / (3 * 0.9 / (4 * 5)))
    assert vmax["FRUK"] == pytest.approx(300 / (0.5 * 0.8 / (1.5 * 2 + 2 * 4 - 1)))


def test_full_jacobian(exact_and_model):
    exact, models = exact_and_model
    expected = as_floats(exact.jacobian(models.network.dynamic))
    jacobian = models.jacobians_per_h(reduced=False)[0]
    scale = np.abs(expected).max(axis=1, keepdims=True)
    assert (np.abs(jacobian - expected) / scale).max() < 1e-13


def test_reduced_jacobian(exact_and_model):
    """The totals are put into the rates before they are differentiated."""
    exact, models = exact_and_model
    expected = as_floats(exact.reduced_jacobian(models.network.independent))
    jacobian = models.jacobians_per_h()[0]
    scale = np.abs(expected).max(axis=1, keepdims=True)
    assert (np.abs(jacobian - expected) / scale).max() < 1e-13


def test_eigenvalues(exact_and_model):
    """Of the exact matrix, at 50 digits."""
    exact, models = exact_and_model
    matrix = exact.reduced_jacobian(models.network.independent).evalf(60)
    with mpmath.workdps(50):
        roots, _ = mpmath.eig(mpmath.matrix(matrix.tolist()))
    expected = sorted((complex(x) for x in roots), key=lambda x: -x.real)
    eigenvalues = models.spectrum().eigenvalues_per_h[0]
    np.testing.assert_allclose(eigenvalues.real, [x.real for x in expected], rtol=1e-9)
    np.testing.assert_allclose(
        np.sort(eigenvalues.imag), np.sort([x.imag for x in expected]), atol=1e-9
    )


def test_the_full_spectrum_is_the_reduced_one_and_a_zero_for_each_moiety(exact_and_model):
    _, models = exact_and_model
    full = np.linalg.eigvals(models.jacobians_per_h(reduced=False)[0])
    full = full[np.argsort(np.abs(full))]
    n_zero = len(models.network.moieties)
    assert n_zero == 2
    reduced = models.spectrum().eigenvalues_per_h[0]
    assert np.abs(full[:n_zero]).max() < 1e-10 * np.abs(full).max()
    np.testing.assert_allclose(np.sort(full[n_zero:].real), np.sort(reduced.real), rtol=1e-8)


def test_totals_of_adenylate_and_phosphate_never_change(exact_and_model):
    exact, models = exact_and_model
    assert sp.simplify(exact.balances[ATP] + exact.balances[ADP]) == 0
    rows = dict(zip(models.network.dynamic, models.jacobians_per_h(reduced=False)[0], strict=True))
    scale = max(np.abs(row).max() for row in rows.values())
    assert np.abs(rows["atp_c"] + rows["adp_c"]).max() <= 1e-14 * scale
    assert np.abs(rows["atp_c"] + rows["g6p_c"] + rows["f6p_c"]).max() <= 1e-14 * scale


def test_all_time_scales_follow_the_dry_weight_density(tiny, tiny_state):
    """Fluxes in mM/h, Vmax and λ are proportional to it; nothing else converts units."""
    models = KineticModels(tiny, tiny_state, np.ones(10))
    denser = KineticModels(tiny, replace(tiny_state, density_gDW_L=420.0), np.ones(10))
    np.testing.assert_allclose(denser.vmax_mM_h, 1.4 * models.vmax_mM_h, rtol=1e-14)
    np.testing.assert_allclose(
        denser.spectrum().lambda_max_per_h, 1.4 * models.spectrum().lambda_max_per_h, rtol=1e-12
    )
