"""The commands that make kinetic models and simulate them: train, generate, perturb, cultivate."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from renaissance_kit import core, kinetics, network as networks, simulation, training
from renaissance_kit.cli import trained
from renaissance_kit.cli.options import (
    FileToRead,
    Place,
    examples,
    network_argument,
    number_option,
    out_file,
    progress,
    require_free,
    require_writable,
    resumable,
    say,
    seed_option,
    workers_option,
)
from renaissance_kit.core.errors import DataError, ParameterError


@click.command(short_help="Train a generator of Michaelis constants.", epilog=examples(
    "renaissance-kit train tiny --out training",
    "renaissance-kit train data/mine --states states.nc --state 0 -p generations 20",
    "renaissance-kit train ecoli_w3110_trpd9923 --recipe paper --seed 7 --out build/paper",
    "renaissance-kit train ecoli_w3110_trpd9923 --recipe by-gradient --out wide",
    "renaissance-kit train ecoli_w3110_trpd9923 --recipe by-score --objective fermentation "
    "-p diversity 0.3 --begin-with wide",
))  # fmt: skip
@network_argument
@click.option("--states", type=FileToRead(), help="Steady states; the network's if not given.")
@click.option("--state", type=int, help="Number of the state; the default one if not given.")
@click.option(
    "--recipe",
    type=click.Choice(trained.RECIPES),
    default="default",
    show_default=True,
    help="Method, objective and bounds.",
)
@click.option(
    "-p",
    "--parameter",
    "parameters",
    nargs=2,
    multiple=True,
    metavar="KEY VALUE",
    help="A setting of the method, such as 'generations 20'; repeat for several.",
)
@click.option(
    "--objective",
    type=click.Choice(trained.OBJECTIVES),
    help="What is wanted of a model; valid dynamics if not given. Others have no derivative: take "
    "the recipe by-score, or default.",
)
@click.option("--threshold", type=float, metavar="1/h", help="Bound on λmax; the network's.")
@click.option(
    "--begin-with",
    type=Place(),
    help="Folder of a training whose generator it begins with, such as a wide one by gradient.",
)
@seed_option(1)
@workers_option
@click.option(
    "--out",
    type=Place(),
    default="training",
    show_default=True,
    help="Folder of the training. The same command goes on with what was begun there.",
)
@click.option("--force", is_flag=True, help="Begin anew where another training is.")
def train(
    network: str, states: Path | None, state: int | None, recipe: str,
    parameters: tuple[tuple[str, str], ...], objective: str | None,
    threshold: float | None, begin_with: Path | None, seed: int, workers: int, out: Path,
    force: bool,
) -> None:  # fmt: skip
    """Train a generator of Michaelis constants at one steady state of NETWORK.

    After Ctrl-C, or a crash, the same command goes on from the last step.
    """
    opened = networks.Network.open(network)
    asked = trained.Request(
        network if network in core.example_names() else str(Path(network).resolve()),
        None if states is None else str(states.resolve()), state, recipe,
        trained.read_settings(opened, recipe, parameters), threshold, objective, seed=seed,
    )  # fmt: skip
    require_writable(out)
    _, at, method = asked.parts()
    begun = trained.begun_in(out)
    weights = None
    if begin_with is not None:
        asked, weights = _beginning(asked, begin_with, method, out)
    if begun and not (force or asked.goes_on_with(trained.Request.read(out), method.settings)):
        raise DataError(
            f"{out} holds another training, see {out / trained.REQUEST}; --force begins anew, or "
            "give another --out"
        )
    if begun and force:
        (out / trained.CHECKPOINT).unlink()
    asked.write(out)
    show = progress()

    def tell(now: training.TrainingState) -> None:
        text = _share(now.history[-1], method.threshold_per_h)
        show(f"step {now.step} of {method.settings.n_steps}: {text} before it")

    with resumable():
        done = training.train(
            opened, at, seed=seed, recipe=method, checkpoint=out / trained.CHECKPOINT,
            resume=True, progress=tell, workers=workers, initial_weights=weights,
        )  # fmt: skip
    core.write_csv(out / trained.HISTORY, done.history)
    first, last = (_share(done.state.history[i], method.threshold_per_h) for i in (0, -1))
    click.echo(f"{out}: {done.state.step} steps; before the first {first}, before the last {last}")


def _beginning(
    asked: trained.Request, folder: Path, method: training.Recipe, out: Path
) -> tuple[trained.Request, core.Weights | None]:
    """The request with the generator that it begins with, and its weights.

    There are none where the folder is gone and the training in ``out`` was begun with it.
    """
    if folder.resolve() == out.resolve():
        raise ParameterError(f"--begin-with and --out are both {out}; give another --out")
    asked = replace(asked, begin_with=str(folder.resolve()))
    if trained.begun_in(out) and not trained.begun_in(folder):
        return replace(asked, begin_digest=trained.Request.read(out).begin_digest), None
    done, weights = trained.first_weights(folder, method)
    _note_unfinished(folder, done)
    return replace(asked, begin_digest=core.fingerprint(weights)), weights


def _note_unfinished(folder: Path, done: training.Training) -> None:
    if done.state.step < done.settings.n_steps:
        say(f"note: {folder}: {done.state.step} of {done.settings.n_steps} steps are done")


def _share(record: training.Record, threshold_per_h: float) -> str:
    found = record.lambda_max_per_h
    if not len(found):
        return "no model was watched"
    share = 100 * kinetics.incidence_of(found, threshold_per_h)
    return f"{share:.0f} % of {len(found):,} models valid"


@click.command(short_help="Draw kinetic models from a trained generator.", epilog=examples(
    "renaissance-kit generate training --number 1000 --out ensemble.nc",
    "renaissance-kit generate training --seed 3 --valid --out valid.nc",
))  # fmt: skip
@click.argument("trained_in", metavar="TRAINING", type=Place())
@number_option(1000, "Models to draw.")
@seed_option(2)
@click.option("--valid", is_flag=True, help="Keep only the valid ones of these.")
@workers_option
@out_file(".nc", "ensemble.nc")
def generate(
    trained_in: Path, number: int, seed: int, valid: bool, workers: int, out: Path, force: bool
) -> None:
    """Draw kinetic models from the generator in TRAINING, a folder that `train` wrote."""
    require_free(out, force)
    found = trained.done_in(trained_in, workers=workers)
    _note_unfinished(trained_in, found)
    ensemble = found.ensemble(number, seed=seed)
    share = f"{int(ensemble.valid.sum()):,} of {number:,} models valid"
    if valid:
        if not ensemble.valid.any():
            raise ParameterError("none of the models is valid; train longer, or draw more")
        ensemble = ensemble.select(ensemble.valid)
    ensemble.save(out)
    click.echo(f"{out}: {share}")


def models_options(number: int, what: str) -> Any:
    """Which models are taken.

    Args:
        number: how many if it is not said.
        what: is done with them, for the help.
    """

    def decorated(command: Any) -> Any:
        for decorator in (
            click.option("--all", "also_invalid", is_flag=True, help="Not only the valid models."),
            number_option(number, what),
            click.option(
                "--models", type=FileToRead(), help="Ensemble; the network's if not given."
            ),
        ):
            command = decorator(command)
        return command

    return decorated


def chosen_ensemble(
    network: networks.Network, path: Path | None, number: int, also_invalid: bool
) -> kinetics.KineticEnsemble:
    """The first models of a file, or of the network's folder."""
    of = kinetics.KineticEnsemble
    ensemble = of.example(network) if path is None else of.load(path)
    if not also_invalid:
        if not ensemble.valid.any():
            raise ParameterError("no model in the file is valid; --all takes the others too")
        ensemble = ensemble.select(ensemble.valid)
    return ensemble.select(range(min(number, len(ensemble))))


def chosen_models(
    network: networks.Network, path: Path | None, number: int, also_invalid: bool
) -> kinetics.KineticModels:
    """As `chosen_ensemble`, ready for simulation."""
    return chosen_ensemble(network, path, number, also_invalid).models(network)


@click.command(short_help="Displace concentrations, and follow the return.", epilog=examples(
    "renaissance-kit perturb tiny --models ensemble.nc --out perturbed.nc",
    "renaissance-kit perturb data/mine --models ensemble.nc --size 0.2 --metabolites cytosol",
))  # fmt: skip
@network_argument
@models_options(100, "Models to simulate, the first of the file.")
@click.option(
    "--size",
    type=float,
    default=0.5,
    show_default=True,
    help="δ: each concentration is multiplied by a number from 1 − δ to 1 + δ.",
)
@click.option(
    "--metabolites",
    default="all",
    show_default=True,
    help="all, a compartment, or ids with commas between them.",
)
@click.option("--per-model", type=int, default=1, show_default=True, help="Perturbations of each.")
@seed_option(1)
@workers_option
@out_file(".nc", "perturbed.nc")
def perturb(
    network: str, models: Path | None, number: int, also_invalid: bool, size: float,
    metabolites: str, per_model: int, seed: int, workers: int, out: Path, force: bool,
) -> None:  # fmt: skip
    """Displace the concentrations of models of NETWORK, and follow them for ten hours.

    After Ctrl-C the same command goes on with the models that are missing.
    """
    require_free(out, force, models)
    opened = networks.Network.open(network)
    named: Any = metabolites
    if "," in metabolites or metabolites in opened.dynamic:
        named = [name.strip() for name in metabolites.split(",")]
    settings = simulation.Perturbation(size=size, metabolites=named, per_model=per_model, seed=seed)
    chosen = chosen_models(opened, models, number, also_invalid)
    with resumable():
        result = simulation.perturb(chosen, settings, run=_run(out, workers))
    result.save(out)
    shutil.rmtree(_parts(out), ignore_errors=True)
    status = result.status()
    counts = {r: int((status == r).sum()) for r in simulation.Return}
    told = ", ".join(f"{n:,} {r.name.lower().replace('_', ' ')}" for r, n in counts.items() if n)
    click.echo(
        f"{out}: {status.size:,} perturbations of {len(chosen):,} models: {told} (within 1 %)"
    )


@click.command(short_help="Grow models in a simulated bioreactor.", epilog=examples(
    "renaissance-kit cultivate ecoli_w3110_trpd9923 -n 10 --out cultivated.nc",
    "renaissance-kit cultivate data/mine --models ensemble.nc --hours 40 --conditions aerated",
))  # fmt: skip
@network_argument
@models_options(100, "Models to simulate, the first of the file.")
@click.option(
    "--conditions",
    default="own",
    show_default=True,
    help="own for bioreactor.csv of the network's folder, NAME for bioreactor_NAME.csv.",
)
@click.option("--hours", type=float, help="Length of the simulation; that of the table.")
@workers_option
@out_file(".nc", "cultivated.nc")
def cultivate(
    network: str, models: Path | None, number: int, also_invalid: bool, conditions: str,
    hours: float | None, workers: int, out: Path, force: bool,
) -> None:  # fmt: skip
    """Grow models of NETWORK in a simulated bioreactor.

    After Ctrl-C the same command goes on with the models that are missing.
    """
    require_free(out, force, models)
    opened = networks.Network.open(network)
    changes = {} if hours is None else {"duration_h": hours}
    reactor = simulation.batch_of(opened, conditions, **changes)
    chosen = chosen_models(opened, models, number, also_invalid)
    with resumable():
        result = simulation.cultivate(chosen, reactor, run=_run(out, workers))
    result.save(out)
    shutil.rmtree(_parts(out), ignore_errors=True)
    click.echo(
        f"{out}: {int(result.finished.sum()):,} of {len(chosen):,} models reached "
        f"{reactor.conditions.duration_h:g} h"
    )


def _parts(out: Path) -> Path:
    """Where finished models of a run are kept until the whole is written."""
    return out.with_name(f".{out.name}.parts")


def _run(out: Path, workers: int) -> core.Run:
    return core.Run(workers=workers, store=_parts(out), progress=progress())


COMMANDS = (train, generate, perturb, cultivate)
