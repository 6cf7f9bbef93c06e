"""Modifiers: inhibition and activation, which any rate law can have.

With x = c/K of the modifier and f = N/D the law without it, each constant has one of four effects:

* competitor: D becomes D + x. As 1 stands in D for the free enzyme, the competitor binds there.
* inhibitor: f is divided by 1 + x, at any concentration of the substrates (non-competitive).
* activator: f is multiplied by 1 + x; the reaction runs without it too.
* essential activator: f is multiplied by x/(1 + x); the reaction stands still without it.

A kind of modifier is a set of such effects, each with its own constant. At a fixed steady state
the curvature −∂²ln f/∂ln x ∂ln x of a factor h(x) is its own second derivative, `bend`; what a
competitor does to that of D stands in `renaissance_kit.kinetics.kernels`.

References: Liebermeister, Uhlendorf & Klipp 2010 Bioinformatics 26:1528 (competitor, inhibitor,
essential activator); Weilandt et al. 2023 Bioinformatics 39:btac787 (activator as 1 + x).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from renaissance_kit.laws.sides import ACTIVATOR, COMPETITOR, ESSENTIAL_ACTIVATOR, INHIBITOR


@dataclass(frozen=True)
class Modifier:
    """A kind of inhibition or activation.

    Attributes:
        name: as in the column ``kind`` of ``regulation.csv``.
        formula: what becomes of f = N/D.
        constants: (name, effect) of each constant; constants of a network are called
            ``reaction:metabolite:name``.
        sbo: term of the Systems Biology Ontology for the modifier.
    """

    name: str
    formula: str
    constants: tuple[tuple[str, int], ...]
    sbo: str


MODIFIERS: Mapping[str, Modifier] = {
    m.name: m
    for m in (
        Modifier("competitive_inhibition", "N / (D + I/Ki)", (("Ki", COMPETITOR),), "SBO:0000206"),
        Modifier("inhibition", "f / (1 + I/Ki)", (("Ki", INHIBITOR),), "SBO:0000207"),
        Modifier(
            "mixed_inhibition",
            "N / (D + I/Kic) / (1 + I/Kiu)",
            (("Kic", COMPETITOR), ("Kiu", INHIBITOR)),
            "SBO:0000639",
        ),
        Modifier("activation", "f · (1 + A/Ka)", (("Ka", ACTIVATOR),), "SBO:0000636"),
        Modifier(
            "essential_activation", "f · A/(Ka + A)", (("Ka", ESSENTIAL_ACTIVATOR),), "SBO:0000461"
        ),
    )
}


def factor(effect: int, x: float) -> float:
    """h, the factor of an effect; 1 of a competitor."""
    if effect == INHIBITOR:
        return 1.0 / (1.0 + x)
    if effect == ACTIVATOR:
        return 1.0 + x
    if effect == ESSENTIAL_ACTIVATOR:
        return x / (1.0 + x)
    return 1.0


def factor_slope(effect: int, x: float) -> float:
    """dh/dx."""
    if effect == INHIBITOR:
        return -1.0 / (1.0 + x) ** 2
    if effect == ACTIVATOR:
        return 1.0
    if effect == ESSENTIAL_ACTIVATOR:
        return 1.0 / (1.0 + x) ** 2
    return 0.0


def bend(effect: int, x: float) -> float:
    """−d²ln h/d(ln x)²."""
    if effect in (INHIBITOR, ESSENTIAL_ACTIVATOR):
        return x / (1.0 + x) ** 2
    if effect == ACTIVATOR:
        return -x / (1.0 + x) ** 2
    return 0.0


def factor_infix(effect: int, x: str) -> str:
    """Formula of h."""
    return {
        INHIBITOR: f"1 / (1 + {x})",
        ACTIVATOR: f"(1 + {x})",
        ESSENTIAL_ACTIVATOR: f"{x} / (1 + {x})",
    }.get(effect, "")
