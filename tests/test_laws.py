"""Every rate law of the registry, in every arity that it accepts: one network holds them all.

The reactions of each law take turns with the kinds of modifiers, alone and together.

The text formula of a law is the independent statement that its compiled functions are held
against: f, ∂f/∂c and the derivatives by ln KM by finite differences of the text at 80 digits, and
f by libRoadRunner, which reads the same text from SBML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import cycle, product

import mpmath
import numpy as np
import pytest

from renaissance_kit import KineticModels, Network, SteadyState
from renaissance_kit.formats import write_sbml
from renaissance_kit.kinetics import RateLaws
from renaissance_kit.laws import MODIFIERS, REGISTRY, Symbol, Symbols

DIGITS = 80
SHAPES = [  # coefficients of substrates and products: ones, or another number at the end
    ((1.0,) * (n - 1) + (last_substrate,), (1.0,) * (m - 1) + (last_product,))
    for n, m, last_substrate, last_product in product((1, 2, 3), (1, 2, 3), (1.0, 2.0), (1.0, 3.0))
]

_METABOLITES = """\
id,name,formula,charge,compartment,role,currency,dgf0_kJ_mol,dgf0_error_kJ_mol,n_h,pka,seed_id,source
h_c,H+,H,1,c,constant,,,,,,,test
x_c,modifier,,,c,constant,,,,,,,test
y_c,modifier,,,c,constant,,,,,,,test
"""
_KINDS = [  # rows of regulation.csv for a reaction; P is its first product
    (),
    *((("x_c", kind),) for kind in MODIFIERS),
    (("x_c", "competitive_inhibition"), ("y_c", "competitive_inhibition")),
    (("x_c", "mixed_inhibition"), ("x_c", "activation"), ("y_c", "essential_activation")),
    (("P", "competitive_inhibition"), ("y_c", "inhibition"), ("y_c", "activation")),
]
_REACTIONS = """\
id,name,equation,subsystem,ec,role,rate_law,substrates,products,proton_terms,balance_exempt,\
dgr0_kJ_mol,dgr0_error_kJ_mol,dgr0_note,source
"""
_CONDITIONS = """\
quantity,value,low,high,unit,source,note
dry_weight_density,300,,,gDW/L,test,
eigenvalue_threshold,-2.5,,,1/h,test,
km_lower_bound,0.0013,,,mM,test,
km_upper_bound,20,,,mM,test,
"""
_COMPARTMENTS = """\
id,name,role,volume_fraction,pH,ionic_strength_M,source
c,cytosol,cytosol,1.0,7.5,0.25,test
"""


def terms(letter: str, reaction: str, coefficients: tuple[float, ...]):
    return tuple((f"{letter}{i}{reaction}_c", n) for i, n in enumerate(coefficients, start=1))


def written(reactants) -> str:
    return " + ".join(f"{n:g} {name}" for name, n in reactants)


@dataclass
class Everything:
    """A network with all laws, its compiled laws, and numbers for it."""

    network: Network
    laws: RateLaws
    c: np.ndarray
    km: np.ndarray
    log_keq: np.ndarray
    log_displacement: np.ndarray

    def reactions(self, law: str) -> list[str]:
        reactions = self.network.reactions
        return [r for r in self.network.kinetic_reactions if reactions[r].rate_law == law]

    def text(self, reaction: str) -> str:
        """Formula of a rate per Vmax, in names without special characters."""
        r = self.network.reactions[reaction]
        law = REGISTRY[r.rate_law]

        def symbol(metabolite: str, exponent: float) -> Symbol:
            return Symbol(metabolite, f"K_{reaction}_{metabolite}" if law.has_km else "", exponent)

        return law.infix(
            Symbols(
                tuple(symbol(m, n) for m, n in r.substrates),
                tuple(symbol(m, n) for m, n in r.products),
                tuple(Symbol(m, exponent=n if law.reversible else abs(n)) for m, n, _ in r.protons),
                f"Keq_{reaction}",
                tuple(
                    (
                        m.kind,
                        m.metabolite,
                        tuple(
                            f"K_{reaction}_{m.metabolite}_{constant}"
                            for constant, _ in MODIFIERS[m.kind].constants
                        ),
                    )
                    for m in r.modifiers
                ),
            )
        )

    def values(self) -> dict[str, mpmath.mpf]:
        """Value of each name in the formulas."""
        named = {
            k.replace(":", "_"): x for k, x in zip(self.network.km_names, self.km, strict=True)
        }
        values = {f"K_{k}": mpmath.mpf(x) for k, x in named.items()}
        values |= {s: mpmath.mpf(x) for s, x in zip(self.network.species, self.c, strict=True)}
        for r, x in zip(self.network.kinetic_reactions, self.log_keq, strict=True):
            values[f"Keq_{r}"] = mpmath.exp(mpmath.mpf(x))
        return values


@pytest.fixture(scope="module")
def everything(tmp_path_factory) -> Everything:
    folder = tmp_path_factory.mktemp("laws")
    metabolites, reactions = _METABOLITES, _REACTIONS
    regulation = "reaction,metabolite,kind,source\n"
    made = 0
    for name, law in REGISTRY.items():
        kinds = cycle(_KINDS)
        for shape in SHAPES:
            made += 1
            left, right = (terms(x, f"R{made}", s) for x, s in zip("sp", shape, strict=True))
            if law.problem(left, right):
                continue
            for m, _ in left + right:
                metabolites += f"{m},made,,,c,constant,,,,,,,test\n"
            for metabolite, kind in next(kinds):
                metabolite = right[0][0] if metabolite == "P" else metabolite
                regulation += f"R{made},{metabolite},{kind},test\n"
            mode = "displacement" if law.reversible else "first_order"
            reactions += (
                f"R{made},made,{written(left)} + 2 h_c <=> {written(right)},x,,kinetic,{name},"
                f"{written(left)},{written(right)},{mode} -2 h_c,made for a test,,,,test\n"
            )
    for file, text in (
        ("metabolites", metabolites), ("reactions", reactions), ("conditions", _CONDITIONS),
        ("compartments", _COMPARTMENTS), ("regulation", regulation),
    ):  # fmt: skip
        (folder / f"{file}.csv").write_text(text)
    network = Network.from_folder(folder)
    laws, rng = RateLaws.of(network), np.random.default_rng(7)
    c = 10.0 ** rng.uniform(-2, 1, len(network.species))
    km = 10.0 ** rng.uniform(-2, 1, len(network.km_names))
    log_displacement = np.where(
        laws.reversible, rng.uniform(-3, -0.2, len(laws.reversible)), np.nan
    )
    log_keq = laws.log_equilibrium_constants(c, log_displacement)
    return Everything(network, laws, c, km, log_keq, log_displacement)


def value(code, names: dict[str, mpmath.mpf], **changed: mpmath.mpf) -> mpmath.mpf:
    return eval(code, {}, names | changed)


def slope(code, names, name: str, relative: str) -> mpmath.mpf:
    """Derivative by one name, from a central difference."""
    step = names[name] * mpmath.mpf(relative)
    up, down = (value(code, names, **{name: names[name] + s * step}) for s in (1, -1))
    return (up - down) / (2 * step)


@pytest.mark.parametrize("law", REGISTRY)
def test_rates_and_their_derivatives_are_those_of_the_formula(everything, law):
    network, laws = everything.network, everything.laws
    f, df = laws.rates_and_derivatives(everything.c, everything.km, everything.log_keq)
    weights = np.random.default_rng(1).standard_normal(len(df))
    fluxes = np.random.default_rng(2).uniform(1, 2, len(f))
    with mpmath.workdps(DIGITS):
        names = everything.values()
        for reaction in everything.reactions(law):
            code = compile(everything.text(reaction).replace("^", "**"), reaction, "eval")
            r = network.reaction_index[reaction]
            exact = value(code, names)
            assert f[r] == pytest.approx(float(exact), rel=1e-12), reaction
            slots = np.flatnonzero(laws.slot_reaction == r)
            species = [network.species[laws.slots.species[k]] for k in slots]
            for name in set(species):
                # A metabolite may have several parts: its slots add up.
                own = [k for k, other in zip(slots, species, strict=True) if other == name]
                found = float(slope(code, names, name, "1e-25"))
                size = float(exact / names[name])
                assert abs(df[own].sum() - found) < 1e-11 * max(abs(found), size), (reaction, name)
                weights[own] = weights[own[0]]

            def weighted(names, code=code, slots=slots, species=species, r=r):
                total = sum(
                    mpmath.mpf(weight) * slope(code, names, name, "1e-25")
                    for name, weight in dict(zip(species, weights[slots], strict=True)).items()
                )
                return mpmath.mpf(fluxes[r]) * total / value(code, names)

            own = [j for j, k in enumerate(network.km_names) if k.startswith(f"{reaction}:")]
            by_km = laws.derivatives_by_log_km(everything.c, everything.km, fluxes, weights)
            for j in own:
                name = f"K_{network.km_names[j].replace(':', '_')}"
                moved = [
                    weighted(names | {name: names[name] * mpmath.exp(s * mpmath.mpf("1e-12"))})
                    for s in (1, -1)
                ]
                found = float((moved[0] - moved[1]) / mpmath.mpf("2e-12"))
                assert by_km[j] == pytest.approx(found, rel=1e-9, abs=1e-9), (reaction, name)


def test_a_batch_is_its_single_models(everything):
    network = everything.network
    direction = np.ones(len(network.kinetic_reactions))
    state = SteadyState(
        everything.c,
        direction,
        everything.log_displacement,
        300.0,
        "test",
        network.structure_digest,
    )
    km = everything.km * np.exp(np.random.default_rng(3).standard_normal((4, len(everything.km))))
    models = KineticModels(network, state, km)
    for i in range(len(km)):
        alone = KineticModels(network, state, km[i])
        np.testing.assert_array_equal(alone.vmax_mM_h[0], models.vmax_mM_h[i])
        np.testing.assert_array_equal(
            alone.rate_derivatives_per_h()[0], models.rate_derivatives_per_h()[i]
        )
        rates = models.laws.rates(everything.c, km[i], models.log_keq)
        np.testing.assert_allclose(models.vmax_mM_h[i] * rates, state.fluxes_mM_h, rtol=1e-12)


def test_rates_are_those_that_roadrunner_reads_from_sbml(everything, tmp_path):
    roadrunner = pytest.importorskip("roadrunner")
    network = everything.network
    state = SteadyState(
        everything.c, np.ones(len(network.kinetic_reactions)), everything.log_displacement, 300.0,
        "test", network.structure_digest,
    )  # fmt: skip
    models = KineticModels(network, state, everything.km)
    (file,) = write_sbml(tmp_path / "laws.xml", models)
    runner = roadrunner.RoadRunner(str(file))
    rng = np.random.default_rng(9)
    inside = runner.model
    for name in network.species:  # away from the state, where Vmax and f would only cancel
        inside[f"init([M_{name}])"] = float(10.0 ** rng.uniform(-2, 1))
    runner.reset()
    c = np.array([inside[f"[M_{name}]"] for name in network.species])
    theirs = dict(zip(inside.getReactionIds(), inside.getReactionRates(), strict=True))
    ours = models.vmax_mM_h[0] * everything.laws.rates(c, everything.km, everything.log_keq)
    for name, rate in zip(network.kinetic_reactions, ours, strict=True):
        assert theirs[f"R_{name}"] == pytest.approx(rate, rel=1e-11), name


@pytest.mark.parametrize("law", REGISTRY)
def test_a_record_says_what_it_takes(everything, law):
    record = REGISTRY[law]
    assert record.name == law
    assert record.formula
    assert record.reference
    assert re.fullmatch(r"(SBO:\d{7})?", record.sbo)
    assert everything.reactions(law)
    assert law in record.problem((), terms("p", "", (1.0,)))
    for shape in SHAPES:
        left, right = (terms(x, "", s) for x, s in zip("sp", shape, strict=True))
        problem = record.problem(left, right)
        assert not problem or (problem.startswith(f"{law} ") and len(problem) > len(law) + 10)


@pytest.mark.parametrize(
    ("law", "shape", "message"),
    [
        ("reversible_michaelis_menten", ((1,), (1, 1)), "takes 1 substrate(s) and 1 product(s)"),
        ("reversible_michaelis_menten", ((2,), (1,)), "coefficients of 1 only; use 'convenience'"),
        ("generalized_reversible_hill", ((1,), (1, 1)), "pairs substrates with products"),
        ("generalized_reversible_hill", ((1, 2), (1, 1)), "coefficients of 1 only"),
        ("uni_bi_reversible_hill", ((1, 1), (1,)), "takes 1 substrate(s) and 2 product(s)"),
        ("uni_bi_reversible_hill", ((1,), (1, 2)), "coefficients of 1 only"),
        ("bi_uni_reversible_hill", ((1,), (1, 1)), "takes 2 substrate(s) and 1 product(s)"),
        ("convenience", ((1.5,), (1,)), "takes whole coefficients only"),
    ],
)
def test_a_wrong_arity_is_named_with_its_remedy(law, shape, message):
    left, right = (terms(x, "", s) for x, s in zip("sp", shape, strict=True))
    assert message in REGISTRY[law].problem(left, right)
