"""Parameter sets of SKiMpy models, in HDF5: ``index``, ``parameter_names``, ``parameter_set_i``.

Concentrations there are mol/L times a scaling (1e9: nM; 1e6: µM), and rates per litre of cell are
scaled alike. A maximal velocity with a concentration in its unit (mass action, protons of first
order) and an equilibrium constant carry powers of the scaling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from renaissance_kit.core.errors import DataError, ParameterError
from renaissance_kit.core.files import UNREADABLE, require_whole
from renaissance_kit.core.types import Array
from renaissance_kit.formats.skimpy_names import known_names
from renaissance_kit.kinetics.models import JacobianMap, KineticModels
from renaissance_kit.kinetics.rate_laws import RateLaws
from renaissance_kit.laws.registry import REGISTRY
from renaissance_kit.network.network import Network
from renaissance_kit.states.steady_state import SteadyState

NANOMOLAR = 1e9
_USUAL = {1.0: "mol/L", 1e3: "mM", 1e6: "µM", 1e9: "nM"}
_PH = (5.0, 9.0)
_MIDDLE_KM_mM = (1e-3, 30.0)


@dataclass(frozen=True)
class Units:
    """Factors between the file and mM, mM/h.

    Attributes:
        per_mM: concentration in the file of 1 mM.
        vmax: (reactions,) numbers of the file times this are Vmax as in `KineticModels`.
        log_keq: (reactions,) ln Keq of the file minus this refers to mM.
    """

    per_mM: float
    vmax: Array
    log_keq: Array

    @classmethod
    def of(cls, network: Network, scaling: float, growth_scale: float = 1.0) -> Units:
        """Factors of a network.

        Args:
            scaling: of concentrations in mol/L.
            growth_scale: what coefficients of growth in the file are multiplied with.

        Raises:
            ParameterError: a scaling that is not positive.
        """
        for name, value in (("scaling", scaling), ("growth_scale", growth_scale)):
            if not (np.isfinite(value) and value > 0):
                raise ParameterError(f"{name} is {value}; it must be positive")
        per_mM = scaling / 1e3
        order, change, growth = [], [], []
        for name in network.kinetic_reactions:
            reaction = network.reactions[name]
            law = REGISTRY[reaction.rate_law]
            first = sum(abs(n) for _, n, mode in reaction.protons if mode == "first_order")
            order.append(first if law.has_km else sum(n for _, n in reaction.substrates))
            displaced = sum(n for _, n, mode in reaction.protons if mode == "displacement")
            net = sum(n for _, n in reaction.products) - sum(n for _, n in reaction.substrates)
            change.append(net + displaced if law.reversible else 0.0)
            growth.append(growth_scale if name == network.growth else 1.0)
        return cls(
            per_mM, per_mM ** (np.array(order) - 1) * np.array(growth),
            np.array(change) * np.log(per_mM),
        )  # fmt: skip


@dataclass(frozen=True)
class SkimpyParameters:
    """Parameter sets of a network; NaN where the file has no number.

    Attributes:
        labels: (sets,) ``index`` of the file.
        km_mM: (sets, km) in the order of `Network.km_names`, inhibition and activation included.
        vmax_mM_h: (sets, reactions) as `KineticModels.vmax_mM_h`.
        log_keq: (sets, reactions) ln Keq for concentrations in mM; 0 without a displacement.
        constant_mM: (sets, constant) concentrations that are held.
        unused: names of the file that the network has no place for.

    >>> import numpy as np
    >>> from renaissance_kit import Network
    >>> from renaissance_kit.formats import SkimpyParameters
    >>> names = ["vmax_forward_HEX", "k_equilibrium_HEX", "km_substrate1_HEX"]
    >>> sets = SkimpyParameters.of(Network.example("tiny"), names, np.array([[2e6, 1e3, 5e5]]), "a")
    >>> float(np.nanmax(sets.km_mM)), float(np.nanmax(sets.vmax_mM_h))
    (0.5, 2.0)
    """

    network: Network
    labels: tuple[str, ...]
    km_mM: Array
    vmax_mM_h: Array
    log_keq: Array
    constant_mM: Array
    unused: tuple[str, ...]

    @classmethod
    def read(
        cls, path: str | Path, network: Network, *, scaling: float = NANOMOLAR,
        growth_scale: float | None = None,
    ) -> SkimpyParameters:  # fmt: skip
        """Read an HDF5 file of parameter sets.

        Args:
            network: whose parameters they are, regulation included; with ids of the file or of
                BiGG.
            scaling: what concentrations in mol/L were multiplied with: 1e9 (nM) or 1e6 (µM).
            growth_scale: what the coefficients of growth are multiplied with in the model of the
                file, against those of the network; needed where the network has a growth reaction.
                5e5 in the published sets of *E. coli* W3110 trpD9923.

        Raises:
            DataError: the file cannot be read, or is not of this network.
            ParameterError: with this scaling the numbers are impossible; no ``growth_scale``.
        """
        path = Path(path).expanduser()
        names, labels, values = _read(path)
        try:
            return cls.of(
                network, names, values, labels, scaling=scaling, growth_scale=growth_scale
            )
        except DataError as error:
            raise DataError(*(f"{path.name}: {text}" for text in error.problems)) from None

    @classmethod
    def of(
        cls, network: Network, names: Sequence[str], values: Array, labels: Sequence[str], *,
        scaling: float = NANOMOLAR, growth_scale: float | None = None,
    ) -> SkimpyParameters:  # fmt: skip
        """Sets from names as in SKiMpy's files and numbers, (sets, names).

        Raises:
            DataError, ParameterError: as `read`.
        """
        if network.growth is not None and growth_scale is None:
            raise ParameterError(
                f"{network.growth} is growth, whose coefficients SKiMpy's models often scale up; "
                "give growth_scale: 1 if they are those of the network, 5e5 for the published "
                "models of E. coli W3110 trpD9923"
            )
        units = Units.of(network, scaling, growth_scale or 1.0)
        reactions, constants = network.reaction_index, network.constant
        size = (len(values), len(reactions))
        reversible = RateLaws.of(network).reversible
        km = np.full((len(values), len(network.km_names)), np.nan)
        vmax, keq = np.full(size, np.nan), np.where(reversible, np.full(size, np.nan), 0.0)
        held = np.full((len(values), len(constants)), np.nan)
        known = known_names(network, names)
        for column, name in enumerate(names):
            if (parameter := known.get(name)) is None:
                continue
            numbers, ours = values[:, column], parameter.ours
            if parameter.kind == "vmax":
                vmax[:, reactions[ours]] = numbers * units.vmax[reactions[ours]]
            elif parameter.kind == "keq":
                if not (numbers > 0).all():
                    raise DataError(f"{name} is not positive; correct it")
                keq[:, reactions[ours]] = np.log(numbers) - units.log_keq[reactions[ours]]
            elif parameter.kind == "km":
                km[:, network.km_index[ours]] = numbers / units.per_mM
            else:
                held[:, constants.index(ours)] = numbers / units.per_mM
        sets = cls(
            network, tuple(labels), km, vmax, keq, held, tuple(n for n in names if n not in known)
        )
        sets._check_scaling(scaling)
        return sets

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def missing(self) -> tuple[str, ...]:
        """Constants of the network that some set has no number for."""
        bad = np.asarray(np.isnan(self.km_mM).any(axis=0))
        return tuple(
            name for name, is_bad in zip(self.network.km_names, bad, strict=True) if is_bad
        )

    def _check_scaling(self, scaling: float) -> None:
        """Raise if the pH of the medium or the median of all KM is that of no cell."""
        problem = self._impossible(1.0)
        if not problem:
            return
        others = [s for s in _USUAL if s != scaling and not self._impossible(scaling / s)]
        hint = " or ".join(f"{s:g} ({_USUAL[s]})" for s in others)
        raise ParameterError(
            f"with scaling={scaling:g} {problem}; "
            + (f"give scaling={hint}" if hint else "give the scaling of the file")
        )

    def _impossible(self, factor: float) -> str:
        for j, name in enumerate(self.network.constant):
            if self.network.metabolites[name].base == "h":
                held = self.constant_mM[:, j] * factor
                with np.errstate(divide="ignore", invalid="ignore"):
                    ph = 3 - np.log10(held[np.isfinite(held)])
                if len(ph) and not (_PH[0] <= np.median(ph) <= _PH[1]):
                    return f"{name} is at pH {np.median(ph):.1f}"
        km = self.km_mM[np.isfinite(self.km_mM)] * factor
        if len(km) > 20 and not _MIDDLE_KM_mM[0] <= np.median(km) <= _MIDDLE_KM_mM[1]:
            return f"the median of all KM is {np.median(km):.2g} mM"
        return ""

    # --- what follows from a set and concentrations ------------------------------------------

    def rates_mM_h(self, index: int, concentrations_mM: Array) -> Array:
        """(reactions,) rates of a set at any concentrations (species,), per litre of cell."""
        laws = RateLaws.of(self.network)
        f = laws.rates(np.asarray(concentrations_mM, float), self.km_mM[index], self.log_keq[index])
        return np.asarray(self.vmax_mM_h[index] * f)

    def jacobian_per_h(
        self, index: int, concentrations_mM: Array, *, reduced: bool = True
    ) -> Array:
        """Jacobian of a set at any concentrations, also where nothing is steady.

        Args:
            concentrations_mM: (species,).
            reduced: over the independent metabolites, or all dynamic ones.
        """
        laws = RateLaws.of(self.network)
        c = np.asarray(concentrations_mM, float)
        _, df = laws.rates_and_derivatives(c, self.km_mM[index], self.log_keq[index])
        g = self.vmax_mM_h[index][laws.slot_reaction] * df
        table = JacobianMap.of(self.network, laws, reduced=reduced)
        out = np.zeros((table.size, table.size))
        entries = np.repeat(np.arange(len(table.row)), np.diff(table.start))
        np.add.at(
            out, (table.row[entries], table.column[entries]), table.coefficient * g[table.slot]
        )
        return out

    def state(
        self,
        index: int,
        concentrations_mM: Array,
        density_gDW_L: float | None = None,
        label: str = "",
    ) -> SteadyState:
        """The steady state of a set at concentrations that are known from elsewhere.

        Fluxes and displacements follow from the rate laws. A set alone does not say what the
        concentrations are: the totals of conserved moieties are not in it.

        Args:
            concentrations_mM: (species,).
            density_gDW_L: dry weight per litre of cell; that of the network's conditions if not
                given.

        Raises:
            SteadyStateError: nothing is steady there.
        """
        if density_gDW_L is None:
            density_gDW_L = self.network.conditions["dry_weight_density"].value
        c = np.asarray(concentrations_mM, float)
        laws = RateLaws.of(self.network)
        quotient = laws.log_equilibrium_constants(c, np.zeros(len(laws.reversible)))
        displacement = np.where(laws.reversible, quotient - self.log_keq[index], np.nan)
        state = SteadyState(
            c, self.rates_mM_h(index, c) / density_gDW_L, displacement, float(density_gDW_L),
            label or self.labels[index], self.network.structure_digest,
        )  # fmt: skip
        state.check(self.network)
        return state

    def models(self, index: int, state: SteadyState) -> KineticModels:
        """The model of a set at a steady state; its Vmax follow from the fluxes.

        Raises:
            ParameterError: a constant is missing.
        """
        return KineticModels(self.network, state, self.km_mM[index])


def _read(path: Path) -> tuple[list[str], tuple[str, ...], Array]:
    """Names, labels and values (sets, names) of a file."""
    if not path.is_file():
        raise DataError(f"{path} does not exist; give an HDF5 file of parameter sets")
    try:
        require_whole(path)
        with h5py.File(path, "r") as file:
            missing = [n for n in ("parameter_names", "index") if n not in file]
            if missing:
                raise DataError(f"{path.name} has no {missing[0]!r}; give a file of parameter sets")
            names = [_text(n) for n in file["parameter_names"][()]]
            labels = tuple(_text(n) for n in np.atleast_1d(file["index"][()]))
            sets = [np.asarray(file[f"parameter_set_{i}"][()], float) for i in range(len(labels))]
    except DataError:
        raise
    except UNREADABLE as error:
        raise DataError(
            f"{path.name} cannot be read as parameter sets ({error}); make it anew"
        ) from None
    for i, values in enumerate(sets):
        if values.shape != (len(names),):
            raise DataError(
                f"{path.name}: parameter_set_{i} has {values.size} numbers for {len(names)} names"
            )
        for j in np.flatnonzero(~np.isfinite(values))[:1]:
            raise DataError(
                f"{path.name}: parameter_set_{i} has no number for {names[j]}; correct it"
            )
    twice = {n for n in names if names.count(n) > 1}
    if twice:
        raise DataError(f"{path.name}: {min(twice)} stands twice in parameter_names; remove one")
    if not sets:
        raise DataError(f"{path.name} holds no parameter sets")
    return names, labels, np.array(sets)


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def numbers_of(models: KineticModels, member: int, units: Units) -> Mapping[tuple[str, str], float]:
    """Numbers of a model in the units of a file, by kind and id or name."""
    network = models.network
    c = dict(zip(network.species, models.state.concentrations_mM, strict=True))
    out = {("constant", m): float(c[m] * units.per_mM) for m in network.constant}
    for name, value in zip(network.km_names, models.km_mM[member], strict=True):
        out["km", name] = float(value * units.per_mM)
    for j, name in enumerate(network.kinetic_reactions):
        out["vmax", name] = float(models.vmax_mM_h[member, j] / units.vmax[j])
        out["keq", name] = float(np.exp(models.log_keq[j] + units.log_keq[j]))
    return out
