"""Rates of a SKiMpy file by SKiMpy's published formulas, written down anew: nothing of the kit.

Weilandt et al. 2023 Bioinformatics 39:btac787, and the mechanisms' documentation. In the units of
the file, from its plain YAML tree.
"""

from __future__ import annotations

import re
from typing import Any


def _sides(mechanism: dict[str, Any]) -> tuple[list[tuple[str, str, float]], ...]:
    """(place, metabolite, |stoichiometry|) of substrates and products, by number."""
    numbers = mechanism.get("mechanism_stoichiometry")
    if numbers is None and "_" in mechanism["class"]:
        values = [float(x.replace("m", "-")) for x in mechanism["class"].split("_")[1:]]
        numbers = {}
        for role, chosen in (("substrate", [v for v in values if v < 0]),
                             ("product", [v for v in values if v > 0])):  # fmt: skip
            numbers |= {f"{role}{i}": v for i, v in enumerate(chosen, 1)}
    out = []
    for role in ("substrate", "product"):
        places = [key for key in mechanism if re.fullmatch(rf"{role}\d*", key)]
        places.sort(key=lambda key: int(key.removeprefix(role) or 0))
        out.append([(p, mechanism[p], abs(numbers[p]) if numbers else 1.0) for p in places])
    return tuple(out)


def rates(
    tree: dict[str, Any], p: dict[str, float], c: dict[str, float], regulation: Any = ()
) -> dict[str, float]:
    """Rate of every reaction.

    Args:
        p: parameters by name.
        c: concentrations by id.
        regulation: more of it, (reaction, regulator, kind) in the words of a list of SKiMpy.
    """
    out = {}
    for name, part in tree["reactions"].items():
        mechanism, modifiers = part["mechanism"], part["modifiers"].values()
        substrates, products = _sides(mechanism)
        kind = mechanism["class"]
        competitors = [
            mechanism[f"inhibitor{i}"] for i in range(1, 9) if f"inhibitor{i}" in mechanism
        ]
        competitors += [
            m for r, m, word in regulation if (r, word) == (name, "competitive inhibition")
        ]

        def km(place: str, name: str = name) -> float:
            found = [f"km_{place}_{name}", f"km_{place}1_{name}"]
            return next(p[n] for n in found if n in p)

        if kind.startswith("IrrevMichaelisMenten"):
            v, denominator = p[f"vmax_forward_{name}"], 1.0
            for place, m, _ in substrates:
                v *= c[m] / (c[m] + km(place))
            for modifier in modifiers:
                n = modifier["mechanism_stoichiometry"]["small_molecule"]
                if modifier["class"].startswith("FirstOrder") and n < 0:
                    v *= c[modifier["small_molecule"]] ** -n
            out[name] = v
            continue
        mass_action = kind.startswith("RevMassaction")
        forward, backward = 1.0, 1.0 / p[f"k_equilibrium_{name}"]
        for place, m, n in substrates:
            k = 1.0 if mass_action else km(place)
            forward *= (c[m] / k) ** n
            backward *= k**-n
        for _, m, n in products:
            backward *= c[m] ** n
        for modifier in modifiers:
            if modifier["class"] == "DisplacementSmallMoleculeModifier":
                n = modifier["mechanism_stoichiometry"]["small_molecule"]
                backward *= c[modifier["small_molecule"]] ** n
        if mass_action:
            denominator = 1.0
        elif kind.startswith(("ReversibleMichaelisMenten", "H1GeneralizedReversibleHill")):
            denominator = 1.0
            for (place, s, _), (other, product, _) in zip(substrates, products, strict=True):
                denominator *= 1 + c[s] / km(place) + c[product] / km(other)
        else:
            sums = [1.0, 1.0]
            for side, terms in enumerate((substrates, products)):
                for place, m, n in terms:
                    sums[side] *= sum((c[m] / km(place)) ** k for k in range(int(n) + 1))
            denominator = sum(sums) - 1
        for i, m in enumerate(competitors, 1):
            denominator += c[m] / p[f"ki_inhibitor{i}_{name}"]
        v = p[f"vmax_forward_{name}"] * (forward - backward) / denominator
        inhibitors = [m["inhibitor"] for m in modifiers if m["class"] == "InhibitionModifier"]
        inhibitors += [m for r, m, word in regulation if (r, word) == (name, "inhibition")]
        activators = [m["activator"] for m in modifiers if m["class"] == "ActivationModifier"]
        activators += [m for r, m, word in regulation if (r, word) == (name, "activation")]
        for m in inhibitors:
            v /= 1 + c[m] / p[f"k_inhibition_IM_{m}_{name}"]
        for m in activators:
            v *= 1 + c[m] / p[f"k_activation_AM_{m}_{name}"]
        out[name] = v
    return out


def balances(tree: dict[str, Any], v: dict[str, float]) -> dict[str, float]:
    """What is left of each dynamic metabolite's balance, as a share of its largest term."""
    terms: dict[str, list[float]] = {}
    for name, part in tree["reactions"].items():
        substrates, products = _sides(part["mechanism"])
        for sign, side in ((-1, substrates), (1, products)):
            for _, m, n in side:
                terms.setdefault(m, []).append(sign * n * v[name])
        for modifier in part["modifiers"].values():
            if "small_molecule" in modifier:
                n = modifier["mechanism_stoichiometry"]["small_molecule"]
                terms.setdefault(modifier["small_molecule"], []).append(n * v[name])
    held = {part["reactant"] for part in tree["boundary_conditions"].values()}
    return {m: abs(sum(t)) / max(map(abs, t)) for m, t in terms.items() if m not in held}


def parameter_names(tree: dict[str, Any], regulation: Any = ()) -> list[str]:
    """Names of the parameters that the rates of a file have."""
    out = []
    for name, part in tree["reactions"].items():
        mechanism, modifiers = part["mechanism"], part["modifiers"].values()
        out.append(f"vmax_forward_{name}")
        if not mechanism["class"].startswith("Irrev"):
            out.append(f"k_equilibrium_{name}")
        if not mechanism["class"].startswith("RevMassaction"):
            out += [f"km_{place}_{name}" for side in _sides(mechanism) for place, *_ in side]
        out += [f"ki_{key}_{name}" for key in mechanism if key.startswith("inhibitor")]
        words = [word for r, _, word in regulation if r == name]
        out += [
            f"ki_inhibitor{i}_{name}" for i in range(1, words.count("competitive inhibition") + 1)
        ]
        for kind, key, prefix in (
            ("InhibitionModifier", "inhibitor", "k_inhibition_IM"),
            ("ActivationModifier", "activator", "k_activation_AM"),
        ):
            word = "inhibition" if key == "inhibitor" else "activation"
            those = [m[key] for m in modifiers if m["class"] == kind]
            those += [m for r, m, w in regulation if (r, w) == (name, word)]
            out += [f"{prefix}_{m}_{name}" for m in those]
    return out
