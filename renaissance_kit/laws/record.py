"""What the toolkit knows of a rate law, and the one shape that all have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from renaissance_kit.laws.modifiers import MODIFIERS, factor_infix
from renaissance_kit.laws.sides import COMPETITOR

Terms = tuple[tuple[str, float], ...]  # metabolite and coefficient


@dataclass(frozen=True)
class Symbol:
    """A metabolite in the formula of a rate: names of its concentration and KM, and its exponent.

    ``km`` is empty without a Michaelis constant. The exponent is the coefficient ν of a substrate
    or product; of a proton n in the displacement, or |n| in a law without one.
    """

    concentration: str
    km: str = ""
    exponent: float = 1.0

    @property
    def scaled(self) -> str:
        """c/K."""
        return f"({self.concentration} / {self.km})" if self.km else self.concentration


@dataclass(frozen=True)
class Symbols:
    """Names that stand in the formula of one reaction's rate.

    ``modifiers`` are (kind, concentration, constants), with a kind of
    `renaissance_kit.laws.MODIFIERS` and its constants in the order of that record.
    """

    substrates: tuple[Symbol, ...]
    products: tuple[Symbol, ...]
    protons: tuple[Symbol, ...] = ()
    keq: str = "Keq"
    modifiers: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


def product(factors: list[str]) -> str:
    """Text of a product; 1 of none."""
    return " * ".join(factors) or "1"


def powers(symbols: tuple[Symbol, ...], text: Callable[[Symbol], str]) -> list[str]:
    """Texts to the power of the exponents."""
    return [text(s) if s.exponent == 1 else f"{text(s)}^({s.exponent!r})" for s in symbols]


@dataclass(frozen=True)
class Form:
    """The denominator of f = N/D, which is what a law has of its own.

    The functions get, of one reaction with the slots first to last − 1 (modifiers are not among
    them), arrays over all slots: side, partner (the slot of the same number on the other side, −1
    without one), order (ν) and x (scaled concentrations; concentrations of slots without KM).

    Attributes:
        denominator: (first, last, side, partner, order, x, slope, derivatives) → D; where
            ``derivatives`` is True, fills slope with ∂D/∂x in all slots of the reaction.
        curvature: (first, last, side, partner, order, x, pull, out) → None; fills out with
            Σ_j H_kj pull_j in the slots with a KM, H = ∂²ln D/∂ln x ∂ln x.
        infix: formula of D.
    """

    denominator: Callable[..., Any]
    curvature: Callable[..., None]
    infix: Callable[[Symbols], str]


@dataclass(frozen=True)
class RateLaw:
    """A rate law.

    Attributes:
        name: as in the column ``rate_law`` of ``reactions.csv``.
        formula: in words of this room.
        reference: where it comes from.
        form: its functions; laws that are the same expression share one.
        accepts: (substrates, products) → what is wrong with their number or coefficients, empty
            if nothing is. There is at least one substrate.
        reversible: whether it has a displacement; one without does not depend on its products.
        has_km: whether its substrates and products have Michaelis constants.
        coefficients_are_orders: whether coefficients of substrates stand in the law as exponents;
            if not, they need not be those of the equation.
        skimpy: names of the same law in SKiMpy, without the stoichiometry at their ends.
        sbo: term of the Systems Biology Ontology, empty where none is known.
    """

    name: str
    formula: str
    reference: str
    form: Form = field(repr=False)
    accepts: Callable[[Terms, Terms], str] = field(repr=False)
    reversible: bool = True
    has_km: bool = True
    coefficients_are_orders: bool = True
    skimpy: tuple[str, ...] = ()
    sbo: str = ""

    def problem(self, substrates: Terms, products: Terms) -> str:
        """What is wrong with the number or coefficients of the reactants; empty if nothing is.

        >>> from renaissance_kit.laws import REGISTRY
        >>> REGISTRY["reversible_michaelis_menten"].problem((("a_c", 2.0),), (("b_c", 1.0),))
        "reversible_michaelis_menten takes coefficients of 1 only; use 'convenience'"
        """
        if not substrates:
            return f"{self.name} needs at least one substrate"
        found = self.accepts(substrates, products)
        return f"{self.name} {found}" if found else ""

    def infix(self, symbols: Symbols) -> str:
        """Formula of f = v/Vmax, as `libsbml.parseL3Formula` and people read it.

        >>> from renaissance_kit.laws import REGISTRY, Symbol, Symbols
        >>> REGISTRY["reversible_michaelis_menten"].infix(
        ...     Symbols((Symbol("s", "Ks"),), (Symbol("p", "Kp"),))
        ... )
        '(1 / (Ks)) * (s - p / Keq) / ((1 + (s / Ks) + (p / Kp)))'
        """
        if not self.reversible:
            symbols = replace(symbols, products=())
        substrates = symbols.substrates
        if not self.coefficients_are_orders:
            substrates = tuple(replace(s, exponent=1.0) for s in substrates)
        constants = product(powers(tuple(s for s in substrates if s.km), lambda s: s.km))
        numerator = product(powers(substrates, lambda s: s.concentration))
        protons = powers(symbols.protons, lambda s: s.concentration)
        if self.reversible:
            products = powers(symbols.products, lambda s: s.concentration)
            numerator = f"({numerator} - {product(products + protons)} / {symbols.keq})"
        else:
            numerator = product([numerator, *protons])
        effects = [
            (effect, f"({concentration} / {constant})")
            for kind, concentration, names in symbols.modifiers
            for (_, effect), constant in zip(MODIFIERS[kind].constants, names, strict=True)
        ]
        denominator = " + ".join(
            [self.form.infix(symbols)] + [x for effect, x in effects if effect == COMPETITOR]
        )
        rate = f"(1 / ({constants})) * {numerator} / ({denominator})"
        return product([rate] + [factor_infix(e, x) for e, x in effects if e != COMPETITOR])


def counts(substrates: Terms, products: Terms, n_substrates: int, n_products: int) -> str:
    """What is wrong with the number of reactants of a law that takes a fixed one."""
    if (len(substrates), len(products)) == (n_substrates, n_products):
        return ""
    return (
        f"takes {n_substrates} substrate(s) and {n_products} product(s), not {len(substrates)} and "
        f"{len(products)}; use 'convenience'"
    )


def ones(substrates: Terms, products: Terms) -> str:
    """What is wrong with the coefficients for a law that has no exponents."""
    if any(n != 1 for _, n in substrates + products):
        return "takes coefficients of 1 only; use 'convenience'"
    return ""
