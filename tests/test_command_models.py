"""The commands that make and simulate models: the package's numbers, resumed to the same end."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from commands import LACTIC, said

from renaissance_kit import KineticEnsemble, Network, Recipe, SteadyState, SteadyStates, train
from renaissance_kit.cli import main
from renaissance_kit.objectives import named_objective
from renaissance_kit.simulation import BioreactorResult

SMALL = ["-p", "generations", "3", "-p", "population", "2", "-p", "models_per_generator", "3",
         "-p", "monitor_models", "2"]  # fmt: skip
TRAIN = ["train", "tiny", *SMALL, "--workers", "1", "--out", "training"]

pytestmark = pytest.mark.usefixtures("here")


# --- states, training, models --------------------------------------------------------------------


@pytest.mark.slow
def test_states_are_those_of_the_package(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, ["states", str(LACTIC), "-n", "4", "--seed", "3", "--out", "states"])
    assert "states.nc: 4 steady states; effective sample size" in shown
    states = SteadyStates.load(here / "states.nc")
    assert states.provenance["seed"] == 3
    train = ["train", str(LACTIC), "--states", "states.nc", *SMALL, "--workers", "1"]
    assert main([*train, "--state", "2"]) == 0
    assert json.loads((here / "training" / "training.json").read_text())["state"] == 2
    assert "there is no state 9; there are 0, 1, 2, 3" in said(
        capsys, [*train, "--state", "9", "--out", "other"], 2
    )
    assert not (here / "other").exists()


def test_a_training_gives_the_models_of_the_package(
    here: Path, tiny: Network, tiny_state: SteadyState, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "training: 3 steps; before the first" in said(capsys, [*TRAIN, "--seed", "4"])
    names = sorted(p.name for p in (here / "training").iterdir())
    assert names == ["checkpoint.npz", "history.csv", "training.json"]
    assert "ensemble.nc: 5 of 5 models valid" in said(
        capsys, ["generate", "training", "-n", "5", "--seed", "7", "--workers", "1"]
    )
    recipe = Recipe.default(
        tiny, generations=3, population=2, models_per_generator=3, monitor_models=2
    )
    expected = train(tiny, tiny_state, seed=4, recipe=recipe, workers=1).ensemble(5, seed=7)
    found = KineticEnsemble.load(here / "ensemble.nc")
    np.testing.assert_array_equal(found.dataset.km.values, expected.dataset.km.values)


def test_a_training_goes_on_grows_longer_and_is_not_mixed_up(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(TRAIN) == 0
    begun = (here / "training" / "checkpoint.npz").read_bytes()
    assert main(TRAIN) == 0  # done already
    assert (here / "training" / "checkpoint.npz").read_bytes() == begun
    error = said(capsys, [*TRAIN, "--seed", "9"], 2)
    assert "training holds another training" in error
    assert (here / "training" / "checkpoint.npz").read_bytes() == begun
    longer = [word if word != "3" else "4" for word in TRAIN[:5]] + TRAIN[5:]
    assert "training: 4 steps" in said(capsys, longer)
    assert "training: 3 steps" in said(capsys, [*TRAIN, "--seed", "9", "--force"])
    (here / "training" / "training.json").write_text("{")
    assert "training.json is damaged" in said(capsys, ["generate", "training"], 2)


def test_a_training_begins_with_the_generator_of_another(
    here: Path, tiny: Network, tiny_state: SteadyState, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = ["train", "tiny", "--recipe", "by-gradient", "-p", "steps", "2", "-p",
            "models_per_step", "8", "--workers", "1", "--out", "wide"]  # fmt: skip
    assert main(wide) == 0
    then = ["train", "tiny", "--recipe", "by-score", "--objective", "exactness", "-p", "steps", "2",
            "-p", "models_per_step", "8", "--workers", "1", "--out", "then"]  # fmt: skip
    assert main([*then, "--begin-with", "wide"]) == 0
    first = train(
        tiny, tiny_state, seed=1, workers=1,
        recipe=Recipe.by_gradient(tiny, steps=2, models_per_step=8),
    )  # fmt: skip
    goal = named_objective(tiny, "exactness")
    expected = train(
        tiny, tiny_state, seed=1, initial_weights=first.weights, workers=1,
        recipe=Recipe.by_score(tiny, goal, steps=2, models_per_step=8),
    )  # fmt: skip
    with np.load(here / "then" / "checkpoint.npz") as kept:
        np.testing.assert_array_equal(kept["weights"], expected.weights)
    assert "holds another training" in said(capsys, then, 2)  # that of a new generator
    same = [*then[:-1], "wide", "--begin-with", "wide", "--force"]
    assert "--begin-with and --out are both" in said(capsys, same, 2)
    assert main([*wide, "--seed", "5", "--force"]) == 0
    assert "holds another training" in said(capsys, [*then, "--begin-with", "wide"], 2)
    shutil.rmtree(here / "wide")
    assert main([*then, "--begin-with", "wide"]) == 0  # done already
    other = [*then[:-1], "other", "--begin-with"]
    assert "wide holds no training" in said(capsys, [*other, "wide"], 2)
    assert main(TRAIN) == 0
    forest = ["train", "tiny", "--recipe", "ischrunk", "-p", "samples", "60", "-p", "rounds", "1",
              "--workers", "1", "--out", "forest"]  # fmt: skip
    assert main(forest) == 0
    assert "forest cannot be begun with: " in said(capsys, [*other, "forest"], 2)
    assert not (here / "other" / "checkpoint.npz").exists()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"seed": 1', '"seed": 1.5', "seed is 1.5; give a whole number"),
        ('"seed": 1', '"seed": 2', "was begun with seed 1, not 2"),
        ('"seed": 1', '"sed": 1', "it needs network, states, .* seed, and nothing else"),
        ('"seed": 1', '"seed": 1, "seed": 1', "'seed' stands twice"),
        ('"state": null', '"state": "1"', "state is '1'; give a whole number or None"),
        ('"threshold_per_h": null', '"threshold_per_h": NaN', "NaN is no number"),
        ('"threshold_per_h": null', '"threshold_per_h": -3.0', "another objective"),
        ('"recipe": "default"', '"recipe": "but"', "recipe 'but'. There are: default, paper"),
        ('"recipe": "default"', '"recipe": "paper"', "another objective"),
        ('"network": "tiny"', '"network": "tinny"', "neither .* did you mean 'tiny'"),
        ('"population": 2', '"population": 4', "population was 2, now 4"),
        ('"population": 2', '"population": "2"', "population is '2'; give a whole number"),
        ('"population": 2', '"ranges": 2', "no setting 'ranges'. There are: generations"),
    ],
)  # fmt: skip
def test_a_changed_request_leads_to_no_other_training(
    here: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    assert main(TRAIN) == 0
    path = here / "training" / "training.json"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    error = said(capsys, ["generate", "training", "-n", "2", "--workers", "1"], 2)
    assert re.search(message, error), error
    assert "training.json" in error or "checkpoint.npz" in error
    assert not (here / "ensemble.nc").exists()


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), SystemExit(143)])
def test_what_is_stopped_goes_on_to_the_identical_end(
    ending: BaseException, here: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert main([*TRAIN[:-1], "whole"]) == 0

    def stop_at_the_second(what: object) -> None:
        if str(what).startswith("step 2"):
            raise ending

    with monkeypatch.context() as patched:
        patched.setattr("renaissance_kit.cli.modelling.progress", lambda: stop_at_the_second)
        if isinstance(ending, KeyboardInterrupt):
            assert main(TRAIN) == 130
        else:
            with pytest.raises(SystemExit, match="143"):
                main(TRAIN)
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "stopped; the same command goes on from what is kept"
    assert "note: training: 2 of 3 steps" in _both(capsys, ["generate", "training", "-n", "2"])
    assert main(TRAIN) == 0
    for run in ("whole", "training"):
        assert main(["generate", run, "-n", "4", "--out", run, "--workers", "1"]) == 0
    whole, resumed = (KineticEnsemble.load(f"{run}.nc").dataset.km for run in ("whole", "training"))
    np.testing.assert_array_equal(whole.values, resumed.values)


def _both(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> str:
    assert main(arguments) == 0
    return "".join(capsys.readouterr())


def test_a_simulation_that_is_stopped_keeps_its_models(
    here: Path, models_file: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def stop(what: object) -> None:
        raise KeyboardInterrupt

    perturb = ["perturb", "tiny", "--models", str(models_file), "--workers", "1"]
    with monkeypatch.context() as patched:
        patched.setattr("renaissance_kit.cli.modelling.progress", lambda: stop)
        assert main(perturb) == 130
    assert [p.name for p in here.iterdir()] == [".perturbed.nc.parts"]
    monkeypatch.setattr("renaissance_kit.simulation.perturbation._Task.__call__", None)
    assert "perturbed.nc: 3 perturbations of 3 models: 3 returned" in said(capsys, perturb)
    assert [p.name for p in here.iterdir()] == ["perturbed.nc"]


def test_models_that_are_not_valid_are_left_out_unless_asked_for(
    here: Path, models_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ensemble = KineticEnsemble.load(models_file)
    data = ensemble.dataset.copy(deep=True)
    data.status.values[0] = 1
    KineticEnsemble.sealed(data).save("some.nc")
    perturb = ["perturb", "tiny", "--models", "some.nc", "--workers", "1"]
    assert "of 2 models" in said(capsys, perturb)
    assert "of 3 models" in said(capsys, [*perturb, "--all", "--force", "--metabolites", "atp_c"])


@pytest.mark.slow
def test_a_bioreactor_is_simulated(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = "cultivate ecoli_w3110_trpd9923 -n 1 --hours 0.5 --workers 1"
    assert "cultivated.nc: 1 of 1 models reached 0.5 h" in said(capsys, line.split())
    assert float(BioreactorResult.load(here / "cultivated.nc").dataset.time_h[-1]) == 0.5
    assert "'nothing' are not in the folder" in said(
        capsys, [*line.split(), "--conditions", "nothing", "--force"], 2
    )
