"""Units of an SBML model, as factors that bring its numbers to mM and hours."""

from __future__ import annotations

import math

import libsbml

_AVOGADRO = 6.02214076e23
_KNOWN = {
    libsbml.UNIT_KIND_MOLE: ("substance", 1e3),  # in mmol
    libsbml.UNIT_KIND_ITEM: ("substance", 1e3 / _AVOGADRO),
    libsbml.UNIT_KIND_LITRE: ("volume", 1.0),
    libsbml.UNIT_KIND_METRE: ("volume", 10.0),  # to the power of 3
    libsbml.UNIT_KIND_SECOND: ("time", 1 / 3600),
}
# What programs write without defining it.
_WORDS = {
    "mole": 1e3, "millimole": 1.0, "mmole": 1.0, "mmol": 1.0, "micromole": 1e-3, "umol": 1e-3,
    "nanomole": 1e-6, "nmol": 1e-6, "hour": 1.0, "hr": 1.0, "h": 1.0, "minute": 1 / 60,
    "min": 1 / 60, "millilitre": 1e-3, "ml": 1e-3, "microlitre": 1e-6, "femtolitre": 1e-15,
}  # fmt: skip
_ASSUMED = {"substance": "mmol", "extent": "mmol", "time": "hour", "volume": "litre"}


def factors_of(model: libsbml.Model, assumed: list[str]) -> dict[str, float]:
    """What one unit of substance, extent, time and volume is in mmol, hours and litres.

    Args:
        assumed: gets a sentence for each unit that the file does not declare.

    Raises:
        ValueError: a unit that is none of these.
    """
    older = model.getLevel() < 3
    found = {}
    for what, asked, default in (
        ("substance", model.getSubstanceUnits(), "mole"),
        ("extent", model.getExtentUnits(), "mole"),
        ("time", model.getTimeUnits(), "second"), ("volume", model.getVolumeUnits(), "litre"),
    ):  # fmt: skip
        name = asked or _of_compartments(model, what)
        if older and not name:
            name = what if model.getUnitDefinition(what) is not None else default
            if what == "extent":
                name = "substance" if model.getUnitDefinition("substance") is not None else "mole"
        if name:
            undefined = model.getUnitDefinition(name) is None and not (
                libsbml.UnitKind_isValidUnitKindString(name, model.getLevel(), model.getVersion())
            )
            if undefined and name in _WORDS:
                assumed.append(f"the file does not define {name!r}; it is taken for what it says")
                found[what] = _WORDS[name]
            elif undefined:
                raise ValueError(f"the file does not define its unit {name!r} of {what}")
            else:
                found[what] = _factor(model, name, what)
        else:
            found[what] = 1.0
            assumed.append(f"the file declares no unit of {what}; {_ASSUMED[what]} is assumed")
    return found


def _of_compartments(model: libsbml.Model, what: str) -> str:
    if what != "volume":
        return ""
    named = {c.getUnits() for c in model.getListOfCompartments() if c.isSetUnits()}
    return named.pop() if len(named) == 1 else ""


def _factor(model: libsbml.Model, name: str, what: str) -> float:
    kind = "substance" if what == "extent" else what
    definition = model.getUnitDefinition(name)
    if definition is None:
        units = [(libsbml.UnitKind_forName(name), 1.0, 1.0)]
    else:
        units = [
            (u.getKind(), u.getMultiplier() * 10.0 ** u.getScale(), u.getExponentAsDouble())
            for u in definition.getListOfUnits()
        ]
    total = 1.0
    for unit, size, exponent in units:
        if unit == libsbml.UNIT_KIND_DIMENSIONLESS:
            total *= size**exponent
            continue
        meant, factor = _KNOWN.get(unit, ("", math.nan))
        wanted = 3.0 if unit == libsbml.UNIT_KIND_METRE else 1.0
        if meant != kind or exponent != wanted:
            raise ValueError(f"the unit {name!r} of {what} is not understood")
        total *= (size * factor) ** exponent
    return total
