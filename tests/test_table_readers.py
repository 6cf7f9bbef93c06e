"""What reads a table uses its description, and no optional table is passed over."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cobra
import pytest
from table_rows import SAMPLES, TABLES, shipped

from renaissance_kit import (
    KMMeasurements,
    Network,
    ReactorConditions,
    SteadyState,
    SteadyStates,
)
from renaissance_kit.analysis import EnzymeCapacities
from renaissance_kit.core import DataError
from renaissance_kit.design import published_designs
from renaissance_kit.draft import NetworkDraft
from renaissance_kit.formats import read_skimpy
from renaissance_kit.network import other_ids
from renaissance_kit.objectives import Phenotypes
from renaissance_kit.simulation import engineered_strains
from renaissance_kit.states import Constraints, read_time_course
from renaissance_kit.studies import published

SKIMPY = Path(__file__).parent / "data" / "skimpy.yaml"


def _drafted(**tables: Path) -> object:
    return NetworkDraft.from_cobra(cobra.io.load_model("textbook"), **tables)


def _states(network: Network, folder: Path) -> object:
    return Constraints.from_folder(network, folder)


READERS: dict[str, Callable[[Network, Path], object]] = {
    "compartments.csv": lambda network, folder: Network.from_folder(folder),
    "conditions.csv": lambda network, folder: Network.from_folder(folder),
    "metabolites.csv": lambda network, folder: Network.from_folder(folder),
    "reactions.csv": lambda network, folder: Network.from_folder(folder),
    "regulation.csv": lambda network, folder: Network.from_folder(folder),
    "figures.csv": lambda network, folder: Network.from_folder(folder),
    "constraints.csv": _states,
    "concentrations.csv": _states,
    "medium.csv": _states,
    "fermentation.csv": lambda network, folder: read_time_course(
        network, "biomass", table=folder / "fermentation.csv"
    ),
    "published_states.csv": lambda network, folder: SteadyStates.published(
        Network.from_folder(folder)
    ),
    "steady_state.csv": lambda network, folder: SteadyState.from_folder(
        Network.from_folder(folder)
    ),
    "km_measurements.csv": lambda network, folder: KMMeasurements.read(
        network, folder / "km_measurements.csv"
    ),
    "bioreactor.csv": lambda network, folder: ReactorConditions.read(
        network, folder / "bioreactor.csv"
    ),
    "strains.csv": lambda network, folder: engineered_strains(Network.from_folder(folder)),
    "designs.csv": lambda network, folder: published_designs(Network.from_folder(folder)),
    "ids.csv": lambda network, folder: other_ids(Network.from_folder(folder)),
    "published.csv": lambda network, folder: published(Network.from_folder(folder)),
    "energies.csv": lambda network, folder: _drafted(energies=folder / "energies.csv"),
    "decisions.csv": lambda network, folder: _drafted(decisions=folder / "decisions.csv"),
    "a list of regulation": lambda network, folder: read_skimpy(
        SKIMPY, regulation=folder / "a list of regulation"
    ),
    "a table of phenotypes": lambda network, folder: Phenotypes.read(
        network, folder / "a table of phenotypes"
    ),
    "a table of enzymes": lambda network, folder: EnzymeCapacities.read(
        network, folder / "a table of enzymes"
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_the_reader_of_a_table_uses_its_description(
    name: str, ecoli: Network, tmp_path: Path
) -> None:
    path = shipped(name)
    folder = tmp_path / "net"
    shutil.copytree(
        ecoli.folder if path is None else path.parent, folder,
        ignore=shutil.ignore_patterns("*.nc"),
    )  # fmt: skip
    if path is None:
        (folder / name).write_text(SAMPLES[name], encoding="utf-8")
    READERS[name](ecoli, folder)
    text = (folder / name).read_text(encoding="utf-8").splitlines()
    (folder / name).write_text("\n".join(f"{line},x" for line in text), encoding="utf-8")
    with pytest.raises(DataError, match="column 'x' is unknown"):
        READERS[name](ecoli, folder)


@pytest.mark.parametrize("name", ["figures.csv", "strains.csv", "designs.csv", "published.csv"])
def test_an_optional_table_with_a_misspelt_name(name: str, ecoli: Network, tmp_path: Path) -> None:
    assert ecoli.folder is not None
    folder = tmp_path / "net"
    shutil.copytree(ecoli.folder, folder, ignore=shutil.ignore_patterns("*.nc"))
    (folder / name).rename(folder / name.replace("ed.csv", ".csv").replace("s.csv", ".csv"))
    with pytest.raises(DataError, match=rf"no table of this name is read; call it {name}"):
        READERS[name](ecoli, folder)
    for other in folder.glob(f"{name[:5]}*"):
        other.unlink()
    READERS[name](ecoli, folder)
