"""The seven rate-law families: names, the form each one takes, and what it accepts.

With Hill coefficient 1 the seven families have only four different forms (s̃ = c/K):

* ``paired``: D = Π_i (1 + s̃_i + p̃_i), substrates and products paired in the listed order
  (reversible Michaelis-Menten is the case of one pair);
* ``modular``: D = Π_s Σ_{k≤ν} s̃ᵏ + Π_p Σ_{k≤ν} p̃ᵏ − 1 (convenience kinetics; the uni-bi and
  bi-uni Hill laws 1 + s̃ + p̃₁ + p̃₂ + p̃₁p̃₂ are the same expression with ν = 1);
* ``mass_action``: D = 1, no Michaelis constant;
* ``irreversible``: Π_s s̃/(1 + s̃), no displacement.

References: Hofmeyr & Cornish-Bowden 1997 Comput Appl Biosci 13:377 (reversible Hill);
Liebermeister & Klipp 2006 Theor Biol Med Model 3:41 (convenience kinetics).
"""

from __future__ import annotations

from renaissance_kit.network.records import Reaction

PAIRED, MODULAR, MASS_ACTION, IRREVERSIBLE = range(4)

FAMILIES = {
    "reversible_michaelis_menten": PAIRED,
    "generalized_reversible_hill": PAIRED,
    "convenience": MODULAR,
    "uni_bi_reversible_hill": MODULAR,
    "bi_uni_reversible_hill": MODULAR,
    "reversible_mass_action": MASS_ACTION,
    "irreversible_michaelis_menten": IRREVERSIBLE,
}

_ARITY = {
    "reversible_michaelis_menten": (1, 1),
    "uni_bi_reversible_hill": (1, 2),
    "bi_uni_reversible_hill": (2, 1),
}


def km_metabolites(reaction: Reaction) -> tuple[str, ...]:
    """Metabolites of a reaction that have a Michaelis constant, substrates first."""
    if FAMILIES[reaction.rate_law] == MASS_ACTION:
        return ()
    return tuple(name for name, _ in reaction.substrates + reaction.products)


def check_arity(reaction: Reaction) -> str:
    """Say what is wrong with the number or coefficients of the reactants; empty if nothing is."""
    family = reaction.rate_law
    counts = (len(reaction.substrates), len(reaction.products))
    coefficients = [n for _, n in reaction.substrates + reaction.products]
    if counts[0] == 0:
        return f"{family} needs at least one substrate"
    if family in _ARITY and counts != _ARITY[family]:
        need = _ARITY[family]
        return (
            f"{family} takes {need[0]} substrate(s) and {need[1]} product(s), not {counts[0]} "
            f"and {counts[1]}; use 'convenience'"
        )
    if family == "generalized_reversible_hill" and counts[0] != counts[1]:
        return (
            f"{family} pairs substrates with products, but there are {counts[0]} and {counts[1]}; "
            "use 'convenience'"
        )
    if FAMILIES[family] == PAIRED and any(n != 1 for n in coefficients):
        return f"{family} takes coefficients of 1 only; use 'convenience'"
    if family in ("uni_bi_reversible_hill", "bi_uni_reversible_hill") and any(
        n != 1 for n in coefficients
    ):
        return f"{family} takes coefficients of 1 only; use 'convenience'"
    if family == "convenience" and any(n != int(n) or n < 1 for n in coefficients):
        return "convenience takes whole coefficients only"
    return ""
