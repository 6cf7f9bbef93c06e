"""What a trainer is: it makes the next state of a training from the last, and a record of it.

A trainer has a fitness and `Settings`. `TrainingState.begin` makes the first state,
`Trainer.step` the next one; every random number comes from the state's own stream, so a state is
all that a run needs to go on from. The loop over the steps, checkpoints and the history are those
of `renaissance_kit.training.fit`, the same for all.

A new trainer is one file, with settings and a class like those here (`nes`, `gradient`,
`conditional`, `rekindle`), and one line in the table of `renaissance_kit.training.trainers`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.types import Array, Weights


@dataclass(frozen=True)
class Settings(ABC):
    """Settings of a trainer: a frozen dataclass of numbers and texts with this as its base.

    Raises:
        ParameterError: a setting of the wrong kind, such as 2.5 generations.

    Attributes:
        method: short name of the method, in checkpoints and ensembles.
        length: name of the setting that says how many steps there are.
        can_be_lengthened: whether a run that was begun with fewer steps can go on to more. Not
            where the steps themselves depend on their number.
        checkpoint_every: steps between two checkpoints; a killed run does at most these again.
    """

    method: ClassVar[str]
    length: ClassVar[str] = "steps"
    can_be_lengthened: ClassVar[bool] = False
    checkpoint_every: ClassVar[int] = 1

    def __post_init__(self) -> None:
        """Check the kinds; a trainer's own settings call this before they check the ranges."""
        require_kinds(self)

    @property
    def n_steps(self) -> int:
        """How many steps there are."""
        return int(getattr(self, self.length))

    @property
    @abstractmethod
    def models_per_step(self) -> int:
        """How many models a step makes to train; every settings class has its own."""

    def models_evaluated(self, steps: int) -> int:
        """How many models were made to train after so many steps."""
        return steps * self.models_per_step

    def identity(self) -> dict[str, Any]:
        """The settings that must stay the same when a run is resumed."""
        settings = asdict(self)
        if self.can_be_lengthened:
            del settings[self.length]
        return settings


@dataclass(frozen=True)
class Record:
    """What happened in one step.

    Attributes:
        step: its number, from 0: how many steps were made before it.
        lambda_max_per_h: (models,) of models that the generator made before the step, in 1/h; NaN
            for a model without eigenvalues. Their number is the same in every step.
        values: further numbers by name, the same names in every step; columns of the history.
        seconds: wall time of the step.
    """

    step: int
    lambda_max_per_h: Array
    values: Mapping[str, float]
    seconds: float


@dataclass(frozen=True)
class TrainingState:
    """Everything that the next step depends on, the seed of the run, and what happened so far.

    Attributes:
        weights: (n_weights,) single precision.
        step: how many steps were made.
        rng_state: of NumPy's PCG64.
        memory: arrays by name that the method keeps from step to step, such as Adam's moments.
        seed: that the run began with.
        history: one record a step.
    """

    weights: Weights
    step: int
    rng_state: dict[str, Any]
    memory: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    seed: int = -1
    history: tuple[Record, ...] = field(default=(), repr=False)

    @classmethod
    def begin(
        cls,
        weights: Weights,
        rng: np.random.Generator,
        *,
        seed: int = -1,
        memory: Mapping[str, NDArray[Any]] | None = None,
    ) -> TrainingState:
        """State before the first step; continues the random stream of ``rng``.

        Args:
            seed: that ``rng`` was made with, kept as a label.
            memory: what the method needs in its first step.
        """
        flat = weights.astype(np.float32)
        return cls(flat, 0, dict(rng.bit_generator.state), memory or {}, seed)


class Trainer(Protocol):
    """What the loop needs of a method."""

    @property
    def settings(self) -> Settings:
        """How long it runs, and how often it is saved."""

    @property
    def digest(self) -> str:
        """Fingerprint of what is trained, so that a run resumes with the same only."""

    def init(self, rng: np.random.Generator, weights: Weights, *, seed: int = -1) -> TrainingState:
        """State before the first step, from first weights; continues the stream of ``rng``."""

    def step(self, state: TrainingState) -> tuple[TrainingState, Record]:
        """The next state, with the same history, and what happened."""
