"""Compartments of a draft: which one is the cytosol, which the medium."""

from __future__ import annotations

import re
from dataclasses import dataclass

from renaissance_kit.draft.decisions import Decisions
from renaissance_kit.draft.model import FluxModel

_NAMES = {
    "cytosol": re.compile(r"cytosol|cytoplasm", re.IGNORECASE),
    "medium": re.compile(r"extra[ -]?cell|extra-?organism|external|medium|outside", re.IGNORECASE),
    "periplasm": re.compile(r"periplasm", re.IGNORECASE),
}
_IDS = {"c": "cytosol", "e": "medium", "p": "periplasm"}
_SHARE = 0.1  # of the cell's volume, of each compartment inside it


@dataclass(frozen=True)
class Room:
    """A compartment of the draft."""

    id: str
    name: str
    role: str
    volume_fraction: float | None


def rooms_of(model: FluxModel, decisions: Decisions, problems: list[str]) -> list[Room]:
    """The compartments, each with a role by its name, or else by its id.

    Args:
        problems: gets what is missing, in words.
    """
    metabolites = model.metabolites.values()
    ids = list(dict.fromkeys(m.compartment for m in metabolites if m.compartment))
    lost = [m.id for m in metabolites if not m.compartment]
    if lost:
        problems.append(
            f"metabolites without a compartment: {', '.join(lost)}; give it in the model"
        )
    found = []
    for i in ids:
        name = model.compartments.get(i, "")
        role, why = _role(i, name, alone=len(ids) == 1)
        others = [r for r in ("cytosol", "medium", "periplasm", "organelle") if r != role]
        found.append((i, name or i, decisions.choose(i, "compartment role", role, why, others)))
    for role in ("cytosol", "medium"):
        if sum(r == role for _, _, r in found) != 1:
            problems.append(
                f"one compartment must be the {role}; the model has "
                f"{', '.join(f'{i} ({name})' for i, name, _ in found) or 'none'}. Choose in the "
                "rule 'compartment role'"
            )
    inner = sum(r not in ("cytosol", "medium") for _, _, r in found)
    shares = {"medium": None, "cytosol": 1 - _SHARE * inner}
    return [Room(i, name, role, shares.get(role, _SHARE)) for i, name, role in found]


def _role(i: str, name: str, *, alone: bool) -> tuple[str, str]:
    for role, pattern in _NAMES.items():
        if pattern.search(name) or pattern.search(i):
            return role, f"by its name, {name or i}"
    letter = i.lower().rstrip("0123456789")
    if letter in _IDS and not (name and letter == "p"):  # p is the peroxisome of some yeasts
        return _IDS[letter], "by its id"
    if alone:
        return "cytosol", "the only compartment"
    return "organelle", "neither its name nor its id is that of cytosol, medium or periplasm"
