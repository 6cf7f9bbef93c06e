"""Notebook 11, what limits a flux, and what would change it: sizes, and sentences on control."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from renaissance_kit.control.coefficients import ControlCoefficients
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.studies.control import SURE
from renaissance_kit.studies.scale import Scale
from renaissance_kit.studies.text import Text, percent

FACTORS = (0.1, 0.25, 0.5, 0.8, 1.25, 2.0, 4.0, 10.0)
"""Of Vmax, in the scans."""


@dataclass(frozen=True)
class Sizes(Scale):
    """How large the runs are.

    Attributes:
        models: valid ones whose coefficients are computed; how many, or their numbers.
        scanned_models: of them, whose enzymes are changed by large factors.
        knocked_models: of them, whose enzymes are taken away.
    """

    models: int | Sequence[int]
    scanned_models: int
    knocked_models: int

    SIZES: ClassVar[dict[str, tuple[Any, Any, Any, Any]]] = {
        "models": (6, 200, 1_000, 1_000),
        "scanned_models": (2, 20, 100, 300),
        "knocked_models": (1, 4, 20, 100),
    }


def models(ensemble: KineticEnsemble, found: ControlCoefficients, where: str) -> Text:
    """How many models there are, and whether they have coefficients that obey their theorems."""
    state, done = ensemble.dataset.attrs["steady_state"], int(found.done.sum())
    sums = np.abs(found.flux[found.done].sum(axis=2) - 1).max() if done else np.nan
    return Text(
        f"{len(ensemble):,} valid models at steady state {state} from {where}; {done:,} of them "
        "have control coefficients. Those of each flux sum to 1, as the summation theorem says, to "
        f"{sums:.0e}."
    )


def ranked(table: pd.DataFrame, names: Mapping[str, str], of: str = "enzyme") -> Text:
    """What has the most control of each target, and how sure its sign is.

    Args:
        table: as from `renaissance_kit.studies.coefficient_table` or `group_table`.
    """
    parts = []
    for target, rows in table.groupby("target", sort=False):
        if rows["median"].isna().all():
            parts.append(f"{names.get(str(target), target)}: no model has coefficients")
            continue
        sure = rows[rows.sure >= SURE]
        most = ", ".join(f"{names.get(r.name_, r.name_)} {_effect(r)}" for r in _head(rows, 3))
        parts.append(
            f"{names.get(str(target), target)}: {most}; of {len(rows)} {of}s {len(sure)} have the "
            f"same sign in at least {percent(SURE)} of the models"
        )
    return Text(
        f"Median over {int(table.models.max()):,} models, 5 to 95 % in brackets. "
        f"{'. '.join(p[:1].upper() + p[1:] for p in parts)}."
    )


def _head(rows: pd.DataFrame, n: int) -> list[Any]:
    return list(rows.head(n).rename(columns={"name": "name_"}).itertuples())


def _effect(row: Any) -> str:
    return f"{row.median:+.2f} ({row.low:+.2f} to {row.high:+.2f})".replace("-", "−")


def scans(table: pd.DataFrame, names: Mapping[str, str]) -> Text:
    """What large changes do, and how far the coefficients told it.

    Args:
        table: as from `renaissance_kit.studies.scan_table`.
    """
    parts = []
    for (enzyme, target), rows in table.groupby(["enzyme", "target"], sort=False):
        two = rows.iloc[(np.log(rows.factor) - np.log(2)).abs().argmin()]
        if not two.held:
            parts.append(f"{enzyme} × {two.factor:g}: no model keeps a stable steady state")
            continue
        parts.append(
            f"{enzyme} × {two.factor:g}: {names.get(str(target), target)} × {two['median']:.2f} "
            f"(predicted {two.linear:.2f}; {two.held:,} of {two.models:,} models stable)"
        )
    return Text(f"{'; '.join(parts)}.")


def knock_outs(table: pd.DataFrame) -> Text:
    """How often a model without an enzyme has a steady state.

    Args:
        table: as from `renaissance_kit.studies.knock_out_table`.
    """
    tried, stable = int(table.models.sum()), int(table.stable.sum())
    always = int((table.stable == table.models).sum())
    never = int((table.stable == 0).sum())
    return Text(
        f"{stable:,} of {tried:,} knock-outs ({percent(stable / tried)}) leave a stable steady "
        f"state; {always} of {len(table)} enzymes can be taken from every model, {never} from "
        f"none. In {int(table.lost.sum()):,} the branch of steady states ends before the enzyme is "
        f"gone, in {int(table.cut_off.sum()):,} a pool is cut off, and in "
        f"{int(table.unstable.sum()):,} the new state is unstable."
    )
