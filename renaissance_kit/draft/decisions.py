"""Decisions: what a draft chose by rule, why, and what else there is.

Written to ``decisions.csv``, where the column ``choice`` may be edited and given back. A row whose
choice is still that of the column ``by_rule`` follows the rule, which may choose otherwise after
other rows were edited.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from renaissance_kit.core.columns import Column
from renaissance_kit.core.errors import nearest
from renaissance_kit.core.numbers import PURE_WATER_MM, number_of
from renaissance_kit.core.tables import Table

GIVEN = "given by the user"
POSITIVE, RANGE = "a number above 0", "LOW to HIGH"
"""What may stand in a choice that is no word of a list; `between` is another."""
COLUMNS = ("subject", "rule", "choice", "by_rule", "alternatives", "why")
DECISIONS_TABLE = Table(
    "decisions.csv",
    (
        Column("subject", filled=True),
        Column("rule", filled=True),
        Column("choice"),
        Column("by_rule", optional=True),
        Column("alternatives", optional=True),
        Column("why", optional=True),
    ),
    key=("subject", "rule"),
)


@dataclass(frozen=True)
class Decision:
    """One choice.

    Attributes:
        subject: id of the reaction, metabolite or compartment; ``*`` for the network.
        rule: name of the rule, see `renaissance_kit.draft.RULES`.
        choice: what was chosen.
        by_rule: what the rule chooses.
        alternatives: what else may stand in ``choice``.
        why: in words.
    """

    subject: str
    rule: str
    choice: str
    by_rule: str
    alternatives: str
    why: str


@dataclass
class Decisions:
    """Makes decisions by rule, and by the overrides that the user gave.

    Attributes:
        given: choice by (subject, rule), of the rows of a table that do not follow their rule.
        places: file and line of every row.
        made: in order.
        problems: overrides that cannot be followed, in words.
    """

    given: Mapping[tuple[str, str], str] = field(default_factory=dict)
    places: Mapping[tuple[str, str], str] = field(default_factory=dict)
    made: list[Decision] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: str | Path | None) -> Decisions:
        """Read overrides from a table that `write` made and the user edited.

        Raises:
            DataError: the file is missing or no such table.
        """
        if path is None:
            return cls()
        rows = {(row["subject"], row["rule"]): row for row in DECISIONS_TABLE.read(path)}
        return cls(
            {
                k: row["choice"]
                for k, row in rows.items()
                if row["choice"] != (row["by_rule"] or None)
            },
            {key: row.place for key, row in rows.items()},
        )

    def place(self, subject: str, rule: str) -> str:
        """Where a given choice stands, for messages."""
        return f"{self.places[subject, rule]} ({subject}, {rule})"

    def choose(
        self,
        subject: str,
        rule: str,
        choice: str,
        why: str,
        alternatives: Sequence[str] | str = (),
    ) -> str:
        """Choose by rule, unless the user has chosen.

        Args:
            choice, why: of the rule.
            alternatives: what else may be chosen; a text describes what may stand there,
                `POSITIVE`, `RANGE` and `between` are checked here.
        """
        told, by_rule = self.given.get((subject, rule)), choice
        listed = alternatives if isinstance(alternatives, str) else "; ".join(alternatives)
        if told is not None and told != choice:
            if isinstance(alternatives, str):
                if _fits(told, alternatives):
                    choice, why = told, GIVEN
                else:
                    self.problems.append(
                        f"{self.place(subject, rule)}: choice {told!r}; write {alternatives}, "
                        f"such as {choice or 1}"
                    )
            elif told in alternatives:
                choice, why = told, GIVEN
            else:
                known = [choice, *alternatives]
                self.problems.append(
                    f"{self.place(subject, rule)}: choice {told!r}{nearest(told, known)} "
                    f"Choose one of {', '.join(known)}"
                )
        self.made.append(Decision(subject, rule, choice, by_rule, listed, why))
        return choice

    def check(
        self,
        subjects: Mapping[str, Collection[str]],
        kept: Collection[str],
        rules: Mapping[str, Collection[str]],
    ) -> None:
        """Find rows of what is not there, of a subject that the rule is not about, and of no use.

        Args:
            subjects: all ids of the model by what they are: metabolites, reactions, compartments.
            kept: ids that the draft kept; rows of what it left out stay in the table unsaid.
            rules: the kinds of subject that each rule is about, by its name.
        """
        made = {(d.subject, d.rule) for d in self.made}
        for subject, rule in self.places:
            kinds = [kind for kind, ids in subjects.items() if subject in ids]
            about = rules.get(rule, ())
            problem = ""
            if rule not in rules:
                problem = f"no rule {rule!r}{nearest(rule, rules)} Correct the row or remove it"
            elif not kinds:
                near = nearest(subject, [i for kind in about for i in subjects[kind]])
                problem = f"no {' or '.join(about)} {subject!r}{near} Correct the row or remove it"
            elif not set(about) & set(kinds):
                each = " or ".join(_EACH[kind] for kind in about)
                problem = f"{subject} is {_EACH[kinds[0]]}, and this rule is about {each}; remove "
                problem += "the row"
            elif subject in kept and (subject, rule) in self.given and (subject, rule) not in made:
                problem = f"this rule decides nothing about {subject}; remove the row"
            if problem:
                self.problems.append(f"{self.place(subject, rule)}: {problem}")

    def contradict(self, keys: Iterable[tuple[str, str]], why: str) -> None:
        """Note overrides, by subject and rule, that cannot hold together; not all need be given."""
        places = [self.place(*key) for key in keys if key in self.given]
        self.problems.append(f"{' and '.join(places)}: {why}; correct one of them")

    def table(self) -> pd.DataFrame:
        """One row a decision, columns as in ``decisions.csv``."""
        return decision_table(self.made)


_EACH = {
    "metabolite": "a metabolite", "reaction": "a reaction", "compartment": "a compartment",
    "network": "the network, *",
}  # fmt: skip


def between(low: float, high: float) -> str:
    """A number with both ends, as what may stand in a choice."""
    return f"a number from {low:g} to {high:g}"


def range_of(text: str) -> tuple[float, float]:
    """Both ends of ``LOW to HIGH``; NaN for what is none."""
    low, _, high = text.partition(" to ")
    return number_or_nan(low), number_or_nan(high)


def number_or_nan(text: str) -> float:
    """The number, or NaN where there is none."""
    try:
        return number_of(text.strip())
    except ValueError:
        return math.nan


def _fits(text: str, kind: str) -> bool:
    if kind == RANGE:
        low, high = range_of(text)
        return 0 < low <= high <= PURE_WATER_MM
    value = number_or_nan(text)
    if match := re.fullmatch(r"a number from (\S+) to (\S+)", kind):
        return float(match[1]) <= value <= float(match[2])
    return 0 < value < math.inf if kind == POSITIVE else True


def decision_table(decisions: Iterable[Decision]) -> pd.DataFrame:
    """One row a decision, columns as in ``decisions.csv``."""
    rows = [[getattr(d, c) for c in COLUMNS] for d in decisions]
    return pd.DataFrame(rows, columns=list(COLUMNS))
