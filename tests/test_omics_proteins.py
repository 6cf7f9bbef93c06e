"""Proteins by gene as enzymes: complexes, isoenzymes, shared enzymes, and one mass of protein."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from guides import guide_blocks

from renaissance_kit import Network, sample_steady_states
from renaissance_kit.analysis import EnzymeCapacities
from renaissance_kit.core import DataError, InfeasibleError, ParameterError
from renaissance_kit.network import tables_of
from renaissance_kit.omics import (
    Proteins,
    Turnovers,
    capacity_table,
    protein_pool,
    shared_enzymes,
)
from renaissance_kit.states import Constraints, EnzymePool, state_checks

GUIDE = Path(__file__).parents[1] / "docs" / "omics.md"


def proteins(network: Network, **amounts: float) -> Proteins:
    rows = [(gene, "batch", x, 1e3 * (i + 1)) for i, (gene, x) in enumerate(amounts.items())]
    columns = ["gene", "condition", "protein_umol_gDW", "molar_mass_g_mol"]
    return Proteins.of(network, pd.DataFrame(rows, columns=columns).assign(source="made up"))


def turnovers(network: Network, *rows: tuple[str, str, float]) -> Turnovers:
    frame = pd.DataFrame(rows, columns=["reaction", "enzyme", "kcat_per_s"])
    return Turnovers.of(network, frame.assign(source="made up"))


def test_complexes_and_isoenzymes_by_hand(tiny: Network) -> None:
    found = proteins(tiny, hexA=0.03, hexB=0.01, pgiA=0.2)
    assert found.enzymes("HEX", "batch") == {("hexA", "hexB"): 0.01}
    assert found.enzymes("PGI", "batch") is None  # pgiB may be there
    assert found.enzymes("PGI", "batch", unmeasured_is_absent=True) == {("pgiA",): 0.2}
    assert found.enzymes("FRUK", "batch") is None
    assert found.molar_mass_g_mol(("hexA", "hexB")) == 3000.0
    with pytest.raises(DataError, match="no molar_mass_g_mol of pgiB"):
        found.molar_mass_g_mol(("pgiA", "pgiB"))
    with pytest.raises(ParameterError, match="no condition 'Batch'; did you mean 'batch'"):
        found.enzymes("HEX", "Batch")


def test_capacities_of_isoenzymes_add_up(tiny: Network) -> None:
    """PGI: 0.2 µmol/gDW · 10/s + 0.1 · 40/s = 6 µmol/gDW/s = 21.6 mmol/gDW/h."""
    table = capacity_table(
        proteins(tiny, hexA=0.03, pgiA=0.2, pgiB=0.1),
        "batch",
        turnovers(tiny, ("HEX", "", 100.0), ("PGI", "pgiA", 10.0), ("PGI", "pgiB", 40.0)),
    )
    assert table.enzyme.tolist() == ["hexA+hexB", "pgiA", "pgiB"]
    assert table.kcat_reverse_per_s.isna().all()
    capacities = EnzymeCapacities.of(tiny, table).capacities
    assert capacities["PGI"].forward_mmol_gDW_h == pytest.approx(21.6)
    assert capacities["HEX"].forward_mmol_gDW_h == pytest.approx(0.03 * 100 * 3.6)


def test_shared_enzymes_and_the_pool_by_hand(ecoli: Network) -> None:
    found = proteins(ecoli, b2935=0.05, b2465=0.01, b0720=0.06)
    numbers = turnovers(
        ecoli, ("TKT1", "", 50.0), ("TKT2", "b2935", 40.0), ("TKT2", "b2465", 20.0),
        ("CS", "", 80.0),
    )  # fmt: skip
    pools = shared_enzymes(found, "batch", numbers)
    assert list(pools) == ["TKT1+TKT2"]
    pool = pools["TKT1+TKT2"]
    assert pool.limit == pytest.approx(0.06)
    assert pool.costs["TKT1"][0] == pytest.approx(1e3 / (3600 * 50))
    assert pool.costs["TKT2"][0] == pytest.approx(1e3 / (3600 * 40))  # the faster one
    mass = protein_pool(found, numbers, 0.02, "made up")
    assert mass.costs["CS"][0] == pytest.approx(3.0 / (3600 * 80))  # 3 g/mmol, the third gene
    assert mass.costs["TKT1"][0] == pytest.approx(1.0 / (3600 * 50))  # the lighter isoenzyme
    assert mass.costs["TKT2"][0] == pytest.approx(1.0 / (3600 * 40))
    assert mass.used({"CS": 2.0, "TKT1": -1.0, "TKT2": 0.0}) == pytest.approx(
        2 * 3.0 / (3600 * 80) + 1.0 / (3600 * 50)
    )


def with_rules(network: Network, **rules: str) -> Network:
    tables = tables_of(network)
    reactions = tables["reactions.csv"]
    for reaction, rule in rules.items():
        reactions.loc[reactions.id == reaction, "gpr"] = rule
    return Network.from_tables("rules", tables)


def test_the_order_of_subunits_does_not_matter(tiny: Network) -> None:
    """HEX and FRUK by one complex: 0.1 µmol/gDW of it, whichever subunit a rule names first."""
    network = with_rules(tiny, HEX="(a and b) or c", FRUK="c or (b and a)")
    pools = shared_enzymes(
        proteins(network, a=0.1, b=0.2, c=0.3), "batch",
        turnovers(network, ("HEX", "", 10.0), ("FRUK", "b+a", 20.0), ("FRUK", "c", 5.0)),
    )  # fmt: skip
    assert list(pools) == ["HEX+FRUK"]
    assert pools["HEX+FRUK"].limit == pytest.approx(0.4)
    assert pools["HEX+FRUK"].costs["FRUK"][0] == pytest.approx(1e3 / (3600 * 20))


def test_reactions_without_a_capacity_are_left_out(tiny: Network) -> None:
    """Diffusion has no Vmax to compare, and an amount of 0 is one that was not detected."""
    table = capacity_table(
        proteins(tiny, glcP=0.1, hexA=0.0, pgiA=0.2, pgiB=0.0),
        "batch",
        turnovers(tiny, ("GLCt", "", 10.0), ("HEX", "", 10.0), ("PGI", "", 10.0)),
    )
    assert table[["reaction", "enzyme"]].to_numpy().tolist() == [["PGI", "pgiA"]]
    assert list(EnzymeCapacities.of(tiny, table).capacities) == ["PGI"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("PGII", "", 1.0), "'PGII' is no kinetic reaction of .*did you mean 'PGI'"),
        (("PGI", "pgiC", 1.0), "'pgiC' is no enzyme of PGI; write one of pgiA, pgiB"),
        (("PGI", "pgiA", 0.0), "greater than 0"),
    ],
)
def test_turnover_numbers_that_do_not_fit(
    tiny: Network, row: tuple[str, str, float], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        turnovers(tiny, row)


def test_two_masses_of_a_gene(tiny: Network) -> None:
    frame = pd.DataFrame(
        {"gene": ["hexA", "hexA"], "condition": ["a", "b"], "protein_uM": [1.0, 2.0],
         "molar_mass_g_mol": [1e4, 2e4], "source": "made up"}
    )  # fmt: skip
    with pytest.raises(DataError, match="hexA has a mass of 10000 g/mol in another row"):
        Proteins.of(tiny, frame)
    with pytest.raises(DataError, match="was measured in b; remove the condition, or correct"):
        Proteins.of(tiny, frame.assign(molar_mass_g_mol=1e4, gene=["hexA", "other"]))
    one = Proteins.of(tiny, frame.assign(molar_mass_g_mol=1e4))
    assert one.amounts_umol_gDW["b"]["hexA"] == pytest.approx(2 / 300)


@pytest.fixture(scope="module")
def glycolysis() -> EnzymePool:
    """PGI in both directions, GLCptspp and PFK; the shipped states take 0.02 to 0.2 of it."""
    costs = {"PGI": (0.01, 0.02), "PFK": (0.015, 0.015), "GND": (0.01, 0.01)}
    return EnzymePool(costs, 0.08, "g/gDW", "made up")


def test_a_pool_bounds_the_states(ecoli: Network, glycolysis: EnzymePool) -> None:
    """Without the pool states take more; with it none does, by the check that knows no solver."""
    plain = Constraints.from_folder(ecoli)
    bounded = plain.with_enzyme_pools({"glycolysis": glycolysis})
    used = []
    for constraints in (plain, bounded):
        states = sample_steady_states(
            ecoli, 12, seed=1, constraints=constraints, steps_per_dimension=2
        )
        used.append(
            [
                glycolysis.used(
                    dict(zip(ecoli.kinetic_reactions, s.fluxes_mmol_gDW_h, strict=True))
                )
                for s in states
            ]
        )
    assert max(used[0]) > 0.08
    assert max(used[1]) <= 0.08 * (1 + 1e-9)
    directions = states.provenance["directions"]
    (check,) = (c for c in state_checks(ecoli, bounded, states, directions) if "pool" in c.rule)
    assert not check.failed.any()
    np.testing.assert_allclose(check.excess[:, 0], np.array(used[1]) / 0.08 - 1, atol=1e-12)
    tighter = plain.with_enzyme_pools(
        {"glycolysis": EnzymePool(glycolysis.costs, min(used[1]) / 2, "g/gDW", "")}
    )
    broken = [c for c in state_checks(ecoli, tighter, states, directions) if "pool" in c.rule]
    assert broken[0].failed.all()
    assert states.provenance["constraints"]["enzyme_pools"]["glycolysis"]["limit"] == 0.08


def test_a_pool_that_is_too_small_is_named(ecoli: Network, glycolysis: EnzymePool) -> None:
    small = EnzymePool(glycolysis.costs, 1e-4, "g/gDW", "my scale")
    constraints = Constraints.from_folder(ecoli).with_enzyme_pools({"glycolysis": small})
    with pytest.raises(
        InfeasibleError, match=r"enzyme pool 'glycolysis': 3 reactions share 0\.0001"
    ):
        sample_steady_states(ecoli, 4, seed=1, constraints=constraints)
    unknown = EnzymePool({"PGII": (1.0, 1.0)}, 1.0, "g/gDW", "")
    with pytest.raises(ParameterError, match=r"enzyme pool of 'PGII'.*did you mean 'PGI'"):
        Constraints.from_folder(ecoli).with_enzyme_pools({"x": unknown}).check(ecoli)


@pytest.mark.parametrize(
    ("costs", "limit", "message"),
    [
        ({"PGI": (1.0, 1.0)}, 0.0, "give it above 0"),
        ({}, 1.0, "give the cost of at least one"),
        ({"PGI": (1.0, -1.0)}, 1.0, "not negative"),
    ],
)
def test_a_pool_that_is_none(costs: dict, limit: float, message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        EnzymePool(costs, limit, "g/gDW", "made up")


@pytest.mark.slow
def test_the_guide_runs(
    ecoli: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Every block of docs/omics.md runs."""
    tables, blocks = guide_blocks(GUIDE, "csv"), guide_blocks(GUIDE)
    assert (len(tables), len(blocks)) == (3, 7)
    for name, text in zip(("levels", "proteins", "turnover"), tables, strict=True):
        (tmp_path / f"my_{name}.csv").write_text(text, encoding="utf-8")
    assert ecoli.folder is not None
    (tmp_path / "data").symlink_to(ecoli.folder.parent)
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for block in blocks:
        exec(block.replace("network, 100,", "network, 4, steps_per_dimension=1,"), names)
    assert "ICL × 6.5 or more" in capsys.readouterr().out
    before, after = (s.dataset.flux.sel(reaction="ICL").values for s in names["states"].values())
    assert after.min() >= 6.5 * before.max() * (1 - 1e-6)
