"""Subjects: what runs keep (checkpoints, generators, stores), and what the pages are made of."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from renaissance_kit import Generator, KineticEnsemble, KMRanges, Recipe, train
from renaissance_kit.cli import batch, main, parameters_of, read_values
from renaissance_kit.core import DataError, Run, read_store, run_chunks
from renaissance_kit.states import StateFeatures
from renaissance_kit.studies import Integration
from renaissance_kit.training import ConditionalGenerator, ConditionalNet, Training

from .mutations import Mutant
from .mutations_of_archives import of_archives, of_json
from .oracle import Expect, Meaning
from .readers import Subject
from .readers_of_data_sets import tiny, tiny_state, tiny_states

ONE = Run(workers=1)
FILE = "run.npz"


def subjects() -> Mapping[str, Callable[[], Subject]]:
    """What makes each subject, by its name."""
    return {
        **{f"runs/checkpoint of {name}.npz": lambda n=name: _checkpoint(n) for name in _RECIPES},
        "runs/generator.npz": _generator,
        "runs/part of a store.npz": lambda: _store("part-000001.npz"),
        "runs/run.json": lambda: _store("run.json"),
        "runs/weights of a study.npz": _weights,
        "runs/parameters.json": _parameters,
        "runs/training.json": _request,
    }


# --- checkpoints -----------------------------------------------------------------------------

_RECIPES: dict[str, tuple[Callable[..., Recipe], dict[str, Any]]] = {
    "nes": (
        Recipe.default,
        {
            "generations": 3, "population": 4, "models_per_generator": 4, "monitor_models": 2,
            "optimiser": "adam",
        },
    ),
    "gradient": (Recipe.by_gradient, {"steps": 3, "models_per_step": 4}),
    "conditional": (
        Recipe.conditional, {"steps": 3, "models_per_step": 6, "states_per_step": 2},
    ),
}  # fmt: skip


def _train(name: str, path: Path, *, seed: int = 5, **how: Any) -> Training:
    make, size = _RECIPES[name]
    generator = Generator(KMRanges.of(tiny(), fixed={"PGI:g6p_c": (0.08, 0.12)}), hidden=(4,))
    recipe = make(tiny(), **size).but(generator=generator)
    where = list(tiny_states()) if name == "conditional" else tiny_state()
    return train(tiny(), where, seed=seed, recipe=recipe, checkpoint=path, workers=1, **how)


@cache
def _stopped(name: str, seed: int, steps: int) -> bytes:
    """The checkpoint of a run that was stopped after some steps."""
    done: list[Any] = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        stop = lambda: len(done) == steps  # noqa: E731
        _train(name, path, seed=seed, progress=done.append, stop=stop)
        return path.read_bytes()


def _checkpoint(name: str) -> Subject:
    def read(folder: Path) -> Meaning:
        state = _train(name, folder / FILE, resume=True).state
        history = [(r.step, r.lambda_max_per_h, dict(r.values)) for r in state.history]
        return Meaning(
            None,
            {
                "weights": state.weights, "memory": dict(state.memory), "step": state.step,
                "random": state.rng_state, "seed": state.seed, "history": history,
            },
        )  # fmt: skip

    others = {"an earlier step": _stopped(name, 5, 1), "another seed": _stopped(name, 6, 2)}
    others |= {"another method": _stopped("gradient" if name == "nes" else "nes", 5, 2)}
    mutations = of_archives(others)
    # a checkpoint of an earlier step of this very run leads to the same end
    mutations["file: an earlier step"] = lambda c, rng: Mutant(
        others["an earlier step"], Expect.EQUAL
    )
    return Subject(
        f"runs/checkpoint of {name}.npz",
        {FILE: _stopped(name, 5, 2)},
        FILE,
        read,
        mutations,
        (FILE,),
    )


# --- generators ------------------------------------------------------------------------------


def _generator_of(seed: int) -> bytes:
    ranges = KMRanges.of(tiny(), fixed={"PGI:g6p_c": (0.08, 0.12)})
    features = StateFeatures.of(tiny(), list(tiny_states()))
    net = ConditionalNet(tiny(), Generator(ranges, hidden=(4,)), features)
    weights = net.initial_weights(np.random.default_rng(seed))
    with TemporaryDirectory() as folder:
        path = Path(folder) / FILE
        ConditionalGenerator(net, weights, {"trained": "not at all", "seed": seed}).save(path)
        return path.read_bytes()


def _generator() -> Subject:
    def read(folder: Path) -> Meaning:
        made = ConditionalGenerator.load(folder / FILE, tiny())
        ranges = made.net.generator.ranges
        return Meaning(
            None,
            {
                "km": made.generate(tiny_state(), 5, np.random.default_rng(1)),
                "weights": made.weights, "about": made.about, "sources": list(ranges.sources),
                "bounds": [ranges.low_mM, ranges.high_mM, ranges.fixed],
            },
        )  # fmt: skip

    others = {"another seed": _generator_of(2), "a checkpoint": _stopped("nes", 5, 2)}
    mutations = of_archives(others)
    del mutations["file: another seed"]  # a generator like any other
    return Subject("runs/generator.npz", {FILE: _generator_of(1)}, FILE, read, mutations, (FILE,))


# --- stores ----------------------------------------------------------------------------------


def _squares(items: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    return {"square": items.astype(float) ** 2, "name": np.array([f"n{i}" for i in items])}


def _cubes(items: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    return {"square": items.astype(float) ** 3, "name": np.array([f"m{i}" for i in items])}


def _run(function: Callable[..., Any], store: Path, power: int) -> dict[str, NDArray[Any]]:
    settings = {"power": power, "digest": "0123456789abcdef", "bounds": [0.5, 2.0], "note": None}
    run = Run(workers=1, store=store)
    return run_chunks(function, 6, name="powers", settings=settings, chunk=2, run=run)


def _kept(function: Callable[..., Any], power: int) -> dict[str, bytes]:
    with TemporaryDirectory() as folder:
        _run(function, Path(folder), power)
        found = [path for path in Path(folder).rglob("*") if path.is_file()]
        return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def _store(target: str) -> Subject:
    files, theirs = _kept(_squares, 2), _kept(_cubes, 3)
    place = next(name for name in files if name.endswith(target))
    numbered = {Path(name).name: content for name, content in files.items()}

    def read(folder: Path) -> Meaning:
        found = _run(_squares, folder, 2)
        read_store((folder / place).parent)
        return Meaning(None, dict(found))

    if target == "run.json":
        mutations = of_json()
    else:
        others = {
            "another part": numbered["part-000002.npz"],
            "another run": next(c for n, c in theirs.items() if n.endswith(target)),
        }
        mutations = of_archives(others, whole=Expect.FAIL_OR_EQUAL)
    name = "run.json" if target == "run.json" else "part of a store.npz"
    return Subject(f"runs/{name}", files, place, read, mutations, (target, "powers-"))


# --- what a study keeps ------------------------------------------------------------------------


def _weights() -> Subject:
    make, size = _RECIPES["nes"]
    recipe = make(tiny(), **size).but(generator=Generator(KMRanges.of(tiny()), hidden=(4,)))

    def kept(seed: int) -> dict[str, bytes]:
        with TemporaryDirectory() as folder:
            Integration(tiny(), tiny_state(), recipe, 3, Run(workers=1, store=folder)).train(
                None, seed=seed
            )
            return {path.name: path.read_bytes() for path in Path(folder).iterdir()}

    files = kept(1)
    target = next(name for name in files if name.endswith(".npz"))

    def read(folder: Path) -> Meaning:
        study = Integration(tiny(), tiny_state(), recipe, 3, Run(workers=1, store=folder))
        first = study.train(None, seed=1)
        again = study.train(None, seed=2, start=first)  # from the weights that were kept
        return Meaning(None, {"weights": first.weights, "again": again.weights})

    others = {"another seed": next(c for n, c in kept(2).items() if n.endswith(".npz"))}
    mutations = of_archives(others)
    return Subject(
        "runs/weights of a study.npz", files, target, read, mutations, (target, Path(target).stem)
    )


# --- parameters of a notebook --------------------------------------------------------------------

NOTEBOOK = "03_robustness"
_GIVEN = {
    "scale": "smoke", "seed": 7, "size": 0.3, "per_model": 2, "totals": "keep", "models": 20,
    "metabolites": "cytosol", "tolerance": 0.01, "widgets": False, "network": "tiny", "workers": 1,
}  # fmt: skip


def _parameters() -> Subject:
    path = batch.notebook_path(NOTEBOOK)
    defaults = {p.name: p.default for p in parameters_of(path)[1]}
    kinds: dict[str, Any] = {name: eval(text, {}) for name, text in defaults.items()}

    def fits(name: str, value: Any) -> bool:
        default = kinds[name]
        if isinstance(value, float) and not np.isfinite(value):
            return False
        if isinstance(default, bool) or isinstance(value, bool):
            return isinstance(default, bool) and isinstance(value, bool)
        if default is None:
            return True
        if isinstance(default, str):
            return isinstance(value, str) or (name == "metabolites" and isinstance(value, list))
        if isinstance(default, int):
            return isinstance(value, int)
        return isinstance(value, int | float)

    def judged(changed: bytes) -> Expect:
        try:
            content = json.loads(changed)  # in whatever encoding
        except (ValueError, RecursionError):
            return Expect.FAIL
        if not isinstance(content, dict) or not set(content) <= set(kinds):
            return Expect.FAIL
        if content == _GIVEN:
            return Expect.FAIL_OR_EQUAL
        return Expect.DIFFER if all(fits(k, v) for k, v in content.items()) else Expect.FAIL

    def read(folder: Path) -> Meaning:
        given = read_values(folder / "mine.json")
        batch.check_parameters(path, given)
        return Meaning(None, given)

    files = {"mine.json": json.dumps(_GIVEN, indent=1).encode()}
    places = ("mine.json", NOTEBOOK)
    return Subject("runs/parameters.json", files, "mine.json", read, of_json(judged), places)


# --- trainings of the command --------------------------------------------------------------------

_TRAIN = {"generations": 3, "population": 4, "models_per_generator": 4, "monitor_models": 2}


def _said(*arguments: str) -> str:
    """What the command writes; DataError with its message where it ends with an error."""
    out, wrong = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(wrong):
        status = main(arguments)
    if status:
        raise DataError(wrong.getvalue())
    return out.getvalue() + wrong.getvalue()


def _commanded(folder: Path, seed: int) -> None:
    states = folder / "states.nc"
    tiny_states().save(states)
    settings = [word for name, n in _TRAIN.items() for word in ("-p", name, str(n))]
    where = ("--states", str(states), "--state", "1", "--threshold", "-2")
    out = ("--seed", str(seed), "--workers", "1", "--out", str(folder))
    _said("train", "tiny", *where, *settings, *out)


@cache
def _training_folder() -> tuple[TemporaryDirectory[str], Mapping[str, bytes]]:
    """A training; its states stay where the request says."""
    folder = TemporaryDirectory()
    _commanded(Path(folder.name), 5)
    files = {p.name: p.read_bytes() for p in Path(folder.name).iterdir()}
    return folder, files


def _request() -> Subject:
    """What a training was asked for: another file leads to the same models, or to none."""
    _, files = _training_folder()
    wanted = json.loads(files["training.json"])

    def judged(changed: bytes) -> Expect:
        try:
            content = json.loads(changed)
            length = content["settings"].pop("generations")
        except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
            return Expect.FAIL
        known = json.loads(files["training.json"])
        del known["settings"]["generations"]
        longer = type(length) is int and length > 3
        return Expect.DIFFER if content == known and longer else Expect.FAIL_OR_EQUAL

    def read(folder: Path) -> Meaning:
        made = folder / "made.nc"
        _said("generate", str(folder), "-n", "3", "--workers", "1", "--out", str(made))
        ensemble = KineticEnsemble.load(made).dataset
        about = {k: repr(v) for k, v in sorted(ensemble.attrs.items())}
        return Meaning(None, {"km": ensemble.km.values, "about": about})

    places = ("training.json", "checkpoint.npz", str(wanted["states"]))
    return Subject(
        "runs/training.json", dict(files), "training.json", read, of_json(judged), places
    )
