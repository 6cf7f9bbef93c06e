"""Which models are written, with their labels and where they come from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.kinetics.ensembles import KineticEnsemble
from renaissance_kit.kinetics.models import KineticModels
from renaissance_kit.network.network import Network


@dataclass(frozen=True)
class Members:
    """A batch of models with what an ensemble says of them.

    Attributes:
        labels: of the models, as in their ensemble.
        provenance: texts by name, such as the seed.
    """

    models: KineticModels
    labels: tuple[str, ...]
    provenance: dict[str, str]

    @classmethod
    def of(cls, models: KineticModels | KineticEnsemble, network: Network | None) -> Members:
        """Take a batch as it is, and an ensemble with the network that it belongs to.

        Raises:
            ParameterError: an ensemble without network.
            SteadyStateError: the ensemble belongs to another network.
        """
        if isinstance(models, KineticModels):
            return cls(models, tuple(str(i) for i in range(len(models))), {})
        if network is None:
            raise ParameterError(
                "an ensemble does not hold its network; give network=, or the models: "
                "ensemble.models(network)"
            )
        data = models.dataset
        provenance = {
            name: str(data.attrs[name])
            for name in ("seed", "generator_digest", "provenance", "made_with")
            if str(data.attrs.get(name, ""))
        }
        labels = tuple(str(label) for label in data.model.values)
        return cls(models.models(network), labels, provenance)

    @property
    def network(self) -> Network:
        """Of the models."""
        return self.models.network

    def require(self, members: Iterable[int]) -> None:
        """Raise ParameterError unless there are such members."""
        chosen = list(members)
        if not chosen:
            raise ParameterError("member is empty; give the position of a model, or several")
        for member in chosen:
            if not 0 <= member < len(self.models):
                raise ParameterError(
                    f"there is no member {member}; the batch holds 0 to {len(self.models) - 1}"
                )
