"""Measured Michaelis constants in, ranges for training out.

The measurements of one constant are averaged on the logarithmic scale, because they scatter by
factors, and the average is widened by a tolerance: geometric mean ± 20 % if nothing else is asked.
Nothing is left out silently. A row that should not count has a ``flag`` that says why, or
``distinct`` 0; what disagrees, lies apart or lies outside the network's bounds is in the summary.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.kinetics.rate_laws import RateLaws
from renaissance_kit.km.statistics import (
    AVERAGES,
    KMCriteria,
    average_of,
    outliers_of,
    remarks_on,
    statistics,
)
from renaissance_kit.km.table import KMMeasurement, measurements_of, read_measurements
from renaissance_kit.network.network import Network

FILE = "km_measurements.csv"


class MeasuredRange(tuple[float, float]):
    """``(low_mM, high_mM)``, and in ``source`` the measurements that they come from.

    It is a pair like any other; a pair that is computed from it has no source, so that a range
    that was changed by hand does not pass for a measured one.
    """

    source: str

    def __new__(cls, low_mM: float, high_mM: float, source: str) -> MeasuredRange:
        """Make a pair with a source."""
        pair = super().__new__(cls, (low_mM, high_mM))
        pair.source = source
        return pair

    def __getnewargs__(self) -> tuple[float, float, str]:
        return (self[0], self[1], self.source)


@dataclass(frozen=True)
class KMMeasurements:
    """Measured Michaelis constants of a network. Make one with `read`, `of` or `example`.

    Attributes:
        network: its names are what the tables may use.
        measurements: the rows, in the order of the table.

    >>> import pandas as pd
    >>> from renaissance_kit import KMMeasurements, KMRanges, Network
    >>> network = Network.example("tiny")
    >>> table = pd.DataFrame({
    ...     "reaction": ["HEX", "HEX", "PGI"],
    ...     "metabolite": ["glc__D_c", "glc__D_c", "g6p_c"],
    ...     "value": [40, 0.09, 0.28], "unit": ["uM", "mM", "mM"],
    ...     "source": ["my assay", "a paper", "my assay"],
    ... })
    >>> measured = KMMeasurements.of(network, table)
    >>> measured
    KMMeasurements('tiny': 3 measurements of 2 constants, all used)
    >>> low_mM, high_mM = measured.ranges()["HEX:glc__D_c"]
    >>> print(f"{low_mM:.3g} to {high_mM:.3g} mM")  # sqrt(0.04 · 0.09) = 0.06, ± 20 %
    0.048 to 0.072 mM
    >>> KMRanges.of(network, fixed=measured.ranges()).provenance["PGI:g6p_c"]
    'measured'
    """

    network: Network = field(repr=False)
    measurements: tuple[KMMeasurement, ...]

    @classmethod
    def read(cls, network: Network, path: str | Path) -> KMMeasurements:
        """Read a UTF-8 CSV table.

        Columns: ``reaction``, ``metabolite`` and ``source``; the values in ``km_mM`` (or ``km_M``,
        ``km_uM``, ``km_nM``, or ``value_`` and a unit), or in ``value`` with a column ``unit`` that
        holds M, mM, uM, µM or nM; if wanted ``low`` and ``high`` likewise, ``distinct`` (1, or 0
        where the measurement stands in another row), ``flag`` (why a value should not be used),
        remarks (``note``, or ``note_`` and a word) and the columns of the shipped table. Any other
        column is an error. A row with ``low`` and ``high`` and no value counts with their geometric
        mean. Without ``distinct``, the same value from the same source counts once.

        Args:
            network: ids of reactions and metabolites are those of its tables.

        Raises:
            DataError: with file, line and remedy, for every row that cannot be used.
        """
        return cls(network, read_measurements(network, path))

    @classmethod
    def of(cls, network: Network, frame: pd.DataFrame) -> KMMeasurements:
        """As `read`, from a pandas table; messages count its rows from 0."""
        return cls(network, measurements_of(network, frame))

    @classmethod
    def example(cls, network: Network) -> KMMeasurements:
        """Read the measurements in a network's folder, ``km_measurements.csv``.

        Values that should not be used have a ``flag`` there and stay in the table with their
        source: outliers, values that two databases confuse, and values above 100 mM that stand
        alone, which are most likely µM entered as mM. `with_flagged` uses them all the same.

        Raises:
            DataError: there are none, or they cannot be read.

        >>> from renaissance_kit import KMMeasurements, Network
        >>> measured = KMMeasurements.example(Network.example())
        >>> len(measured.select(subsystem="Citric Acid Cycle").names)
        13
        """
        return cls.read(network, network.file(FILE))

    def __len__(self) -> int:
        return len(self.measurements)

    def __repr__(self) -> str:
        used = sum(m.used for m in self.measurements)
        return (
            f"KMMeasurements({self.network.name!r}: {len(self)} measurements of "
            f"{len(self.all_names)} constants, {'all' if used == len(self) else used} used)"
        )

    @cached_property
    def all_names(self) -> tuple[str, ...]:
        """Constants with a row, in the order of the network."""
        there = {m.name for m in self.measurements}
        return tuple(name for name in self.network.km_names if name in there)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Constants with a measurement that is used, in the order of the network."""
        there = {m.name for m in self.measurements if m.used}
        return tuple(name for name in self.network.km_names if name in there)

    @property
    def table(self) -> pd.DataFrame:
        """One row a measurement; columns of the table that nothing here reads stand last."""
        rows = []
        for m in self.measurements:
            own = {k: getattr(m, k) for k in _COLUMNS}
            rows.append(own | {k: v for k, v in m.other.items() if k not in own})
        return pd.DataFrame(rows, columns=None if rows else _COLUMNS)

    @cached_property
    def _used(self) -> dict[str, list[KMMeasurement]]:
        """Measurements that count, by name, in the order of the network."""
        return {n: [m for m in self.measurements if m.used and m.name == n] for n in self.names}

    # --- parts -----------------------------------------------------------------------------

    def select(
        self,
        *,
        reactions: str | Iterable[str] | None = None,
        subsystem: str | Iterable[str] | None = None,
        names: str | Iterable[str] | None = None,
    ) -> KMMeasurements:
        """The measurements of some constants; of several conditions, all must hold.

        Args:
            reactions: ids; those without a measurement are passed over.
            subsystem: as in ``reactions.csv``.
            names: of the constants, ``reaction:metabolite``.

        Raises:
            ParameterError: an unknown id, a name without measurement, or nothing is left.
        """
        network, chosen = self.network, set(self.all_names)
        if reactions is not None:
            wanted = _known(reactions, network.kinetic_reactions, "reaction")
            chosen &= {n for n in chosen if n.partition(":")[0] in wanted}
        if subsystem is not None:
            there = {network.reactions[r].subsystem for r in network.kinetic_reactions}
            wanted = _known(subsystem, sorted(there), "subsystem")
            chosen &= {
                n for n in chosen if network.reactions[n.partition(":")[0]].subsystem in wanted
            }
        if names is not None:
            chosen &= _known(names, self.all_names, "measured constant")
        if not chosen:
            raise ParameterError("no measurement is left; widen the selection")
        return replace(self, measurements=tuple(m for m in self.measurements if m.name in chosen))

    def drop(self, *names: str) -> KMMeasurements:
        """Without the measurements of some constants, as when one is left out at a time.

        Raises:
            ParameterError: a constant that has no measurement.
        """
        gone = _known(names, self.all_names, "measured constant")
        return replace(self, measurements=tuple(m for m in self.measurements if m.name not in gone))

    def sample(self, n: int, rng: np.random.Generator) -> KMMeasurements:
        """The measurements of n constants drawn at random, without repetition.

        Raises:
            ParameterError: there are fewer than n constants with a measurement that is used.
        """
        if not 1 <= n <= len(self.names):
            raise ParameterError(
                f"asked for {n} constants; give 1 to {len(self.names)}, as many as have data"
            )
        return self.select(names=rng.choice(self.names, n, replace=False).tolist())

    def with_flagged(self, *names: str) -> KMMeasurements:
        """Use flagged values too, of some constants or of all if none is named.

        Raises:
            ParameterError: a constant that has no measurement.
        """
        chosen = _known(names or self.all_names, self.all_names, "measured constant")
        return replace(
            self,
            measurements=tuple(
                replace(m, flag_ignored=True) if m.flag and m.name in chosen else m
                for m in self.measurements
            ),
        )

    # --- what they say ---------------------------------------------------------------------

    def ranges(
        self, tolerance: float = 0.2, average: str = "geometric"
    ) -> dict[str, MeasuredRange]:
        """Range of each constant in mM, for ``KMRanges.of(network, fixed=...)``.

        Args:
            tolerance: share by which the average is widened, 0.2 for ± 20 %.
            average: ``geometric`` mean; ``median`` on the logarithmic scale; or ``interval``, from
                the least to the greatest measurement, ranges that rows give included, each end
                widened. Training draws such a constant uniformly, not log-uniformly, between them.

        Returns:
            (low, high) by name, in the order of the network, each with its source. A range may lie
            outside the bounds of the generated constants; `summary` says which do.

        Raises:
            ParameterError: an unknown average, or a tolerance that is not between 0 and 1.
        """
        if average not in AVERAGES:
            raise ParameterError(f"average is {average!r}; choose one of {', '.join(AVERAGES)}")
        if not 0 < tolerance < 1:
            raise ParameterError(
                f"tolerance is {tolerance}; give a share between 0 and 1, as a KM must stay above 0"
            )
        out = {}
        for name, used in self._used.items():
            low, high = average_of(used, average)
            text = f"{_LABEL[average]} of {len(used)}, ± {100 * tolerance:g} %: "
            text += "; ".join(map(_cited, used))
            out[name] = MeasuredRange(low * (1 - tolerance), high * (1 + tolerance), text)
        return out

    def summary(
        self,
        tolerance: float = 0.2,
        average: str = "geometric",
        criteria: KMCriteria | None = None,
    ) -> pd.DataFrame:
        """One row a constant: what was measured, what is used, and what looks wrong.

        Args:
            tolerance, average: as in `ranges`.
            criteria: of conflicts and outliers; ``KMCriteria()`` if not given.

        Returns:
            Index: name. ``n`` rows of the table, ``n_flagged`` that a flag keeps out,
            ``n_distinct`` that are used; of these ``geometric_mean_mM``, ``median_mM`` (on the
            logarithmic scale), ``min_mM``, ``max_mM``, ``spread_factor`` (max over min),
            ``conflict`` and ``n_outliers``; ``range_low_mM`` and ``range_high_mM`` of `ranges`;
            ``outside_bounds`` where that range leaves the network's KM bounds; ``influential``,
            False where no rate depends on the constant; ``remarks``, all this in words.
        """
        criteria = criteria or KMCriteria()
        ranges = self.ranges(tolerance, average)
        influential = RateLaws.of(self.network).influential_km
        bounds = [self.network.conditions[f"km_{x}_bound"].value for x in ("lower", "upper")]
        rows = []
        for name in self.all_names:
            used = self._used.get(name, [])
            of_name = [m for m in self.measurements if m.name == name]
            row = {
                "n": len(of_name),
                "n_flagged": sum(bool(m.flag) and not m.flag_ignored for m in of_name),
                **statistics(used, criteria),
            }
            row["range_low_mM"], row["range_high_mM"] = ranges.get(name, (np.nan, np.nan))
            row["outside_bounds"] = bool(
                row["range_low_mM"] < bounds[0] or row["range_high_mM"] > bounds[1]
            )
            row["influential"] = bool(influential[self.network.km_index[name]])
            row["remarks"] = "; ".join(remarks_on(row, outliers_of(used, criteria), bounds))
            rows.append(row)
        index = pd.Index(self.all_names, name="name", dtype=object)
        return pd.DataFrame(rows, index=index, columns=_SUMMARY)

    def outliers(self, criteria: KMCriteria | None = None) -> pd.DataFrame:
        """The rows of `table` that are used but lie apart, with their ``outlier_score``."""
        criteria = criteria or KMCriteria()
        apart = {
            m: score for used in self._used.values() for m, score in outliers_of(used, criteria)
        }
        score = np.array([apart.get(m, 0.0) for m in self.measurements])
        return self.table.assign(outlier_score=score)[score > 0]


_COLUMNS = (
    "name", "value_mM", "low_mM", "high_mM", "source", "distinct", "flag", "used", "place",
)  # fmt: skip
_SUMMARY = (
    "n", "n_flagged", "n_distinct", "geometric_mean_mM", "median_mM", "min_mM", "max_mM",
    "spread_factor", "conflict", "n_outliers", "range_low_mM", "range_high_mM", "outside_bounds",
    "influential", "remarks",
)  # fmt: skip
_LABEL = {
    "geometric": "geometric mean",
    "median": "median of the logarithms",
    "interval": "least to greatest",
}
_LISTED_IN = {
    "reaction": "Ids are those of network.kinetic_reactions.",
    "subsystem": "Names are those in reactions.csv.",
    "measured constant": "all_names lists those that have data.",
}


def _cited(measurement: KMMeasurement) -> str:
    ignored = f"; used although flagged: {measurement.flag}" if measurement.flag else ""
    return f"{measurement.value_mM:g} mM ({measurement.source}{ignored})"


def _known(given: str | Iterable[str], known: Iterable[str], what: str) -> set[str]:
    wanted, there = {given} if isinstance(given, str) else set(given), list(known)
    for name in sorted(wanted - set(there)):
        raise ParameterError(f"{name!r} is no {what}{nearest(name, there)} {_LISTED_IN[what]}")
    return wanted
