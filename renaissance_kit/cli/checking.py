"""What is in a network's folder, and what is wrong with it: every table and file, all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from renaissance_kit import core, design, kinetics, km, network as networks, simulation, states
from renaissance_kit.core.errors import DataError, RenaissanceError


@dataclass(frozen=True)
class Finding:
    """One table or file of a folder.

    Attributes:
        name: of the file.
        content: what it holds, in words; empty where it cannot be used.
        problems: what is wrong with it, with the remedies.
    """

    name: str
    content: str
    problems: tuple[str, ...] = ()


def check_folder(folder: str | Path, *, feasible: bool = False) -> Iterator[Finding]:
    """Read everything in a network's folder.

    Args:
        folder: name of an example, or path; ``+NAME`` behind it for a regulation.
        feasible: ask as well whether any steady state meets the constraints, which takes the
            solver seconds to a minute.

    Yields:
        The network first; where it cannot be read nothing else can be.

    Raises:
        DataError: there is no such folder.
    """
    place, regulation = core.network_place(folder)
    read: list[networks.Network] = []

    def open_network() -> str:
        read.append(networks.Network.from_folder(place, regulation=regulation))
        rounded = [f"conserved: {moiety}" for moiety in read[0].moieties if moiety.left_over]
        return "; ".join([repr(read[0]), *rounded])

    yield _finding(place.name, open_network)
    if not read:
        return
    network = read[0]
    readers = {**_READERS, **_reactors(network), **_regulations(network), **_ensembles(network)}
    yield from (
        _finding(name, lambda reader=reader: reader(network))  # type: ignore[misc]
        for name, reader in readers.items()
        if (place / name).is_file()
    )
    if feasible:
        yield _finding("steady states", lambda: _feasible(network))


def _finding(name: str, read: Callable[[], str]) -> Finding:
    try:
        return Finding(name, read())
    except DataError as error:
        return Finding(name, "", error.problems)
    except (RenaissanceError, OSError) as error:
        return Finding(name, "", (str(error),))


def _constraints(network: networks.Network) -> str:
    found = states.Constraints.from_folder(network)
    return (
        f"bounds of {len(found.fluxes)} fluxes, {len(found.measured_mM)} measured and "
        f"{len(found.medium_mM)} extracellular concentrations"
    )


def _one_state(network: networks.Network) -> str:
    states.SteadyState.from_folder(network)
    return "1 steady state"


def _states(network: networks.Network) -> str:
    found = states.SteadyStates.example(network)
    found[0].check(network)  # of this network; the seals tell that all numbers are as they were
    return f"{len(found):,} steady states"


def _published(network: networks.Network) -> str:
    return f"{len(states.SteadyStates.published(network)):,} steady states"


def _measured_km(network: networks.Network) -> str:
    return f"measurements of {len(km.KMMeasurements.example(network).names):,} constants"


def _fermentation(network: networks.Network) -> str:
    return f"{len(states.FERMENTATION_TABLE.read(network.file('fermentation.csv'))):,} rows"


def _other_ids(network: networks.Network) -> str:
    return f"{len(networks.other_ids(network))} ids of databases"


def _strains(network: networks.Network) -> str:
    return f"{len(simulation.engineered_strains(network))} strains"


def _designs(network: networks.Network) -> str:
    return f"{len(design.published_designs(network))} designs"


def _feasible(network: networks.Network) -> str:
    space = states.StateSpace.of(network, states.Constraints.from_folder(network))
    return f"there are some: {sum(block.dimension for block in space.blocks)} dimensions"


Reader: TypeAlias = "Callable[[networks.Network], str]"  # a text: nothing is loaded for it
_READERS: dict[str, Reader] = {
    "constraints.csv": _constraints,
    "steady_state.csv": _one_state,
    "steady_states.nc": _states,
    "published_states.csv": _published,
    "fermentation.csv": _fermentation,
    "strains.csv": _strains,
    "designs.csv": _designs,
    "ids.csv": _other_ids,
    "km_measurements.csv": _measured_km,
}


def _reactors(network: networks.Network) -> dict[str, Reader]:
    """Readers of the conditions of bioreactors, of which a folder may have several."""

    def reader(name: str) -> Reader:
        def read(network: networks.Network) -> str:
            found = simulation.ReactorConditions.from_folder(network, name)
            return f"bioreactor conditions {name!r}, {found.duration_h:g} h"

        return read

    names = simulation.condition_names(network)
    return {f"bioreactor{'' if n == 'own' else f'_{n}'}.csv": reader(n) for n in names}


def _regulations(network: networks.Network) -> dict[str, Reader]:
    """Readers of the tables of regulation that are read by their names."""

    def reader(name: str) -> Reader:
        def read(network: networks.Network) -> str:
            found = _with(network, name)
            modifiers = sum(len(r.modifiers) for r in found.reactions.values())
            return f"{modifiers} inhibitions and activations, {len(found.km_names):,} constants"

        return read

    names = networks.regulations(network.file("."))
    return {f"regulation_{name}.csv": reader(name) for name in names}


def _with(network: networks.Network, regulation: str) -> networks.Network:
    """The network with another regulation of its folder."""
    return networks.Network.from_folder(network.file("."), regulation=regulation)


def _ensembles(network: networks.Network) -> dict[str, Reader]:
    """Readers of the ensembles, at each set of states, without and with each regulation."""

    def reader(regulation: str, states: str) -> Reader:
        def read(network: networks.Network) -> str:
            its = _with(network, regulation)
            found = kinetics.KineticEnsemble.example(its, states)
            return f"{len(found.models(its)):,} models, {int(found.valid.sum()):,} valid"

        return read

    return {
        kinetics.example_file(replace(network, regulation=name), of): reader(name, of)
        for name in ("", *networks.regulations(network.file(".")))
        for of in ("own", "published")
    }
