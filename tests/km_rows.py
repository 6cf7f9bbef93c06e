"""Tables of measured Michaelis constants for tests."""

from __future__ import annotations

import pandas as pd

HEADER = "reaction,metabolite,value,unit,source"


def frame(*rows, more=()):
    return pd.DataFrame(rows, columns=[*HEADER.split(","), *more])


def in_mM(*values, constant="HEX:atp_c", **columns):
    """A table of distinct measurements of one constant."""
    reaction, metabolite = constant.split(":")
    table = pd.DataFrame({"km_mM": values, "source": [f"assay {i}" for i in range(len(values))]})
    return table.assign(reaction=reaction, metabolite=metabolite, **columns)
