"""What control coefficients and responses have in common: tables by names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from renaissance_kit.control.kernels import DONE, NOT_FINITE, SINGULAR
from renaissance_kit.core.datasets import Variable
from renaissance_kit.core.errors import ParameterError, nearest
from renaissance_kit.core.types import Array, Mask
from renaissance_kit.core.versions import MADE_WITH, versions_text


class ControlStatus(IntEnum):
    """Whether a model has control coefficients."""

    DONE = DONE
    SINGULAR = SINGULAR
    NOT_FINITE = NOT_FINITE

    @property
    def meaning(self) -> str:
        """The status in words."""
        return {
            ControlStatus.DONE: "computed",
            ControlStatus.SINGULAR: "the Jacobian is singular: the steady state is not isolated",
            ControlStatus.NOT_FINITE: "derivatives of the rates are not finite",
        }[self]


@dataclass(frozen=True)
class Coefficients:
    """Base of `ControlCoefficients` and `Responses`; ``AXIS`` is what the last axis is called.

    Args:
        flux: (models, fluxes, names) d ln v/d ln of what ``names`` stand for; NaN for a model
            without.
        concentration: (models, metabolites, names) the same of d ln x.
        fluxes: names of the reactions whose rates respond, `Network.kinetic_reactions`.
        metabolites: names of the metabolites that respond, `Network.dynamic`.
        names: labels of the last axis.
        status: (models,) values of `ControlStatus`.
        origin: network, steady state and models.
    """

    flux: Array
    concentration: Array
    fluxes: tuple[str, ...]
    metabolites: tuple[str, ...]
    names: tuple[str, ...]
    status: NDArray[np.int8]
    origin: Mapping[str, str] = field(default_factory=dict)
    AXIS: ClassVar[str]

    def __len__(self) -> int:
        return len(self.status)

    @property
    def done(self) -> Mask:
        """(models,) True where the coefficients were computed."""
        return np.asarray(self.status == ControlStatus.DONE)

    def counts(self) -> dict[str, int]:
        """Number of models by status."""
        return {s.name: int((self.status == s).sum()) for s in ControlStatus}

    def of(self, name: str) -> pd.DataFrame:
        """Coefficients of one flux or one concentration: a row a model, a column a parameter.

        Args:
            name: a reaction or a dynamic metabolite.

        Raises:
            ParameterError: neither; names the nearest.
        """
        if name in self.fluxes:
            values = self.flux[:, self.fluxes.index(name)]
        elif name in self.metabolites:
            values = self.concentration[:, self.metabolites.index(name)]
        else:
            raise ParameterError(
                f"{name!r} is neither a reaction nor a dynamic metabolite"
                f"{nearest(name, (*self.fluxes, *self.metabolites))}"
            )
        columns = pd.Index(self.names, name=self.AXIS)
        return pd.DataFrame(values, columns=columns).rename_axis("model")

    def dataset(self) -> xr.Dataset:
        """All of them with their labels: ``flux`` (model, flux_of, ``AXIS``), ``concentration``
        (model, metabolite, ``AXIS``), ``status`` (model) with its meanings."""
        flags = Variable((), flags=ControlStatus).flag_attributes
        return xr.Dataset(
            {
                "flux": (("model", "flux_of", self.AXIS), self.flux, {"units": "1"}),
                "concentration": (
                    ("model", "metabolite", self.AXIS), self.concentration, {"units": "1"},
                ),
                "status": ("model", self.status, flags),
            },
            coords={
                "model": np.arange(len(self)),
                "flux_of": list(self.fluxes),
                "metabolite": list(self.metabolites),
                self.AXIS: list(self.names),
            },
            attrs={**self.origin, MADE_WITH: versions_text()},
        )  # fmt: skip
