"""Notebooks 06 and 07: what exact samples and single trainings say about measured constants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from renaissance_kit.studies.exact_km import AGAIN, LEAST, WITHOUT, ExactKM
from renaissance_kit.studies.km_comparisons import Comparison
from renaissance_kit.studies.text import Text, percent


def answers(
    exact: Iterable[Mapping[str, ExactKM]],
    found: Iterable[Mapping[str, Comparison]],
    incidence: pd.DataFrame,
) -> Text:
    """What the exact samples say, a paragraph a state.

    Args:
        exact: as from `renaissance_kit.studies.exact_samples`, at each state.
        found: as from `renaissance_kit.studies.compare_exact`, at each state.
        incidence: as from `renaissance_kit.studies.exact_incidence`, of all states.
    """
    told = incidence.set_index(["state", "sample"]).told
    return Text(
        "\n\n".join(
            f"{drawn(samples, told[samples[WITHOUT].state.label, WITHOUT])} "
            f"{answer(samples, comparisons)}"
            for samples, comparisons in zip(exact, found, strict=True)
        )
    )


def drawn(samples: Mapping[str, ExactKM], told: float) -> Text:
    """How many unbiased models are valid, with and without data, and what validity tells.

    Args:
        samples: as from `renaissance_kit.studies.exact_samples`.
        told: constants that validity says something about, as from
            `renaissance_kit.studies.exact_incidence`; NaN if there were too few models.
    """
    without = samples[WITHOUT]
    data = "; ".join(
        f"with {name} held, {_incidence(s)}"
        for name, s in samples.items()
        if name not in (WITHOUT, AGAIN)
    )
    text = (
        f"**State {without.state.label}.** {without.valid:,} of {without.drawn:,} unbiased models "
        f"are valid, {_incidence(without)}; {data}."
    )
    if np.isfinite(told):
        text += (
            f" Being valid changes the distribution of {told:.0f} of {len(without.ranges.names)} "
            "constants, against the log-uniform one that they were drawn from (q < 0.05)."
        )
    return Text(text)


def answer(samples: Mapping[str, ExactKM], found: Mapping[str, Comparison]) -> Text:
    """How many other constants the data change, beside two samples without data.

    Args:
        samples: as from `renaissance_kit.studies.exact_samples`.
        found: as from `renaissance_kit.studies.compare_exact`.
    """
    name, least = min(samples.items(), key=lambda item: item[1].valid)
    if not least.enough:
        needed = (
            f"about {_hundreds(1.5 * LEAST / least.incidence):,} draws would do"
            if least.valid
            else "none was valid: draw many more, or take a state at which sampling finds some"
        )
        return Text(
            f"{least.valid} of {least.drawn:,} draws are valid ({name}), too few to compare "
            f"distributions, which takes {LEAST}; {needed}."
        )
    null = found[AGAIN]
    data = {name: c for name, c in found.items() if name != AGAIN}
    counts = "; ".join(
        f"with {name} held, {len(c.changed)} of {len(c.table)} others change" + _listed(c.changed)
        for name, c in data.items()
    )
    meaning = (
        "The data say nothing of the other constants that so many models could show"
        if max(len(c.changed) for c in data.values()) <= len(null.changed)
        else "These are the constants of which the data say something"
    )
    ranges = samples[WITHOUT].ranges
    width = float(np.log10(ranges.high_mM / ranges.low_mM)[~ranges.fixed].max())
    smallest = max(c.least for c in data.values())
    return Text(
        f"Exactly: {counts}; between two samples without data {len(null.changed)} of "
        f"{len(null.table)}{_listed(null.changed)}. {meaning}: a single one would have counted "
        f"from a distance of {smallest:.3f} on, as if a log-uniform constant moved by "
        f"{smallest * width:.2f} decades."
    )


def trained(found: Mapping[str, Comparison]) -> Text:
    """How many constants differ between single trainings, with data and without.

    Args:
        found: comparisons of two trainings, by what is compared.
    """
    said = "; ".join(
        f"{label}: {len(c.changed)} of {len(c.table)}" for label, c in found.items() if c.enough
    )
    if not said:
        return Text("No two trainings have enough valid models to compare.")
    return Text(
        f"Constants that differ between two generators (q < 0.05): {said}. The test tells two "
        "generators apart, whatever made them differ; only what data add to the difference between "
        "two trainings without data is theirs."
    )


def rises(table: pd.DataFrame, paper: tuple[int, int] | None) -> Text:
    """How many scores rise between trainings, with data and without.

    Args:
        table: as from `renaissance_kit.studies.rises_between` and `rises_by_batch`; empty without
            such trainings.
        paper: scores that rise and all scores outside the cycle, in the paper.
    """
    if table.empty:
        return Text(
            "No training with the published recipe was asked for; set `published_trainings`."
        )
    said = "; ".join(
        f"{row.comparison}: {_span(row)} of {row.constants} ({row.same:.0f} stay the same)"
        for row in table.itertuples()
    )
    text = f"Scores outside the cycle that rise, with the published recipe: {said}."
    null, data = table[~table.with_data], table[table.with_data]
    if len(null) > 1:
        within = null.least.min() <= data["mean"].iloc[0] <= null.most.max()
        text += (
            f" From one training to another, {data['mean'].iloc[0]:.1f} rise with data on average "
            f"and {null['mean'].iloc[0]:.1f} without, "
            + ("within" if within else "beyond")
            + " what another seed does by itself."
        )
    if paper and len(null):
        reached = float((null.most / null.constants).max())
        is_reached = "is reached" if reached >= paper[0] / paper[1] else "is not reached"
        text += (
            f" The paper's {paper[0]} of {paper[1]} ({percent(paper[0] / paper[1], 0)}) "
            f"{is_reached} "
            f"without any data, by another seed or a larger batch (at most {percent(reached, 0)})."
        )
    return Text(text)


def claims(
    state: str, found: Mapping[str, Comparison], inside: Iterable[str], table: pd.DataFrame
) -> list[tuple[str, str, str, str]]:
    """C16: what exact samples and single trainings without data show.

    Args:
        state: of the exact samples.
        found: as from `renaissance_kit.studies.compare_exact`.
        inside: constants of the cycle.
        table: as from `renaissance_kit.studies.rises_between`.
    """
    null, (name, data) = found[AGAIN], list(found.items())[-1]
    rows = []
    place = list(inside)
    if data.enough and null.enough:
        here, chance = (c.higher(place, within=False) for c in (data, null))
        rows = [
            ("C16", "exact sample: constants that change (q < 0.05)",
             f"{len(data.changed)} of {len(data.table)}",
             f"{len(null.changed)} of {len(null.table)} between two samples without data; {name}, "
             f"state {state}, {data.models[0]:,} and {data.models[1]:,} valid models"),
            ("C16", "exact sample: constants outside the TCA cycle with a higher score",
             f"{here[0]} of {here[1]}",
             f"{chance[0]} of {chance[1]} between two samples without data"),
        ]  # fmt: skip
    for row in table.itertuples():
        rows.append(
            ("C16", f"paper's recipe, higher scores outside the TCA cycle: {row.comparison}",
             f"{row.mean:.1f} of {row.constants}", f"{_span(row)} over {row.pairs} comparisons")
        )  # fmt: skip
    return rows


def summary(
    exact: Iterable[Mapping[str, ExactKM]], found: Iterable[Mapping[str, Comparison]]
) -> dict[str, float]:
    """Incidence and changed constants of every exact sample, under names without blanks."""
    values = {}
    for samples, comparisons in zip(exact, found, strict=True):
        for name, sample in samples.items():
            label = f"{name}_at_{sample.state.label}".replace(" ", "_").replace(",", "")
            values[f"exact_incidence_{label}"] = sample.incidence
            if name in comparisons:
                comparison = comparisons[name]
                changed = len(comparison.changed) if comparison.enough else np.nan
                values[f"exact_changed_{label}"] = changed
    return values


def _span(row: object) -> str:
    least, most = int(row.least), int(row.most)  # type: ignore[attr-defined]
    return f"{least}" if least == most else f"{least} to {most}"


def _incidence(sample: ExactKM) -> str:
    low, high = sample.interval
    return f"{percent(sample.incidence, 1)} ({percent(low, 1)} to {percent(high, 1)})"


def _listed(names: list[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f" ({', '.join(names[:most])}{more})" if names else ""


def _hundreds(n: float) -> int:
    return int(np.ceil(n / 100) * 100)
