"""Another organism is a folder of tables: nothing of the E. coli case stands in the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import renaissance_kit
from renaissance_kit import KineticEnsemble, Network, ReactorConditions, SteadyStates, studies
from renaissance_kit.cli import batch
from renaissance_kit.core import CheckpointError, DataError, example_names, network_folder
from renaissance_kit.simulation import engineered_strains, measured_curves
from renaissance_kit.states import Constraints

LACTIC = Path(__file__).parent / "data" / "lactic"
NOTEBOOKS = (*batch.NOTEBOOKS[1:5], "11_control_and_design")


@pytest.fixture(scope="module")
def lactic() -> Network:
    return Network.open(LACTIC)


def test_roles_replace_names(lactic: Network) -> None:
    assert (lactic.growth, lactic.cytosol) == ("BIOMASS", "in")
    assert lactic.flux_unit("BIOMASS") == "1/h"
    assert lactic.exchange_of("glc__D_out") == "EX_glc__D_out"
    assert lactic.counterpart("nh4_out", "in") == "nh4_in"
    assert lactic.counterpart("g6p_in", "out") is None
    curves = measured_curves(lactic)
    assert [(c.quantity, c.variable, c.unit) for c in curves] == [
        ("cells", "biomass", "gDW/L"), ("sugar", "glc__D_out", "g/L"),
        ("lactic acid", "lac__D_out", "g/L"),
    ]  # fmt: skip
    assert curves[2].per_state_unit == 0.090078  # of the acid
    assert Constraints.from_folder(lactic).fluxes["BIOMASS"].high == 0.35
    rates = studies.measured_rates(lactic)
    assert list(rates.reaction) == ["BIOMASS", "EX_glc__D_out", "EX_lac__D_out"]
    assert list(studies.variable_groups(lactic)) == ["growth", studies.CYTOSOL]
    assert set(studies.biomass_ceilings(lactic, ReactorConditions.from_folder(lactic)).medium) == {
        "nh4_out", "glc__D_out",
    }  # fmt: skip
    assert engineered_strains(lactic) == {}


def test_nothing_published_is_nothing_to_compare_with(lactic: Network, ecoli: Network) -> None:
    rows = [("C2", "KM", "384", "exact", True), ("C9", "other", "1", "", True)]
    table = studies.claims_table(lactic, rows)
    assert list(table.paper) == ["none", "none"]
    assert set(table.verdict) == {"not comparable because the paper does not give it"}
    table = studies.claims_table(ecoli, rows)
    assert list(table.paper) == ["384", "not given"]
    assert list(table.verdict) == [
        "reproduced", "not comparable because the paper does not give it",
    ]  # fmt: skip


def test_a_folder_without_files_says_what_makes_them(lactic: Network, tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="notebook 01"):
        SteadyStates.example(lactic)
    with pytest.raises(CheckpointError, match="run notebook 01 with this network first"):
        studies.states_of(lactic, tmp_path / "states.nc")
    with pytest.raises(CheckpointError, match="notebook 02"):
        KineticEnsemble.example(lactic)


def test_a_network_is_named_or_its_folder_given(tmp_path: Path) -> None:
    assert Network.open("tiny").folder == network_folder("tiny")
    assert Network.open(str(LACTIC)).digest == Network.open(Network.open(LACTIC)).digest
    with pytest.raises(DataError, match="neither an example network nor a folder; did you mean"):
        Network.open("tinny")
    assert {"tiny", "ecoli_w3110_trpd9923"} <= set(example_names())


def test_a_network_without_growth_says_where_to_mark_it(tiny: Network) -> None:
    with pytest.raises(DataError, match=r"column role of reactions\.csv"):
        tiny.require_growth("a reactor")


def test_no_id_of_an_organism_stands_in_the_code() -> None:
    """Outside docstrings, no text of the package names a metabolite or reaction of a folder."""
    ids = set()
    for name in example_names():
        network = Network.open(name)
        ids |= {*network.metabolites, *(r for r in network.reactions if len(r) > 3)}
    word = re.compile(r"[A-Za-z0-9]\w+")
    found: set[str] = set()
    for path in sorted(Path(renaissance_kit.__file__).parent.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        prose = {
            id(node.value) for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }  # fmt: skip
        found |= {
            f"{path.name}: {name}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
            if id(node) not in prose
            for name in word.findall(node.value)
            if name in ids
        }
    # messages that show how a term of a table is written
    allowed = {"formulas.py: adp_c", "reading.py: h_c"}
    assert found <= allowed


@pytest.mark.slow
def test_notebooks_run_on_another_organism(tmp_path: Path) -> None:
    for name in NOTEBOOKS:
        executed = batch.run(
            name, tmp_path / name, scale="smoke", parameters={"network": str(LACTIC)}
        )
        assert executed.is_file()
        assert list((tmp_path / name).glob("*.png"))
    assert not list(LACTIC.glob("*.nc")), "results do not go into the folder of the organism"
