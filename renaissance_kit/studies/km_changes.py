"""What trainings with data change: parameters that move, counts of changes, pairs of trainings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from renaissance_kit.analysis.km_change import narrowing
from renaissance_kit.studies.km_integration import IntegrationRun

Q = 0.05
"""False discovery rate below which a change counts."""
CHANGES = [
    "kind", "name", "distance_steps", "shift", "p_shift", "q_shift", "narrowing", "q_narrowing",
    "distance", "distance_null", "q_distance",
]  # fmt: skip


def moving_parameters(
    runs: Iterable[IntegrationRun], kind: str, *, valid_only: bool = True
) -> list[pd.DataFrame]:
    """Parameters of each run, without those of mass action, which no KM moves.

    Args:
        kind: as in `renaissance_kit.analysis.parameters_of`.
        valid_only: leave out models that are not valid.
    """
    tables = [run.parameters(kind, valid_only=valid_only) for run in runs]
    moves = tables[0].columns[np.ptp(np.log10(tables[0].to_numpy()), axis=0) > 1e-9]
    return [t[moves] for t in tables]


def of_other_reactions(
    changes: Mapping[str, pd.DataFrame], reactions: Iterable[str]
) -> dict[str, pd.DataFrame]:
    """Change tables without the parameters of some reactions."""
    out = list(reactions)
    return {
        kind: table[~table.name.str.partition(":")[0].isin(out)] for kind, table in changes.items()
    }


def change_counts(changes: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """How many parameters changed, and how: one column a kind of parameter.

    Args:
        changes: as from `renaissance_kit.analysis.change_table`, by kind.
    """
    return pd.DataFrame(
        {
            kind: {
                "parameters of other reactions": len(t),
                "shifted (q < 0.05)": int((t.q_shift < Q).sum()),
                "narrowed (q < 0.05)": int(((t.q_narrowing < Q) & (t.narrowing > 0)).sum()),
                "widened (q < 0.05)": int(((t.q_narrowing < Q) & (t.narrowing < 0)).sum()),
                "other shape (q < 0.05)": int((t.q_distance < Q).sum()),
                "largest shift (decades)": float(t["shift"].abs().max()),
                "least p-value of so few trainings": float(t.p_least.max()),
            }
            for kind, t in changes.items()
        }
    )


def surest_changes(changes: Mapping[str, pd.DataFrame], n: int = 12) -> pd.DataFrame:
    """The parameters of all kinds whose distributions changed most surely."""
    table = pd.concat([t.assign(kind=kind) for kind, t in changes.items()])
    return table.sort_values("p_distance", kind="stable").head(n)[CHANGES]


def joint_tables(km: Sequence[pd.DataFrame], vmax: Sequence[pd.DataFrame]) -> list[pd.DataFrame]:
    """KM and Vmax of each training side by side, the columns named after both."""
    return [
        pd.concat([k.add_prefix("KM "), v.add_prefix("Vmax ")], axis=1)
        for k, v in zip(km, vmax, strict=True)
    ]


def pairs_of_runs(
    pairs: Mapping[str, tuple[IntegrationRun, IntegrationRun]],
    names: Sequence[str],
    *,
    valid_only: bool = True,
) -> pd.DataFrame:
    """Two trainings compared, for several pairs: widths, shifts and distances of some constants.

    No test: what two trainings of the same kind differ by has to stand beside it.
    """
    rows = []
    for what, (first, second) in pairs.items():
        before, after = (
            run.parameters("km", valid_only=valid_only)[list(names)] for run in (first, second)
        )
        pair = narrowing(before, after)
        rows.append(
            {
                "comparison": what,
                "incidence after": second.incidence,
                "median width before (decades)": pair.width_before.median(),
                "median width after (decades)": pair.width_after.median(),
                "median |shift| (decades)": pair["shift"].abs().median(),
                "narrowed constants": float((pair.narrowing > 0).mean()),
                "median Jensen-Shannon distance": pair.distance.median(),
            }
        )
    return pd.DataFrame(rows)
