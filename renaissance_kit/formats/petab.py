"""A measured fermentation as a PEtab problem, version 2, for programs that estimate parameters.

PEtab: Schmiester et al. 2021 PLoS Comput Biol 17:e1008646.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from renaissance_kit.core.sheets import write_csv
from renaissance_kit.formats.members import Members
from renaissance_kit.formats.sbml import document_of
from renaissance_kit.formats.sbml_document import Document
from renaissance_kit.formats.sbml_reactor import BIOMASS
from renaissance_kit.simulation.bioreactor import Bioreactor
from renaissance_kit.simulation.fit import MeasuredCurve

EXPERIMENT = "fermentation"
_FOLD = 10.0  # bounds of a Vmax, times and divided by


def write_petab(
    folder: Path, model_file: str, members: Members, member: int, reactor: Bioreactor,
    curves: Sequence[MeasuredCurve],
) -> list[Path]:  # fmt: skip
    """Write the tables and ``problem.yaml``.

    Parameters: every Vmax, estimated within ten times up and down, and every constant (KM and those
    of modifiers), which is not estimated unless you say so. Noise is the uncertainty of each
    measured point, as in `renaissance_kit.simulation.fit`.

    Args:
        folder: for the files.
        model_file: the SBML of the reactor, from that folder.

    Returns:
        The files, the problem first.
    """
    made = document_of(members, member, reactor)
    tables = {
        "observables": _observables(made, curves),
        "measurements": _measurements(curves),
        "conditions": _conditions(made, reactor),
        "experiments": pd.DataFrame(
            {"experimentId": [EXPERIMENT], "time": [0.0], "conditionId": [EXPERIMENT]}
        ),
        "parameters": _parameters(made, members),
    }
    for name, table in tables.items():
        write_csv(folder / f"{name}.tsv", table, separator="\t")
    problem: dict[str, Any] = {
        "format_version": "2.0.0",
        "model_files": {"batch": {"location": model_file, "language": "sbml"}},
    }
    for name in tables:
        problem[f"{name.removesuffix('s')}_files"] = [f"{name}.tsv"]
    path = folder / "problem.yaml"
    path.write_text(yaml.safe_dump(problem, sort_keys=False), encoding="utf-8")
    return [path, *(folder / f"{name}.tsv" for name in tables)]


def _id(curve: MeasuredCurve) -> str:
    name = "".join(c if c.isalnum() else "_" for c in curve.quantity)
    return f"measured_{name}"


def _observables(made: Document, curves: Sequence[MeasuredCurve]) -> pd.DataFrame:
    rows = []
    for curve in curves:
        variable = BIOMASS if curve.variable == BIOMASS else made.species[curve.variable]
        factor = float(curve.per_state_unit)
        formula = variable if factor == 1 else f"{variable} * {factor!r}"
        noise = f"noise_{_id(curve)}"
        rows.append(
            [_id(curve), f"{curve.quantity}, {curve.unit}", formula, noise, noise, "normal"]
        )
    columns = [
        "observableId", "observableName", "observableFormula", "noiseFormula",
        "noisePlaceholders", "noiseDistribution",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _measurements(curves: Sequence[MeasuredCurve]) -> pd.DataFrame:
    rows = [
        [_id(curve), EXPERIMENT, time, value, noise]
        for curve in curves
        for time, value, noise in zip(
            curve.time_course.time_h, curve.time_course.value, curve.uncertainty, strict=True
        )
    ]
    columns = ["observableId", "experimentId", "time", "measurement", "noiseParameters"]
    return pd.DataFrame(rows, columns=columns)


def _conditions(made: Document, reactor: Bioreactor) -> pd.DataFrame:
    start = {BIOMASS: reactor.conditions.inoculum_gDW_L}
    start |= {made.species[m]: value for m, value in reactor.conditions.medium_mM.items()
              if m not in reactor.conditions.held}  # fmt: skip
    rows = [[EXPERIMENT, target, float(value)] for target, value in start.items()]
    return pd.DataFrame(rows, columns=["conditionId", "targetId", "targetValue"])


def _parameters(made: Document, members: Members) -> pd.DataFrame:
    network = members.network
    low, high = (network.conditions[f"km_{end}_bound"].value for end in ("lower", "upper"))
    rows: list[list[Any]] = []
    for name in made.vmax.values():
        value = made.model.getParameter(name).getValue()
        rows.append([name, value / _FOLD, value * _FOLD, value, "true"])
    for name in made.km.values():
        value = made.model.getParameter(name).getValue()
        rows.append([name, min(low, value), max(high, value), value, "false"])
    columns = ["parameterId", "lowerBound", "upperBound", "nominalValue", "estimate"]
    return pd.DataFrame(rows, columns=columns)
