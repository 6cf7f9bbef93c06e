"""Levels of genes beside fluxes: what can be met together, what contradicts it, and bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import pandas as pd

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.network.network import Network
from renaissance_kit.omics.agreement import Agreement, Program
from renaissance_kit.states.constraints import Constraints

Method = Literal["REMI", "TEX-FBA"]


@dataclass(frozen=True)
class OmicsFit:
    """Which levels of genes the fluxes of one or two conditions can follow together.

    `remi` and `tex_fba` make it.

    Attributes:
        method: ``REMI`` or ``TEX-FBA``.
        conditions: one name, or those before and after.
        wanted: one row a reaction (or metabolite) whose level asks something of it: name, wanted
            (in words), and the numbers that it follows from.
        agreements: largest sets of what can hold together, the largest first. Those of the same
            size are alternatives: the levels do not decide between them.
        constraints: by condition, those of each alternative, for `sample_steady_states`.
    """

    network: Network = field(repr=False)
    method: Method
    conditions: tuple[str, ...]
    wanted: pd.DataFrame = field(repr=False)
    agreements: tuple[Agreement, ...] = field(repr=False)
    constraints: tuple[Mapping[str, Constraints], ...] = field(repr=False)
    program: Program = field(repr=False)

    @property
    def met(self) -> int:
        """How many demands hold in the largest set."""
        return len(self.agreements[0].met)

    def of_alternative(self, number: int = 0) -> Mapping[str, Constraints]:
        """Constraints by condition, of one alternative.

        Raises:
            ParameterError: there is no such alternative.
        """
        if not 0 <= number < len(self.constraints):
            raise ParameterError(
                f"alternative {number} of {len(self.constraints)}; count from 0, or ask for more "
                "with alternatives="
            )
        return self.constraints[number]

    def table(self) -> pd.DataFrame:
        """`wanted` with ``met`` (in the first alternative) and ``share`` (of all alternatives)."""
        sets = [set(a.met) for a in self.agreements]
        return self.wanted.assign(
            met=[name in sets[0] for name in self.wanted.name],
            share=[sum(name in s for s in sets) / len(sets) for name in self.wanted.name],
        )

    @cached_property
    def conflicts(self) -> pd.DataFrame:
        """What contradicts what: one row for each demand that the first alternative does not meet.

        Returns:
            name, wanted, and ``against``: a smallest set of the demands that are met and that
            cannot hold beside it; ``the constraints alone`` where no level is needed to forbid it.
        """
        held = self.agreements[0].met
        words = dict(zip(self.wanted.name, self.wanted.wanted, strict=True))
        rows = []
        for name in self.wanted.name:
            if name not in held:
                found = self.program.conflict(name, held)
                against = "; ".join(words[n] for n in found) or "the constraints alone"
                rows.append((name, words[name], against))
        return pd.DataFrame(rows, columns=["name", "wanted", "against"])
