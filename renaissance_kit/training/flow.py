"""A normalising flow, fitted to the relevant sets of constants by maximum likelihood.

A set becomes x = Φ⁻¹((ln K − low)/(high − low)), constant by constant, so that unbiased sets are
independent standard normal numbers and everything that is drawn lies within its bounds. The flow is
a chain of coupling layers from the library zuko between x and standard normal numbers; a new one
changes nothing, which is unbiased sampling. It has an exact density, `FlowGenerator.log_density`.

What can be reached is known: with a share p of relevant sets among unbiased ones, the mean of
ln q/q₀ over relevant sets, q of the flow and q₀ of unbiased sampling, is at most −ln p nats. The
difference is the Kullback–Leibler divergence from the relevant sets to the flow. Few sets of many
constants are soon learnt by heart, so a part is held back, and the weights with the largest gain
there are the result.

References: Durkan et al. 2019 NeurIPS (arXiv:1906.04032); Dinh et al. 2017 ICLR (arXiv:1605.08803);
Rozet et al., Zuko, doi:10.5281/zenodo.7625672.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
import zuko
from numpy.typing import NDArray
from scipy.special import ndtr
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from renaissance_kit.core.arguments import require_kinds
from renaissance_kit.core.errors import ParameterError
from renaissance_kit.core.fingerprint import fingerprint
from renaissance_kit.core.seeds import child_rng, rng_from
from renaissance_kit.core.threads import single_threaded
from renaissance_kit.core.types import Array, Weights
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.training.data_fitness import DataFitness, with_seed
from renaissance_kit.training.fitness import Problem
from renaissance_kit.training.generator import check_weights
from renaissance_kit.training.labelled import (
    DataSettings,
    km_of_shares,
    normal_of_shares,
    outside_of,
    shares_of,
)
from renaissance_kit.training.trainer import Record, TrainingState


@dataclass(frozen=True)
class FlowGenerator:
    """Architecture of a flow; weights are passed to its methods.

    Args:
        ranges: bounds of the constants.
        layers: coupling layers. Each changes one half of the constants, by what the other half is.
        hidden: units of the hidden layers of their networks.
        bins: of the monotonic splines that a layer applies, within 5 standard deviations; with 0
            it shifts and stretches instead, which takes fewer data.

    Raises:
        ParameterError: a value out of its range.

    >>> import numpy as np
    >>> from renaissance_kit import KMRanges, Network
    >>> from renaissance_kit.training import FlowGenerator
    >>> generator = FlowGenerator(KMRanges.of(Network.example("tiny")), hidden=(8,))
    >>> rng = np.random.default_rng(1)
    >>> weights = generator.initial_weights(rng)
    >>> km = generator.sample(weights, 5, rng)
    >>> bool(np.allclose(generator.gain(weights, km), 0, atol=1e-4))  # as unbiased sampling
    True
    """

    ranges: KMRanges
    layers: int = 2
    hidden: tuple[int, ...] = (16,)
    bins: int = 0

    def __post_init__(self) -> None:
        require_kinds(self)
        if self.layers < 1 or any(h < 1 for h in self.hidden):
            raise ParameterError("layers and hidden sizes must be at least 1")
        if self.bins < 0 or self.bins == 1:
            raise ParameterError(f"bins is {self.bins}; give at least 2, or 0 for none")

    @property
    def architecture(self) -> str:
        """Everything but the bounds and weights, as text."""
        return repr(("flow", self.layers, self.hidden, self.bins))

    def module(self, weights: Weights | None = None) -> zuko.flows.Flow:
        """The flow as a module of PyTorch, with these weights; see the documentation of zuko."""
        n = self.ranges.n_generated
        kind: dict[str, Any] = {"hidden_features": self.hidden} if n > 1 else {}
        if self.bins:
            kind["univariate"] = zuko.transforms.MonotonicRQSTransform
            kind["shapes"] = [(self.bins,), (self.bins,), (self.bins - 1,)]
        with torch.random.fork_rng(devices=[]):  # it draws weights, which are replaced
            chain: list[zuko.lazy.LazyTransform] = [
                zuko.flows.coupling.GeneralCouplingTransform(n, 0, half(n, i), **kind)
                for i in range(self.layers)
            ]
            chain.append(zuko.flows.gaussianization.ElementWiseTransform(n))
        base = zuko.lazy.UnconditionalDistribution(
            zuko.distributions.DiagNormal, torch.zeros(n), torch.ones(n), buffer=True
        )
        flow = zuko.flows.Flow(chain, base)
        if weights is not None:
            self.check(weights)
            vector_to_parameters(torch.from_numpy(weights.copy()), flow.parameters())
        return flow

    @property
    def n_weights(self) -> int:
        """Number of weights and biases."""
        return sum(part.numel() for part in self.module().parameters())

    def initial_weights(self, rng: np.random.Generator) -> Weights:
        """Weights of a new flow, (n_weights,), which changes nothing.

        The hidden layers are drawn, normal with variance 2 over the units before; the last layer
        of each network is 0.
        """
        flow = self.module()
        kinds = (torch.nn.Linear, zuko.nn.Linear)
        linear = [part for part in flow.modules() if isinstance(part, kinds)]
        with torch.no_grad():
            for part in flow.parameters():
                part.zero_()
            for i, layer in enumerate(linear):
                if (i + 1) % (len(self.hidden) + 1):
                    shape = tuple(layer.weight.shape)
                    drawn = rng.standard_normal(shape, dtype=np.float32) * (2 / shape[1]) ** 0.5
                    layer.weight.copy_(torch.from_numpy(drawn.astype(np.float32)))
        return parameters_to_vector(flow.parameters()).detach().numpy().copy()

    @single_threaded()
    def centred(self, weights: Weights, x: torch.Tensor) -> Weights:
        """Weights whose last layer also moves the means of sets to 0, where they are surely not.

        That is where a mean of k sets exceeds √(2 ln n/k), which the largest of n standard normal
        constants hardly does: a few hundred sets tell where some constants stand, long before they
        tell anything about their dependence.

        Args:
            x: (sets, constants) standard normal if unbiased.
        """
        sets, n = x.shape
        with torch.no_grad():
            mean = self.module(weights)().transform(x).mean(dim=0).numpy()
        sure = np.abs(mean) > np.sqrt(2 * np.log(max(n, 2)) / sets)
        moved = weights.copy()
        moved[-2 * n : -n] -= np.where(sure, mean, 0)
        return moved

    @single_threaded()
    def sample(self, weights: Weights, n: int, rng: np.random.Generator) -> Array:
        """Draw n sets of KM in mM, (n, km).

        Raises:
            ParameterError: n below 1, or weights of another architecture.
        """
        if n < 1:
            raise ParameterError(f"asked for {n} models; ask for at least 1")
        z = rng.standard_normal((n, self.ranges.n_generated), dtype=np.float32)
        with torch.no_grad():
            x = self.module(weights)().transform.inv(torch.from_numpy(z)).numpy()
        return km_of_shares(self.ranges, ndtr(x.astype(np.float64)), rng)

    @single_threaded()
    def gain(self, weights: Weights, km_mM: Array) -> Array:
        """ln of the density over that of unbiased sampling, (sets,), in nats.

        −∞ for a set with a constant out of its bounds, which is never drawn.

        Args:
            km_mM: (sets, km); only the generated constants count.
        """
        outside = outside_of(self.ranges, km_mM)[:, ~self.ranges.fixed].any(axis=1)
        x = torch.from_numpy(normal_of_shares(shares_of(self.ranges, km_mM)))
        with torch.no_grad():
            gain = gain_of(self.module(weights), x).numpy().astype(np.float64)
        return np.where(outside, -np.inf, gain)

    def log_density(self, weights: Weights, km_mM: Array) -> Array:
        """ln of the density of the generated ln KM, (sets,), per unit of ln KM of each.

        −∞ for a set with a constant out of its bounds.

        Args:
            km_mM: (sets, km).
        """
        free = ~self.ranges.fixed
        width = np.log(self.ranges.high_mM[free] / self.ranges.low_mM[free])
        return self.gain(weights, km_mM) - float(np.log(width).sum())

    def check(self, weights: Weights) -> None:
        """Raise ParameterError unless the weights fit and are finite."""
        check_weights(weights, self.n_weights)

    def digest(self, weights: Weights) -> str:
        """Fingerprint of architecture, bounds and weights."""
        ranges = self.ranges
        return fingerprint(
            self.architecture, ranges.low_mM, ranges.high_mM, ranges.fixed, weights
        )  # fmt: skip


def half(n: int, layer: int) -> Any:
    """(n,) True for the constants that a layer leaves as they are.

    Layers go in pairs, of a half and the other half. The halves of a pair are told apart by one
    binary digit of the constants' numbers, so that after some pairs any two constants have been
    in different halves.
    """
    digits = max(n - 1, 1).bit_length()
    return torch.tensor([bool((i >> (layer // 2) % digits) % 2) != bool(layer % 2)
                         for i in range(n)])  # fmt: skip


def gain_of(flow: zuko.flows.Flow, x: torch.Tensor) -> torch.Tensor:
    """ln of a flow's density over the standard normal one, (sets,)."""
    found: torch.Tensor = flow().log_prob(x)
    return found + (x**2 / 2).sum(dim=1) + x.shape[1] * float(np.log(2 * np.pi)) / 2


@dataclass(frozen=True)
class FlowSettings(DataSettings):
    """Settings of a flow's training.

    Args:
        epochs: rounds through the relevant sets.
        samples: labelled sets, see `DataSettings`; only the relevant ones are used.
        batch: sets in a batch.
        learning_rate: of Adam.
        decay: of the weights, in each step of Adam as a share of the learning rate; holds the flow
            near to unbiased sampling where there are few sets.
        train_share: share of the relevant sets that are trained with; the others choose the epoch.

    Raises:
        ParameterError: a value out of its range.
    """

    method: ClassVar[str] = "flow"
    length: ClassVar[str] = "epochs"
    can_be_lengthened: ClassVar[bool] = True
    checkpoint_every: ClassVar[int] = 5

    epochs: int = 30
    batch: int = 64
    learning_rate: float = 1e-4
    decay: float = 0.1
    train_share: float = 0.8

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_positive("learning_rate", "batch")
        self.require_shares("train_share")
        if not 0 <= self.decay < np.inf:
            raise ParameterError(f"decay is {self.decay}; give 0 or more")


@dataclass(frozen=True)
class FlowTrainer:
    """The trainer; the weights are those with the largest gain on the sets held back so far.

    Values of its records: ``met``, the share of its models that do what is wanted; ``relevant``,
    the share of relevant sets in the data, p; ``ceiling``,
    −ln p, which no gain over all relevant sets exceeds where the sets are unbiased; and after the
    epoch ``gain`` and ``held_out_gain``, means over the sets it is trained with and over those
    held back, in nats.
    """

    fitness: DataFitness[FlowGenerator]
    settings: FlowSettings

    @classmethod
    def of(cls, problem: Problem, settings: FlowSettings) -> FlowTrainer:
        """For a problem with one steady state.

        Raises:
            ParameterError: several states, or a generator or data that it cannot use.
        """
        return cls(DataFitness.of(problem, FlowGenerator, settings), settings)

    @property
    def digest(self) -> str:
        """Fingerprint of the fitness and its data."""
        return self.fitness.digest

    def init(self, rng: np.random.Generator, weights: Weights, *, seed: int = -1) -> TrainingState:
        """State before the first epoch."""
        flat = weights.astype(np.float32)
        memory = {"now": flat, "moments": np.zeros((2, len(flat)), np.float32),
                  "best": np.array([-np.inf])}  # fmt: skip
        return TrainingState.begin(flat, rng, seed=seed, memory=with_seed(memory, rng))

    def step(self, state: TrainingState) -> tuple[TrainingState, Record]:
        """One epoch."""
        began = time.perf_counter()
        fitness, settings, rng = self.fitness, self.settings, rng_from(state.rng_state)
        data = fitness.labelled(state.memory)
        seen = fitness.watched(state.weights, settings.monitor_models, child_rng(rng))
        sets = torch.from_numpy(normal_of_shares(data.shares[data.relevant]))
        cut = min(max(round(len(sets) * settings.train_share), 1), len(sets) - 1)
        order = rng.permutation(cut)
        batches = np.array_split(order, max(cut // settings.batch, 1))
        if not state.step:
            state = self._centred(state, sets[:cut], sets[cut:])
        now, moments, gain = self._epoch(state, [sets[batch] for batch in batches])
        held, best = self._gain(now, sets[cut:]), float(state.memory["best"][0])
        better = held > best
        memory = {
            **state.memory, "now": now, "moments": moments,
            "best": np.array([max(held, best)]),
        }  # fmt: skip
        after = replace(
            state, weights=now if better else state.weights, step=state.step + 1, memory=memory,
            rng_state=dict(rng.bit_generator.state),
        )  # fmt: skip
        share = data.share_relevant
        values = {
            "met": seen.met, "relevant": share, "ceiling": -float(np.log(share)), "gain": gain,
            "held_out_gain": held,
        }  # fmt: skip
        return after, Record(state.step, seen.lambda_max_per_h, values, time.perf_counter() - began)

    def _centred(
        self, state: TrainingState, sets: torch.Tensor, held: torch.Tensor
    ) -> TrainingState:
        """Before the first epoch: the means, if they hold on the sets held back."""
        moved = self.fitness.generator.centred(state.weights, sets)
        before, after = self._gain(state.weights, held), self._gain(moved, held)
        weights = moved if after > before else state.weights
        best = np.array([max(before, after)])
        return replace(
            state, weights=weights, memory={**state.memory, "now": weights, "best": best}
        )

    def _gain(self, weights: Weights, sets: torch.Tensor) -> float:
        with torch.no_grad():
            return float(gain_of(self.fitness.generator.module(weights), sets).mean())

    def _epoch(
        self, state: TrainingState, batches: list[torch.Tensor]
    ) -> tuple[Weights, NDArray[np.float32], float]:
        settings = self.settings
        flow = self.fitness.generator.module(state.memory["now"])
        parts = list(flow.parameters())
        adam = torch.optim.AdamW(parts, lr=settings.learning_rate, weight_decay=settings.decay)
        place = 0
        first, second = torch.tensor(state.memory["moments"])
        for part in parts:
            cut = slice(place, place + part.numel())
            place = cut.stop
            adam.state[part] = {
                "step": torch.tensor(float(state.step * len(batches))),
                "exp_avg": first[cut].view(part.shape).clone(),
                "exp_avg_sq": second[cut].view(part.shape).clone(),
            }
        total = 0.0
        for batch in batches:
            adam.zero_grad()
            gains = gain_of(flow, batch)
            (-gains.mean()).backward()
            adam.step()
            total += float(gains.detach().sum())
        moments = [
            torch.cat([adam.state[part][name].flatten() for part in parts]).numpy()
            for name in ("exp_avg", "exp_avg_sq")
        ]
        now = parameters_to_vector(parts).detach().numpy().copy()
        return now, np.stack(moments), total / sum(len(batch) for batch in batches)
