"""A folder that holds a training: what was asked for, the checkpoint and the history.

``training.json`` says what `renaissance_kit.training.train` is called with, so that the same
training can go on, and give models, from its folder alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from renaissance_kit import cli, core, network as networks, objectives, states as steady, training
from renaissance_kit.core.errors import DataError, ParameterError

RECIPES = (
    "default", "paper", "released-code", "by-gradient", "by-score", "rekindle", "ischrunk", "flow",
)  # fmt: skip
"""Recipes of one steady state, as the command calls them."""

OBJECTIVES = ("dynamics", "exactness", "return", "fermentation", "control")
"""What is wanted, as `renaissance_kit.objectives.OBJECTIVES`; here so that help loads no NumPy."""

REQUEST, CHECKPOINT, HISTORY = "training.json", "checkpoint.npz", "history.csv"


@dataclass(frozen=True)
class Request:
    """What a training is asked for.

    Attributes:
        network: name of an example, or absolute path of a folder.
        states: absolute path of a file of steady states; those of the network's folder if None.
        state: number of the state; the default profile if None.
        recipe: one of `RECIPES`.
        settings: of the method, by name.
        threshold_per_h: bound on λmax of a valid model; the network's if None.
        objective: what is wanted, one of `renaissance_kit.objectives.OBJECTIVES`; that of the
            recipe if None.
        begin_with: absolute path of the folder of a training whose generator it begins with; a new
            generator if None.
        begin_digest: fingerprint of the weights of that generator.
        seed: of every random draw.
    """

    network: str
    states: str | None = None
    state: int | None = None
    recipe: str = "default"
    settings: Mapping[str, Any] = field(default_factory=dict)
    threshold_per_h: float | None = None
    objective: str | None = None
    begin_with: str | None = None
    begin_digest: str | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        core.require_kinds(self)
        if self.objective is not None and self.objective not in OBJECTIVES:
            hint = core.nearest(self.objective, OBJECTIVES)
            raise ParameterError(
                f"objective {self.objective!r}{hint} There are: {', '.join(OBJECTIVES)}"
            )
        if self.recipe not in RECIPES:
            hint = core.nearest(self.recipe, RECIPES)
            raise ParameterError(f"recipe {self.recipe!r}{hint} There are: {', '.join(RECIPES)}")
        if not isinstance(self.settings, Mapping):
            raise ParameterError(f"settings is {self.settings!r}; give a mapping by name")

    @classmethod
    def read(cls, folder: Path) -> Request:
        """What the training in a folder was asked for.

        Raises:
            DataError: there is none, or its file is not as `write` makes it.
        """
        path = folder / REQUEST
        if not path.is_file():
            raise DataError(f"{folder} holds no training; renaissance-kit train makes one")
        try:
            content = cli.read_json(path.read_text(encoding="utf-8"))
            known = [f.name for f in fields(cls)]
            if not isinstance(content, dict) or set(content) != set(known):
                raise ValueError(f"it needs {', '.join(known)}, and nothing else")
            return cls(**content)
        except (OSError, ValueError, RecursionError) as error:
            raise DataError(f"{path} is damaged ({error}); train anew with --force") from error

    def write(self, folder: Path) -> None:
        """Write it down in the training's folder."""
        with core.atomic_path(folder / REQUEST) as temporary:
            temporary.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    def goes_on_with(self, other: Request, settings: training.Settings) -> bool:
        """Whether it is the same training as another, or a longer one where that is possible.

        Args:
            other: what the earlier one was asked for.
            settings: of this one.
        """
        length = {settings.length} if settings.can_be_lengthened else set()
        ours, theirs = (
            {**asdict(r), "settings": {k: v for k, v in r.settings.items() if k not in length}}
            for r in (self, other)
        )
        return ours == theirs

    def parts(self) -> tuple[networks.Network, steady.SteadyState, training.Recipe]:
        """What `training.train` needs, read and checked.

        Raises:
            RenaissanceError: any of them cannot be had.
        """
        network = networks.Network.open(self.network)
        recipe = recipe_of(network, self.recipe, self.settings, self.threshold_per_h)
        if self.objective is not None:
            wanted = objectives.named_objective(
                network, self.objective, threshold_per_h=self.threshold_per_h
            )
            recipe = recipe.but(objective=wanted)
        return network, state_in(network, self.states, self.state), recipe


def reopened(folder: Path) -> tuple[Request, networks.Network, steady.SteadyState, training.Recipe]:
    """What the training in a folder goes on with, by its request.

    Raises:
        DataError: there is no request, it is damaged, or what it names cannot be had.
    """
    asked = Request.read(folder)
    try:
        return asked, *asked.parts()
    except core.RenaissanceError as error:
        raise DataError(f"{folder / REQUEST}: {error}") from error


def done_in(folder: Path, *, workers: int = 2) -> training.Training:
    """The training in a folder as far as it is.

    Raises:
        DataError: there is none, it is damaged, or it has not made a step.
    """
    asked, opened, at, method = reopened(folder)
    if not begun_in(folder):
        raise DataError(f"{folder}: the training has not made a step; run train again")
    return training.train(
        opened, at, seed=asked.seed, recipe=method, checkpoint=folder / CHECKPOINT, resume=True,
        stop=lambda: True, workers=workers,
    )  # fmt: skip


def first_weights(folder: Path, method: training.Recipe) -> tuple[training.Training, core.Weights]:
    """The training in a folder, and weights of its generator to begin another one with.

    Raises:
        DataError: there is no training, or its generator is another one than the recipe's.
    """
    done = done_in(folder)
    ours, other = method.generator, done.generator
    assert not isinstance(other, training.ConditionalGenerator)  # no recipe of the command
    same = type(ours) is type(other) and ours.architecture == other.architecture
    if not same or ours.ranges.names != other.ranges.names:
        raise DataError(
            f"{folder} cannot be begun with: its generator is another one, or of other constants; "
            "give a training of the same network (default, by-gradient and by-score have the same "
            "generator)"
        )
    try:
        if isinstance(ours, training.Generator) and isinstance(other, training.Generator):
            return done, ours.weights_from(other, done.weights)
        ours.check(done.weights)
        return done, done.weights
    except core.RenaissanceError as error:
        raise DataError(f"{folder} cannot be begun with: {error}") from error


def begun_in(folder: Path) -> bool:
    """Whether a folder holds the checkpoint of a training."""
    return (folder / CHECKPOINT).is_file()


def recipe_of(
    network: networks.Network,
    name: str,
    settings: Mapping[str, Any],
    threshold_per_h: float | None = None,
) -> training.Recipe:
    """A recipe by the name that the command gives it.

    Raises:
        ParameterError: a setting that the method does not have, or out of its range.
    """
    make = getattr(training.Recipe, name.replace("-", "_"))
    plain: training.Recipe = make(network, threshold_per_h=threshold_per_h)
    for setting in settings:
        _require_setting(setting, _kinds(plain))
    return make(network, threshold_per_h=threshold_per_h, **settings) if settings else plain


def read_settings(
    network: networks.Network, recipe: str, typed: tuple[tuple[str, str], ...]
) -> dict[str, Any]:
    """Settings of a recipe's method as they were typed, each read as what it is.

    Raises:
        ParameterError: an unknown name, one that stands twice, or a value of another kind.
    """
    plain = recipe_of(network, recipe, {})
    kinds = _kinds(plain)
    found: dict[str, Any] = {}
    for name, text in typed:
        if name in found:
            raise ParameterError(f"setting {name} is given twice; remove one -p")
        _require_setting(name, kinds)
        found[name] = value = cli.parse_value(text, kinds[name])
        if not cli.is_of_kind(value, kinds[name]):
            kind = cli.in_words(kinds[name])
            raise ParameterError(
                f"{name} is {value!r}; write {kind}, such as {_default(plain.settings, name)}"
            )
    return found


def _kinds(recipe: training.Recipe) -> dict[str, str]:
    """Kind of each setting of a recipe's method."""
    return {f.name: str(f.type) for f in fields(recipe.settings)}


def _require_setting(name: str, kinds: Mapping[str, str]) -> None:
    if name not in kinds:
        hint = core.nearest(name, kinds)
        raise ParameterError(f"no setting {name!r}{hint} There are: {', '.join(kinds)}")


def _default(settings: Any, name: str) -> Any:
    (found,) = [f for f in fields(settings) if f.name == name]
    return getattr(settings, name) if found.default is MISSING else found.default


def state_in(
    network: networks.Network, path: str | Path | None, number: int | None
) -> steady.SteadyState:
    """One steady state: from a file, or from the network's folder.

    Args:
        path: of a file of steady states; ``steady_states.nc`` or ``steady_state.csv`` of the
            network's folder if None.
        number: of the state; if None the default profile, or the first where none was chosen.

    Raises:
        DataError: there are no states; says what makes them.
        SteadyStateError: there is no state of that number.
    """
    if path is not None:
        found = steady.SteadyStates.load(path)
    elif network.file("steady_states.nc").is_file():
        found = steady.SteadyStates.example(network)
    elif network.file("steady_state.csv").is_file():
        return steady.SteadyState.from_folder(network)
    else:
        raise DataError(
            f"{network.name} comes without steady states; make some with "
            "'renaissance-kit states', and give their file as --states"
        )
    if number is not None:
        return found.numbered(number)
    return found.default if "default_state" in found.provenance else found[0]
