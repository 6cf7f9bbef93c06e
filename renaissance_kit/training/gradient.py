"""Train a generator by back-propagation through the eigenvalues, for the widest distribution.

The objective is variational. The constants wanted are the log-uniform distribution within the
bounds, restricted to valid models. A generator with outputs y, ln K = low + (high − low) · Φ(y),
comes near it by making small

    mean of ln(1 + exp((s − s(threshold) + margin)/width))  +  diversity · divergence,

with s the smooth maximum of `renaissance_kit.kinetics.gradients` and the divergence that of y from
independent standard normal numbers, which would make KM log-uniform and independent. It is
estimated from the batch, in nats per constant, from the means m, variances v and correlations C:

    mean of ½ (m² + v − 1 − ln v)  +  ¼ (Σ C² / n_km − 1),

the second term being the part of ``−½ ln det C`` of second order in the correlations. Marginal
spread alone would let all constants follow a few latent directions. Σ C² is estimated from
products of different models, the mean of (z_a · z_b)² over a ≠ b, so that a batch smaller than the
number of constants does not mistake chance for dependence.

State, checkpoints and random streams are those of `renaissance_kit.training.nes`: a killed run
resumes to the identical end.

References: Kingma & Ba 2015 ICLR (Adam); Kingma & Welling 2014 ICLR (gradients through samples).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from threadpoolctl import threadpool_limits

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.seeds import rng_from
from renaissance_kit.core.types import Array, Weights
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.kinetics.gradients import TAU, pinned_over_states
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_states import SteadyState
from renaissance_kit.training.checkpoints import save_checkpoint
from renaissance_kit.training.fit import (
    KineticObjective,
    begin_or_resume,
    draw_ensemble,
    incidence_of,
)
from renaissance_kit.training.generator import Generator, KMRanges
from renaissance_kit.training.state import EvolutionState, Record

Loss = tuple[torch.Tensor, torch.Tensor, torch.Tensor]

EDGE = 2.0  # standard deviations, within 2.3 % of a constant's range from its bound
_BETAS = (0.5, 0.9)  # of Adam; a longer memory overshoots where eigenvalues change places


@dataclass(frozen=True)
class GradientSettings:
    """Settings of a training by gradient.

    Args:
        steps: of Adam; the learning rate is constant in the first half and falls to 0 in the
            second, along a line.
        models_per_step: models in a batch.
        learning_rate: in units of the weights' initial standard deviation, for a generator with
            scaled weights.
        diversity: weight of the divergence; more makes the distribution wider and its incidence
            lower.
        dependence: weight of the correlations within the divergence. 0 looks at the constants
            one by one; 1 is right for weak correlations and too much for strong ones, of which
            there are many in a network with 99 latent numbers, and costs width.
        tau: width of the smooth maximum over the eigenvalues.

    Raises:
        ParameterError: a value out of its range.
    """

    steps: int = 100
    models_per_step: int = 64
    learning_rate: float = 0.01
    diversity: float = 10.0
    dependence: float = 0.3
    tau: float = TAU

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ParameterError(f"steps is {self.steps}; give at least 1")
        if self.models_per_step < 3:
            raise ParameterError(
                f"models_per_step is {self.models_per_step}; a spread needs at least 3"
            )
        for name in ("learning_rate", "tau"):
            if not 0 < getattr(self, name) < np.inf:
                raise ParameterError(f"{name} is {getattr(self, name)}; give a positive number")
        for name in ("diversity", "dependence"):
            if not 0 <= getattr(self, name) < np.inf:
                raise ParameterError(f"{name} is {getattr(self, name)}; give 0 or more")


@dataclass(frozen=True)
class SoftMargin:
    """Minus the mean of ln(1 + exp((s(λ) − s(λ_partition) + margin)/width)), s = asinh(λ / 1 h⁻¹).

    The logarithm of a smooth step at the threshold: unlike `SmoothIncidence` it keeps its slope
    however slow a model is, and as there a valid model gains from a margin.
    """

    partition_per_h: float = -2.5
    margin: float = 0.2
    width: float = 0.1

    def __post_init__(self) -> None:
        if not self.width > 0:
            raise ParameterError(f"width is {self.width}; give a positive number")

    def of(self, s: torch.Tensor) -> torch.Tensor:
        """From values on the scale s, with derivatives."""
        distance = s - float(np.arcsinh(self.partition_per_h)) + self.margin
        return -torch.nn.functional.softplus(distance / self.width).mean()

    def __call__(self, lambda_max_per_h: Array) -> float:
        """From λmax in 1/h; −∞ if a model has no eigenvalues."""
        values = np.where(np.isnan(lambda_max_per_h), np.inf, lambda_max_per_h)
        return float(self.of(torch.from_numpy(np.arcsinh(values))))


class SmoothLambdaMax(torch.autograd.Function):
    """s of models as a function of ln KM, (models, km) in double precision.

    ``batches`` says where the models stand: each is at one steady state and takes an equal share
    of the rows, in order. Returns s, 0 and without derivative where there are no eigenvalues, and
    λmax in 1/h, NaN there.
    """

    @staticmethod
    def forward(
        ctx: Any, log_km: torch.Tensor, batches: Sequence[KineticModels], tau: float, workers: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        km = np.exp(log_km.detach().numpy()).reshape(len(batches), -1, log_km.shape[1])
        placed = [batch.with_km(own) for batch, own in zip(batches, km, strict=True)]
        found = pinned_over_states(placed, tau=tau, workers=workers)
        ctx.save_for_backward(torch.from_numpy(found.gradient))
        lambda_max = torch.from_numpy(found.lambda_max_per_h)
        ctx.mark_non_differentiable(lambda_max)
        return torch.from_numpy(np.nan_to_num(found.value)), lambda_max

    @staticmethod
    def backward(ctx: Any, *outer: torch.Tensor) -> Any:
        (gradient,) = ctx.saved_tensors
        return outer[0][:, None] * gradient, None, None, None


def divergence(outputs: torch.Tensor, dependence: float = 1.0) -> torch.Tensor:
    """Nats per output by which a batch differs from independent standard normal numbers.

    Args:
        outputs: (samples, outputs), at least 3 samples.
        dependence: weight of the correlations.

    >>> import torch
    >>> from renaissance_kit.training import divergence
    >>> y = torch.randn((2000, 5), generator=torch.Generator().manual_seed(1), dtype=torch.double)
    >>> bool(abs(divergence(y)) < 0.01), bool(divergence(2 * y) > 0.5)
    (True, True)
    """
    n, size = outputs.shape
    mean, variance = outputs.mean(dim=0), outputs.var(dim=0)
    # the square of a batch's mean is too large by v/n
    squared = mean**2 - variance / n
    marginal = 0.5 * (squared + variance - 1 - torch.log(variance)).mean()
    if dependence == 0 or size < 2:
        return marginal
    z = (outputs - mean) / torch.sqrt(variance)
    products = z @ z.T if n < size else z.T @ z  # the sum of squares is the same
    others = ((products**2).sum() - ((z**2).sum(dim=1) ** 2).sum()) / (n * (n - 1))
    # what a batch of n independent normal numbers gives after standardisation
    own = (1 - 1 / n) * (1 - 3 * (n - 1) / (n * (n + 1)))
    return marginal + dependence * 0.25 * (others / size - own - (size - 1) / n**2)


def start(
    weights: Weights, settings: GradientSettings, rng: np.random.Generator, *, seed: int = -1
) -> EvolutionState:
    """State before the first step; continues the random stream of ``rng``."""
    flat = weights.astype(np.float32)
    state = dict(rng.bit_generator.state)
    return EvolutionState(flat, 0, state, np.zeros_like(flat), np.zeros_like(flat), seed)


def step(
    state: EvolutionState, objective: KineticObjective, settings: GradientSettings
) -> EvolutionState:
    """One step of Adam.

    Its record holds, as ``rewards``, the soft margin and the divergence, and λmax of the batch.
    """

    def loss(weights: torch.Tensor, rng: np.random.Generator) -> Loss:
        noise, seed = objective.draw_noise(settings.models_per_step, rng)
        own = rng_from(seed)
        outputs = objective.generator.differentiable_outputs(weights, noise, own).double()
        log_km = log_km_of(outputs, objective.generator.ranges, own)
        s, lambda_max = SmoothLambdaMax.apply(
            log_km, [objective.models], settings.tau, objective.workers
        )
        return soft_margin(objective).of(s), divergence(outputs, settings.dependence), lambda_max

    return adam_step(state, settings, loss, objective.threshold_per_h)


def require_trainable(generator: Generator) -> None:
    """Raise ParameterError unless the generator's outputs have derivatives of their own."""
    if generator.rescale != "pointwise":
        raise ParameterError(
            f"rescale is {generator.rescale!r}; training by gradient takes a generator with "
            "'pointwise'"
        )
    if generator.ranges.n_generated == 0:
        raise ParameterError("all constants are fixed; there is nothing to train")


def soft_margin(objective: KineticObjective) -> SoftMargin:
    """The objective's reward, if it has a derivative.

    Raises:
        ParameterError: it has none.
    """
    if not isinstance(objective.reward, SoftMargin):
        raise ParameterError(
            f"{objective.reward!r} has no derivative; training by gradient takes SoftMargin"
        )
    return objective.reward


def adam_step(
    state: EvolutionState,
    settings: GradientSettings,
    loss: Callable[[torch.Tensor, np.random.Generator], Loss],
    threshold_per_h: float,
    *,
    betas: tuple[float, float] = _BETAS,
) -> EvolutionState:
    """One step of Adam on weights: up the soft margin, down the divergence.

    Args:
        loss: takes weights and a random generator; returns the two, and λmax of the batch.
        betas: of Adam.
    """
    began = time.perf_counter()
    rng = rng_from(state.rng_state)
    weights = torch.tensor(state.weights, requires_grad=True)
    done = state.generation / settings.steps
    rate = settings.learning_rate * min(1.0, 2.0 * (1.0 - done))
    optimiser = torch.optim.Adam([weights], lr=rate, betas=betas)
    optimiser.state[weights] = {
        "step": torch.tensor(float(state.generation)),
        "exp_avg": torch.tensor(state.first_moment),
        "exp_avg_sq": torch.tensor(state.second_moment),
    }
    gained, apart, lambda_max = loss(weights, rng)
    (settings.diversity * apart - gained).backward()
    optimiser.step()
    adam = optimiser.state[weights]
    values = lambda_max.numpy()
    record = Record(
        state.generation,
        np.array([float(gained.detach()), float(apart.detach())]),
        incidence_of(values, threshold_per_h),
        values,
        time.perf_counter() - began,
    )
    return EvolutionState(
        weights.detach().numpy(),
        state.generation + 1,
        dict(rng.bit_generator.state),
        adam["exp_avg"].numpy(),
        adam["exp_avg_sq"].numpy(),
        state.seed,
        (*state.history, record),
    )


def run_steps(
    now: EvolutionState,
    next_state: Callable[[EvolutionState], EvolutionState],
    settings: GradientSettings,
    objective_digest: str,
    *,
    checkpoint: str | Path | None,
    progress: Callable[[EvolutionState], None] | None,
    stop: Callable[[], bool] | None,
    every: int = 1,
) -> EvolutionState:
    """Step until the last; the arguments are those of `train_by_gradient`.

    Args:
        every: steps between checkpoints; there is one at the end, and where ``stop`` said so.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # the network takes a tenth of a step, and less so on a busy machine
    try:
        with threadpool_limits(limits=1, user_api="blas"):
            kept = now.generation
            while now.generation < settings.steps and not (stop and stop()):
                now = next_state(now)
                if checkpoint is not None and now.generation % every == 0:
                    save_checkpoint(checkpoint, now, settings, objective_digest)
                    kept = now.generation
                if progress is not None:
                    progress(now)
            if checkpoint is not None and now.generation > kept:
                save_checkpoint(checkpoint, now, settings, objective_digest)
    finally:
        torch.set_num_threads(threads)
    return now


def history_of(state: EvolutionState) -> pd.DataFrame:
    """One row a step: incidence of its batch before the step, objective and seconds.

    ``divergence`` is in nats per constant; see `divergence`.
    """
    rows = [
        {
            "step": record.generation,
            "incidence": record.population_incidence,
            "without_eigenvalues": int(np.isnan(record.lambda_max_per_h).sum()),
            "reward": record.rewards[0],
            "divergence": record.rewards[1],
            "seconds": record.seconds,
        }
        for record in state.history
    ]
    return pd.DataFrame(rows)


class ProjectedShare(torch.autograd.Function):
    """Φ(y), with the derivative of projected descent near the bounds.

    At a bound the derivative of Φ vanishes, and a constant that was driven there for the sake of
    some steady states could never leave it for the sake of others. Beyond |y| = `EDGE` a descent
    that leads back inwards sees the slope at the edge, and one that leads farther out sees none.
    """

    @staticmethod
    def forward(ctx: Any, outputs: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(outputs)
        return (1 + torch.erf(outputs * 0.5**0.5)) / 2

    @staticmethod
    def backward(ctx: Any, *outer: torch.Tensor) -> Any:
        (outputs,) = ctx.saved_tensors
        slope = torch.exp(-(outputs.clamp(-EDGE, EDGE) ** 2) / 2) / (2 * torch.pi) ** 0.5
        outwards = (outputs.abs() > EDGE) & (outer[0] * outputs < 0)
        return torch.where(outwards, 0.0, outer[0] * slope)


def log_km_of(
    outputs: torch.Tensor, ranges: KMRanges, rng: np.random.Generator, *, projected: bool = False
) -> torch.Tensor:
    """ln KM of all constants, (models, km); fixed ones are drawn.

    Args:
        projected: see `ProjectedShare`.
    """
    free = torch.from_numpy(~ranges.fixed)
    low, high = torch.from_numpy(np.log(ranges.low_mM)), torch.from_numpy(np.log(ranges.high_mM))
    if projected:
        share = ProjectedShare.apply(outputs)
    else:
        share = (1 + torch.erf(outputs * 0.5**0.5)) / 2
    generated = low[free] + (high - low)[free] * share
    if bool(free.all()):
        return generated
    log_km = torch.from_numpy(np.log(ranges.uniform(len(outputs), rng)))
    log_km[:, free] = generated
    return log_km


@dataclass(frozen=True)
class GradientTraining:
    """A training by gradient, finished or stopped; used as a `renaissance_kit.Training` is.

    Attributes:
        objective: what was optimised.
        settings: of the training.
        seed: of the random stream.
        state: the last state.
    """

    objective: KineticObjective
    settings: GradientSettings
    seed: int
    state: EvolutionState = field(repr=False)

    @property
    def weights(self) -> Weights:
        """Trained weights, (n_weights,)."""
        return self.state.weights

    @property
    def history(self) -> pd.DataFrame:
        """One row a step; see `history_of`."""
        return history_of(self.state)

    @property
    def models_evaluated(self) -> int:
        """Models whose derivatives were computed so far."""
        return self.state.generation * self.settings.models_per_step

    def models(self, n: int, rng: np.random.Generator) -> KineticModels:
        """Draw n kinetic models from the trained generator."""
        km = self.objective.generator.sample(self.weights, n, rng)
        return KineticModels(self.objective.network, self.objective.state, km)

    def ensemble(self, n: int, *, seed: int) -> KineticEnsemble:
        """Draw n models with their eigenvalues, labelled; not all of them need be valid."""
        attributes = {
            "training_steps": self.state.generation,
            **{f"gradient_{k}": v for k, v in asdict(self.settings).items()},
        }
        return draw_ensemble(self.objective, self.weights, n, seed, self.seed, attributes)


def train_by_gradient(
    network: Network,
    state: SteadyState,
    *,
    seed: int,
    settings: GradientSettings | None = None,
    generator: Generator | None = None,
    reward: SoftMargin | None = None,
    threshold_per_h: float | None = None,
    initial_weights: Weights | None = None,
    checkpoint: str | Path | None = None,
    resume: bool = False,
    progress: Callable[[EvolutionState], None] | None = None,
    stop: Callable[[], bool] | None = None,
    workers: int = 2,
) -> GradientTraining:
    """Train a generator by the derivative of its models' eigenvalues.

    Args:
        network: the network.
        state: steady state at which the models stand.
        seed: of every random draw.
        settings: of the training.
        generator: architecture and bounds, outputs bounded one by one; the default ones if not
            given.
        reward: with the threshold as its partition if not given.
        threshold_per_h: bound on λmax of a valid model; the network's if not given.
        initial_weights: to start from a trained generator instead of a new one.
        checkpoint: file that holds the run; replaced after every step.
        resume: go on from ``checkpoint`` if it exists, to the identical end.
        progress: called with the state after every step.
        stop: asked before every step; True ends the run there (resume later).
        workers: threads for the eigenvalues; does not change the result.

    Raises:
        SteadyStateError: the state does not belong to the network.
        ParameterError: settings out of range, or weights of another architecture.
        CheckpointError: the checkpoint is damaged or of another run.

    >>> from renaissance_kit import Network, SteadyState
    >>> from renaissance_kit.training import GradientSettings, train_by_gradient
    >>> network = Network.example("tiny")
    >>> settings = GradientSettings(steps=3, models_per_step=8)
    >>> state = SteadyState.from_folder(network)
    >>> train_by_gradient(network, state, seed=1, settings=settings).models_evaluated
    24
    """
    if not isinstance(state, SteadyState):
        raise ParameterError("training takes one steady state; choose one, such as states.default")
    state.check(network)
    settings = settings or GradientSettings()
    generator = generator or Generator(KMRanges.of(network))
    require_trainable(generator)
    threshold = threshold_per_h
    if threshold is None:
        threshold = network.conditions["eigenvalue_threshold"].value
    reward = reward or SoftMargin(partition_per_h=threshold)
    objective = KineticObjective(network, state, generator, reward, threshold, workers)

    def fresh() -> EvolutionState:
        rng = np.random.default_rng(seed)
        weights = generator.initial_weights(rng) if initial_weights is None else initial_weights
        generator.check(weights)
        return start(weights, settings, rng, seed=seed)

    now = begin_or_resume(fresh, settings, objective.digest, seed, checkpoint, resume)
    end = run_steps(
        now, lambda state: step(state, objective, settings), settings, objective.digest,
        checkpoint=checkpoint, progress=progress, stop=stop,
    )  # fmt: skip
    return GradientTraining(objective, settings, seed, end)
