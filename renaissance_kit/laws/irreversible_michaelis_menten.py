"""Irreversible Michaelis-Menten law of any number of substrates: Π_s s̃/(1 + s̃) · Π_h c_h^|n|.

Consumed protons of first order multiply the rate. Coefficients of substrates have no place in it,
as in lumped reactions such as growth; products have constants that the published models count,
but no influence. The denominator is that of the paired laws without products.
"""

from __future__ import annotations

from renaissance_kit.laws.paired import PAIRED
from renaissance_kit.laws.record import RateLaw, Terms


def _accepts(substrates: Terms, products: Terms) -> str:
    return ""


LAW = RateLaw(
    "irreversible_michaelis_menten",
    "Π_s s̃/(1 + s̃) · Π_h c_h^|n|",
    "Michaelis & Menten 1913 Biochem Z 49:333",
    PAIRED,
    _accepts,
    reversible=False,
    coefficients_are_orders=False,
    skimpy=("IrrevMichaelisMenten",),
    sbo="SBO:0000429",
)
