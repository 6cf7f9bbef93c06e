"""REKINDLE: a conditional generative adversarial network on labelled sets of constants.

The discriminator learns to tell real sets from generated ones, given the label, and the generator
to deceive it; relevant sets are then drawn by their label. For every batch the discriminator makes
one step on half a batch of real sets and one on as many generated ones with the same labels, and
then the generator one on a whole batch with even labels, all three of binary cross-entropy, by
Adam.

For another steady state with few labelled sets, go on from a generator that was trained
(``initial_weights`` of `train`); the discriminator is new, as in the published code.

Reference: Choudhury et al. 2022 Nat Mach Intell 4:710, https://github.com/EPFL-LCSB/rekindle.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import softplus

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.seeds import child_rng, rng_from
from renaissance_kit.core.types import Weights
from renaissance_kit.training.data_fitness import DataFitness, Labelled, with_seed
from renaissance_kit.training.fitness import Problem
from renaissance_kit.training.labelled import DataSettings, shares_of
from renaissance_kit.training.rekindle_net import (
    OTHER,
    RELEVANT,
    Discriminator,
    RekindleGenerator,
)
from renaissance_kit.training.trainer import Record, TrainingState

BINS = 20  # of the histograms of means


@dataclass(frozen=True)
class RekindleSettings(DataSettings):
    """Settings of REKINDLE; `RekindleSettings.paper` has the published ones.

    Args:
        steps: how often the generator is looked at; a step is ``epochs_per_step`` epochs.
        samples: labelled sets, see `DataSettings`.
        epochs_per_step: rounds through the training sets in a step.
        batch: sets in a batch.
        learning_rate, beta1: of Adam, for both networks.
        train_share: share of the sets that are trained with; the relevant ones of the others are
            what generated sets are compared with.
        even: draw as many relevant as other sets for the discriminator. Otherwise they come as
            often as they are in the data, as published, where 59 % were relevant.
        monitor_models: relevant sets that are drawn before each step.

    Raises:
        ParameterError: a value out of its range.
    """

    method: ClassVar[str] = "rekindle"
    can_be_lengthened: ClassVar[bool] = True

    steps: int = 3
    epochs_per_step: int = 10
    batch: int = 64
    learning_rate: float = 5e-4
    beta1: float = 0.5
    train_share: float = 0.9
    even: bool = True
    monitor_models: int = 300

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_positive("learning_rate", "epochs_per_step")
        self.require_shares("beta1", "train_share")
        if self.batch < 2 or self.batch % 2:
            raise ParameterError(f"batch is {self.batch}; give an even number from 2")

    @classmethod
    def paper(cls, **changes: Any) -> RekindleSettings:
        """The published settings, with any changes: 80,000 sets, 1,000 epochs, batches of 1,024.

        >>> from renaissance_kit.training import RekindleSettings
        >>> RekindleSettings.paper().batch
        1024
        """
        return replace(
            cls(samples=80_000, steps=100, batch=1024, learning_rate=2e-4, even=False), **changes
        )


@dataclass(frozen=True)
class RekindleTrainer:
    """The trainer; the models of its records are fresh ones with the label of relevant sets.

    Values of its records: ``met``, the share of its models that do what is wanted; ``relevant``,
    the share of relevant sets in the data;
    ``mean_divergence`` of the models of the record, see `mean_divergence`; and of the step, means
    over its batches: ``discriminator_loss``, ``discriminator_accuracy`` and ``generator_loss``.
    """

    fitness: DataFitness[RekindleGenerator]
    settings: RekindleSettings

    @classmethod
    def of(cls, problem: Problem, settings: RekindleSettings) -> RekindleTrainer:
        """For a problem with one steady state.

        Raises:
            ParameterError: several states, or a generator or data that it cannot use.
        """
        return cls(DataFitness.of(problem, RekindleGenerator, settings), settings)

    @property
    def digest(self) -> str:
        """Fingerprint of the fitness and its data."""
        return self.fitness.digest

    @property
    def discriminator(self) -> Discriminator:
        """The published one."""
        return Discriminator(self.fitness.ranges.n_generated)

    def init(self, rng: np.random.Generator, weights: Weights, *, seed: int = -1) -> TrainingState:
        """State before the first step, with a new discriminator."""
        other = self.discriminator.initial_weights(rng)
        trained = self.fitness.generator.n_trained
        memory = {
            "discriminator": other,
            "discriminator_moments": np.zeros((2, len(other)), np.float32),
            "generator_moments": np.zeros((2, trained), np.float32),
        }
        return TrainingState.begin(weights, rng, seed=seed, memory=with_seed(memory, rng))

    def step(self, state: TrainingState) -> tuple[TrainingState, Record]:
        """Some epochs."""
        began = time.perf_counter()
        fitness, settings, rng = self.fitness, self.settings, rng_from(state.rng_state)
        data = fitness.labelled(state.memory)
        real, labels, held = self._split(data)
        seen = fitness.watched(state.weights, settings.monitor_models, child_rng(rng))
        batches = max(len(real) // settings.batch, 1) * settings.epochs_per_step
        game = _Game(self, state, rng, done=state.step * batches)
        found = [game.batch(real, labels) for _ in range(batches)]
        loss, accuracy, deceived = np.mean(found, axis=0)
        values = {
            "met": seen.met,
            "relevant": data.share_relevant,
            "mean_divergence": mean_divergence(shares_of(fitness.ranges, seen.km_mM), held),
            "discriminator_loss": float(loss),
            "discriminator_accuracy": float(accuracy),
            "generator_loss": float(deceived),
        }
        after = replace(
            state, weights=game.weights, step=state.step + 1, memory=game.memory,
            rng_state=dict(rng.bit_generator.state),
        )  # fmt: skip
        return after, Record(state.step, seen.lambda_max_per_h, values, time.perf_counter() - began)

    def _split(self, data: Labelled) -> tuple[Weights, NDArray[np.bool_], NDArray[np.float32]]:
        """Scaled sets to train with, their labels, and shares of the relevant ones held back."""
        cut = max(round(len(data.shares) * self.settings.train_share), 1)
        held = data.shares[cut:][data.relevant[cut:]]
        scaled = self.fitness.generator.scaled(data.shares[:cut])
        return scaled, data.relevant[:cut], held


class _Game:
    """Both networks with their Adams, during one step of the trainer."""

    def __init__(
        self, trainer: RekindleTrainer, state: TrainingState, rng: np.random.Generator, *, done: int
    ) -> None:
        self.settings, self.rng = trainer.settings, rng
        self.net, self.judge = trainer.fitness.generator, trainer.discriminator
        self.dropped = torch.Generator().manual_seed(int(rng.integers(2**63)))
        flat = torch.tensor(state.weights)
        self.trained = flat[: self.net.n_trained].clone().requires_grad_(True)
        self.running = flat[self.net.n_trained :].clone()
        self.other = torch.tensor(state.memory["discriminator"], requires_grad=True)
        self.kept = dict(state.memory)
        self.by_judge = self._adam(self.other, self.kept["discriminator_moments"], 2 * done)
        self.by_net = self._adam(self.trained, self.kept["generator_moments"], done)

    def _adam(self, weights: torch.Tensor, moments: Any, done: int) -> torch.optim.Adam:
        betas = (self.settings.beta1, 0.999)
        adam = torch.optim.Adam([weights], lr=self.settings.learning_rate, betas=betas)
        first, second = torch.tensor(moments)
        adam.state[weights] = {
            "step": torch.tensor(float(done)), "exp_avg": first, "exp_avg_sq": second,
        }  # fmt: skip
        return adam

    def batch(self, real: Weights, relevant: NDArray[np.bool_]) -> tuple[float, float, float]:
        """One batch: loss and accuracy of the discriminator, loss of the generator."""
        half = self.settings.batch // 2
        chosen = self._chosen(relevant, half)
        sets, labels = torch.from_numpy(real[chosen]), _labels(relevant[chosen])
        with torch.no_grad():
            made = self.net.outputs(self.trained, self.running, self._noise(half), labels)
        losses, right = [], []
        for shown, sign in ((sets, 1.0), (made, -1.0)):
            logits = self.judge.logits(self.other, shown, labels, self.dropped)
            losses.append(_descend(self.by_judge, softplus(-sign * logits).mean()))
            right.append(float((sign * logits.detach() > 0).float().mean()))
        even = _labels(self.rng.random(2 * half) < 0.5)
        made = self.net.outputs(
            self.trained, self.running, self._noise(2 * half), even, self.dropped
        )
        self.other.requires_grad_(False)
        logits = self.judge.logits(self.other, made, even, self.dropped)
        deceived = _descend(self.by_net, softplus(-logits).mean())
        self.other.requires_grad_(True)
        return sum(losses) / 2, sum(right) / 2, deceived

    def _chosen(self, relevant: NDArray[np.bool_], n: int) -> NDArray[np.int64]:
        yes, no = np.flatnonzero(relevant), np.flatnonzero(~relevant)
        if not self.settings.even or not len(yes) or not len(no):
            return self.rng.integers(0, len(relevant), n)
        return np.concatenate(
            [yes[self.rng.integers(0, len(yes), n // 2)],
             no[self.rng.integers(0, len(no), n - n // 2)]]
        )  # fmt: skip

    def _noise(self, n: int) -> torch.Tensor:
        return torch.from_numpy(self.rng.standard_normal((n, self.net.latent), dtype=np.float32))

    @property
    def weights(self) -> Weights:
        """Of the generator."""
        return torch.cat([self.trained.detach(), self.running]).numpy()

    @property
    def memory(self) -> dict[str, Any]:
        """What the run remembers."""
        found = {"discriminator": self.other.detach().numpy()}
        for name, adam, weights in (
            ("discriminator_moments", self.by_judge, self.other),
            ("generator_moments", self.by_net, self.trained),
        ):
            kept = adam.state[weights]
            found[name] = torch.stack([kept["exp_avg"], kept["exp_avg_sq"]]).numpy()
        return {**self.kept, **found}


def _labels(relevant: NDArray[np.bool_]) -> torch.Tensor:
    return torch.from_numpy(np.where(relevant, RELEVANT, OTHER).astype(np.float32)[:, None])


def _descend(adam: torch.optim.Adam, loss: torch.Tensor) -> float:
    adam.zero_grad()
    loss.backward()
    adam.step()
    return float(loss.detach())


def mean_divergence(sample: NDArray[Any], reference: NDArray[Any], bins: int = BINS) -> float:
    """Kullback–Leibler divergence of generated from real sets by their means, in nats.

    The mean of every constant over the sets, a histogram of these means over the constants for
    either side, with common bins and half a count added to each, and Σ p ln(p/q) with p of the
    reference. It sees how the centres shift as a whole, and is blind to width, to dependence and
    to which constant is where: use `renaissance_kit.analysis.diversity_of` beside it.

    Args:
        sample: (sets, constants) that were generated, on any scale.
        reference: (sets, constants) to compare with.
        bins: of the histograms.

    Returns:
        NaN where a side has no sets.

    Reference: Choudhury et al. 2022 Nat Mach Intell 4:710.

    >>> import numpy as np
    >>> from renaissance_kit.training import mean_divergence
    >>> sets = np.random.default_rng(1).random((50, 8))
    >>> mean_divergence(sets, sets)
    0.0
    """
    if not len(sample) or not len(reference):
        return float("nan")
    means = [np.asarray(part, dtype=np.float64).mean(axis=0) for part in (reference, sample)]
    edges = np.linspace(np.min(means), np.max(means), bins + 1)
    if edges[0] == edges[-1]:
        return 0.0
    p, q = ((np.histogram(part, edges)[0] + 0.5) / (len(part) + bins / 2) for part in means)
    return float((p * np.log(p / q)).sum())
