"""Reactions of a draft: what is kept, in which direction, with which rate law."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from renaissance_kit.draft.decisions import Decisions
from renaissance_kit.draft.model import FluxModel, ModelReaction
from renaissance_kit.draft.species import Species

LAWS = (
    "reversible_michaelis_menten", "generalized_reversible_hill", "uni_bi_reversible_hill",
    "bi_uni_reversible_hill", "convenience", "reversible_mass_action",
    "irreversible_michaelis_menten",
)  # fmt: skip
TRANSPORTS = ("porin", "diffusion", "symport", "driven", "none")
_LARGEST_DENOMINATOR = 6


@dataclass(frozen=True)
class DraftReaction:
    """A reaction of the draft, balanced and in the direction of its table row.

    Attributes:
        stoichiometry: by metabolite, products positive.
        low, high: bounds of the model, mmol/gDW/h, of the reaction as it stands here.
        scaled: by how much the model's coefficients were multiplied.
    """

    id: str
    name: str
    subsystem: str
    ec: str
    role: str
    stoichiometry: Mapping[str, float]
    low: float
    high: float
    scaled: int = 1
    rate_law: str = ""
    transport: str = ""
    gpr: str = ""


def balanced(
    reaction: ModelReaction, species: Mapping[str, Species], protons: Mapping[str, str]
) -> dict[str, float]:
    """Stoichiometry with the protons that the protonation of the records asks for.

    Args:
        protons: id of the proton of each compartment.
    """
    found = dict(reaction.stoichiometry)
    for name, n in reaction.stoichiometry.items():
        added = species[name].hydrogens_added
        proton = protons.get(species[name].compartment)
        if added and proton:
            found[proton] = found.get(proton, 0.0) - n * added
    return {m: round(n, 12) for m, n in found.items() if abs(n) > 1e-12}


def imbalance(
    stoichiometry: Mapping[str, float], species: Mapping[str, Species]
) -> dict[str, float]:
    """Elements and charge of the products less those of the substrates, where they differ."""
    totals: dict[str, float] = {}
    for name, n in stoichiometry.items():
        one = species[name]
        for element, count in one.formula.items():
            totals[element] = totals.get(element, 0.0) + n * count
        totals["charge"] = totals.get("charge", 0.0) + n * (one.charge or 0.0)
    return {k: v for k, v in totals.items() if abs(v) > 1e-6}


def draft_reaction(
    model: FluxModel,
    reaction: ModelReaction,
    species: Mapping[str, Species],
    protons: Mapping[str, str],
    decisions: Decisions,
    problems: list[str],
) -> DraftReaction | None:
    """The reaction as it will stand in the table; None where it has no place there."""
    growth = reaction.id == model.growth
    if len(reaction.stoichiometry) == 1 and not growth:
        return _exchange(reaction, species, problems)
    net = balanced(reaction, species, protons)
    low, high = reaction.low, reaction.high
    wrong = imbalance(net, species)
    unknown = any(not species[m].formula for m in net)  # which has its own problem
    if wrong and not growth and not unknown:
        text = ", ".join(f"{k} {v:+g}" for k, v in sorted(wrong.items()))
        problems.append(
            f"{reaction.id} is not balanced (products less substrates: {text}); correct the model, "
            "or the formula and charge of its metabolites; or choose 'remove' for it in the rule "
            "'keep'"
        )
    moved = {m: n for m, n in net.items() if species[m].role != "water"}
    held = all(species[m].is_proton and species[m].role == "constant" for m in moved)
    if held and not growth:  # in the balance only: nothing of it changes
        return DraftReaction(
            reaction.id, reaction.name, reaction.subsystem, reaction.ec, "water_transport", net,
            low, high, gpr=reaction.gpr,
        )  # fmt: skip
    if high <= 0:
        decisions.choose(
            reaction.id, "orientation", "turned round", "the model lets it run backward only"
        )
        net, low, high = {m: -n for m, n in net.items()}, -high, -low
    scaled = 1 if growth else _whole(net, low)
    if scaled > 1:
        decisions.choose(
            reaction.id, "coefficients", f"multiplied by {scaled}",
            "reversible rate laws need whole coefficients; the flux is divided by the same",
        )  # fmt: skip
        net = {m: n * scaled for m, n in net.items()}
        low, high = low / scaled, high / scaled
    kinetic = [n for m, n in moved.items() if not species[m].is_proton]
    if not (min(kinetic, default=0) < 0 < max(kinetic, default=0)):
        problems.append(
            f"{reaction.id}: without water and protons it has no substrate or no product, and no "
            "rate law fits; choose 'remove' for it in the rule 'keep', or change the model"
        )
        return None
    law = "irreversible_michaelis_menten" if growth else _law(reaction, net, species, decisions)
    transport = "" if growth else _transport(reaction, net, species, low, decisions)
    return DraftReaction(
        reaction.id, reaction.name, reaction.subsystem, reaction.ec,
        "growth" if growth else "kinetic", net, low, high, scaled, law, transport, reaction.gpr,
    )  # fmt: skip


def _exchange(
    reaction: ModelReaction, species: Mapping[str, Species], problems: list[str]
) -> DraftReaction | None:
    ((name, n),) = reaction.stoichiometry.items()
    if species[name].role == "dynamic":
        problems.append(
            f"{reaction.id} takes {name} out of the cell or into it without a rate; choose "
            "'remove' for it in the rule 'keep', or 'constant' for the metabolite in the rule "
            "'role'"
        )
        return None
    # written as `metabolite <=>`, so that a positive flux leaves the cell
    low, high = (reaction.low, reaction.high) if n < 0 else (-reaction.high, -reaction.low)
    return DraftReaction(
        reaction.id, reaction.name, reaction.subsystem or "Exchange", "", "exchange", {name: -1.0},
        low * abs(n), high * abs(n),
    )  # fmt: skip


def _whole(net: Mapping[str, float], low: float) -> int:
    """Least factor that makes all coefficients whole; 1 where there is no small one."""
    if low >= 0:
        return 1  # an irreversible law takes any coefficients
    factor = 1
    for n in net.values():
        fraction = Fraction(n).limit_denominator(_LARGEST_DENOMINATOR)
        if abs(float(fraction) - n) > 1e-9:
            return 1
        factor = math.lcm(factor, fraction.denominator)
    return factor


def sides(net: Mapping[str, float], species: Mapping[str, Species]) -> tuple[list[str], list[str]]:
    """Substrates and products of the rate law: all but water and protons that are constant."""
    own = {m: species[m] for m in net if species[m].role != "water"}
    kinetic = [m for m, s in own.items() if not s.is_proton or s.role == "dynamic"]
    return [m for m in kinetic if net[m] < 0], [m for m in kinetic if net[m] > 0]


def _law(
    reaction: ModelReaction,
    net: Mapping[str, float],
    species: Mapping[str, Species],
    decisions: Decisions,
) -> str:
    left, right = sides(net, species)
    coefficients = [abs(net[m]) for m in (*left, *right)]
    ones = all(c == 1 for c in coefficients)
    shape = f"{len(left)} substrates, {len(right)} products"
    if not all(float(c).is_integer() for c in coefficients):
        chosen, why = "irreversible_michaelis_menten", "coefficients that are not whole"
    elif ones and len(left) == len(right) == 1:
        chosen, why = "reversible_michaelis_menten", "one substrate, one product"
    elif ones and len(left) == len(right):
        chosen, why = "generalized_reversible_hill", shape
    elif ones and (len(left), len(right)) == (1, 2):
        chosen, why = "uni_bi_reversible_hill", "one substrate, two products"
    elif ones and (len(left), len(right)) == (2, 1):
        chosen, why = "bi_uni_reversible_hill", "two substrates, one product"
    else:
        chosen, why = "convenience", shape if ones else f"{shape}, coefficients above 1"
    fitting = ["convenience", "irreversible_michaelis_menten", chosen]
    if len(left) == len(right) == 1:
        fitting.append("reversible_mass_action")
    others = [law for law in LAWS if law in fitting and law != chosen]
    return decisions.choose(reaction.id, "rate law", chosen, why, others)


def _transport(
    reaction: ModelReaction,
    net: Mapping[str, float],
    species: Mapping[str, Species],
    low: float,
    decisions: Decisions,
) -> str:
    compartments = {species[m].compartment for m in net}
    if len(compartments) < 2:
        return ""
    left, right = sides(net, species)
    bases = [{m.removesuffix(f"_{species[m].compartment}") for m in side} for side in (left, right)]
    protons = any(species[m].is_proton for m in net)
    charged = any((species[m].charge or 0) != 0 for m in left)
    if bases[0] != bases[1] or low >= 0:
        chosen, why = "driven", "a reaction, another substance or one direction drives it"
    elif protons:
        chosen, why = "symport", "runs both ways with protons: near equilibrium with their force"
    elif charged:
        chosen, why = "none", "an ion that crosses alone: its equilibrium is that of the membrane"
    else:
        chosen, why = "diffusion", "a neutral substance crosses by itself, near equilibrium"
    others = [t for t in TRANSPORTS if t != chosen]
    chosen = decisions.choose(reaction.id, "transport", chosen, why, others)
    return "" if chosen == "none" else chosen
