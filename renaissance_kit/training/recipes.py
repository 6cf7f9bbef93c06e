"""Recipes: everything that a training is run with, under one label.

`Recipe.default` is the toolkit's, chosen on the evidence of notebook 02. `Recipe.paper` is the
published method. Both take changes of the strategy's settings.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.training.generator import Generator
from renaissance_kit.training.nes import NESSettings
from renaissance_kit.training.rewards import FastestDynamics, Incidence, Reward, SmoothIncidence

_SETTINGS = {field.name for field in fields(NESSettings)}
_PARTS = {"settings", "reward", "generator", "threshold_per_h"}


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        label: name in tables and figures.
        settings: of the strategy.
        reward: of a generator's models.
        generator: architecture, KM bounds and first weights.
        threshold_per_h: bound on λmax of a valid model.
    """

    label: str
    settings: NESSettings
    reward: Reward
    generator: Generator
    threshold_per_h: float

    @classmethod
    def default(
        cls,
        network: Network,
        *,
        threshold_per_h: float | None = None,
        ranges: KMRanges | None = None,
        **settings: Any,
    ) -> Recipe:
        """The toolkit's recipe.

        Args:
            threshold_per_h: the network's condition ``eigenvalue_threshold`` if not given.
            ranges: of the KM; the network's bounds if not given.
            settings: changes of `NESSettings`, by name.

        Raises:
            ParameterError: a name that is no setting, or a value out of its range.

        >>> from renaissance_kit import Network, Recipe
        >>> Recipe.default(Network.example("tiny"), sigma=0.1).settings.sigma
        0.1
        """
        _require_known(settings, _SETTINGS | {"threshold_per_h", "ranges"})
        threshold = _threshold(network, threshold_per_h)
        return cls(
            "default settings",
            NESSettings(**settings),
            SmoothIncidence(partition_per_h=threshold),
            Generator(ranges or KMRanges.of(network)),
            threshold,
        )

    @classmethod
    def paper(
        cls,
        network: Network,
        *,
        threshold_per_h: float | None = None,
        ranges: KMRanges | None = None,
        **settings: Any,
    ) -> Recipe:
        """The published method: its strategy, reward, plain weights, outputs rescaled by batch.

        Arguments as in `default`. Reference: Choudhury et al. 2024 Nat Catal 7:1086.
        """
        _require_known(settings, _SETTINGS | {"threshold_per_h", "ranges"})
        threshold = _threshold(network, threshold_per_h)
        return cls(
            "paper's settings",
            NESSettings.paper(**settings),
            Incidence(partition_per_h=threshold),
            Generator.paper(ranges or KMRanges.of(network)),
            threshold,
        )

    @classmethod
    def study_of_states(
        cls,
        network: Network,
        *,
        threshold_per_h: float | None = None,
        ranges: KMRanges | None = None,
        **settings: Any,
    ) -> Recipe:
        """The published study of intracellular states: how fast can a state be?

        The published method with another reward: 0.5 · exp(−0.1 · mean λmax of the ten fastest of
        a generator's 100 models). Arguments as in `default`. `nes_of_states` trains at many states.

        Reference: Choudhury et al. 2024 Nat Catal 7:1086 (intracellular states).
        """
        published = cls.paper(network, threshold_per_h=threshold_per_h, ranges=ranges, **settings)
        return published.but("paper's study of states", reward=FastestDynamics(n_fastest=10))

    def but(self, label: str | None = None, **changes: Any) -> Recipe:
        """The same with changes.

        Args:
            label: new name; the same if not given.
            changes: ``settings``, ``reward``, ``generator`` or ``threshold_per_h``, or settings of
                the strategy by name.

        Raises:
            ParameterError: a name that is none of these, a value out of its range, or a threshold
                without a reward.

        >>> from renaissance_kit import Network, Recipe
        >>> Recipe.default(Network.example("tiny")).but("mirrored", mirrored=True).label
        'mirrored'
        """
        _require_known(changes, _SETTINGS | _PARTS | {"label"})
        own = {k: changes.pop(k) for k in _PARTS - {"settings"} if k in changes}
        if "threshold_per_h" in own and "reward" not in own:
            raise ParameterError(
                "the reward has a threshold of its own; give threshold_per_h to Recipe.default or "
                "Recipe.paper, or a reward as well"
            )
        settings = changes.pop("settings", self.settings)
        if not isinstance(settings, NESSettings):
            raise ParameterError(
                f"settings is a {type(settings).__name__}; give NESSettings, or settings by name"
            )
        settings = replace(settings, **changes)
        return replace(self, label=label or self.label, settings=settings, **own)


def _require_known(given: Iterable[str], known: set[str]) -> None:
    for name in given:
        if name in _PARTS - known:
            raise ParameterError(f"{name!r} is no setting of the strategy; give it to Recipe.but")
        if name not in known:
            raise ParameterError(
                f"{name!r} cannot be set here{nearest(name, sorted(known))} "
                f"There are: {', '.join(sorted(known))}"
            )


def _threshold(network: Network, given: float | None) -> float:
    threshold = network.conditions["eigenvalue_threshold"].value if given is None else given
    if not threshold <= 0:
        raise ParameterError(
            f"threshold_per_h is {threshold:g}; a model whose eigenvalues may be positive does not "
            "settle, so give 0 or less"
        )
    return threshold
