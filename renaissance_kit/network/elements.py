"""Molar masses from formulas.

Standard atomic weights, abridged to five significant digits: Prohaska et al. 2022 Pure Appl Chem
94:573 (IUPAC 2021), of the elements that stand in metabolites.
"""

from __future__ import annotations

from collections.abc import Mapping

from renaissance_kit.core.errors import DataError

ATOMIC_WEIGHT = {
    "H": 1.0080, "B": 10.81, "C": 12.011, "N": 14.007, "O": 15.999, "F": 18.998, "Na": 22.990,
    "Mg": 24.305, "Si": 28.085, "P": 30.974, "S": 32.06, "Cl": 35.45, "K": 39.098, "Ca": 40.078,
    "Mn": 54.938, "Fe": 55.845, "Co": 58.933, "Ni": 58.693, "Cu": 63.546, "Zn": 65.38,
    "Se": 78.971, "Br": 79.904, "Mo": 95.95, "I": 126.90, "W": 183.84,
}  # fmt: skip


def molar_mass_g_mol(formula: Mapping[str, int]) -> float:
    """Molar mass of a formula, ``{"C": 6, "H": 12, "O": 6}``.

    Rounded to 1e-6, far below the error of the weights, so that it does not depend on the order of
    the elements. The electrons of a charge are not counted.

    Raises:
        DataError: no formula, or an element that is not in the table.

    >>> molar_mass_g_mol({"C": 6, "H": 12, "O": 6})
    180.156
    """
    if not formula:
        raise DataError("no formula, so no molar mass; fill in the column formula")
    unknown = sorted(set(formula) - set(ATOMIC_WEIGHT))
    if unknown:
        raise DataError(
            f"no atomic weight for {', '.join(unknown)}; correct the formula, or add the element "
            "to renaissance_kit/network/elements.py"
        )
    return round(sum(n * ATOMIC_WEIGHT[element] for element, n in formula.items()), 6)
