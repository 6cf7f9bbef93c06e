"""SBML with lines, attributes, numbers, names and operators changed: read, or refused in words."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import pytest

from renaissance_kit import KineticModels, Network, SteadyState
from renaissance_kit.core import RenaissanceError
from renaissance_kit.formats import read_sbml, write_sbml

NUMBERS = ("", "0", "-1", "nan", "INF", "x", "M_atp_c", "true", "1e400")
NAMES = ("nothing", "c", "M_fru_c", "cell_volume", "Vmax_HEX")
OPERATORS = ("times", "divide", "plus", "minus", "sin", "gt")


def changed(text: str, rng: random.Random) -> str:
    """One thing is lost, doubled or exchanged."""
    lines = text.split("\n")
    line = rng.randrange(len(lines))
    kind = rng.choice(["line", "twice", "attribute", "value", "name", "operator"])
    if kind == "line":
        return "\n".join(lines[:line] + lines[line + 1 :])
    if kind == "twice":
        return "\n".join([*lines[:line], rng.choice(lines), *lines[line:]])
    pattern, choices = {
        "attribute": (r"( [\w:]+=\"[^\"]*\")", ("",)),
        "value": (r"=\"([^\"]*)\"", NUMBERS),
        "name": (r"<ci> (\w+) </ci>", NAMES),
        "operator": (r"<(times|divide|plus|minus|power)/>", OPERATORS),
    }[kind]
    found = rng.choice(list(re.finditer(pattern, text)))
    return text[: found.start(1)] + rng.choice(choices) + text[found.end(1) :]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_file_is_read_or_refused_in_words(seed: int, tmp_path: Path) -> None:
    network = Network.example("tiny")
    models = KineticModels(network, SteadyState.from_folder(network), np.ones((1, 10)))
    (file,) = write_sbml(tmp_path / "model.xml", models)
    ours = file.read_text(encoding="utf-8")
    bare = re.sub(r"(?s)<rk:model.*?</rk:model>", "", ours)
    rng, refused = random.Random(seed), 0
    for _ in range(100):
        text = rng.choice([ours, bare])
        for _ in range(rng.choice([1, 1, 2])):
            text = changed(text, rng)
        file.write_text(text, encoding="utf-8")
        try:
            read = read_sbml(file)
        except RenaissanceError:
            refused += 1
        else:
            assert np.isfinite(read.models.vmax_mM_h).all()
    assert 20 < refused < 100
