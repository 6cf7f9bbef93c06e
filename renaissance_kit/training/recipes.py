"""Recipes: everything that a training is run with, under one label.

`Recipe.default` is the toolkit's, chosen on the evidence of notebook 02. `Recipe.paper` is the
published method as the text of the paper has it, `Recipe.released_code` as the code released with
it is configured, which differs. All three are natural evolution strategies. `Recipe.by_gradient`
and `Recipe.conditional` use derivatives, at one steady state and at many. `Recipe.rekindle`,
`Recipe.ischrunk` and `Recipe.flow` learn from labelled sets of constants. The class of a recipe's
settings decides which trainer is used (`renaissance_kit.training.trainers`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.types import Array
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.kinetics.spectrum import require_threshold
from renaissance_kit.km.ranges import KMRanges
from renaissance_kit.network.network import Network
from renaissance_kit.objectives.dynamics import (
    FastestDynamics,
    Incidence,
    SmoothIncidence,
    SoftMargin,
)
from renaissance_kit.objectives.objective import Objective
from renaissance_kit.states.features import StateFeatures
from renaissance_kit.training.conditional import ConditionalSettings
from renaissance_kit.training.flow import FlowGenerator, FlowSettings
from renaissance_kit.training.generator import Generator
from renaissance_kit.training.generators import KMGenerator
from renaissance_kit.training.gradient import GradientSettings
from renaissance_kit.training.ischrunk import BoxGenerator, IschrunkSettings
from renaissance_kit.training.labelled import UNBIASED, DataSettings, LabelledKM
from renaissance_kit.training.nes import NESSettings
from renaissance_kit.training.rekindle import RekindleSettings
from renaissance_kit.training.rekindle_net import RekindleGenerator
from renaissance_kit.training.score_gradient import ScoreGradientSettings
from renaissance_kit.training.trainer import Settings

RELEASED_BOUNDS_MM = (1e3 * math.exp(-25.0), 1e3 * math.exp(3.0))  # ln KM in mol/L
RELEASED_GENERATIONS = 25

Data = LabelledKM | KineticEnsemble | Array
"""Sets of constants to learn from."""

_PARTS = {"settings", "objective", "generator", "threshold_per_h", "features", "data"}


@dataclass(frozen=True)
class Recipe:
    """How to train.

    Attributes:
        label: name in tables and figures.
        settings: of the method; their class says which method it is.
        objective: what is wanted of the models; its reward of a generator is climbed.
        generator: architecture, KM bounds and first weights.
        threshold_per_h: bound on λmax of a valid model.
        features: of a steady state that a conditional generator sees; all those that vary among
            the states if None. ``StateFeatures.none(network)`` makes one that cannot see the
            state, for comparison.
        data: sets of constants that a method learns from; unbiased ones if None.
    """

    label: str
    settings: Settings
    objective: Objective
    generator: KMGenerator
    threshold_per_h: float
    features: StateFeatures | None = None
    data: LabelledKM | None = None

    @classmethod
    def default(
        cls,
        network: Network,
        *,
        threshold_per_h: float | None = None,
        ranges: KMRanges | None = None,
        **settings: Any,
    ) -> Recipe:
        """The toolkit's recipe, by natural evolution strategies.

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
        _require_own(NESSettings, settings)
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
        """The published method as the text of the paper has it.

        KM between the network's bounds (1.3e-3 to 20 mM in the shipped one), the incidence as the
        reward, 50 generations of 20 generators with 100 models each, σ = 0.01, α = 1e-3 with a
        decay of 5 %. What the text leaves open is taken from the code: Glorot first weights, no
        dropout, outputs rescaled by batch.

        Arguments as in `default`. Reference: Choudhury et al. 2024 Nat Catal 7:1086.

        >>> from renaissance_kit import Network, Recipe
        >>> Recipe.paper(Network.example("tiny")).generator.first_weights
        'glorot'
        """
        _require_own(NESSettings, settings)
        threshold = _threshold(network, threshold_per_h)
        return cls(
            "paper's settings",
            NESSettings.paper(**settings),
            Incidence(partition_per_h=threshold),
            Generator.paper(ranges or KMRanges.of(network)),
            threshold,
        )

    @classmethod
    def released_code(
        cls,
        network: Network,
        *,
        threshold_per_h: float | None = None,
        ranges: KMRanges | None = None,
        **settings: Any,
    ) -> Recipe:
        """The published method as the configuration of the released code has it.

        Unlike the text: ln KM from −25 to 3, 0.5 · exp(−0.1 · mean λmax of the ten fastest models)
        as the reward, and 25 generations. KM are in mol/L there: the code multiplies what its
        generator makes and the concentrations, which are in mol/L, by the same factor, and takes
        measured ranges given in mM times 1e-3. So the bounds are 1.4e-8 to 2.0e4 mM.

        Arguments as in `default`, but those bounds if ``ranges`` are not given.

        Reference: https://github.com/EPFL-LCSB/RENAISSANCE, ``docker/work/configfile.ini``.

        >>> from renaissance_kit import Network, Recipe
        >>> Recipe.released_code(Network.example("tiny")).generator.ranges
        <KMRanges: 10 constants, 1.38879e-08 to 20085.5 mM, 0 constrained>
        """
        low, high = RELEASED_BOUNDS_MM
        ranges = ranges or KMRanges.of(network, low_mM=low, high_mM=high)
        settings = {"generations": RELEASED_GENERATIONS, **settings}
        text = cls.paper(network, threshold_per_h=threshold_per_h, ranges=ranges, **settings)
        return text.but("released code's settings", objective=FastestDynamics(n_fastest=10))

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

        `paper` with the reward of the ten fastest models, as in `released_code`. Arguments as in
        `default`. `nes_of_states` trains at many states.

        Reference: Choudhury et al. 2024 Nat Catal 7:1086 (intracellular states).
        """
        text = cls.paper(network, threshold_per_h=threshold_per_h, ranges=ranges, **settings)
        return text.but("paper's study of states", objective=FastestDynamics(n_fastest=10))

    @classmethod
    def by_gradient(
        cls,
        network: Network,
        *,
        threshold_per_h: float | None = None,
        ranges: KMRanges | None = None,
        **settings: Any,
    ) -> Recipe:
        """Training by the derivative of the eigenvalues, at one steady state.

        Arguments as in `default`; the settings are those of `GradientSettings`.

        >>> from renaissance_kit import Network, Recipe, SteadyState, train
        >>> network = Network.example("tiny")
        >>> recipe = Recipe.by_gradient(network, steps=3, models_per_step=8)
        >>> train(network, SteadyState.from_folder(network), seed=1, recipe=recipe).models_evaluated
        24
        """
        _require_own(GradientSettings, settings)
        threshold = _threshold(network, threshold_per_h)
        return cls(
            "by gradient",
            GradientSettings(**settings),
            SoftMargin(partition_per_h=threshold),
            Generator(ranges or KMRanges.of(network)),
            threshold,
        )

    @classmethod
    def by_score(
        cls,
        network: Network,
        objective: Objective | None = None,
        *,
        threshold_per_h: float | None = None,
        ranges: KMRanges | None = None,
        **settings: Any,
    ) -> Recipe:
        """Training for any objective, by a search gradient in the space of the outputs.

        An objective that hardly any model meets teaches little: combine it with the dynamics
        (`renaissance_kit.objectives.all_of`), or begin with the weights of a generator of valid
        models (``initial_weights`` of `train`).

        Args:
            objective: what is wanted; valid dynamics if not given.

        The other arguments are as in `default`; the settings are those of `ScoreGradientSettings`.

        >>> from renaissance_kit import Network, Recipe, SteadyState, train
        >>> from renaissance_kit.objectives import ConstantsChanged
        >>> network = Network.example("tiny")
        >>> recipe = Recipe.by_score(network, ConstantsChanged(), steps=2, models_per_step=8)
        >>> train(network, SteadyState.from_folder(network), seed=1, recipe=recipe).models_evaluated
        16
        """
        _require_own(ScoreGradientSettings, settings)
        threshold = _threshold(network, threshold_per_h)
        return cls(
            "by score",
            ScoreGradientSettings(**settings),
            objective or SmoothIncidence(partition_per_h=threshold),
            Generator(ranges or KMRanges.of(network)),
            threshold,
        )

    @classmethod
    def conditional(
        cls,
        network: Network,
        *,
        threshold_per_h: float | None = None,
        ranges: KMRanges | None = None,
        features: StateFeatures | None = None,
        **settings: Any,
    ) -> Recipe:
        """One generator for all steady states, trained at many by gradient.

        Hold some states back (`split_states`) to see how it does where it was not trained.

        Args:
            threshold_per_h, ranges: as in `default`.
            features: that the network sees of a state; all that vary among the states if not given.
            settings: changes of `ConditionalSettings`, by name.

        >>> import numpy as np
        >>> from dataclasses import replace
        >>> from renaissance_kit import Network, Recipe, SteadyState, train
        >>> network = Network.example("tiny")
        >>> state = SteadyState.from_folder(network)
        >>> states = [state, replace(state, concentrations_mM=2 * state.concentrations_mM)]
        >>> recipe = Recipe.conditional(network, steps=2, models_per_step=8, states_per_step=2)
        >>> training = train(network, states, seed=1, recipe=recipe)
        >>> len(training.models(5, np.random.default_rng(1), state=state))
        5
        """
        _require_own(ConditionalSettings, settings, {"features"})
        threshold = _threshold(network, threshold_per_h)
        return cls(
            "conditional",
            ConditionalSettings(**settings),
            SoftMargin(partition_per_h=threshold),
            Generator(ranges or KMRanges.of(network)),
            threshold,
            features,
        )

    @classmethod
    def rekindle(
        cls,
        network: Network,
        *,
        threshold_per_h: float | None = None,
        ranges: KMRanges | None = None,
        data: Data | None = None,
        **settings: Any,
    ) -> Recipe:
        """REKINDLE: a conditional generative adversarial network on labelled sets of constants.

        ``settings=RekindleSettings.paper()`` given to `but` is the published size.

        Args:
            threshold_per_h, ranges: as in `default`.
            data: sets to label and learn from: an ensemble, an array (sets, km) in mM, or
                `LabelledKM`. Unbiased ones if not given, ``samples`` of them.
            settings: changes of `RekindleSettings`, by name.

        Reference: Choudhury et al. 2022 Nat Mach Intell 4:710.

        >>> from renaissance_kit import Network, Recipe, SteadyState, train
        >>> network = Network.example("tiny")
        >>> recipe = Recipe.rekindle(network, samples=500, steps=1, epochs_per_step=1)
        >>> train(network, SteadyState.from_folder(network), seed=1, recipe=recipe).models_evaluated
        500
        """
        generator = RekindleGenerator(ranges or KMRanges.of(network))
        return cls._from_data(
            "REKINDLE", network, threshold_per_h, generator, RekindleSettings, data, settings
        )

    @classmethod
    def ischrunk(
        cls,
        network: Network,
        *,
        threshold_per_h: float | None = None,
        ranges: KMRanges | None = None,
        data: Data | None = None,
        **settings: Any,
    ) -> Recipe:
        """iSCHRUNK: rules of a classification tree on labelled sets, and resampling within them.

        Arguments as in `rekindle`; the settings are those of `IschrunkSettings`.

        Reference: Andreozzi et al. 2016 Metab Eng 33:158.

        >>> from renaissance_kit import Network, Recipe, SteadyState, train
        >>> network = Network.example("tiny")
        >>> recipe = Recipe.ischrunk(network, rounds=2, samples=500)
        >>> train(network, SteadyState.from_folder(network), seed=1, recipe=recipe).models_evaluated
        1000
        """
        generator = BoxGenerator(ranges or KMRanges.of(network))
        return cls._from_data(
            "iSCHRUNK", network, threshold_per_h, generator, IschrunkSettings, data, settings
        )

    @classmethod
    def flow(
        cls,
        network: Network,
        *,
        threshold_per_h: float | None = None,
        ranges: KMRanges | None = None,
        data: Data | None = None,
        **settings: Any,
    ) -> Recipe:
        """A normalising flow, fitted to the relevant sets by maximum likelihood.

        Arguments as in `rekindle`; the settings are those of `FlowSettings`.

        >>> from renaissance_kit import Network, Recipe, SteadyState, train
        >>> network = Network.example("tiny")
        >>> recipe = Recipe.flow(network, samples=500, epochs=2)
        >>> train(network, SteadyState.from_folder(network), seed=1, recipe=recipe).models_evaluated
        500
        """
        generator = FlowGenerator(ranges or KMRanges.of(network))
        return cls._from_data(
            "normalising flow", network, threshold_per_h, generator, FlowSettings, data, settings
        )

    @classmethod
    def _from_data(
        cls,
        label: str,
        network: Network,
        threshold_per_h: float | None,
        generator: KMGenerator,
        kind: type[DataSettings],
        data: Data | None,
        settings: dict[str, Any],
    ) -> Recipe:
        _require_own(kind, settings, {"data"})
        threshold = _threshold(network, threshold_per_h)
        objective = Incidence(partition_per_h=threshold)
        recipe = cls(label, kind(**settings), objective, generator, threshold)
        return recipe if data is None else recipe.but(data=data, **settings)

    def but(self, label: str | None = None, **changes: Any) -> Recipe:
        """The same with changes.

        Args:
            label: new name; the same if not given.
            changes: ``settings``, ``objective``, ``generator``, ``threshold_per_h``,
                ``features`` or ``data``, or settings of the method by name.

        Raises:
            ParameterError: a name that is none of these, a value out of its range, settings of
                another method, or a threshold without an objective.

        >>> from renaissance_kit import Network, Recipe
        >>> Recipe.default(Network.example("tiny")).but("mirrored", mirrored=True).label
        'mirrored'
        """
        kind = type(self.settings)
        _require_known(changes, _names(kind) | _PARTS | {"label"})
        own = {k: changes.pop(k) for k in _PARTS - {"settings"} if k in changes}
        if "threshold_per_h" in own and "objective" not in own:
            raise ParameterError(
                "the objective has a threshold of its own; give threshold_per_h to Recipe.default "
                "or another constructor, or an objective as well"
            )
        anew = "settings" in changes or "data" in own
        settings = changes.pop("settings", self.settings)
        data = own.get("data", self.data)
        if data is not None and anew:
            if not issubclass(kind, DataSettings):
                raise ParameterError(
                    f"{self.label!r} learns from no data; give it to Recipe.rekindle, "
                    "Recipe.ischrunk or Recipe.flow"
                )
            own["data"] = LabelledKM.of(data)
            changes = {"samples": len(own["data"]), **changes, "source": own["data"].source}
        elif self.data is not None and anew:  # it is taken away
            changes = {"source": UNBIASED, **changes}
        if type(settings) is not kind:
            raise ParameterError(
                f"settings is a {type(settings).__name__}; give {kind.__name__}, or settings by "
                "name, or begin with the recipe of that method"
            )
        settings = replace(settings, **changes)
        return replace(self, label=label or self.label, settings=settings, **own)


def _names(kind: type[Settings]) -> set[str]:
    return {field.name for field in fields(kind)}


def _require_own(kind: type[Settings], given: Iterable[str], further: Iterable[str] = ()) -> None:
    _require_known(given, _names(kind) | {"threshold_per_h", "ranges", *further})


def _require_known(given: Iterable[str], known: set[str]) -> None:
    for name in given:
        if name in _PARTS - known:
            raise ParameterError(f"{name!r} is no setting of the method; give it to Recipe.but")
        if name not in known:
            raise ParameterError(
                f"{name!r} cannot be set here{nearest(name, sorted(known))} "
                f"There are: {', '.join(sorted(known))}"
            )


def _threshold(network: Network, given: float | None) -> float:
    threshold = network.conditions["eigenvalue_threshold"].value if given is None else given
    return require_threshold(threshold)
