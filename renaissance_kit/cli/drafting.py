"""The commands that make a network: check, draft, states."""

from __future__ import annotations

import warnings
from pathlib import Path

import click

from renaissance_kit import core, draft as drafts, network as networks, states as steady
from renaissance_kit.cli import checking
from renaissance_kit.cli.options import (
    FileToRead,
    Place,
    examples,
    force_option,
    network_argument,
    number_option,
    out_file,
    require_free,
    require_writable,
    say,
    seed_option,
)
from renaissance_kit.core.errors import DataError

PROBLEMS = 1  # exit status


@click.command(short_help="List every problem of a network's folder.", epilog=examples(
    "renaissance-kit check tiny",
    "renaissance-kit check data/mine --feasible",
))  # fmt: skip
@network_argument
@click.option(
    "--feasible", is_flag=True, help="Ask whether any steady state meets all constraints."
)
def check(network: str, feasible: bool) -> int:
    """Read all tables and files of a network's folder, and list every problem.

    The exit status is 1 where there are problems.
    """
    problems = 0
    for finding in checking.check_folder(network, feasible=feasible):
        click.echo(f"{finding.name}: {finding.content or 'cannot be used'}")
        for problem in finding.problems:
            click.echo(f"  problem: {problem}")
        problems += len(finding.problems)
    click.echo(f"{problems or 'no'} problem{'s' * (problems != 1)}")
    return PROBLEMS if problems else 0


@click.command(short_help="Draft a network from a constraint-based model.", epilog=examples(
    "renaissance-kit draft model.xml --growth BIOMASS",
    "renaissance-kit draft model.xml --energies energies.csv --out data/mine",
    "renaissance-kit draft model.xml --decisions data/mine/decisions.csv --out data/mine --force",
))  # fmt: skip
@click.argument("model", type=FileToRead())
@click.option("--growth", help="Id of the biomass reaction; the model's objective if not given.")
@click.option("--energies", type=FileToRead(), help="Table of formation energies.")
@click.option("--decisions", type=FileToRead(), help="An edited decisions.csv of an earlier draft.")
@click.option(
    "--density",
    default=300.0,
    show_default=True,
    metavar="gDW/L",
    help="Dry weight per litre of cell.",
)
@click.option("--out", type=Place(), help="Folder for the tables; without it nothing is written.")
@force_option
def draft(
    model: Path, growth: str | None, energies: Path | None, decisions: Path | None,
    density: float, out: Path | None, force: bool,
) -> int:  # fmt: skip
    """Draft a network from MODEL, a constraint-based model (SBML, JSON, YAML or MATLAB).

    Every decision is a row of decisions.csv, which may be edited and given again. Where problems
    are left, they are listed, and the exit status is 1; only decisions.csv and the table of missing
    energies are written then.
    """
    if out is not None:
        require_writable(out)
        _require_no_network(out, decisions, force)
    made = drafts.NetworkDraft.from_cobra(
        str(model), growth=growth, energies=energies, decisions=decisions, density_gDW_L=density
    )
    for rule, choices in made.summary().choices.items():
        click.echo(f"{rule}: {choices}")
    problems = made.problems()
    for number, problem in enumerate(problems, 1):
        click.echo(f"problem {number}: {problem}")
    if out is not None and problems:
        _write_to_edit(made, out, force)
    elif out is not None:
        click.echo(f"{out}: {made.write(out, force=True)}")
    return PROBLEMS if problems else 0


_DECISIONS, _TO_FILL_IN = "decisions.csv", "to_fill_in.csv"


def _require_no_network(out: Path, decisions: Path | None, force: bool) -> None:
    """Raise DataError where something would be lost; decisions that are given are not."""
    edited = out / _DECISIONS
    given = decisions is not None and decisions.resolve() == edited.resolve()
    tables = (networks.COMPARTMENT_TABLE, networks.METABOLITE_TABLE, networks.REACTION_TABLE,
              networks.CONDITION_TABLE, steady.CONSTRAINT_TABLE, steady.MEDIUM_TABLE)  # fmt: skip
    there = [table.name for table in tables if (out / table.name).exists()]
    there += [_DECISIONS] if edited.exists() and not given else []
    if there and not force:
        raise DataError(
            f"{out} holds {', '.join(there)}; --force replaces them, or give another --out. "
            f"Edited decisions are kept when they are given: --decisions {edited}"
        )


def _write_to_edit(made: drafts.NetworkDraft, out: Path, force: bool) -> None:
    """Write what the user may edit to get rid of the problems; energies in the folder are kept."""
    missing = made.missing_energies()
    if (out / _TO_FILL_IN).exists() and not force:
        missing = missing.iloc[:0]
    for name, table, what in (
        (_DECISIONS, made.decisions(), "edit it, and give it as --decisions"),
        (_TO_FILL_IN, missing, "fill it in, and give it as --energies"),
    ):
        if len(table):
            core.write_csv(out / name, table)
            click.echo(f"{out / name}: {what}")


@click.command(short_help="Sample steady states.", epilog=examples(
    "renaissance-kit states data/mine --number 1000 --seed 1 --out states.nc",
))  # fmt: skip
@network_argument
@number_option(1000, "Steady states to draw.")
@seed_option(1)
@out_file(".nc", "states.nc")
def states(network: str, number: int, seed: int, out: Path, force: bool) -> None:
    """Sample steady states that meet the constraints of NETWORK and the second law."""
    require_free(out, force)
    say("building the thermodynamic model and sampling; this may take minutes")
    opened = networks.Network.open(network)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # said below, without a line of code
        found = steady.sample_steady_states(opened, number, seed=seed)
    found.save(out)
    data = found.dataset
    click.echo(
        f"{out}: {len(found):,} steady states; effective sample size at least "
        f"{float(data.ess.min()):,.0f}, R-hat at most {float(data.rhat.max()):.3f}"
    )
    if text := steady.not_mixed(found):
        say(f"note: {text}")


COMMANDS = (check, draft, states)
