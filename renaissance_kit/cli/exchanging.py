"""The commands for files of other programs: export, import.

`FORMATS` is the table of formats; one more is a line there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import click

from renaissance_kit import core, formats, kinetics, network as networks, simulation, states
from renaissance_kit.cli.modelling import chosen_ensemble, models_options
from renaissance_kit.cli.options import (
    FileToRead,
    Place,
    examples,
    force_option,
    network_argument,
    require_free,
    require_writable,
    say,
    seed_option,
)
from renaissance_kit.core.errors import DataError, ParameterError, SteadyStateError, nearest

MODELS_FILE = "valid_models.nc"
_LIST, _SETS = "_regulation.csv", "_parameters.hdf5"  # beside a model of SKiMpy
# texts: nothing is loaded for them
Writer: TypeAlias = "Callable[[Path, kinetics.KineticEnsemble, networks.Network, Asked], Any]"
Reader: TypeAlias = "Callable[[Path, Asked], Imported]"


@dataclass(frozen=True)
class Asked:
    """Options of export and import; a format takes those that it knows.

    Attributes:
        conditions: of the bioreactor; None without one.
        starts, seed: of the perturbations of each model.
        density_gDW_L, settle_h: of a model that is read, see `formats.read_sbml`.
        regulation, growth, growth_scale: of a model of SKiMpy, see `formats.read_skimpy`.
    """

    conditions: str | None = None
    starts: int = 1
    seed: int = 1
    density_gDW_L: float = 300.0
    settle_h: float = 0.0
    regulation: Path | None = None
    growth: str | None = None
    growth_scale: float = 1.0

    def reactor(self, network: networks.Network) -> simulation.Bioreactor | None:
        """The bioreactor, if there is one."""
        if self.conditions is None:
            return None
        return simulation.batch_of(network, self.conditions)


@dataclass(frozen=True)
class Imported:
    """What a file gave: a network, its models where the file holds any, and what to know of it."""

    network: networks.Network
    models: kinetics.KineticModels | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Format:
    """A file format of other programs.

    Attributes:
        suffixes: by which it is known; the first one is given to a name without.
        others: (path, number of models); files that may be written beside this one or for it.
        write: (path, ensemble, network, options); gives the files. None where none is written.
        read: (path, options); gives `Imported`. None where none is read.
    """

    suffixes: tuple[str, ...]
    others: Callable[[Path, int], list[Path]]
    write: Writer | None = None
    read: Reader | None = None


def _numbered(path: Path, number: int) -> list[Path]:
    names = (f"{path.stem}_{i}{path.suffix}" for i in range(number))
    return [path.with_name(name) for name in names] if number > 1 else []


def _beside(path: Path, number: int) -> list[Path]:
    return [path.with_name(path.stem + ending) for ending in (_LIST, _SETS)]


def _write_sbml(
    path: Path, ensemble: kinetics.KineticEnsemble, network: networks.Network, asked: Asked
) -> tuple[Path, ...]:
    members = 0 if len(ensemble) == 1 else range(len(ensemble))
    return formats.write_sbml(
        path, ensemble, members, network=network, reactor=asked.reactor(network)
    )


def _read_sbml(path: Path, asked: Asked) -> Imported:
    read = formats.read_sbml(path, density_gDW_L=asked.density_gDW_L, settle_h=asked.settle_h)
    return Imported(read.network, read.models, read.left_out)


def _write_skimpy(
    path: Path, ensemble: kinetics.KineticEnsemble, network: networks.Network, asked: Asked
) -> tuple[Path, ...]:
    # SKiMpy reads regulation from a list beside the model.
    listed = path.with_name(path.stem + _LIST) if network.regulated else None
    formats.write_skimpy(path, network, models=ensemble, member=0, regulation=listed)
    files = [path] if listed is None else [path, listed]
    if len(ensemble) > 1:
        files.append(path.with_name(path.stem + _SETS))
        formats.write_skimpy_parameters(files[-1], ensemble, network=network)
    return tuple(files)


def _read_skimpy(path: Path, asked: Asked) -> Imported:
    read = formats.read_skimpy(
        path, regulation=asked.regulation, bigg_ids=True, growth=asked.growth,
        growth_scale=asked.growth_scale, conditions={"dry_weight_density": asked.density_gDW_L},
    )  # fmt: skip
    try:
        state = read.steady_state()
    except (DataError, SteadyStateError) as error:  # the file leaves numbers open
        return Imported(read.network, None, (*read.notes, f"no models: {error}"))
    return Imported(read.network, read.parameter_set().models(0, state), read.notes)


def _write_archive(
    path: Path, ensemble: kinetics.KineticEnsemble, network: networks.Network, asked: Asked
) -> tuple[Path, ...]:
    reactor = asked.reactor(network)
    measured = reactor is not None and network.file("fermentation.csv").is_file()
    written = formats.write_archive(
        path, ensemble, network, range(len(ensemble)),
        perturbation=simulation.Perturbation(per_model=asked.starts, seed=asked.seed),
        reactor=reactor, curves=simulation.measured_curves(network) if measured else (),
    )  # fmt: skip
    return (written,)


FORMATS = {
    "sbml": Format((".xml", ".sbml"), _numbered, _write_sbml, _read_sbml),
    "omex": Format((".omex",), lambda path, number: [], _write_archive),
    "skimpy": Format((".yaml", ".yml"), _beside, _write_skimpy, _read_skimpy),
}


def format_of(path: Path, name: str | None, *, reading: bool) -> Format:
    """The format of a file, by its name if one is given, else by the suffix.

    Raises:
        ParameterError: no format has this suffix, or it is not read, or not written.
    """
    if name is not None:
        found = FORMATS[name]
    else:
        of = {suffix: f for f in FORMATS.values() for suffix in f.suffixes}
        if path.suffix.lower() not in of:
            listed = ", ".join(f"{n} ({' '.join(f.suffixes)})" for n, f in FORMATS.items())
            raise ParameterError(
                f"{path}: no format has the suffix {path.suffix or 'of no name'}"
                f"{nearest(path.suffix, of)} Give --format, one of {listed}"
            )
        found = of[path.suffix.lower()]
    if (found.read if reading else found.write) is None:
        raise ParameterError(f"{path}: this format is {'written' if reading else 'read'} only")
    return found


def _format_option(command: Any) -> Any:
    return click.option(
        "--format", "chosen", type=click.Choice(list(FORMATS)),
        help="Of the file; by its suffix if not given.",
    )(command)  # fmt: skip


@click.command(short_help="Write models for other programs.", epilog=examples(
    "renaissance-kit export ecoli_w3110_trpd9923 --out model.xml",
    "renaissance-kit export data/mine --models ensemble.nc -n 5 --out models.xml",
    "renaissance-kit export ecoli_w3110_trpd9923 --conditions own -n 3 --out ecoli.omex",
))  # fmt: skip
@network_argument
@models_options(1, "Models to write, the first of the file.")
@_format_option
@click.option("--conditions", help="In a bioreactor: own for bioreactor.csv, or NAME.")
@click.option(
    "--starts",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Perturbed starts of each model, in an archive.",
)
@seed_option(1)
@click.option(
    "--out", type=Place(), default="model.xml", show_default=True,
    help="File to write; several models of SBML get their number into its name.",
)  # fmt: skip
@force_option
def export(
    network: str, models: Path | None, number: int, also_invalid: bool, chosen: str | None,
    conditions: str | None, starts: int, seed: int, out: Path, force: bool,
) -> None:  # fmt: skip
    """Write models of NETWORK as SBML, or as a COMBINE archive with simulations and data.

    COPASI, tellurium and others read them; see the guide 'Take it to COPASI'.
    """
    if not out.suffix:
        out = out.with_name(out.name + FORMATS[chosen or "sbml"].suffixes[0])
    found = format_of(out, chosen, reading=False)
    require_free(out, force, models)
    opened = networks.Network.open(network)
    ensemble = chosen_ensemble(opened, models, number, also_invalid)
    assert found.write is not None
    for file in found.others(out, len(ensemble)):
        require_free(file, force)
    for file in found.write(out, ensemble, opened, Asked(conditions, starts, seed)):
        click.echo(f"{file}: {opened.name}")


@click.command("import", short_help="Read a model of another program.", epilog=examples(
    "renaissance-kit import model.xml --out data/mine",
    "renaissance-kit import other.xml --density 300 --settle 100 --out data/other",
    "renaissance-kit import model.yaml --regulation regulation.csv --out data/skimpy",
))  # fmt: skip
@click.argument("model", type=FileToRead())
@_format_option
@click.option(
    "--density", default=300.0, show_default=True, metavar="gDW/L",
    help="Dry weight per litre of cell, where the file does not say it.",
)  # fmt: skip
@click.option(
    "--settle", default=0.0, metavar="h",
    help="Simulate so long first, where the file does not hold a steady state.",
)  # fmt: skip
@click.option("--regulation", type=FileToRead(), help="List of regulation of a SKiMpy model.")
@click.option("--growth", metavar="ID", help="Growth reaction of a SKiMpy model.")
@click.option(
    "--growth-scale", default=1.0, show_default=True, metavar="FACTOR",
    help="What the coefficients of growth are multiplied with in a SKiMpy model.",
)  # fmt: skip
@click.option("--out", type=Place(), required=True, help="Folder for the tables of the network.")
@force_option
def import_(
    model: Path, chosen: str | None, density: float, settle: float, regulation: Path | None,
    growth: str | None, growth_scale: float, out: Path, force: bool,
) -> None:  # fmt: skip
    """Read a kinetic MODEL of another program: a folder of tables, its steady state, its models.

    What the file holds and the models do not is said on standard error. A file with something that
    is not known is not read: everything of the kind is listed.
    """
    require_writable(out)
    there = [out / name for name in (*_TABLES, MODELS_FILE) if (out / name).exists()]
    if there and not force:
        raise DataError(f"{there[0]} is there already; --force replaces it, or give another --out")
    found = format_of(model, chosen, reading=True)
    assert found.read is not None
    asked = Asked(
        density_gDW_L=density, settle_h=settle, regulation=regulation, growth=growth,
        growth_scale=growth_scale,
    )  # fmt: skip
    read = found.read(model, asked)
    for note in read.notes:
        say(f"note: {note}")
    written = networks.write_tables(read.network, out, force=True)
    models = read.models
    if models is None:
        click.echo(f"{out}: {written}")
        return
    core.write_csv(out / "steady_state.csv", states.state_table(read.network, models.state))
    ensemble = kinetics.KineticEnsemble.from_models(models, models.spectrum())
    ensemble.save(out / MODELS_FILE)
    click.echo(f"{out}: {written}")
    click.echo(f"{out / MODELS_FILE}: {int(ensemble.valid.sum())} of {len(models)} models valid")


_TABLES = ("compartments.csv", "conditions.csv", "metabolites.csv", "reactions.csv",
           "regulation.csv", "steady_state.csv")  # fmt: skip
COMMANDS: tuple[click.Command, ...] = (export, import_)
