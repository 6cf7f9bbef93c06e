"""Decisions: what a draft chose by rule, why, and what else there is.

Written to ``decisions.csv``, where the column ``choice`` may be edited and given back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from renaissance_kit.core.columns import Column
from renaissance_kit.core.errors import nearest
from renaissance_kit.core.tables import Table

GIVEN = "given by the user"
NUMBER, POSITIVE, RANGE = "a number", "a number above 0", "LOW to HIGH"
"""What may stand in a choice that is no word of a list."""
COLUMNS = ("subject", "rule", "choice", "alternatives", "why")
DECISIONS_TABLE = Table(
    "decisions.csv",
    (
        Column("subject", filled=True),
        Column("rule", filled=True),
        Column("choice"),
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
        alternatives: what else may stand in ``choice``.
        why: in words.
    """

    subject: str
    rule: str
    choice: str
    alternatives: str
    why: str


@dataclass
class Decisions:
    """Makes decisions by rule, and by the overrides that the user gave.

    Attributes:
        given: choice by (subject, rule), from a table.
        made: in order.
        problems: overrides that cannot be followed, in words.
    """

    given: Mapping[tuple[str, str], str] = field(default_factory=dict)
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
        rows = DECISIONS_TABLE.read(path)
        return cls({(row["subject"], row["rule"]): row["choice"] for row in rows})

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
            alternatives: what else may be chosen; a text describes what may stand there, `NUMBER`,
                `POSITIVE` and `RANGE` are checked here.
        """
        told = self.given.get((subject, rule))
        listed = alternatives if isinstance(alternatives, str) else "; ".join(alternatives)
        if told is not None and told != choice:
            if isinstance(alternatives, str):
                if _fits(told, alternatives):
                    choice, why = told, GIVEN
                else:
                    self.problems.append(
                        f"decisions.csv ({subject}, {rule}): choice {told!r}; write "
                        f"{alternatives}, such as {choice or 1}"
                    )
            elif told in alternatives:
                choice, why = told, GIVEN
            else:
                known = [choice, *alternatives]
                self.problems.append(
                    f"decisions.csv ({subject}, {rule}): choice {told!r}{nearest(told, known)} "
                    f"Choose one of {', '.join(known)}"
                )
        self.made.append(Decision(subject, rule, choice, listed, why))
        return choice

    def unknown(self, subjects: Iterable[str], rules: Iterable[str]) -> list[str]:
        """Overrides of what is not in the model, in words."""
        subjects, rules = {*subjects, "*"}, set(rules)
        found = []
        for subject, rule in self.given:
            for what, word, names in (("subject", subject, subjects), ("rule", rule, rules)):
                if word not in names:
                    found.append(
                        f"decisions.csv ({subject}, {rule}): no {what} {word!r}"
                        f"{nearest(word, sorted(names))} Correct the row or remove it"
                    )
        return found

    def without_effect(self, subjects: Iterable[str], rules: Iterable[str]) -> list[str]:
        """Overrides that no decision asked for, in words.

        Args:
            subjects: what the draft kept; rows of what it left out stay in the table unsaid.
            rules: those that a user can override.
        """
        made, subjects, rules = {(d.subject, d.rule) for d in self.made}, set(subjects), set(rules)
        return [
            f"decisions.csv ({subject}, {rule}): this rule decides nothing about {subject}; remove "
            "the row"
            for subject, rule in self.given
            if subject in subjects and rule in rules and (subject, rule) not in made
        ]

    def table(self) -> pd.DataFrame:
        """One row a decision, columns as in ``decisions.csv``."""
        return decision_table(self.made)


def range_of(text: str) -> tuple[float, float]:
    """Both ends of ``LOW to HIGH``; NaN for what is none."""
    low, _, high = text.partition(" to ")
    return number_or_nan(low), number_or_nan(high)


def number_or_nan(text: str) -> float:
    """The number, or NaN where there is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _fits(text: str, kind: str) -> bool:
    if kind == RANGE:
        low, high = range_of(text)
        return 0 < low <= high < math.inf
    value = number_or_nan(text)
    return {NUMBER: math.isfinite(value), POSITIVE: 0 < value < math.inf}.get(kind, True)


def decision_table(decisions: Iterable[Decision]) -> pd.DataFrame:
    """One row a decision, columns as in ``decisions.csv``."""
    rows = [[getattr(d, c) for c in COLUMNS] for d in decisions]
    return pd.DataFrame(rows, columns=list(COLUMNS))
