"""Tables of a network, written from its records and read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from renaissance_kit import Network, SteadyState
from renaissance_kit.core import DataError, write_csv
from renaissance_kit.network import tables_of, write_tables
from renaissance_kit.states import state_table

FIELDS = ("metabolites", "reactions", "compartments", "conditions")


@pytest.mark.parametrize(
    "name",
    ["tiny", "ecoli_w3110_trpd9923", "ecoli_w3110_trpd9923+published", "tests/data/lactic",
     "tests/data/shuttle"],
)  # fmt: skip
def test_nothing_is_lost_in_memory_or_on_disk(name: str, tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[1]
    network = Network.open(root / name if "/" in name else name)
    again = Network.from_tables(network.name, tables_of(network))
    assert again == network
    assert again.digest == network.digest
    assert again.folder is None
    written = write_tables(network, tmp_path / "mine")
    for field in FIELDS:
        assert getattr(written, field) == getattr(network, field)


def test_an_old_table_of_regulation_does_not_stay(tmp_path: Path) -> None:
    regulated = Network.example(regulation="published")
    write_tables(regulated, tmp_path)
    with pytest.raises(DataError, match=r"regulation\.csv already"):
        write_tables(regulated.without_modifiers(), tmp_path)
    plain = write_tables(regulated.without_modifiers(), tmp_path, force=True)
    assert not plain.regulated


def test_a_table_that_is_wrong_is_named(tiny: Network) -> None:
    tables = tables_of(tiny)
    tables["reactions.csv"].loc[2, "rate_law"] = "convenince"
    with pytest.raises(DataError, match=r"row 2 .*unknown rate law 'convenince'"):
        Network.from_tables("tiny", tables)


def test_a_steady_state_is_read_as_it_was(
    tiny: Network, tiny_state: SteadyState, tmp_path: Path
) -> None:
    written = write_tables(tiny, tmp_path)
    write_csv(tmp_path / "steady_state.csv", state_table(tiny, tiny_state))
    again = SteadyState.from_folder(written)
    for name in ("concentrations_mM", "fluxes_mmol_gDW_h", "log_displacement"):
        assert getattr(again, name).tobytes() == getattr(tiny_state, name).tobytes()
