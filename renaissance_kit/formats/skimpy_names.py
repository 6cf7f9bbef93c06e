"""Ids and names of parameters in SKiMpy's files.

SKiMpy makes symbols of ids, so an id does not begin with a digit there, and older models write the
stereochemistry of BiGG's ids with one underscore.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from renaissance_kit.core.errors import DataError
from renaissance_kit.laws.modifiers import MODIFIERS
from renaissance_kit.laws.registry import REGISTRY
from renaissance_kit.laws.sides import COMPETITOR
from renaissance_kit.network.network import Network
from renaissance_kit.network.records import Reaction

LUMP = "LMPD"
"""How ids of lumped growth reactions begin."""
_OF_REACTION = re.compile(
    r"(?:vmax_forward|k_equilibrium|km_substrate\d*|km_product\d*|ki_inhibitor\d+)_(.+)"
)
_STEREO = re.compile(r"__([DLRS])(_[a-z]{1,3})$")


def bigg_id(name: str) -> str:
    """The BiGG id that an id of a SKiMpy file stands for.

    An underscore before a first digit goes; a single D, L, R or S before the compartment gets two
    underscores in front; a hyphen becomes an underscore.

    >>> [bigg_id(name) for name in ("_3pg_c", "glc_D_e", "acon_C_c", "D-LACt2pp")]
    ['3pg_c', 'glc__D_e', 'acon_C_c', 'D_LACt2pp']
    """
    name = re.sub(r"^_(?=\d)", "", name.replace("-", "_"))
    return re.sub(r"(?<=[^_])_([DLRS])(_[a-z]{1,3})$", r"__\1\2", name)


def skimpy_id(name: str) -> str:
    """An id of a metabolite as SKiMpy can use it: not with a digit in front.

    >>> skimpy_id("3pg_c"), skimpy_id("glc__D_e")
    ('_3pg_c', 'glc__D_e')
    """
    return f"_{name}" if name[:1].isdigit() else name


@dataclass(frozen=True)
class Parameter:
    """A parameter of a model in SKiMpy's files.

    Attributes:
        name: in the file.
        kind: ``vmax``, ``keq``, ``km`` (all constants in `Network.km_names`) or ``constant``
            (a concentration that is held).
        ours: id of the reaction or metabolite, or name of the constant.
    """

    name: str
    kind: str
    ours: str


def parameters_of(
    reaction: Reaction, written: str, metabolites: Mapping[str, str]
) -> Iterator[Parameter]:
    """Parameters of one reaction, as SKiMpy calls them.

    Args:
        written: id of the reaction in the file.
        metabolites: ids in the file by id of the network.
    """
    law = REGISTRY[reaction.rate_law]
    yield Parameter(f"vmax_forward_{written}", "vmax", reaction.id)
    if law.reversible:
        yield Parameter(f"k_equilibrium_{written}", "keq", reaction.id)
    if law.has_km:
        for role, terms in (("substrate", reaction.substrates), ("product", reaction.products)):
            for number, (metabolite, _) in enumerate(terms, 1):
                name = f"km_{role}{number if _numbered(reaction, len(terms)) else ''}_{written}"
                yield Parameter(name, "km", f"{reaction.id}:{metabolite}")
    competitors = 0
    for m in reaction.modifiers:
        for constant, effect in MODIFIERS[m.kind].constants:
            if effect == COMPETITOR:
                competitors += 1
                name = f"ki_inhibitor{competitors}_{written}"
            elif constant == "Ka":
                name = f"k_activation_AM_{metabolites[m.metabolite]}_{written}"
            else:
                name = f"k_inhibition_IM_{metabolites[m.metabolite]}_{written}"
            yield Parameter(name, "km", f"{reaction.id}:{m.metabolite}:{constant}")


def competes(reaction: Reaction) -> bool:
    """Whether a reaction has a competitive inhibitor, for which SKiMpy has other mechanisms."""
    kinds = [MODIFIERS[m.kind] for m in reaction.modifiers]
    return any(effect == COMPETITOR for kind in kinds for _, effect in kind.constants)


def _numbered(reaction: Reaction, count: int) -> bool:
    """Whether SKiMpy numbers the reactants of a side: mechanisms for any number of them do."""
    fixed = {"reversible_michaelis_menten", "uni_bi_reversible_hill", "bi_uni_reversible_hill"}
    return count > 1 or reaction.rate_law not in fixed or competes(reaction)


def known_names(network: Network, names: Sequence[str]) -> dict[str, Parameter]:
    """What names of a file are in a network, by name; names of other things are left out.

    Ids may be those of the file or of BiGG. A lumped reaction that the network does not know is its
    growth reaction.

    Raises:
        DataError: no reaction of the network is in the file, or the file regulates reactions in
            ways that the network does not.
    """
    there = set(names)
    written = _reactions(network, names)
    if not written:
        raise DataError(
            "no parameter in the file belongs to a reaction of the network; its names are such as "
            f"vmax_forward_{next(iter(network.kinetic_reactions), 'PFK')}, those of the file "
            f"{', '.join(list(names)[:3])}"
        )
    out: dict[str, Parameter] = {}
    for reaction, theirs in written.items():
        record = network.reactions[reaction]
        for spelling in _spellings(record):
            for parameter in parameters_of(record, theirs, spelling):
                for name in (parameter.name, re.sub(r"^(km_[a-z]+)1_", r"\1_", parameter.name)):
                    if name in there:
                        out[name] = Parameter(name, parameter.kind, parameter.ours)
    for m in network.constant:
        for name in (m, skimpy_id(m), skimpy_id(_STEREO.sub(r"_\1\2", m))):
            if name in there:
                out[name] = Parameter(name, "constant", m)
    ours = tuple(f"_{theirs}" for theirs in written.values())
    foreign = [
        name for name in names
        if name not in out and re.match(r"ki_inhibitor|k_(in)?activation|k_inhibition", name)
        and name.endswith(ours)
    ]  # fmt: skip
    if foreign:
        raise DataError(
            f"{len(foreign)} constants of inhibition or activation are in the file but not in the "
            f"network: {', '.join(foreign[:5])}; read the network with its regulation"
        )
    return out


def _reactions(network: Network, names: Sequence[str]) -> dict[str, str]:
    """Ids in the file of the reactions of a network."""
    found = dict.fromkeys(match[1] for name in names if (match := _OF_REACTION.fullmatch(name)))
    kinetic = set(network.kinetic_reactions)
    written = {bigg_id(n): n for n in found if bigg_id(n) in kinetic}
    written |= {n: n for n in found if n in kinetic}
    lumps = {n for n in found if n.startswith(LUMP) and n not in written.values()}
    if network.growth is not None and network.growth not in written and len(lumps) == 1:
        written[network.growth] = lumps.pop()
    return written


def _spellings(reaction: Reaction) -> Iterator[dict[str, str]]:
    """The ways in which a file may write the modifiers of a reaction."""
    modifiers = [m.metabolite for m in reaction.modifiers]
    yield {m: m for m in modifiers}
    yield {m: skimpy_id(m) for m in modifiers}
    yield {m: skimpy_id(_STEREO.sub(r"_\1\2", m)) for m in modifiers}
