"""Runs of every kind that kill themselves at a chosen moment.

    python -m killing KIND FOLDER WHERE MOMENT SIGNAL

A moment is the number of an audit event (https://docs.python.org/3/library/audit_events.html) of
the process since its run began: a file opened, locked, renamed or removed, an object copied or
sent. So it does not depend on the speed of the machine, and hits the writing of files as well as
the work between. Imports are no moments: what is to be killed is done once before, elsewhere.
Moment 0 is never, and -1 never too, but counted. The end of a run is a fingerprint of its numbers,
printed with the number of moments.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from test_checkpoints import CASES, recipe_of, where_of

HERE = Path(__file__).resolve().parent
WHERE = ("run", "kernel")  # the process that is killed: that of the run, or a notebook's kernel

FILES = ("open", "os", "fcntl", "shutil", "subprocess")  # families of events
WORK = ("builtins", "pickle")  # the same; a notebook has too many of them

_COUNT: Any = None
_WORKERS = 2


def arm(moment: int, number: int, families: tuple[str, ...] = FILES) -> None:
    """Count events from now on, and send this process a signal at one of them."""
    global _COUNT
    _COUNT = itertools.count(1)

    def hook(event: str, arguments: Any) -> None:
        counts = event.split(".")[0] in families and not _of_an_import(arguments)
        if counts and next(_COUNT) == moment:
            os.kill(os.getpid(), number)

    sys.addaudithook(hook)


def _of_an_import(arguments: Any) -> bool:
    path = str(arguments[0]) if arguments and isinstance(arguments[0], str | Path) else ""
    return path.endswith((".py", ".pyc", ".so")) or "site-packages" in path


def moments() -> int:
    """How many there were so far."""
    return next(_COUNT) - 1


def arm_kernel() -> None:
    """For a cell: arm the kernel, where it is the one to be killed."""
    where, moment, number = os.environ["KILLING"].split()
    arm(int(moment) if where == "kernel" else 0, int(number))


def training(method: str) -> Callable[[Path], Any]:
    def run(folder: Path) -> Any:
        from renaissance_kit import Network, SteadyState, train

        network = Network.example("tiny")
        case = CASES[method]
        where = where_of(case, SteadyState.from_folder(network))
        done = train(
            network, where, seed=5, recipe=recipe_of(case, network, 25),
            checkpoint=folder / "run.npz", resume=True,
        ).state  # fmt: skip
        history = [(r.step, r.lambda_max_per_h, r.values) for r in done.history]
        return done.weights, done.memory, done.rng_state, history

    return run


def the_run(folder: Path) -> Any:
    from renaissance_kit.core import Run

    return Run(workers=_WORKERS, store=folder, chunk=2)


def tiny(n: int) -> Any:
    """The network, one state, several states, and models."""
    from renaissance_kit import KineticModels, KMRanges, Network, SteadyState, SteadyStates

    network = Network.example("tiny")
    state = SteadyState.from_folder(network)
    factor = 1 + np.arange(n)[:, None] / 10
    states = SteadyStates.from_arrays(
        network, np.repeat(state.fluxes_mmol_gDW_h[None], n, axis=0), network.kinetic_reactions,
        factor * state.concentrations_mM, np.repeat(state.log_displacement[None], n, axis=0), {},
    )  # fmt: skip
    km = KMRanges.of(network).uniform(n, np.random.default_rng(1))
    return network, state, states, KineticModels(network, state, km)


def perturbation(folder: Path) -> Any:
    from renaissance_kit import Perturbation, perturb

    found = perturb(tiny(8)[3], Perturbation(size=0.1), run=the_run(folder)).dataset
    return found.deviation.values, found.outcome.values.astype(int)


def shifted(folder: Path) -> Any:
    from renaissance_kit.simulation import Step, shift

    steps = (Step(vmax_factors={"HEX": 0.5}), Step(0.5))
    found = shift(tiny(8)[3], steps, np.array([0.0, 0.5, 1.0]), run=the_run(folder))
    return found.states_mM, found.rates, found.outcome.astype(int)


def new_states(folder: Path) -> Any:
    from renaissance_kit.simulation import Step, new_steady_states

    changes = (Step(vmax_factors={"HEX": 0.5}), Step(vmax_factors={"PGI": 0.0}))
    found = new_steady_states(tiny(8)[3], changes, run=the_run(folder))
    return found.states_mM, found.rates, found.status.astype(int)


def designs(folder: Path) -> Any:
    from renaissance_kit.control import control_coefficients
    from renaissance_kit.design import DesignProblem, find_designs, linear_responses

    network, state, _, models = tiny(8)
    problem = DesignProblem({"HEX": 1.0}, enzymes=2)
    responses = linear_responses(problem, control_coefficients(models), network, state)
    found = find_designs(responses, run=the_run(folder))
    return found.log_folds, found.log_gain, found.status.astype(int)


def bioreactor(folder: Path) -> Any:
    from monod import monod

    from renaissance_kit import cultivate
    from renaissance_kit.simulation import batch_of

    with tempfile.TemporaryDirectory() as elsewhere:
        one = monod(Path(elsewhere) / "monod")
        models = one.with_km(one.km_mM * (1 + np.arange(8)[:, None] / 10))
        reactor = batch_of(one.network, duration_h=2.0)
        found = cultivate(models, reactor, run=the_run(folder)).dataset
    return found.state.values, found.outcome.values.astype(int)


def survey(folder: Path) -> Any:
    from renaissance_kit.search import survey_states

    network, _, states, _ = tiny(8)
    found = survey_states(network, states, seed=1, run=the_run(folder)).dataset
    return found.lambda_max.values, found.km.values, found.evaluations.values


def restarts(folder: Path) -> Any:
    from renaissance_kit.search import SearchSettings, survey_states

    network, _, states, _ = tiny(8)
    everything = SearchSettings(steps=5, restarts=3, margin=np.inf)  # no descent is enough
    run = the_run(folder)
    found = survey_states(network, states[:2], seed=1, settings=everything, run=run).dataset
    return found.lambda_max.values, found.km.values, found.evaluations.values


def unbiased(folder: Path) -> Any:
    from renaissance_kit.analysis import unbiased_models

    network, _, states, _ = tiny(8)
    return unbiased_models(
        network, states, models=5, seed=1, run=the_run(folder)
    ).dataset.lambda_max.values


def exact_km(folder: Path) -> Any:
    from renaissance_kit import studies

    network, state, _, _ = tiny(1)
    found = studies.exact_km(network, state, 8, seed=1, run=the_run(folder))
    return found.km_mM, found.accepted


def calibrated(folder: Path) -> Any:
    from renaissance_kit import KMRanges, studies
    from renaissance_kit.analysis import KMPosterior

    network, state, _, _ = tiny(1)
    posterior = KMPosterior(network, state, KMRanges.of(network), -250.0)
    found = studies.calibrate(
        posterior, {"PGI:g6p_c": 2.0}, {"exact": studies.by_rejection}, repeats=8, seed=1,
        draws=9, run=the_run(folder),
    )  # fmt: skip
    return found.ranks["exact"], found.widths["exact"]


def linear(folder: Path) -> Any:
    from renaissance_kit import Perturbation, studies

    settings = Perturbation(size=0.1)
    found = studies.linear_result(tiny(8)[3], settings, run=the_run(folder)).dataset
    return found.deviation.values


def nes_of_states(folder: Path) -> Any:
    from renaissance_kit import Recipe
    from renaissance_kit.training import nes_of_states

    network, _, states, _ = tiny(4)
    recipe = Recipe.study_of_states(
        network, generations=3, population=4, models_per_generator=5, monitor_models=0
    )
    found = nes_of_states(network, states, seed=1, recipe=recipe, models=5, run=the_run(folder))
    return found.lambda_max_per_h.values, found.km_mM.values, found.reward.values


def notebook(folder: Path) -> Any:
    """The command runs a notebook, with a training and a perturbation in it."""
    import nbformat

    from renaissance_kit.cli import main

    notebooks = folder / "notebooks"
    notebooks.mkdir(exist_ok=True)
    cells = [
        nbformat.v4.new_code_cell(CELLS[0], metadata={"tags": ["parameters"]}),
        *map(nbformat.v4.new_code_cell, CELLS[1:]),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    written = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(written, notebooks / "killed.ipynb")
    out = folder / "out"
    status = main(["run", "killed", "--notebooks", str(notebooks), "--out", str(out)])
    if status:
        sys.exit(status)
    assert not (out / "killed.failed.ipynb").exists()
    return json.loads((out / "end.json").read_text())


CELLS = (
    'scale = "smoke"\noutput_dir = "out"\nnetwork = "tiny"\nseed = 1\n',
    """
from pathlib import Path
import killing
killing.arm_kernel()
out = Path(output_dir)
trained = killing.training("nes")(out)
perturbed = killing.perturbation(out / "store")
""",
    """
import json
from renaissance_kit.core import fingerprint
end = {"end": fingerprint(trained, perturbed), "moments": killing.moments()}
(out / "end.json").write_text(json.dumps(end))
""",
)

CHUNKED = {
    "perturbation": perturbation, "shift": shifted, "linear": linear, "cultivation": bioreactor,
    "new_states": new_states, "designs": designs, "survey": survey,
    "survey restarts": restarts, "unbiased": unbiased, "exact_km": exact_km,
    "calibrate": calibrated, "nes-of-states": nes_of_states,
}  # fmt: skip
"""By the name that a study gives its run."""

KINDS: dict[str, Callable[[Path], Any]] = {
    **{method: training(method) for method in CASES}, **CHUNKED, "notebook": notebook,
}  # fmt: skip


def main(kind: str, folder: str, where: str, moment: str, number: str) -> None:
    """Run, and print the end."""
    global _WORKERS
    from renaissance_kit.core import fingerprint

    if kind != "notebook" and int(moment):
        _WORKERS = 1
        with tempfile.TemporaryDirectory() as elsewhere:
            KINDS[kind](Path(elsewhere))
        _WORKERS = 2
    os.environ["KILLING"] = f"{where} {moment} {number}"
    families = FILES if kind == "notebook" else FILES + WORK
    arm(int(moment) if where == "run" else 0, int(number), families)
    found = KINDS[kind](Path(folder))
    end, count = fingerprint(found), moments()
    if kind == "notebook":
        end, count = found["end"], found["moments"] if where == "kernel" else count
    print(json.dumps({"end": end, "moments": count}))


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    main(*sys.argv[1:])
