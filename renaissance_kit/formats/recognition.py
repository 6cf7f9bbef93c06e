"""Which rate law of the registry a formula is, with its constants.

A formula v(c) is looked at from outside. Where all products are as good as absent, the rate grows
with a substrate s as s^ν while s is scarce, and stops growing when it is plenty; the ratio of the
two limits is KM^ν. Plenty of all substrates gives Vmax, products without substrates the constants
of the way back, and with them Keq. So it does not matter how the formula is written or what its
parameters are called. A law is recognised if, with these constants, it gives the same rate at
random concentrations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from itertools import islice, permutations

import libsbml
import numpy as np

from renaissance_kit.formats.formulas import ABSENT, HUGE, TINY, formula_of
from renaissance_kit.formats.sbml_parts import plain_id
from renaissance_kit.laws.modifiers import MODIFIERS
from renaissance_kit.laws.record import RateLaw, Symbol, Symbols, Terms
from renaissance_kit.laws.registry import REGISTRY
from renaissance_kit.laws.sides import ACTIVATOR, COMPETITOR, ESSENTIAL_ACTIVATOR, INHIBITOR

Rate = Callable[[Mapping[str, Decimal]], Decimal]  # of concentrations
Protons = tuple[tuple[str, float, str], ...]
_SAME = Decimal("1e-20")  # largest relative difference of two rates that are one
_POINTS = 6
_MOST_ORDERS = 720  # of products, which some laws pair with substrates
_NO_INFLUENCE = Decimal(1)  # KM of a product that an irreversible law does not know


@dataclass(frozen=True)
class Recognised:
    """A law with its constants, in the units of the formula.

    Attributes:
        km: by metabolite.
        keq: None where the law has none.
        modifiers: metabolite, kind and its constants, in the order of that kind.
        unknown_km: products whose KM the formula does not have, since it has no influence.
    """

    law: RateLaw
    substrates: Terms
    products: Terms
    protons: Protons
    vmax: Decimal
    km: Mapping[str, Decimal]
    keq: Decimal | None
    modifiers: tuple[tuple[str, str, tuple[Decimal, ...]], ...] = ()
    unknown_km: tuple[str, ...] = ()


class NotRecognised(Exception):
    """No law of the registry is the formula; the message says why."""


@dataclass(frozen=True)
class _Orders:
    """Exponents with which a rate goes as the concentration, where it is scarce and plenty."""

    scarce: float
    plenty: float

    @property
    def saturates(self) -> bool:
        return self.scarce != self.plenty


def recognise(
    rate: Rate, left: Mapping[str, float], right: Mapping[str, float], known: frozenset[str]
) -> Recognised:
    """Find the law of a reaction.

    Args:
        rate: v of concentrations, to be called within `precise`.
        left, right: metabolites of the equation with positive coefficients.
        known: metabolites that the formula depends on.

    Raises:
        NotRecognised: with the reason.
    """
    if not left or not known & set(left):
        raise NotRecognised("its law depends on no substrate of the equation")
    sides = _Sides(rate, left, right, known, {})
    others = sorted(known - set(left) - set(right))
    neutral = {m: HUGE if sides.stands_still_without(m, others) else ABSENT for m in others}
    sides = replace(sides, neutral=neutral)
    sides.check_direction()
    tried = []
    for found in sides.candidates():
        tried.append(found.law.name)
        if sides.is_it(found):
            return found
    names = ", ".join(dict.fromkeys(tried)) or "no law of the registry takes these reactants"
    raise NotRecognised(f"its rate at random concentrations is that of none of: {names}")


@dataclass(frozen=True)
class _Sides:
    rate: Rate
    left: Mapping[str, float]
    right: Mapping[str, float]
    known: frozenset[str]
    neutral: Mapping[str, Decimal]  # modifiers, where they are as good as not there

    @property
    def reversible(self) -> bool:
        return bool(self.known & set(self.right))

    def at(self, left: Decimal, right: Decimal, **changed: Decimal) -> Decimal:
        """The rate with the same concentration of all that is on a side."""
        sides = {**dict.fromkeys(self.left, left), **dict.fromkeys(self.right, right)}
        values = {**self.neutral, **sides}
        return self.rate({**values, **changed})

    def stands_still_without(self, modifier: str, others: list[str]) -> bool:
        """Whether a modifier is an essential activator."""
        ones = dict.fromkeys(others, Decimal(1))
        without = self.at(Decimal(1), ABSENT, **{**ones, modifier: ABSENT})
        return abs(without) < TINY * abs(self.at(Decimal(1), ABSENT, **ones))

    def modifier(self, metabolite: str) -> tuple[str, str, tuple[Decimal, ...]]:
        """Kind and constants of a modifier, from what it does to few and to plenty of substrates.

        Raises:
            NotRecognised: it does what no kind of modifier does.
        """
        one = {metabolite: Decimal(1)}
        if self.neutral[metabolite] == HUGE:
            full, with_one = self.at(Decimal(1), ABSENT), self.at(Decimal(1), ABSENT, **one)
            found = {ESSENTIAL_ACTIVATOR: full / with_one - 1}
        else:
            scarce, plenty = (
                self.at(level, ABSENT) / self.at(level, ABSENT, **one) for level in (TINY, HUGE)
            )
            if scarce < 1:
                found = {ACTIVATOR: 1 / (1 / scarce - 1)}
            else:
                by = {COMPETITOR: scarce / plenty - 1, INHIBITOR: plenty - 1}
                found = {effect: 1 / x for effect, x in by.items() if x > _SAME}
        for kind, record in MODIFIERS.items():
            effects = [effect for _, effect in record.constants]
            if found and set(effects) == set(found):
                return metabolite, kind, tuple(found[effect] for effect in effects)
        raise NotRecognised(f"what {metabolite} does to its rate is no kind of regulation")

    def check_direction(self) -> None:
        if self.at(Decimal(1), ABSENT) > 0:
            return
        if self.at(ABSENT, Decimal(1)) > 0:
            raise NotRecognised(
                "its law drives it from right to left where there are substrates only; exchange "
                "the sides of the equation, or change the sign of the law"
            )
        raise NotRecognised("its rate is not positive where there are substrates and no products")

    def forward_rate(self, metabolite: str, x: Decimal) -> Decimal:
        """The rate without products, at some concentration of a substrate."""
        return self.at(Decimal(1), ABSENT, **{metabolite: x})

    def backward_rate(self, metabolite: str, x: Decimal) -> Decimal:
        """The rate back without substrates, at some concentration of a product."""
        return -self.at(ABSENT, Decimal(1), **{metabolite: x})

    def forward(self, metabolite: str) -> _Orders:
        """Orders of the rate in a substrate, without products."""
        return _orders(partial(self.forward_rate, metabolite))

    def backward(self, metabolite: str) -> _Orders:
        """Orders of the rate back in a product, without substrates."""
        return _orders(partial(self.backward_rate, metabolite))

    def candidates(self) -> Iterator[Recognised]:
        forward = {m: self.forward(m) for m in self.left}
        saturated = any(o.saturates for o in forward.values())
        substrates, protons = [], []
        for m, n in self.left.items():
            order = forward[m]
            if order.saturates or (not saturated and order.scarce != 0):
                substrates.append((m, n))
            elif self.reversible:
                protons.append((m, -n, "displacement"))
            else:
                mode = "first_order" if order.scarce else "balance_only"
                protons.append((m, -n, mode))
        products, more = self._products(saturated)
        protons += more
        for law in sorted(REGISTRY.values(), key=_takes_any):
            if law.reversible != self.reversible or law.has_km != saturated:
                continue
            for paired in islice(permutations(products), _MOST_ORDERS):
                if law.problem(tuple(substrates), paired):
                    continue
                yield self._with_constants(law, tuple(substrates), paired, tuple(protons))
                if not law.reversible:
                    break  # products have no influence

    def _products(
        self, saturated: bool
    ) -> tuple[list[tuple[str, float]], list[tuple[str, float, str]]]:
        if not self.reversible:
            protons = [(m, n, "balance_only") for m, n in self.right.items() if _is_proton(m)]
            return [(m, n) for m, n in self.right.items() if not _is_proton(m)], protons
        products, protons = [], []
        for m, n in self.right.items():
            if saturated and not self.backward(m).saturates:
                protons.append((m, n, "displacement"))
            else:
                products.append((m, n))
        return products, protons

    def _with_constants(
        self, law: RateLaw, substrates: Terms, products: Terms, protons: Protons
    ) -> Recognised:
        exponent = {m: Decimal(repr(n)) if law.coefficients_are_orders else Decimal(1)
                    for m, n in substrates + products}  # fmt: skip
        km: dict[str, Decimal] = {}
        unknown: tuple[str, ...] = ()
        ones = {m: Decimal(1) for m, _, _ in protons}
        if law.has_km:
            for m, _ in substrates:
                km[m] = _constant(partial(self.forward_rate, m), exponent[m])
            if law.reversible:
                for m, _ in products:
                    km[m] = _constant(partial(self.backward_rate, m), exponent[m])
            else:
                unknown = tuple(m for m, _ in products)
                km.update(dict.fromkeys(unknown, _NO_INFLUENCE))
        plenty = HUGE if law.has_km else Decimal(1)
        vmax = self.at(plenty, ABSENT, **ones)
        keq = None
        if law.reversible:
            back = -self.at(ABSENT, plenty, **ones)
            keq = vmax / back
            for m, _ in products if law.has_km else ():
                keq *= km[m] ** exponent[m]
            for m, _ in substrates if law.has_km else ():
                keq /= km[m] ** exponent[m]
        modifiers = tuple(self.modifier(m) for m in self.neutral)
        return Recognised(law, substrates, products, protons, vmax, km, keq, modifiers, unknown)

    def is_it(self, found: Recognised) -> bool:
        """Whether a law gives the rates of the formula at random concentrations."""
        law, values = _law_of(found)
        rng = np.random.default_rng(1)
        names = [*self.left, *self.right, *self.neutral]
        for _ in range(_POINTS):
            c = {m: Decimal(repr(float(10 ** rng.uniform(-3, 3)))) for m in names}
            asked = self.rate(c)
            given = found.vmax * law({**values, **{f"c_{m}": x for m, x in c.items()}})
            if abs(given - asked) > _SAME * max(abs(given), abs(asked)):
                return False
        return True


def _takes_any(law: RateLaw) -> bool:
    """Laws that take any coefficients go last: they are the others too, where those fit."""
    return not law.accepts((("a", 2.0),), (("b", 1.0), ("c", 1.0), ("d", 1.0)))


def _is_proton(metabolite: str) -> bool:
    return plain_id(metabolite).split("_")[0] == "h"


def _orders(rate: Callable[[Decimal], Decimal]) -> _Orders:
    def order(x: Decimal) -> float:
        low, high = rate(x), rate(x * 10)
        if low <= 0 or high <= 0:
            return float("nan")
        return round(float((high / low).log10()), 9)

    return _Orders(order(TINY), order(HUGE))


def _constant(rate: Callable[[Decimal], Decimal], exponent: Decimal) -> Decimal:
    """KM from the limits of a rate where its metabolite is plenty and scarce."""
    ratio = rate(HUGE) / (rate(TINY) / TINY**exponent)
    return ratio ** (1 / exponent)


def _law_of(found: Recognised) -> tuple[Rate, dict[str, Decimal]]:
    law, values = found.law, {f"K_{m}": k for m, k in found.km.items()}
    if found.keq is not None:
        values["Keq"] = found.keq
    for m, _, constants in found.modifiers:
        values |= {f"K_{m}_{i}": x for i, x in enumerate(constants)}

    def symbol(m: str, n: float) -> Symbol:
        return Symbol(f"c_{m}", f"K_{m}" if law.has_km else "", n)

    wanted = "displacement" if law.reversible else "first_order"
    text = law.infix(
        Symbols(
            tuple(symbol(m, n) for m, n in found.substrates),
            tuple(symbol(m, n) for m, n in found.products),
            tuple(
                Symbol(f"c_{m}", exponent=n if law.reversible else abs(n))
                for m, n, mode in found.protons if mode == wanted
            ),
            modifiers=tuple(
                (kind, f"c_{m}", tuple(f"K_{m}_{i}" for i in range(len(constants))))
                for m, kind, constants in found.modifiers
            ),
        )
    )  # fmt: skip
    return formula_of(libsbml.parseL3Formula(text))[0], values
