"""Two samples of KM compared, exact or of generators: which constants change, which scores rise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from renaissance_kit.analysis.km_overlap import held_out_scores, overlap_scores
from renaissance_kit.analysis.two_samples import (
    Q,
    compare_samples,
    compare_with_unbiased,
    least_distance,
)
from renaissance_kit.core.seeds import rng_of
from renaissance_kit.studies.exact_km import LEAST, WITHOUT, ExactKM
from renaissance_kit.studies.km_integration import IntegrationRun
from renaissance_kit.training.generator import Generator

Intervals = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Comparison:
    """Two samples of independent models, compared constant by constant.

    Attributes:
        models: of the two samples.
        table: one row a constant that neither holds to data, as from
            `renaissance_kit.analysis.compare_samples`, with ``score_change``, the change of its
            overlap score (NaN without a measurement); empty if a sample has fewer than `LEAST`
            models.
        least: Kolmogorov-Smirnov distance from which on a single constant counts as changed.
    """

    models: tuple[int, int]
    table: pd.DataFrame = field(repr=False)
    least: float

    @property
    def enough(self) -> bool:
        """Whether both samples had `LEAST` models."""
        return len(self.table) > 0

    @property
    def changed(self) -> list[str]:
        """Constants whose distribution changes at a false discovery rate below 5 %."""
        return list(self.table.name[self.table.q_value < Q])

    def higher(self, inside: Iterable[str], *, within: bool) -> tuple[int, int]:
        """How many overlap scores rise, and of how many, in a place or outside it."""
        place = self.table.name.isin(list(inside))
        change = self.table.score_change[place if within else ~place]
        return int((change > 0).sum()), int(change.notna().sum())


def compare_km(
    before: pd.DataFrame,
    after: pd.DataFrame,
    held: Iterable[str],
    intervals: Intervals | None = None,
) -> Comparison:
    """Compare two samples of KM, or of other parameters.

    Args:
        before, after: (models, parameters), the same columns.
        held: parameters to leave out, such as those that one of them holds to data.
        intervals: measured ones, as from `renaissance_kit.analysis.measured_intervals`.
    """
    out = set(held)
    names = [name for name in before.columns if name not in out]
    models = len(before), len(after)
    if min(models) < LEAST:
        columns = ["name", "distance", "p_value", "q_value", "shift", "widening", "score_change"]
        return Comparison(models, pd.DataFrame(columns=columns, dtype=float), np.nan)
    table = compare_samples(before[names], after[names]).assign(score_change=np.nan)
    measured = {name: span for name, span in (intervals or {}).items() if name not in out}
    if measured:
        scores = [overlap_scores(km, measured).overlap for km in (before, after)]
        table["score_change"] = table.name.map(scores[1] - scores[0])
    return Comparison(models, table, least_distance(*models, len(names)))


def compare_exact(
    samples: Mapping[str, ExactKM],
    intervals: Intervals | None = None,
    *,
    kind: str = "km",
    leave_out: Iterable[str] = (),
) -> dict[str, Comparison]:
    """Every exact sample against the one without data.

    Args:
        samples: as from `renaissance_kit.studies.exact_samples`.
        intervals: as in `compare_km`.
        kind: ``km``, without those that are held, or ``vmax``, without the rate constants of mass
            action, which no KM moves.
        leave_out: more parameters to leave out.

    Returns:
        By name of the sample; `renaissance_kit.studies.exact_km.AGAIN` shows what chance does.
    """
    tables = {name: sample.parameters(kind) for name, sample in samples.items()}
    without = tables.pop(WITHOUT)
    still = []
    if kind != "km" and len(without):
        still = list(without.columns[np.ptp(np.log(without.to_numpy()), axis=0) < 1e-9])
    return {
        name: compare_km(without, table, (*samples[name].held, *still, *leave_out), intervals)
        for name, table in tables.items()
    }


def exact_incidence(samples: Mapping[str, ExactKM]) -> pd.DataFrame:
    """How many models each exact sample has, one row a sample.

    Columns: state, sample, held, drawn, valid, incidence, low, high (95 % interval), and told: the
    constants whose distribution validity changes, against log-uniform (q < 0.05).
    """
    rows = []
    for name, sample in samples.items():
        told = np.nan
        if sample.enough:
            table = compare_with_unbiased(sample.parameters(), sample.ranges)
            told = float((table.q_value < Q).sum())
        low, high = sample.interval
        rows.append(
            {
                "state": sample.state.label, "sample": name, "held": len(sample.held),
                "drawn": sample.drawn, "valid": sample.valid, "incidence": sample.incidence,
                "low": low, "high": high, "told": told,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def comparison_table(
    comparisons: Mapping[str, Comparison], inside: Iterable[str] = ()
) -> pd.DataFrame:
    """What comparisons find, one row each; NaN where a sample was too small.

    Args:
        inside: constants of a place, to count the overlap scores that rise there and elsewhere.

    Returns:
        comparison, models before and after, compared (parameters), changed (q < 0.05), mean
        distance, distance that counts, largest shift (decades), and with ``inside`` how many scores
        rise, as text.
    """
    place = set(inside)
    rows = []
    for label, found in comparisons.items():
        row: dict[str, object] = {
            "comparison": label, "models before": found.models[0], "models after": found.models[1],
        }  # fmt: skip
        if found.enough:
            row |= {
                "compared": len(found.table),
                "changed (q < 0.05)": len(found.changed),
                "mean distance": found.table.distance.mean(),
                "distance that counts": found.least,
                "largest shift (decades)": found.table["shift"].abs().max(),
            }
        if found.enough and place:
            for where, within in (("inside", True), ("outside", False)):
                up, scored = found.higher(place, within=within)
                row[f"scores that rise, {where}"] = f"{up} of {scored}"
        rows.append(row)
    return pd.DataFrame(rows)


# --- one training against another ----------------------------------------------------------------


def scores_of(
    runs: Iterable[IntegrationRun], intervals: Intervals, *, valid_only: bool = True
) -> pd.DataFrame:
    """(trainings, constants) overlap scores of each run."""
    tables = [run.parameters("km", valid_only=valid_only) for run in runs]
    return held_out_scores(tables, intervals, [()] * len(tables))


def rises_between(without: pd.DataFrame, with_data: pd.DataFrame) -> pd.DataFrame:
    """How many overlap scores rise from one training to another, with data and without.

    Args:
        without, with_data: (trainings, constants) as from `scores_of`, of constants that none of
            them holds to data.

    Returns:
        One row a kind of comparison: comparison, with_data (False where neither side has any),
        pairs, least, mean and most (of the counts), same (mean number of scores that stay the
        same, such as 0), constants.
    """
    a, b = without.to_numpy(), with_data.to_numpy()
    n = len(a)
    others = [a[np.arange(n) != i].mean(axis=0) for i in range(n)] if n > 1 else []
    mean_with = b.mean(axis=0)
    with_data_counts = {
        "one without data → one with": [_rises(x, y) for x in a for y in b],
        "one without data → mean of those with": [_rises(x, mean_with) for x in a],
    }
    null_counts = {
        "one without data → another without": [
            _rises(a[i], a[j]) for i in range(n) for j in range(n) if i != j
        ],
        "one without data → mean of the others without": [
            _rises(x, y) for x, y in zip(a, others, strict=False)
        ],
    }
    return pd.concat(
        [
            _count_table(with_data_counts, a.shape[1], with_data=True),
            _count_table(null_counts, a.shape[1], with_data=False),
        ],
        ignore_index=True,
    )


def rises_by_batch(
    generator: Generator,
    weights: Sequence[np.ndarray],
    intervals: Intervals,
    *,
    models: int,
    batch: int,
    seed: int,
) -> pd.DataFrame:
    """How many overlap scores rise if a generator draws its models all at once.

    The same generator, once in batches and once in one batch. A generator whose outputs are
    rescaled by batch gives narrower constants in a larger batch. Scores of measured intervals
    inside the generated ones rise with that, others fall.

    Args:
        weights: of trained generators.
        intervals: of the constants whose scores count.
        models: drawn each way.
        batch: models in a small batch.

    Returns:
        One row as in `rises_between`.
    """
    counts = []
    for one in weights:
        rng = rng_of(seed)
        small = [generator.sample(one, batch, rng) for _ in range(max(1, models // batch))]
        tables = [
            pd.DataFrame(km, columns=list(generator.ranges.names))
            for km in (np.concatenate(small), generator.sample(one, models, rng))
        ]
        before, after = (overlap_scores(table, intervals).overlap.to_numpy() for table in tables)
        counts.append(_rises(before, after))
    label = f"one generator, {batch} models at a time → {models:,} at once"
    return _count_table({label: counts}, len(intervals), with_data=False)


def _rises(before: np.ndarray, after: np.ndarray) -> tuple[int, int]:
    return int((after > before).sum()), int((after == before).sum())


def _count_table(
    counts: Mapping[str, Sequence[tuple[int, int]]], constants: int, *, with_data: bool
) -> pd.DataFrame:
    rows = []
    for name, pairs in counts.items():
        if pairs:
            up, same = np.array(pairs).T
            rows.append(
                {"comparison": name, "with_data": with_data, "pairs": len(pairs),
                 "least": up.min(), "mean": up.mean(), "most": up.max(), "same": same.mean(),
                 "constants": constants}
            )  # fmt: skip
    return pd.DataFrame(rows)
