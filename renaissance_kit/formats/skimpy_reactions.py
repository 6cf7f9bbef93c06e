"""Mechanisms and modifiers of SKiMpy, to and from reactions.

A mechanism names its reactants by their place (``substrate2``), and its stoichiometry by the same
names; one that SKiMpy makes for any number of reactants may carry it in its name as well
(``Convenience_m1_m1_2``). Modifiers stand beside it:

* ``DisplacementSmallMoleculeModifier``: c^n in the displacement. Of an irreversible law, which has
  none, it changes the balances only.
* ``FirstOrderSmallMoleculeModifier``: of an irreversible law, c^|n| where it is used (n < 0);
  where it is made it changes the balances only.
* ``InhibitionModifier`` and ``ActivationModifier``.

Mechanisms whose name ends in ``Inhibited`` have competitive inhibitors (``inhibitor1``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from renaissance_kit.core.errors import nearest
from renaissance_kit.laws.record import Terms
from renaissance_kit.laws.registry import REGISTRY
from renaissance_kit.network.records import Reaction, Regulation

DISPLACEMENT = "DisplacementSmallMoleculeModifier"
FIRST_ORDER = "FirstOrderSmallMoleculeModifier"
INHIBITION, ACTIVATION = "InhibitionModifier", "ActivationModifier"
MODIFIER_CLASSES = (DISPLACEMENT, FIRST_ORDER, INHIBITION, ACTIVATION)
PREFIX = {DISPLACEMENT: "DSM", FIRST_ORDER: "HSM"}

LAWS = {theirs: law.name for law in REGISTRY.values() for theirs in law.skimpy}
_INHIBITED = "Inhibited"
_PLACE = re.compile(r"(substrate|product|inhibitor)(\d*)")
_SUFFIX = re.compile(r"((?:_i?m?\d+(?:\.\d+)?)*)")
NAMED = {"ReversibleMichaelisMenten", "UniBiReversibleHill", "BiUniReversibleHill"}
"""Mechanisms whose reactants are fixed: no stoichiometry stands beside them."""


@dataclass(frozen=True)
class Context:
    """What the reader of a reaction needs to know of the file.

    Attributes:
        rename: id in the file → id in the network.
        activation: kind of modifier that an ``ActivationModifier`` is.
        source: what the network's rows name as their source.
    """

    rename: Callable[[str], str]
    activation: str
    source: str


class Unreadable(Exception):
    """What is wrong with one reaction, in words."""


def reaction_of(
    name: str, part: Mapping[str, Any], known: Mapping[str, str], ctx: Context
) -> Reaction:
    """One reaction of a file.

    Args:
        name: id in the file.
        part: ``enzyme``, ``mechanism``, ``modifiers``.
        known: roles of the metabolites, by their ids in the file.

    Raises:
        Unreadable: with the reason and the remedy.
    """
    mechanism = _part(part, "mechanism")
    parts = ("enzyme", "mechanism", "modifiers", "name")
    only(part, parts, "a reaction", name)
    for key in parts:
        if key not in part:
            raise Unreadable(f"{key!r} is missing; a reaction has {', '.join(parts)}")
    if part.get("enzyme") is not None:
        raise Unreadable(
            f"enzyme {part['enzyme']!r}: rates by enzyme amount and kcat are not known; give Vmax, "
            "and null as enzyme"
        )
    law, substrates, products, inhibitors = _mechanism(mechanism)
    modifiers = part.get("modifiers") or {}
    if not isinstance(modifiers, Mapping):
        raise Unreadable("'modifiers' is no mapping; write {} where there are none")
    protons: list[tuple[str, float, str]] = []
    regulation = [(m, "competitive_inhibition") for m in inhibitors]
    for key, modifier in modifiers.items():
        found = _modifier(key, modifier, REGISTRY[law].reversible, ctx)
        if len(found) == 3:
            protons.append(found)
        else:
            regulation.append(found)
    protons.sort()
    reactants = [m for m, _ in (*substrates, *products)] + [m for m, _, _ in protons]
    for m in (*reactants, *(m for m, _ in regulation)):
        if m not in known:
            raise Unreadable(
                f"{m!r} is not among 'reactants'{nearest(m, known)} Correct it, or add it there"
            )
    for m in reactants:
        if reactants.count(m) > 1:
            raise Unreadable(
                f"{m} stands twice in the rate law; keep one, with the sum as coefficient"
            )
    problem = REGISTRY[law].problem(substrates, products)
    if problem:
        raise Unreadable(problem)
    rename = ctx.rename
    left = [*substrates, *((m, -n) for m, n, _ in protons if n < 0)]
    right = [*products, *((m, n) for m, n, _ in protons if n > 0)]
    return Reaction(
        rename(name), name, _renamed(left, rename), _renamed(right, rename), "", "", "", "kinetic",
        law, _renamed(substrates, rename), _renamed(products, rename),
        tuple((rename(m), n, mode) for m, n, mode in protons), float("nan"), float("nan"), "",
        ctx.source,
        tuple(Regulation(rename(m), kind, ctx.source) for m, kind in merged(regulation)),
    )  # fmt: skip


def merged(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """(metabolite, kind), with both kinds of inhibition by one metabolite as mixed inhibition.

    Competitors keep their order, which numbers their constants in SKiMpy's files.
    """
    both = {"competitive_inhibition", "inhibition"}
    mixed = {m for m, _ in rows if both <= {kind for n, kind in rows if n == m}}
    out = []
    for m, kind in rows:
        if m in mixed and kind == "inhibition":
            continue
        out.append((m, "mixed_inhibition" if m in mixed and kind in both else kind))
    return list(dict.fromkeys(out))


def _renamed(terms: list[tuple[str, float]] | Terms, rename: Callable[[str], str]) -> Terms:
    return tuple((rename(m), n) for m, n in terms)


def _part(part: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = part.get(name) if isinstance(part, Mapping) else None
    if not isinstance(found, Mapping):
        raise Unreadable(f"no {name!r}; a reaction has enzyme, mechanism, modifiers and name")
    return found


def only(part: Mapping[str, Any], known: Sequence[str], what: str, name: str) -> None:
    """Raise Unreadable for a part with other keys, or with another name than it is listed under."""
    for key in part:
        if key not in known:
            raise Unreadable(f"{key!r} is unknown{nearest(key, known)} Correct it or remove it")
    if part.get("name", name) != name:
        raise Unreadable(f"{what} has the name {part['name']!r} inside; write one of the two")


def _mechanism(mechanism: Mapping[str, Any]) -> tuple[str, Terms, Terms, list[str]]:
    """Name of the law, substrates, products, competitive inhibitors."""
    written = str(mechanism.get("class", ""))
    law, inhibited, suffix = _law(written)
    places: dict[str, dict[int, tuple[str, str]]] = {
        "substrate": {},
        "product": {},
        "inhibitor": {},
    }
    for key, value in mechanism.items():
        if match := _PLACE.fullmatch(key):
            if not isinstance(value, str):
                raise Unreadable(f"{key} is {value!r}; write the id of a metabolite")
            places[match[1]][int(match[2] or 1)] = (key, value)
        elif key not in ("class", "mechanism_stoichiometry"):
            raise Unreadable(
                f"{key!r} is unknown{nearest(key, ['substrate1', 'product1', 'class'])}"
            )
    for role, found in places.items():
        for number in range(1, max(found, default=0) + 1):
            if number not in found:
                raise Unreadable(f"{role}{number} is missing; number the {role}s without gaps")
    if bool(places["inhibitor"]) != inhibited:
        raise Unreadable(
            f"{written} with {len(places['inhibitor'])} inhibitors; mechanisms whose names end in "
            f"{_INHIBITED} have inhibitor1 and so on, others have none"
        )
    numbers = mechanism.get("mechanism_stoichiometry", _stoichiometry_of(suffix))
    if not numbers and REGISTRY[law].skimpy[0] not in NAMED:
        raise Unreadable("'mechanism_stoichiometry' is missing; write 'substrate1: -1.0' and so on")
    if not isinstance(numbers, Mapping):
        raise Unreadable(
            "'mechanism_stoichiometry' is no mapping; write 'substrate1: -1.0' and so on"
        )
    sides = []
    for role, sign in (("substrate", -1.0), ("product", 1.0)):
        terms = []
        for number in sorted(places[role]):
            key, metabolite = places[role][number]
            value = numbers.get(key, numbers.get(f"{role}{number}", sign if not numbers else None))
            n = number_in(value, f"stoichiometry of {key}") * sign
            if n <= 0:
                raise Unreadable(
                    f"stoichiometry of {key} is {value}; it is below 0 for substrates and above "
                    "0 for products"
                )
            terms.append((metabolite, n))
        sides.append(tuple(terms))
    for key in numbers:
        match = _PLACE.fullmatch(key)
        if match and int(match[2] or 1) not in places[match[1]]:
            raise Unreadable(f"{key} has a stoichiometry but is not named; add '{key}: its id'")
    return law, sides[0], sides[1], [m for _, (_, m) in sorted(places["inhibitor"].items())]


def _law(written: str) -> tuple[str, bool, str]:
    """Name of the law, whether it has inhibitors, and the stoichiometry that ends the name."""
    for theirs in sorted(LAWS, key=len, reverse=True):
        for ending in (_INHIBITED, ""):
            rest = written.removeprefix(theirs + ending)
            if rest != written and _SUFFIX.fullmatch(rest):
                return LAWS[theirs], bool(ending), rest
    raise Unreadable(
        f"mechanism {written!r} is unknown{nearest(written, LAWS)} Known are {', '.join(LAWS)}"
    )


def _stoichiometry_of(suffix: str) -> dict[str, float]:
    """Stoichiometry by place from the end of a class's name: ``_m1_m2_1`` is −1, −2, 1."""
    counts = {"substrate": 0, "product": 0}
    out = {}
    for text in filter(None, suffix.split("_")):
        if text.startswith("i"):
            continue
        value = float(text.replace("m", "-"))
        role = "substrate" if value < 0 else "product"
        counts[role] += 1
        out[f"{role}{counts[role]}"] = value
    return out


def _modifier(
    key: str, modifier: Any, reversible: bool, ctx: Context
) -> tuple[str, float, str] | tuple[str, str]:
    if not isinstance(modifier, Mapping):
        raise Unreadable(f"modifier {key} is no mapping; write class and metabolite")
    written = str(modifier.get("class", ""))
    if written in (INHIBITION, ACTIVATION):
        place = "inhibitor" if written == INHIBITION else "activator"
        only(modifier, ("class", "mechanism_stoichiometry", place), "the modifier", key)
        return _named(
            key, modifier, place
        ), "inhibition" if written == INHIBITION else ctx.activation
    if written not in (DISPLACEMENT, FIRST_ORDER):
        raise Unreadable(
            f"modifier {key}: {written!r} is unknown{nearest(written, MODIFIER_CLASSES)} Known are "
            f"{', '.join(MODIFIER_CLASSES)}"
        )
    only(modifier, ("class", "mechanism_stoichiometry", "small_molecule"), "the modifier", key)
    metabolite = _named(key, modifier, "small_molecule")
    numbers = modifier.get("mechanism_stoichiometry")
    value = numbers.get("small_molecule") if isinstance(numbers, Mapping) else numbers
    n = number_in(value, f"stoichiometry of modifier {key}")
    if n == 0:
        raise Unreadable(f"modifier {key} has the stoichiometry 0; remove it")
    if reversible and written == FIRST_ORDER and n < 0:
        raise Unreadable(
            f"modifier {key}: {FIRST_ORDER} is known for irreversible laws only; use {DISPLACEMENT}"
        )
    if reversible:
        return metabolite, n, "displacement"
    return metabolite, n, "first_order" if written == FIRST_ORDER and n < 0 else "balance_only"


def _named(key: str, modifier: Mapping[str, Any], place: str) -> str:
    value = modifier.get(place)
    if not isinstance(value, str):
        raise Unreadable(f"modifier {key} has no {place}; write '{place}: id of a metabolite'")
    return value


def number_in(value: Any, what: str) -> float:
    """A number of the file; YAML takes some forms, such as 1e-5, for text."""
    try:
        number = float(value) if not isinstance(value, bool) else float("nan")
    except (TypeError, ValueError):
        number = float("nan")
    if number != number or abs(number) == float("inf"):
        raise Unreadable(f"{what} is {value!r}; write a number")
    return number


def times(reaction: Reaction, scale: float) -> Reaction:
    """A reaction with all coefficients multiplied."""

    def scaled(terms: Terms) -> Terms:
        return tuple((m, n * scale) for m, n in terms)

    return replace(
        reaction, left=scaled(reaction.left), right=scaled(reaction.right),
        substrates=scaled(reaction.substrates), products=scaled(reaction.products),
        protons=tuple((m, n * scale, mode) for m, n, mode in reaction.protons),
    )  # fmt: skip


# --- the way back ----------------------------------------------------------------------------


def mechanism_part(reaction: Reaction, written: Mapping[str, str]) -> dict[str, Any]:
    """The mechanism of a reaction without its inhibitors.

    Args:
        written: ids in the file.
    """
    law, net = REGISTRY[reaction.rate_law], reaction.stoichiometry
    theirs = law.skimpy[0]
    part: dict[str, Any] = {"class": theirs}
    numbers = {}
    for role, sign, terms in (
        ("substrate", -1.0, reaction.substrates),
        ("product", 1.0, reaction.products),
    ):
        for number, (metabolite, n) in enumerate(terms, 1):
            key = role if theirs in NAMED and len(terms) == 1 else f"{role}{number}"
            part[key] = written[metabolite]
            numbers[key] = sign * n if law.coefficients_are_orders else net[metabolite]
    if theirs not in NAMED:
        part["mechanism_stoichiometry"] = numbers
    return part


def small_molecules(reaction: Reaction) -> Iterator[tuple[str, float, str]]:
    """Metabolite, stoichiometry and SKiMpy's class of each proton of a reaction."""
    for metabolite, n, mode in reaction.protons:
        yield metabolite, n, FIRST_ORDER if mode == "first_order" else DISPLACEMENT
