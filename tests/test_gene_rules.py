"""Gene rules: read, evaluated by hand and beside cobrapy, carried by tables and drafts."""

from __future__ import annotations

import random
from statistics import fmean

import cobra
import pytest
from cobra.core.gene import GPR

from renaissance_kit import Network
from renaissance_kit.cli import main
from renaissance_kit.core import DataError
from renaissance_kit.draft import NetworkDraft
from renaissance_kit.network import GeneRule, enzymes_needed, tables_of

IJO = {"GLCtex": "GLCtex_copy1"}  # reactions that iJO1366 calls otherwise


@pytest.fixture(scope="module")
def ijo() -> cobra.Model:
    return cobra.io.load_model("iJO1366")


@pytest.mark.parametrize(
    ("text", "enzymes"),
    [
        ("b1", (("b1",),)),
        ("b1 or b2 and b3", (("b1",), ("b2", "b3"))),
        ("(b1 or b2) and b3", (("b1", "b3"), ("b2", "b3"))),
        ("b1 AND (b2 OR b1)", (("b1", "b2"), ("b1",))),
        ("b1 && b2 || b3", (("b1", "b2"), ("b3",))),
        ("(b1 and b2) or (b2 and b1)", (("b1", "b2"),)),
        ("YAL038W-A or 100.1_AT1", (("YAL038W-A",), ("100.1_AT1",))),
    ],
)
def test_enzymes_by_hand(text: str, enzymes: tuple[tuple[str, ...], ...]) -> None:
    assert GeneRule.of(text).enzymes == enzymes


def test_values_by_hand() -> None:
    rule = GeneRule.of("(a or b) and c")
    levels = {"a": 1.0, "b": 3.0, "c": 8.0}
    assert rule.value(levels, complex=min, isoenzymes=max) == 3.0
    assert rule.value(levels, complex=max, isoenzymes=fmean) == 8.0
    assert rule.value({"c": 8.0}, complex=min, isoenzymes=max) == 8.0
    assert rule.value({"b": 3.0}, complex=min, isoenzymes=max) == 3.0
    assert rule.value({}, complex=min, isoenzymes=max) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("b1 and", "it ends early"),
        ("b1 b2", "'b2' is one too many"),
        ("(b1 or b2", "not closed"),
        ("or b1", "a gene is missing before 'or'"),
        ("()", "a gene is missing before"),
        ("b1)", "is one too many"),
        ("b1;b2", "'b1;b2' may be one gene or several"),
        ("b1,b2", "'b1,b2' may be one gene or several"),
    ],
)
def test_a_rule_that_cannot_be_read(text: str, why: str) -> None:
    with pytest.raises(DataError, match=why) as caught:
        GeneRule.of(text)
    assert "write genes with 'and'" in str(caught.value)


def test_every_rule_of_ijo1366_as_cobrapy_reads_it(ijo: cobra.Model) -> None:
    rng = random.Random(1)
    texts = {r.gene_reaction_rule for r in ijo.reactions} - {""}
    assert len(texts) > 900
    for text in texts:
        rule, theirs = GeneRule.of(text), GPR.from_string(text)
        assert set(rule.genes) == set(theirs.genes)
        for share in (0.1, 0.5, 0.9):
            out = {g for g in rule.genes if rng.random() < share}
            here = {g: float(g not in out) for g in rule.genes}
            assert (rule.value(here, complex=min, isoenzymes=max) == 1.0) is theirs.eval(out)
            assert any(out.isdisjoint(enzyme) for enzyme in rule.enzymes) is theirs.eval(out)


def test_the_shipped_rules_are_those_of_ijo1366(ecoli: Network, ijo: cobra.Model) -> None:
    for name, reaction in ecoli.reactions.items():
        source = IJO.get(name, name)
        if reaction.role == "exchange":
            assert not reaction.gpr
        elif source in ijo.reactions:
            theirs = ijo.reactions.get_by_id(source).gene_reaction_rule
            assert reaction.gpr == (theirs if enzymes_needed(theirs) else ""), name
            assert "iJO1366" in reaction.gpr_source
        else:
            assert not reaction.gpr
            assert reaction.gpr_source
    assert len(ecoli.gene_rules) == 111
    assert ecoli.gene_rules["ANS"].enzymes == (("b1263", "b1264"),)
    assert "s0001" not in ecoli.genes


def test_what_runs_by_itself_has_no_rule(tiny: Network) -> None:
    """A table may hold rules as BiGG's models write them: s0001 is no gene."""
    tables = tables_of(tiny)
    reactions = tables["reactions.csv"]
    reactions.loc[reactions.id == "HEX", "gpr"] = "hexA or s0001"
    reactions.loc[reactions.id == "PGI", "gpr"] = "s0001"
    network = Network.from_tables("by itself", tables)
    assert set(network.gene_rules) == {"GLCt", "FRUK", "FRUt"}
    assert network.genes == ("glcP", "fruK")


def test_rules_do_not_change_what_results_depend_on(ecoli: Network) -> None:
    tables = tables_of(ecoli)
    tables["reactions.csv"] = tables["reactions.csv"].drop(columns=["gpr", "gpr_source"])
    without = Network.from_tables("without", tables)
    assert without.gene_rules == {}
    assert without.digest == ecoli.digest


def test_a_wrong_rule_is_an_error_of_its_line(tiny: Network) -> None:
    tables = tables_of(tiny)
    tables["reactions.csv"].loc[1, "gpr"] = "hexA and"
    with pytest.raises(DataError, match=r"row 1 \(HEX\): cannot read the gene rule 'hexA and'"):
        Network.from_tables("tiny", tables)


def test_the_command_counts_rules_and_levels(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "ecoli_w3110_trpd9923"]) == 0
    shown = capsys.readouterr().out
    assert "gene rules of 111 reactions, 187 genes" in shown
    assert "levels of 100 genes in 2 conditions" in shown


def test_a_draft_keeps_the_rules_of_the_model() -> None:
    model = cobra.io.load_model("textbook")
    draft = NetworkDraft.from_cobra(model)
    for name, reaction in draft.reactions.items():
        theirs = (
            model.reactions.get_by_id(name).gene_reaction_rule if name in model.reactions else ""
        )
        assert reaction.gpr == (theirs if enzymes_needed(theirs) else ""), name
    assert draft.reactions["PFK"].gpr == "b3916 or b1723"
    assert draft.reactions["CO2t"].gpr == ""  # s0001: by itself
