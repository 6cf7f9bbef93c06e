"""Checkpoints: a run that was killed resumes to the identical end, and bad files are named."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from patience import PATIENCE_S

from renaissance_kit import Generator, KMRanges, Recipe, train
from renaissance_kit.core import CheckpointError, ParameterError
from renaissance_kit.training import (
    FastestDynamics,
    NESSettings,
    SmoothIncidence,
    load_checkpoint,
    save_checkpoint,
    start,
)

# Everything that a checkpoint must carry: Adam's moments, and the random numbers of fixed KM.
SETTINGS = NESSettings(
    generations=60, population=6, models_per_generator=20, monitor_models=5, optimiser="adam"
)
RECIPE = ("settings", "reward", "generator", "threshold_per_h")
FIXED = {"PGI:g6p_c": (0.08, 0.12)}

TRAIN = """
import sys
from renaissance_kit import Generator, KMRanges, Network, Recipe, SteadyState, train
from renaissance_kit.training import NESSettings

network = Network.example("tiny")
train(
    network, SteadyState.from_folder(network), seed=5, checkpoint=sys.argv[1],
    recipe=Recipe.default(
        network, generations=1_000_000, population=6, models_per_generator=20, monitor_models=5,
        optimiser="adam",
    ).but(
        generator=Generator(KMRanges.of(network, fixed={"PGI:g6p_c": (0.08, 0.12)}), hidden=(8,))
    ),
)
"""


@pytest.fixture
def run(tiny, tiny_state):
    """Train the tiny network; keyword arguments are those of `train` or parts of the recipe."""
    generator = Generator(KMRanges.of(tiny, fixed=FIXED), hidden=(8,))

    def run(**changes):
        parts = {"settings": SETTINGS, "generator": generator} | {
            k: changes.pop(k) for k in RECIPE if k in changes
        }
        recipe = Recipe.default(tiny).but(**parts)
        return train(tiny, tiny_state, seed=5, recipe=recipe, **changes)

    return run


def assert_identical(one, two):
    """Weights, moments, random state and history, bit for bit; all but the wall time."""
    for name in ("weights", "first_moment", "second_moment"):
        a, b = getattr(one.state, name), getattr(two.state, name)
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    assert one.state.generation == two.state.generation
    assert one.state.rng_state == two.state.rng_state
    for a, b in zip(one.state.history, two.state.history, strict=True):
        assert a.generation == b.generation
        assert a.population_incidence == b.population_incidence
        np.testing.assert_array_equal(a.rewards, b.rewards)
        np.testing.assert_array_equal(a.lambda_max_per_h, b.lambda_max_per_h)


def generations_in(path):
    try:
        with np.load(path) as archive:
            return len(archive["rewards"])
    except FileNotFoundError:
        return 0


# --- resuming ------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_a_run_killed_in_the_middle_resumes_to_the_identical_end(run, tmp_path):
    """With SIGKILL, which leaves a process no time to tidy up."""
    path = tmp_path / "run.npz"
    process = subprocess.Popen(
        [sys.executable, "-c", TRAIN, str(path)],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])},
    )
    try:
        deadline = time.monotonic() + PATIENCE_S
        while generations_in(path) < 3:
            assert process.poll() is None, "the training ended by itself"
            assert time.monotonic() < deadline, "no checkpoint is written"
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == -signal.SIGKILL
    begun = generations_in(path)
    assert begun >= 3
    settings = replace(SETTINGS, generations=begun + 4)
    resumed = run(settings=settings, checkpoint=path, resume=True)
    assert_identical(resumed, run(settings=settings))


def test_a_run_that_was_stopped_resumes_to_the_identical_end(run, tmp_path):
    path = tmp_path / "run.npz"
    settings, done = replace(SETTINGS, generations=6), []
    stopped = run(
        settings=settings, checkpoint=path, progress=done.append, stop=lambda: len(done) == 2
    )
    assert stopped.state.generation == 2
    resumed = run(settings=settings, checkpoint=path, resume=True)
    assert_identical(resumed, run(settings=settings))
    assert len(resumed.history) == 6


def test_a_run_can_be_lengthened(run, tmp_path):
    path = tmp_path / "run.npz"
    run(settings=replace(SETTINGS, generations=3), checkpoint=path)
    longer = replace(SETTINGS, generations=5)
    assert_identical(run(settings=longer, checkpoint=path, resume=True), run(settings=longer))


def test_a_finished_run_is_read_back(run, tmp_path):
    path = tmp_path / "run.npz"
    settings = replace(SETTINGS, generations=2)
    finished = run(settings=settings, checkpoint=path)
    written = path.read_bytes()
    assert_identical(run(settings=settings, checkpoint=path, resume=True), finished)
    assert path.read_bytes() == written


def test_resuming_without_a_checkpoint_starts_the_run(run, tmp_path):
    settings = replace(SETTINGS, generations=2)
    path = tmp_path / "new" / "run.npz"
    assert_identical(run(settings=settings, checkpoint=path, resume=True), run(settings=settings))
    assert generations_in(path) == 2


def test_without_resume_an_earlier_run_is_not_overwritten(run, tmp_path):
    path = tmp_path / "run.npz"
    run(settings=replace(SETTINGS, generations=3), checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match="holds an earlier run; go on from it with resume"):
        run(settings=replace(SETTINGS, generations=1), checkpoint=path)
    assert path.read_bytes() == before


def test_resuming_needs_a_file_to_resume_from(run):
    with pytest.raises(ParameterError, match="resume=True needs a checkpoint file"):
        run(resume=True)


def test_threads_do_not_change_the_end(run):
    settings = replace(SETTINGS, generations=2, models_per_generator=40)
    assert_identical(run(settings=settings, workers=1), run(settings=settings, workers=3))


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
    state = start(rng.standard_normal(11).astype(np.float32), SETTINGS, rng)
    save_checkpoint(tmp_path / "run.npz", state, SETTINGS, "objective")
    loaded = load_checkpoint(tmp_path / "run.npz", SETTINGS, "objective")
    np.testing.assert_array_equal(loaded.weights, state.weights)
    assert loaded.rng_state == state.rng_state
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
            loaded = load_checkpoint(checkpoint, SETTINGS, expected.objective.digest)
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


def test_a_missing_checkpoint(tmp_path):
    with pytest.raises(CheckpointError, match=r"none\.npz does not exist; start the run without"):
        load_checkpoint(tmp_path / "none.npz", SETTINGS, "objective")


@pytest.mark.parametrize(
    "change", [{"sigma": 0.2}, {"population": 8}, {"optimiser": "plain"}, {"monitor_models": 6}]
)
def test_other_settings_are_named(run, checkpoint, change):
    ((name, value),) = change.items()
    with pytest.raises(CheckpointError, match=rf"other settings \({name} was .*, now {value!r}\)"):
        run(settings=replace(SETTINGS, **change), checkpoint=checkpoint, resume=True)


def test_another_seed_is_refused(checkpoint, tiny, tiny_state):
    generator = Generator(KMRanges.of(tiny, fixed=FIXED), hidden=(8,))
    recipe = Recipe.default(tiny).but(settings=SETTINGS, generator=generator)
    with pytest.raises(CheckpointError, match="begun with seed 5, not 6"):
        train(tiny, tiny_state, seed=6, recipe=recipe, checkpoint=checkpoint, resume=True)


def test_a_reward_that_no_other_process_would_recognise_is_refused(run, tmp_path):
    class Nameless:
        def __call__(self, lambda_max_per_h):
            return 0.0

    with pytest.raises(ParameterError, match="frozen dataclass"):
        run(reward=Nameless(), checkpoint=tmp_path / "run.npz")


def test_watching_does_not_change_the_training(run):
    watched = run(settings=replace(SETTINGS, generations=3, monitor_models=50))
    alone = run(settings=replace(SETTINGS, generations=3, monitor_models=0))
    np.testing.assert_array_equal(watched.weights, alone.weights)


def test_another_objective_is_refused(run, checkpoint, tiny, tiny_state):
    wider = Generator(KMRanges.of(tiny, fixed=FIXED, high_mM=30.0), hidden=(8,))
    steeper = Generator(KMRanges.of(tiny, fixed=FIXED), hidden=(8,), slope=0.1)
    for change in (
        {"reward": FastestDynamics()},
        {"threshold_per_h": -3.0, "reward": SmoothIncidence(-3.0)},
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
