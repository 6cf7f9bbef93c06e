"""All rate laws, by name: a new one is a line here."""

from __future__ import annotations

from collections.abc import Mapping

from renaissance_kit.laws import (
    bi_uni_reversible_hill,
    convenience,
    generalized_reversible_hill,
    irreversible_michaelis_menten,
    reversible_mass_action,
    reversible_michaelis_menten,
    uni_bi_reversible_hill,
)
from renaissance_kit.laws.record import RateLaw

_LAWS = (
    reversible_michaelis_menten.LAW,
    generalized_reversible_hill.LAW,
    convenience.LAW,
    uni_bi_reversible_hill.LAW,
    bi_uni_reversible_hill.LAW,
    reversible_mass_action.LAW,
    irreversible_michaelis_menten.LAW,
)

REGISTRY: Mapping[str, RateLaw] = {law.name: law for law in _LAWS}

# Forms, each once: compiled code goes through them in this order.
FORMS = tuple(dict.fromkeys(law.form for law in _LAWS))
