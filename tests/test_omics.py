"""Levels of genes as constraints: by hand, by enumeration, on e_coli_core and on E. coli."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import cobra
import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from renaissance_kit import Network, SteadyStates, sample_steady_states
from renaissance_kit.core import DataError, InfeasibleError, ParameterError
from renaissance_kit.draft import NetworkDraft
from renaissance_kit.network import tables_of
from renaissance_kit.omics import Demand, Expression, Program, remi, tex_fba
from renaissance_kit.states import Constraints, LinearProgram

ENERGIES = Path(__file__).parent / "data" / "e_coli_core_energies.csv"
BATCH, CHEMOSTAT = "glucose batch", "glucose chemostat"


def levels(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["gene", "condition", "level"]).assign(source="made up")


# --- tables and gene rules -------------------------------------------------------------------


def test_reaction_levels_and_ratios_by_hand(tiny: Network) -> None:
    """HEX: hexA and hexB; PGI: pgiA or pgiB; FRUK: fruK; GLCt and FRUt: glcP."""
    expression = Expression.of(
        tiny,
        levels(
            ("hexA", "a", 8), ("hexA", "b", 2), ("hexB", "a", 2), ("hexB", "b", 32),
            ("pgiA", "a", 1), ("pgiA", "b", 5), ("pgiB", "a", 10), ("pgiB", "b", 1),
            ("fruK", "a", 0), ("fruK", "b", 3), ("other", "a", 7),
        ),
    )  # fmt: skip
    assert expression.conditions == ("a", "b")
    assert expression.others == 1
    assert expression.reaction_levels("a") == {"HEX": 2.0, "PGI": 10.0, "FRUK": 0.0}
    ratios = expression.reaction_ratios("a", "b")
    assert ratios["HEX"] == pytest.approx(math.sqrt(2 / 8 * 32 / 2))  # geometric mean
    assert ratios["PGI"] == pytest.approx((5 + 0.1) / 2)  # mean
    assert ratios["FRUK"] == 100.0  # from nothing
    assert "GLCt" not in ratios
    table = expression.table().set_index("gene")
    assert table.loc["glcP", "reactions"] == "GLCt, FRUt"
    assert np.isnan(table.loc["glcP", "a"])


def test_a_table_that_does_not_fit(tiny: Network) -> None:
    with pytest.raises(DataError, match=r"row 0: no gene of this table.*did you mean 'hex"):
        Expression.of(tiny, levels(("hexa", "a", 1)))
    with pytest.raises(DataError, match="was measured in b; remove"):
        Expression.of(tiny, levels(("hexA", "a", 1), ("x", "b", 1)))
    with pytest.raises(DataError, match=r"row 1: condition 'Batch' is 'batch' in row 0; write it"):
        Expression.of(tiny, levels(("hexA", "batch", 1), ("hexB", "Batch", 2)))
    with pytest.raises(DataError, match="average replicates"):
        Expression.of(tiny, levels(("hexA", "a", 1), ("hexA", "a", 2)))
    one = Expression.of(tiny, levels(("hexA", "batch", 1)))
    with pytest.raises(ParameterError, match="no condition 'bach'; did you mean 'batch'"):
        one.reaction_levels("bach")


def test_the_shipped_proteins(ecoli: Network) -> None:
    expression = Expression.example(ecoli)
    assert expression.conditions == (BATCH, CHEMOSTAT)
    assert expression.others == 0
    ratios = expression.reaction_ratios(BATCH, CHEMOSTAT)
    assert ratios["ICL"] == pytest.approx(184169 / 28173)
    assert ratios["ANS"] == pytest.approx(math.sqrt(1091 / 1090 * 868 / 1025))


# --- the mixed-integer program against enumeration -------------------------------------------


def toy() -> LinearProgram:
    """Two conditions of a branched pathway, each flux 0 to 10: A → B or C, B → D, C → D; A is 6."""
    #        in  ab  ac  bd  cd  out
    balance = np.array(
        [[1, -1, -1, 0, 0, 0], [0, 1, 0, -1, 0, 0], [0, 0, 1, 0, -1, 0], [0, 0, 0, 1, 1, -1]], float
    )
    names = [f"{c} {r}" for c in "12" for r in ("in", "ab", "ac", "bd", "cd", "out")]
    zero = np.zeros((4, 6))
    lower, upper = np.full(12, 0.1), np.full(12, 10.0)
    lower[[0, 6]] = upper[[0, 6]] = 6.0
    return LinearProgram(
        tuple(names), np.block([[balance, zero], [zero, balance]]), np.zeros(8), np.zeros(8),
        lower, upper, np.zeros(12, dtype=bool),
    )  # fmt: skip


def ratio(name: str, r: float) -> Demand:
    sign = 1.0 if r > 1 else -1.0
    return Demand(name, f"{name} {r}", (({f"2 {name}": sign, f"1 {name}": -sign * r}, 0.0),))


def holds(program: LinearProgram, demands: tuple[Demand, ...]) -> bool:
    """Whether demands hold together: a linear program of its own."""
    index = {name: j for j, name in enumerate(program.names)}
    rows = np.zeros((len(demands), len(index)))
    for i, demand in enumerate(demands):
        for terms, _ in demand.rows:
            for name, coefficient in terms.items():
                rows[i, index[name]] = -coefficient
    found = linprog(
        np.zeros(len(index)), A_ub=rows if len(rows) else None,
        b_ub=np.zeros(len(rows)) if len(rows) else None, A_eq=program.matrix, b_eq=program.low,
        bounds=list(zip(program.lower, program.upper, strict=True)),
    )  # fmt: skip
    return found.status == 0


@pytest.mark.parametrize(
    "ratios",
    [
        {"ab": 3.0, "ac": 3.0, "bd": 0.3, "cd": 0.2},
        {"ab": 3.0, "bd": 4.0, "cd": 3.0, "ac": 0.25},
        {"in": 2.5, "ab": 60.0, "ac": 0.4, "out": 0.4},
        {"ab": 100.0, "ac": 100.0, "bd": 100.0, "cd": 0.01},
        {"ab": 2.1, "cd": 0.4, "bd": 5.0},
    ],
)
def test_largest_sets_alternatives_and_conflicts_by_enumeration(ratios: dict[str, float]) -> None:
    base = toy()
    demands = tuple(ratio(name, r) for name, r in ratios.items())
    sets = [
        frozenset(d.name for d in chosen)
        for k in range(len(demands) + 1)
        for chosen in itertools.combinations(demands, k)
        if holds(base, chosen)
    ]
    largest = max(map(len, sets))
    program = Program(base, demands)
    found = program.agreements(20)
    assert {frozenset(a.met) for a in found} == {s for s in sets if len(s) == largest}
    assert all(a.optimal for a in found)
    fewer = program.agreements(40, within=1)
    assert {frozenset(a.met) for a in fewer} == {s for s in sets if len(s) >= largest - 1}
    for agreement in found:
        values = agreement.values
        for name in agreement.met:
            sign = 1 if ratios[name] > 1 else -1
            change = values[f"2 {name}"] - ratios[name] * values[f"1 {name}"]
            assert sign * change >= -1e-6
        for name in set(ratios) - set(agreement.met):
            against = program.conflict(name, agreement.met)
            by_name = {d.name: d for d in demands}
            together = [by_name[n] for n in (name, *against)]
            assert not holds(base, tuple(together))
            for left in against:  # any one let go, and the rest agrees
                assert holds(base, tuple(d for d in together if d.name != left))


# --- networks ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """e_coli_core as a network, its gene rules carried over by the draft."""
    folder = tmp_path_factory.mktemp("core") / "core"
    model = cobra.io.load_model("textbook")
    return NetworkDraft.from_cobra(model, energies=ENERGIES).write(folder)


def checked(network: Network, states: dict, ratios: dict[str, float], met: set[str]) -> None:
    """Every pair of states of the two conditions meets the ratios."""
    before, after = (np.abs(s.dataset.flux.sel(reaction=list(met)).values) for s in states.values())
    for j, name in enumerate(met):
        low, high = before[:, j], after[:, j]
        if ratios[name] > 1:
            assert high.min() >= ratios[name] * low.max() * (1 - 1e-6), name
        else:
            assert high.max() <= ratios[name] * low.min() * (1 + 1e-6), name
        signs = {np.sign(s.dataset.flux.sel(reaction=name).values).mean() for s in states.values()}
        assert signs in ({1.0}, {-1.0})


def test_remi_on_e_coli_core_with_synthetic_levels(core: Network) -> None:
    """More of the glyoxylate shunt and less of the pentose phosphate pathway, by their genes."""
    up, down = ("b4015", "b4014", "b2976"), ("b1852", "b2029", "b0767")
    rows = [(g, c, x) for g in up for c, x in (("a", 1.0), ("b", 5.0))]
    rows += [(g, c, x) for g in down for c, x in (("a", 4.0), ("b", 1.0))]
    rows += [("b1779", "a", 1.0), ("b1779", "b", 1.5)]  # too little to count
    expression = Expression.of(core, levels(*rows))
    fit = remi(core, expression, "a", "b", alternatives=3)
    wanted = set(fit.wanted.name)
    assert {"ICL", "MALS", "G6PDH2r", "GND"} <= wanted
    assert "GAPD" not in wanted
    met = set(fit.agreements[0].met)
    assert met >= {"ICL", "MALS"} or met >= {"G6PDH2r", "GND"}
    assert (fit.table().met == fit.wanted.name.isin(met)).all()
    states = {
        c: sample_steady_states(core, 8, seed=1, constraints=of, steps_per_dimension=2)
        for c, of in fit.of_alternative().items()
    }
    checked(core, states, dict(zip(fit.wanted.name, fit.wanted.ratio, strict=True)), met)


def test_remi_on_e_coli(ecoli: Network) -> None:
    """Contradictory wishes: both reactions of a linear pathway the other way; and a fixed flux."""
    ratios = {"ICL": 3.0, "MALS": 0.3, "ANS": 3.0, "PGM": 1.5}
    fit = remi(ecoli, ratios, "one", "two", alternatives=5)
    assert fit.met == 1
    assert {a.met for a in fit.agreements} == {("ICL",), ("MALS",)}
    named = fit.conflicts.set_index("name").against
    held = fit.agreements[0].met[0]
    other = ({"ICL", "MALS"} - {held}).pop()
    assert named[other].startswith(held)
    assert named["ANS"] == "the constraints alone"  # anthranilate secretion is measured
    with pytest.raises(ParameterError, match="alternative 2 of 2"):
        fit.of_alternative(2)


def test_each_condition_keeps_its_own_constraints(ecoli: Network) -> None:
    base = Constraints.from_folder(ecoli)
    slow, fast = base.with_flux("GROWTH", 0.3103, 0.33), base.with_flux("GROWTH", 0.35, 0.37)
    fit = remi(ecoli, {"PPC": 2.5}, "slow", "fast", constraints={"slow": slow, "fast": fast})
    found = fit.of_alternative()
    assert found["slow"].fluxes["GROWTH"] == slow.fluxes["GROWTH"]
    assert found["fast"].fluxes["GROWTH"].low == 0.35
    assert found["fast"].fluxes["PPC"].low == pytest.approx(2.5 * found["slow"].fluxes["PPC"].high)
    assert "REMI: PPC × 2.5 or more" in found["fast"].fluxes["PPC"].source
    beyond = {"slow": slow, "fast": base.with_flux("GROWTH", 3.0, 4.0)}
    with pytest.raises(InfeasibleError, match=r"^fast: no steady state.*\n.*GROWTH from 3 to 4"):
        remi(ecoli, {"PPC": 2.5}, "slow", "fast", constraints=beyond)


@pytest.mark.slow
def test_metabolite_ratios(ecoli: Network) -> None:
    fit = remi(ecoli, {"ICL": 4.0}, "one", "two", metabolite_ratios={"pep_c": 3.0, "fdp_c": 0.4})
    assert fit.met == 3
    states = [
        sample_steady_states(ecoli, 8, seed=1, constraints=of, steps_per_dimension=1).dataset
        for of in fit.of_alternative().values()
    ]
    pep, fdp = (
        [s.concentration.sel(metabolite=m).values for s in states] for m in ("pep_c", "fdp_c")
    )
    assert pep[1].min() >= 3 * pep[0].max() * (1 - 1e-5)
    assert fdp[1].max() <= 0.4 * fdp[0].min() * (1 + 1e-5)


def test_tex_fba_on_e_coli(ecoli: Network) -> None:
    fit = tex_fba(ecoli, Expression.example(ecoli), CHEMOSTAT, share_low=1e-3)
    table = fit.table().set_index("name")
    assert set(table.kind) == {"high", "low"}
    assert not any(ecoli.reactions[r].transport for r in table.index)
    assert (table.largest - table.least >= 0.1).all()
    shipped = np.abs(
        SteadyStates.example(ecoli).dataset.flux.sel(reaction=list(table.index)).values
    )
    assert (shipped.min(axis=0) >= table.least - 1e-6).all()  # 5,000 states of these constraints
    assert (shipped.max(axis=0) <= table.largest + 1e-6).all()
    shares = np.where(table.kind == "high", 2e-3, 1e-3)
    np.testing.assert_allclose(table.limit, table.least + shares * (table.largest - table.least))
    states = sample_steady_states(
        ecoli, 8, seed=1, constraints=fit.of_alternative()[CHEMOSTAT], steps_per_dimension=1
    )
    flux = np.abs(states.dataset.flux.sel(reaction=list(table.index)).values)
    for j, (name, row) in enumerate(table.iterrows()):
        if row.met and row.kind == "high":
            assert flux[:, j].min() >= row.limit - 1e-9, name
        elif row.met:
            assert flux[:, j].max() <= row.limit + 1e-9, name


def test_levels_that_are_alike_say_nothing(ecoli: Network) -> None:
    """Five reactions without a level above 0: both percentiles are 0, and none of them is high."""
    none = ("b2779", "b1852", "b2029", "b0767", "b1723")
    alike = Expression.of(ecoli, levels(*((g, "a", 0.0) for g in none), ("b4015", "a", 1.0)))
    fit = tex_fba(ecoli, alike, "a")
    assert fit.wanted[["name", "kind"]].to_numpy().tolist() == [["ICL", "high"]]
    with pytest.raises(ParameterError, match="more levels that differ"):
        tex_fba(ecoli, Expression.of(ecoli, levels(*((g, "a", 5.0) for g in none))), "a")


def test_an_organism_that_grows_slowly(ecoli: Network) -> None:
    """Its own bound of growth holds, also below 0.1 1/h."""
    expression, base = Expression.example(ecoli), Constraints.from_folder(ecoli)
    slow = base.with_flux("GROWTH", 0.05, 0.37)
    fit = tex_fba(ecoli, expression, BATCH, constraints=slow)
    assert fit.of_alternative()[BATCH].fluxes["GROWTH"].low == 0.05
    message = r"GROWTH is at most 0\.06 1/h .*at least 0\.1 is asked for; give a smaller"
    with pytest.raises(ParameterError, match=message):
        tex_fba(ecoli, expression, BATCH, constraints=base.with_flux("GROWTH", 0.0, 0.06))


def test_what_is_asked_wrongly(ecoli: Network) -> None:
    for ratios, message in (
        ({"ICLL": 3.0}, "did you mean 'ICL'"),
        ({"ICL": 1.5}, "no ratio is above 2 or below 0.5; lower the threshold"),
        ({"ICL": float("nan")}, "the ratio of ICL is nan"),
    ):
        with pytest.raises(ParameterError, match=message):
            remi(ecoli, ratios, "one", "two")
    with pytest.raises(ParameterError, match="h_c is no variable of the flux model"):
        remi(ecoli, {"ICL": 3.0}, "one", "two", metabolite_ratios={"h_c": 3.0})
    with pytest.raises(ParameterError, match="'one' is named twice"):
        remi(ecoli, {"ICL": 3.0}, "one", "one")
    with pytest.raises(ParameterError, match="no constraints of 'two'"):
        remi(ecoli, {"ICL": 3.0}, "one", "two", constraints={"one": Constraints.from_folder(ecoli)})
    expression = Expression.example(ecoli)
    with pytest.raises(ParameterError, match="give 0 <= low < high <= 100"):
        tex_fba(ecoli, expression, BATCH, low=80, high=20)
    with pytest.raises(ParameterError, match="share_low"):
        tex_fba(ecoli, expression, BATCH, share_low=0.1)


def test_a_network_without_rules(ecoli: Network) -> None:
    tables = tables_of(ecoli)
    tables["reactions.csv"] = tables["reactions.csv"].drop(columns=["gpr", "gpr_source"])
    plain = Network.from_tables("plain", tables)
    with pytest.raises(DataError, match="plain has no gene rules; fill in the column gpr"):
        Expression.of(plain, levels(("b0001", "a", 1)))
