"""Labelled sets of steady states, sampled, published or read from a file.

`renaissance_kit.states.tfa` builds the thermodynamic flux model
and `renaissance_kit.states.sampling` draws states from it.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, SupportsIndex, overload

import numpy as np
import xarray as xr

from renaissance_kit.core.datasets import Labelled, Layout, Variable
from renaissance_kit.core.errors import ParameterError, SteadyStateError, nearest
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.types import Array
from renaissance_kit.network.labels import ratio_of
from renaissance_kit.network.network import Network
from renaissance_kit.states.published import read_published
from renaissance_kit.states.steady_state import SteadyState

OWN, PUBLISHED = "own", "published"
SETS = (OWN, PUBLISHED)
"""Sets of states that a network's folder may hold: sampled by this toolkit, and published ones."""


def require_set(states: str) -> str:
    """The name of a set of states, if it is one of `SETS`.

    Raises:
        ParameterError: it is none; names the nearest.
    """
    if states not in SETS:
        raise ParameterError(
            f"states is {states!r}{nearest(states, SETS)} Choose one of {', '.join(SETS)}"
        )
    return states


@dataclass(frozen=True)
class SteadyStates(Labelled):
    """A labelled set of steady states; ``states[i]`` is one, ``states[:100]`` a smaller set.

    Attributes:
        dataset: variables ``flux`` (state, reaction), ``concentration`` (state, metabolite) and
            ``log_displacement`` (state, kinetic_reaction), each with its unit; attributes hold
            the network's fingerprint, the density, the seed and the constraints.
    """

    LAYOUT: ClassVar[Layout] = Layout(
        what="set of steady states",
        made_by="notebook 01",
        rows="state",
        variables={
            "flux": Variable(("state", "reaction"), "mmol/gDW/h"),
            "concentration": Variable(("state", "metabolite"), "mM"),
            "log_displacement": Variable(("state", "kinetic_reaction"), "1"),
        },
        attributes={"network_digest": str, "dry_weight_density_gDW_L": float, "provenance": str},
        level=9,
    )
    _arrays: Mapping[str, Array] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_arrays(
        cls,
        network: Network,
        fluxes: Array,
        reactions: tuple[str, ...],
        concentrations: Array,
        log_displacement: Array,
        attributes: Mapping[str, Any],
        *,
        numbers: Sequence[int] | None = None,
        density_gDW_L: float | None = None,
    ) -> SteadyStates:
        """Label arrays.

        Args:
            fluxes: (states, all reactions) in mmol/gDW/h, columns named by ``reactions``.
            concentrations: (states, species) in mM.
            log_displacement: (states, kinetic reactions); NaN where the law has none.
            attributes: provenance (seed, constraints, method); values JSON can hold.
            numbers: (states,) that they are called by; counted from 0 if not given.
            density_gDW_L: dry weight per litre of cell; the network's if not given.
        """
        density = network.conditions["dry_weight_density"].value
        if density_gDW_L is not None:
            density = density_gDW_L
        dataset = xr.Dataset(
            {
                "flux": (("state", "reaction"), fluxes, {"units": "mmol/gDW/h"}),
                "concentration": (("state", "metabolite"), concentrations, {"units": "mM"}),
                "log_displacement": (
                    ("state", "kinetic_reaction"),
                    log_displacement,
                    {"units": "1", "long_name": "ln rho = transformed reaction energy / RT"},
                ),
            },
            coords={
                "state": np.arange(len(fluxes)) if numbers is None else list(numbers),
                "reaction": list(reactions),
                "metabolite": list(network.species),
                "kinetic_reaction": list(network.kinetic_reactions),
            },
            attrs={
                "network": network.name,
                "network_digest": network.structure_digest,
                "dry_weight_density_gDW_L": density,
                "provenance": json.dumps(dict(attributes), sort_keys=True),
            },
        )
        return cls.sealed(dataset)

    @classmethod
    def example(cls, network: Network) -> SteadyStates:
        """Read the states that lie in a network's folder, ``steady_states.nc``.

        Raises:
            DataError: the network was not read from a folder.
            CheckpointError: there are none, or they cannot be read.
            SteadyStateError: they were sampled with another dry-weight density.
        """
        states = cls.load(network.file("steady_states.nc"))
        sampled = float(states.dataset.attrs["dry_weight_density_gDW_L"])
        now = network.conditions["dry_weight_density"].value
        if sampled != now:
            raise SteadyStateError(
                f"steady_states.nc was sampled with a dry-weight density of {sampled:g} gDW/L, "
                f"conditions.csv has {now:g}; all rates scale with it, so sample anew"
            )
        return states

    @classmethod
    def published(cls, network: Network) -> SteadyStates:
        """Read the published steady states in a network's folder, ``published_states.csv``.

        Exchanges and transports of water are not kinetic and are not in the table; they follow
        from the balances. The first state of the table is the default one. For *E. coli* these
        are ten of the study's 5,000, with 1712, the one of the paper, first. Some of their numbers
        are not physical, see the notes of the table: they are for comparison with the study.

        Raises:
            DataError: the network was not read from a folder, has no such table, or the table is
                incomplete.
            SteadyStateError: the numbers are not steady states of the network.

        >>> from renaissance_kit import Network, SteadyStates
        >>> SteadyStates.published(Network.example()).default.label
        '1712'
        """
        table = read_published(network)
        states = cls.from_arrays(
            network,
            table.fluxes,
            table.reactions,
            table.concentrations_mM,
            table.log_displacement,
            {
                "method": "published; see the sources in published_states.csv",
                "default_state": table.numbers[0],
                "default_rule": "the first of published_states.csv",
            },
            numbers=table.numbers,
            density_gDW_L=table.density_gDW_L,
        )
        for state in states:
            state.check(network)
        return states

    @property
    def provenance(self) -> dict[str, Any]:
        """Seed, constraints and method that made the states."""
        return dict(json.loads(self.dataset.attrs["provenance"]))

    @property
    def default_label(self) -> int:
        """Number of the default profile, chosen by the rule in `provenance`.

        Raises:
            SteadyStateError: none was chosen.
        """
        if "default_state" not in self.provenance:
            raise SteadyStateError(
                "no default profile was chosen among these states; take one by its number, or "
                "choose by renaissance_kit.analysis.profiles.with_default_profile"
            )
        return int(self.provenance["default_state"])

    @property
    def default(self) -> SteadyState:
        """The default profile.

        Raises:
            SteadyStateError: none was chosen, or it is not among these states.
        """
        found = np.flatnonzero(self.dataset.state.values == self.default_label)
        if not len(found):
            raise SteadyStateError(
                f"the default profile, state {self.default_label}, is not among these "
                f"{len(self)} states; take it from the set that they were chosen from"
            )
        return self[int(found[0])]

    @property
    def digest(self) -> str:
        """Fingerprint of the numbers of the states and their density, part of a run's identity."""
        data = self.dataset
        return fingerprint(
            *(data[name].values for name in ("flux", "concentration", "log_displacement")),
            data.state.values,
            float(data.attrs["dry_weight_density_gDW_L"]),
        )

    def ratio_parts(self, text: str) -> tuple[Array, Array]:
        """Sums of net fluxes above and below the line of a ratio such as ``PFL : PFL + PDH``.

        Returns:
            Two arrays (states,) in mmol/gDW/h.
        """
        flux = self.dataset.flux
        above, below = (flux.sel(reaction=list(part)).sum("reaction") for part in ratio_of(text))
        return above.values, below.values

    def numbered(self, number: int) -> SteadyState:
        """The state of a number, as in ``dataset.state``; a negative one stands for `default`.

        Raises:
            SteadyStateError: there is no state of that number.
        """
        if number < 0:
            return self.default
        found = np.flatnonzero(self.dataset.state.values == number)
        if not len(found):
            numbers = [str(s) for s in self.dataset.state.values]
            listed = ", ".join(numbers[:10]) + (f" to {numbers[-1]}" if len(numbers) > 10 else "")
            raise SteadyStateError(f"there is no state {number}; there are {listed}")
        return self[int(found[0])]

    def __len__(self) -> int:
        return int(self.dataset.sizes["state"])

    def __iter__(self) -> Iterator[SteadyState]:
        return (self[i] for i in range(len(self)))

    @overload
    def __getitem__(self, index: SupportsIndex) -> SteadyState: ...

    @overload
    def __getitem__(self, index: slice) -> SteadyStates: ...

    def __getitem__(self, index: SupportsIndex | slice) -> SteadyState | SteadyStates:
        """The state at a position, counted from 0 or, if negative, from the end.

        With a slice such as ``states[:100]`` a set of the states at those positions. They keep
        their numbers and their provenance; effective sample size and R-hat remain those of the
        whole sample.

        Raises:
            SteadyStateError: there is no such state, or the index is no position.
        """
        if isinstance(index, slice):
            return self._slice(index)
        try:
            index = operator.index(index)
        except TypeError:
            raise SteadyStateError(
                f"{index!r} is no position; give a whole number, as in states[0], or a slice, as "
                "in states[0:3]"
            ) from None
        if not -len(self) <= index < len(self):
            raise SteadyStateError(f"no state {index}; there are {len(self)}, counted from 0")
        if not self._arrays:
            data = self.dataset
            flux = data.flux.sel(reaction=data.kinetic_reaction.values).values
            object.__setattr__(
                self,
                "_arrays",
                {
                    "flux": flux,
                    "concentration": data.concentration.values,
                    "log_displacement": data.log_displacement.values,
                },
            )
        return SteadyState(
            self._arrays["concentration"][index],
            self._arrays["flux"][index],
            self._arrays["log_displacement"][index],
            float(self.dataset.attrs["dry_weight_density_gDW_L"]),
            str(int(self.dataset.state.values[index])),
            str(self.dataset.attrs["network_digest"]),
        )

    def _slice(self, index: slice) -> SteadyStates:
        try:
            positions = range(len(self))[index]
        except (TypeError, ValueError) as error:
            raise SteadyStateError(f"{index} cuts out no states: {error}") from None
        if not positions:
            raise SteadyStateError(
                f"no states from {index.start} to {index.stop} in steps of {index.step}; there are "
                f"{len(self)}, counted from 0"
            )
        return SteadyStates(self.dataset.isel(state=index))
