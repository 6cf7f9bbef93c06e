"""Checkpoints: a run that was killed resumes to the identical end, and bad files are named."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from patience import PATIENCE_S

from renaissance_kit import Generator, KMRanges, Recipe, train
from renaissance_kit.core import (
    CheckpointError,
    ParameterError,
    fingerprint,
    save_archive,
    versions,
)
from renaissance_kit.objectives import FastestDynamics, SmoothIncidence, SoftMargin
from renaissance_kit.training import (
    TRAINERS,
    BoxGenerator,
    FlowGenerator,
    NESSettings,
    RekindleGenerator,
    TrainingState,
    load_checkpoint,
    save_checkpoint,
)

# Everything that a checkpoint must carry: Adam's moments, and the random numbers of fixed KM.
FIXED = {"PGI:g6p_c": (0.08, 0.12)}
SETTINGS = NESSettings(
    generations=60, population=6, models_per_generator=20, monitor_models=5, optimiser="adam"
)


GENERATOR = partial(Generator, hidden=(8,))


@dataclass(frozen=True)
class Case:
    """A small training of each method: its recipe's constructor, sizes, and what else it takes."""

    make: Callable[..., Recipe]
    sizes: dict[str, Any]
    length: str
    a_change: dict[str, Any]
    another_objective: Any
    where: str = "one state"
    generator: Callable[[KMRanges], Any] = GENERATOR


CASES = {
    "nes": Case(
        Recipe.default,
        {"population": 6, "models_per_generator": 20, "monitor_models": 5, "optimiser": "adam"},
        "generations", {"sigma": 0.2}, FastestDynamics(),
    ),
    "gradient": Case(
        Recipe.by_gradient, {"models_per_step": 12}, "steps", {"diversity": 3.0},
        SoftMargin(margin=0.3),
    ),
    "score_gradient": Case(
        Recipe.by_score, {"models_per_step": 12}, "steps", {"sigma": 0.2}, SoftMargin(margin=0.3),
    ),
    "conditional": Case(
        Recipe.conditional, {"models_per_step": 12, "states_per_step": 3}, "steps",
        {"states_per_step": 4}, SoftMargin(margin=0.3), "three states",
    ),
    "rekindle": Case(
        Recipe.rekindle,
        {"samples": 200, "epochs_per_step": 1, "batch": 16, "monitor_models": 5}, "steps",
        {"train_share": 0.8}, FastestDynamics(),
        generator=partial(RekindleGenerator, hidden=(8,), latent=4),
    ),
    "ischrunk": Case(
        Recipe.ischrunk, {"samples": 100, "least": 10, "monitor_models": 5}, "rounds",
        {"leaves": 3}, FastestDynamics(), generator=BoxGenerator,
    ),
    "flow": Case(
        Recipe.flow, {"samples": 200, "monitor_models": 5}, "epochs", {"decay": 0.2},
        FastestDynamics(), generator=partial(FlowGenerator, hidden=(4,)),
    ),
}  # fmt: skip

KILLED = """
import sys
from test_checkpoints import CASES, recipe_of, where_of
from renaissance_kit import Network, SteadyState, train

network = Network.example("tiny")
case = CASES[sys.argv[1]]
where = where_of(case, SteadyState.from_folder(network))
train(
    network, where, seed=5, recipe=recipe_of(case, network, int(sys.argv[3])),
    checkpoint=sys.argv[2], progress=lambda state: print(state.step, flush=True),
)
"""


def recipe_of(case, network, steps, **changes):
    ranges = KMRanges.of(network, fixed=FIXED)
    recipe = case.make(network, **case.sizes, **{case.length: steps})
    return recipe.but(**{"generator": case.generator(ranges), **changes})


def where_of(case, state):
    if case.where == "one state":
        return state
    return [replace(state, concentrations_mM=f * state.concentrations_mM) for f in (1, 2, 3, 4)]


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


@pytest.fixture
def run_case(case, tiny, tiny_state):
    """Train with a method; ``but`` are changes of the recipe, the others arguments of `train`."""

    def run(steps=6, *, but=None, seed=5, **arguments):
        recipe = recipe_of(case, tiny, steps, **(but or {}))
        return train(tiny, where_of(case, tiny_state), seed=seed, recipe=recipe, **arguments)

    return run


@pytest.fixture
def run(tiny, tiny_state):
    """Train by NES; keyword arguments are those of `train` or parts of the recipe."""
    generator = Generator(KMRanges.of(tiny, fixed=FIXED), hidden=(8,))

    def run(**changes):
        parts = {"settings": SETTINGS, "generator": generator} | {
            k: changes.pop(k)
            for k in ("settings", "objective", "generator", "threshold_per_h")
            if k in changes
        }
        recipe = Recipe.default(tiny).but(**parts)
        return train(tiny, tiny_state, seed=5, recipe=recipe, **changes)

    return run


def assert_identical(one, two):
    """Weights, memory, random state and history, bit for bit; all but the wall time."""
    a, b = one.state, two.state
    assert a.weights.dtype == b.weights.dtype == np.float32
    np.testing.assert_array_equal(a.weights, b.weights)
    assert a.memory.keys() == b.memory.keys()
    for name in a.memory:
        assert a.memory[name].dtype == b.memory[name].dtype
        np.testing.assert_array_equal(a.memory[name], b.memory[name])
    assert (a.step, a.rng_state, a.seed) == (b.step, b.rng_state, b.seed)
    for first, second in zip(a.history, b.history, strict=True):
        assert (first.step, first.values) == (second.step, second.values)
        np.testing.assert_array_equal(first.lambda_max_per_h, second.lambda_max_per_h)
    assert list(one.history.columns) == list(two.history.columns)


def steps_in(path):
    try:
        with np.load(path) as archive:
            return len(archive["seconds"])
    except FileNotFoundError:
        return 0


# --- every trainer -------------------------------------------------------------------------


def test_every_trainer_is_here():
    assert {settings.method for settings in TRAINERS} == set(CASES)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
@pytest.mark.parametrize("name", CASES)
def test_a_run_killed_in_the_middle_resumes_to_the_identical_end(name, tiny, tiny_state, tmp_path):
    """With SIGKILL, which leaves a process no time to tidy up."""
    case, path, steps = CASES[name], tmp_path / "run.npz", 120
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, name, str(path), str(steps)], stdout=subprocess.PIPE,
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(str(Path(__file__).parents[i]) for i in (0, 1))},
    )  # fmt: skip
    try:
        deadline = time.monotonic() + PATIENCE_S
        while steps_in(path) < 3:
            assert process.poll() is None, "the training ended by itself"
            assert time.monotonic() < deadline, "no checkpoint is written"
            time.sleep(0.005)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == -signal.SIGKILL
    assert 3 <= steps_in(path) < steps
    recipe, where = recipe_of(case, tiny, steps), where_of(case, tiny_state)
    resumed = train(tiny, where, seed=5, recipe=recipe, checkpoint=path, resume=True)
    assert_identical(resumed, train(tiny, where, seed=5, recipe=recipe))


def test_a_run_that_was_stopped_resumes_to_the_identical_end(run_case, tmp_path):
    path, done = tmp_path / "run.npz", []
    stopped = run_case(checkpoint=path, progress=done.append, stop=lambda: len(done) == 2)
    assert stopped.state.step == steps_in(path) == 2
    assert [state.step for state in done] == [1, 2]
    resumed = run_case(checkpoint=path, resume=True)
    assert_identical(resumed, run_case())
    assert list(resumed.history.step) == [0, 1, 2, 3, 4, 5]


def test_a_finished_run_is_read_back(run_case, tmp_path):
    path = tmp_path / "run.npz"
    finished = run_case(2, checkpoint=path)
    written = path.read_bytes()
    assert_identical(run_case(2, checkpoint=path, resume=True), finished)
    assert path.read_bytes() == written


def test_how_often_a_checkpoint_is_written_is_the_method_s(case, run_case, tmp_path):
    path, seen = tmp_path / "run.npz", []
    every = run_case(1).settings.checkpoint_every
    run_case(every + 1, checkpoint=path, progress=lambda state: seen.append(steps_in(path)))
    assert seen == [step - step % every for step in range(1, every + 2)]
    assert steps_in(path) == every + 1


def test_threads_do_not_change_the_end(run_case):
    assert_identical(run_case(2, workers=1), run_case(2, workers=3))


def test_what_belongs_to_another_run_is_refused(case, run_case, tmp_path):
    path = tmp_path / "run.npz"
    run_case(2, checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match="holds an earlier run"):
        run_case(2, checkpoint=path)
    with pytest.raises(CheckpointError, match="other settings"):
        run_case(2, checkpoint=path, resume=True, but=case.a_change)
    with pytest.raises(CheckpointError, match="another objective"):
        run_case(2, checkpoint=path, resume=True, but={"objective": case.another_objective})
    with pytest.raises(CheckpointError, match="begun with seed 5, not 6"):
        run_case(2, checkpoint=path, resume=True, seed=6)
    assert path.read_bytes() == before


def test_another_method_is_refused(run, tiny, tiny_state, tmp_path):
    path = tmp_path / "run.npz"
    run(settings=replace(SETTINGS, generations=1), checkpoint=path)
    recipe = Recipe.by_gradient(tiny)
    with pytest.raises(CheckpointError, match=r"another method \(nes, now gradient\)"):
        train(tiny, tiny_state, seed=5, recipe=recipe, checkpoint=path, resume=True)


def test_only_where_the_steps_do_not_depend_on_their_number_a_run_can_be_lengthened(
    case, run_case, tmp_path
):
    """By gradient the learning rate falls to 0 in the second half of the steps."""
    path = tmp_path / "run.npz"
    run_case(3, checkpoint=path)
    if run_case(1).settings.can_be_lengthened:
        assert_identical(run_case(5, checkpoint=path, resume=True), run_case(5))
    else:
        with pytest.raises(CheckpointError, match=r"other settings \(steps was 3, now 5\)"):
            run_case(5, checkpoint=path, resume=True)


def test_resuming_without_a_checkpoint_starts_the_run(run, tmp_path):
    settings = replace(SETTINGS, generations=2)
    path = tmp_path / "new" / "run.npz"
    assert_identical(run(settings=settings, checkpoint=path, resume=True), run(settings=settings))
    assert steps_in(path) == 2


def test_resuming_needs_a_file_to_resume_from(run):
    with pytest.raises(ParameterError, match="resume=True needs a checkpoint file"):
        run(resume=True)


# --- files ---------------------------------------------------------------------------------


@pytest.fixture
def checkpoint(run, tmp_path):
    path = tmp_path / "run.npz"
    run(settings=replace(SETTINGS, generations=2), checkpoint=path)
    return path


def test_checkpoints_hold_no_pickles_and_leave_no_partial_file(checkpoint):
    with np.load(checkpoint, allow_pickle=False) as archive:
        assert {archive[name].dtype.kind for name in archive.files} <= set("fU")
    assert os.listdir(checkpoint.parent) == [checkpoint.name]


def test_a_checkpoint_gives_back_what_was_saved(tmp_path):
    """Every bit, also of a state before its first generation."""
    rng = np.random.default_rng(3)
    memory = {"first_moment": rng.standard_normal(11).astype(np.float32)}
    state = TrainingState.begin(rng.standard_normal(11), rng, seed=3, memory=memory)
    save_checkpoint(tmp_path / "run.npz", state, SETTINGS, "fitness")
    loaded = load_checkpoint(tmp_path / "run.npz", SETTINGS, "fitness")
    np.testing.assert_array_equal(loaded.weights, state.weights)
    np.testing.assert_array_equal(loaded.memory["first_moment"], memory["first_moment"])
    assert (loaded.rng_state, loaded.seed, loaded.step) == (state.rng_state, 3, 0)
    assert loaded.history == ()


def test_a_truncated_checkpoint_is_an_error_wherever_it_ends(run, checkpoint):
    whole = checkpoint.read_bytes()
    for size in [0, 1, 30, len(whole) // 3, len(whole) // 2, len(whole) - 30, len(whole) - 1]:
        checkpoint.write_bytes(whole[:size])
        with pytest.raises(CheckpointError, match=r"run\.npz is damaged .*delete it and start"):
            run(checkpoint=checkpoint, resume=True)


def test_a_flipped_byte_is_never_read_as_a_number(checkpoint, run):
    """Each is refused, or stands where nothing is stored."""
    whole = checkpoint.read_bytes()
    expected = run(settings=replace(SETTINGS, generations=2), checkpoint=checkpoint, resume=True)
    refused = 0
    for position in np.random.default_rng(1).integers(0, len(whole), 60):
        spoilt = bytearray(whole)
        spoilt[position] ^= 0xFF
        checkpoint.write_bytes(spoilt)
        try:
            loaded = load_checkpoint(checkpoint, SETTINGS, expected.fitness.digest)
        except CheckpointError:
            refused += 1
        else:
            np.testing.assert_array_equal(loaded.weights, expected.weights)
            assert loaded.rng_state == expected.state.rng_state
    assert refused > 30


def another_zip(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("about.npy", "nothing")


def one_array(path):
    with path.open("wb") as handle:
        np.save(handle, np.zeros(3))


def a_pickle(path):
    with path.open("wb") as handle:
        np.save(handle, np.array([{}]), allow_pickle=True)


FOREIGN = {
    "text": lambda path: path.write_text("generation,reward\n1,0.5\n"),
    "one array": one_array,
    "other arrays": lambda path: np.savez(path, weights=np.zeros(3)),
    "about nothing": lambda path: np.savez(path, about=np.array("[1, 2]")),
    "a pickle": a_pickle,
    "another zip": another_zip,
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_file_is_no_checkpoint(run, tmp_path, kind):
    path = tmp_path / "other.npz"
    FOREIGN[kind](path)
    with pytest.raises(CheckpointError, match=r"other\.npz is damaged or not a checkpoint"):
        run(checkpoint=path, resume=True)


def rewrite(path, *, about=None, **arrays):
    """Write a checkpoint anew with changes and a seal that fits: of the text, of arrays by name."""
    with np.load(path) as archive:
        kept = {name: archive[name] for name in archive.files} | arrays
    text = json.loads(str(kept.pop("about"))) | (about or {})
    text.pop("seal")
    kept = {name: array for name, array in kept.items() if array is not None}
    given = {name: text.pop(name) for name in ("version", "made_with") if name in (about or {})}
    save_archive(path, text, kept)
    if given:  # `save_archive` writes its own
        with np.load(path) as archive:
            kept = {name: archive[name] for name in archive.files}
        text = json.loads(str(kept.pop("about"))) | given
        text["seal"] = fingerprint(
            json.dumps({k: v for k, v in text.items() if k != "seal"}, sort_keys=True), kept
        )
        np.savez(path, about=np.array(json.dumps(text)), **kept)


@pytest.mark.parametrize(
    "arrays",
    [
        {"weights": np.zeros(3, np.float32)},
        {"weights": np.zeros((2, 2), np.float32)},
        {"weights": np.float32(1)},
        {"weights": np.array(["a", "b"])},
        {"weights": None},
        {"seconds": np.zeros((2, 2))},
        {"seconds": np.zeros(5)},
        {"lambda_max_per_h": np.zeros(2)},
        {"lambda_max_per_h": np.zeros((3, 5))},
        {"value.reward_mean": np.zeros((2, 1))},
        {"value.reward_mean": np.array(["a", "b"])},
        {"memory.first_moment": np.zeros(3, np.float32)},
        {"memory.first_moment": None},
        {"memory.another": np.zeros(3)},
    ],
    ids=str,
)
def test_arrays_that_do_not_fit_are_named(run, checkpoint, arrays):
    rewrite(checkpoint, **arrays)
    with pytest.raises(CheckpointError, match=r"run\.npz.*; delete it and start again"):
        run(settings=replace(SETTINGS, generations=3), checkpoint=checkpoint, resume=True)


@pytest.mark.parametrize(
    "about",
    [
        {"step": -1}, {"step": "2"}, {"step": 7}, {"step": None}, {"seed": 1.5}, {"seed": None},
        {"settings": []}, {"method": 3}, {"rng_state": {}}, {"rng_state": []},
        {"rng_state": {"bit_generator": "PCG64"}},
        {"rng_state": {"bit_generator": "PCG64", "state": {"state": "x", "inc": 1}}},
    ],
    ids=str,
)  # fmt: skip
def test_a_text_that_does_not_fit_is_damage(run, checkpoint, about):
    rewrite(checkpoint, about=about)
    with pytest.raises(CheckpointError, match=r"run\.npz is damaged or not a checkpoint"):
        run(settings=replace(SETTINGS, generations=3), checkpoint=checkpoint, resume=True)


def test_weights_that_are_not_finite_are_named(run, checkpoint):
    with np.load(checkpoint) as archive:
        weights = archive["weights"].copy()
    weights[3] = np.nan
    rewrite(checkpoint, weights=weights)
    with pytest.raises(CheckpointError, match=r"run\.npz: weights are not finite"):
        run(settings=replace(SETTINGS, generations=3), checkpoint=checkpoint, resume=True)


def test_a_newer_checkpoint_is_kept_and_the_package_is_to_be_updated(run, checkpoint):
    for version, remedy in ((99, "a newer version .*; update renaissance_kit"), (1, "another ver")):
        rewrite(checkpoint, about={"version": version})
        with pytest.raises(CheckpointError, match=remedy) as caught:
            run(checkpoint=checkpoint, resume=True)
        assert "delete" not in str(caught.value)


def test_a_checkpoint_of_other_libraries_is_refused_with_what_to_do(run, checkpoint):
    rewrite(checkpoint, about={"made_with": versions() | {"torch": "1.0"}})
    with pytest.raises(CheckpointError, match=r"torch 1\.0, now .*another store"):
        run(checkpoint=checkpoint, resume=True)


def test_a_missing_checkpoint(tmp_path):
    with pytest.raises(CheckpointError, match=r"none\.npz does not exist; start the run without"):
        load_checkpoint(tmp_path / "none.npz", SETTINGS, "fitness")


@pytest.mark.parametrize(
    "change", [{"sigma": 0.2}, {"population": 8}, {"optimiser": "plain"}, {"monitor_models": 6}]
)
def test_other_settings_are_named(run, checkpoint, change):
    ((name, value),) = change.items()
    with pytest.raises(CheckpointError, match=rf"other settings \({name} was .*, now {value!r}\)"):
        run(settings=replace(SETTINGS, **change), checkpoint=checkpoint, resume=True)


def test_a_reward_that_no_other_process_would_recognise_is_refused(run, tmp_path):
    class Nameless:
        def __call__(self, lambda_max_per_h):
            return 0.0

    with pytest.raises(ParameterError, match="frozen dataclass"):
        run(objective=Nameless(), checkpoint=tmp_path / "run.npz")


def test_watching_does_not_change_the_training(run):
    watched = run(settings=replace(SETTINGS, generations=3, monitor_models=50))
    alone = run(settings=replace(SETTINGS, generations=3, monitor_models=0))
    np.testing.assert_array_equal(watched.weights, alone.weights)


def test_another_objective_is_refused(run, checkpoint, tiny, tiny_state):
    wider = Generator(KMRanges.of(tiny, fixed=FIXED, high_mM=30.0), hidden=(8,))
    steeper = Generator(KMRanges.of(tiny, fixed=FIXED), hidden=(8,), slope=0.1)
    for change in (
        {"objective": FastestDynamics()},
        {"threshold_per_h": -3.0, "objective": SmoothIncidence(-3.0)},
        {"generator": wider},
        {"generator": steeper},
    ):
        with pytest.raises(CheckpointError, match="written for another objective"):
            run(checkpoint=checkpoint, resume=True, **change)
    denser = replace(tiny_state, density_gDW_L=420.0)
    with pytest.raises(CheckpointError, match="written for another objective"):
        train(
            tiny, denser, seed=5, checkpoint=checkpoint, resume=True,
            recipe=Recipe.default(tiny).but(
                settings=SETTINGS,
                generator=Generator(KMRanges.of(tiny, fixed=FIXED), hidden=(8,)),
            ),
        )  # fmt: skip
