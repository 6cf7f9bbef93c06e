"""Reading a network's folder: what is said of tables that cannot be read."""

from __future__ import annotations

import csv
import re
import shutil

import pytest

from renaissance_kit import Network, SteadyState
from renaissance_kit.core import DataError


@pytest.fixture
def folder(tiny, tmp_path):
    """A copy of the tiny network that a test may spoil."""
    return shutil.copytree(tiny.folder, tmp_path / "tiny")


def replace_once(folder, table, old, new):
    """Edit one table; return the number of the edited line."""
    path = folder / f"{table}.csv"
    text = path.read_text()
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {table}.csv"
    path.write_text(text.replace(old, new))
    return text[: text.index(old)].count("\n") + 1


MISTAKES = {
    # name: (table, what stands there, what is written instead, parts of the message)
    "unknown metabolite": (
        "reactions", "g6p_c <=> f6p_c", "g6p_c <=> f6q_c",
        ["'f6q_c' is not in metabolites.csv", "did you mean 'f6p_c'"],
    ),
    "unbalanced element": (
        "metabolites", "D-Fructose 6-phosphate,C6H12O9P", "D-Fructose 6-phosphate,C6H11O9P",
        ["(PGI): not balanced", "H -1", "correct the equation, formulas"],
    ),
    "unbalanced charge": (
        "metabolites", "C10H13N5O13P3,-3", "C10H13N5O13P3,-4",
        ["(HEX): not balanced", "charge +1", "balance_exempt"],
    ),
    "unknown rate law": (
        "reactions", "kinetic,convenience", "kinetic,convenient",
        ["unknown rate law 'convenient'", "did you mean 'convenience'", "Choose one of"],
    ),
    "rate law of another arity": (
        "reactions", "kinetic,convenience", "kinetic,uni_bi_reversible_hill",
        ["takes 1 substrate(s) and 2 product(s)", "use 'convenience'"],
    ),
    "duplicate reaction": (
        "reactions", "PGI,glucose-6-phosphate isomerase", "HEX,glucose-6-phosphate isomerase",
        ["HEX stands already in line 3", "remove one"],
    ),
    "duplicate metabolite": (
        "metabolites", "fru_c,D-Fructose", "f6p_c,D-Fructose",
        ["f6p_c stands already in line 4", "remove one"],
    ),
    "empty id": (
        "reactions", "PGI,glucose-6-phosphate isomerase", ",glucose-6-phosphate isomerase",
        ["id must not be empty"],
    ),
    "missing unit": (
        "conditions", "eigenvalue_threshold,-2.5,,,1/h", "eigenvalue_threshold,-2.5,,,",
        ["unit must not be empty", "fill it in"],
    ),
    "other unit": (
        "conditions", "dry_weight_density,300,,,gDW/L", "dry_weight_density,0.3,,,kgDW/L",
        ["unit 'kgDW/L'", "write 'gDW/L'"],
    ),
    "low and high reversed": (
        "conditions", "km_upper_bound,20,,", "km_upper_bound,20,30,10",
        ["low 30 is above high 10", "exchange the two"],
    ),
    "missing source": (
        "reactions", "f6p_c + adp_c,fru_c + atp_c,,,,,,teaching example",
        "f6p_c + adp_c,fru_c + atp_c,,,,,,",
        ["no source", "say where the row comes from"],
    ),
    "ragged line": (
        "reactions", "HEX,hexokinase,", "HEX,hexokinase, ATP,",
        ["18 cells for 17 columns", "quote cells that contain commas"],
    ),
    "substrates and products exchanged": (
        "reactions", "reversible_michaelis_menten,g6p_c,f6p_c",
        "reversible_michaelis_menten,f6p_c,g6p_c",
        ["coefficient -1 in the rate law and 1 in the equation", "make them agree"],
    ),
    "metabolite missing in the rate law": (
        "reactions", "f6p_c + adp_c,fru_c + atp_c,", "f6p_c,fru_c + atp_c,",
        ["adp_c is in the equation but not in the rate law", "add it"],
    ),
    "no arrow": (
        "reactions", "g6p_c <=> f6p_c", "g6p_c -> f6p_c",
        ["no '<=>'", "write 'a_c + 2 b_c <=> c_c'"],
    ),
    "unreadable term": (
        "reactions", "g6p_c <=> f6p_c", "1.2.3 g6p_c <=> f6p_c",
        ["cannot read the term '1.2.3 g6p_c'", "write '2 adp_c'"],
    ),
    "metabolite twice on a side": (
        "reactions", "fru_c <=> fru_e", "fru_c + fru_c <=> fru_e",
        ["'fru_c' stands twice", "add the coefficients"],
    ),
    "coefficient zero": (
        "reactions", "fru_c <=> fru_e", "0 fru_c <=> fru_e",
        ["coefficient of fru_c is 0", "must be positive"],
    ),
    "text for a number": (
        "compartments", "cytosol,1.0", "cytosol,one",
        ["volume_fraction holds 'one'", "write a plain number"],
    ),
    "infinite number": (
        "conditions", "dry_weight_density,300", "dry_weight_density,inf",
        ["column value holds 'inf'", "write a finite number"],
    ),
    "volume fraction zero": (
        "compartments", "cytosol,1.0", "cytosol,0",
        ["volume_fraction holds 0", "must be greater than 0"],
    ),
    "unknown compartment": (
        "metabolites", "C6H12O9P,-1,c,dynamic,,,,,,,teaching example; formula from iJO1366 (Orth "
        "2011 Mol Syst Biol 7:535)\nf6p_c",
        "C6H12O9P,-1,x,dynamic,,,,,,,teaching example; formula from iJO1366 (Orth "
        "2011 Mol Syst Biol 7:535)\nf6p_c",
        ["compartment 'x' is not in compartments.csv", "add it"],
    ),
    "unknown compartment role": (
        "compartments", "e,medium,medium", "e,medium,medum",
        ["role is 'medum'", "did you mean 'medium'"],
    ),
    "medium with a volume": (
        "compartments", "e,medium,medium,,", "e,medium,medium,0.5,",
        ["the medium is outside the cell", "leave volume_fraction empty"],
    ),
    "two cytosols": (
        "compartments", "e,medium,medium", "e,medium,cytosol",
        ["c has the role 'cytosol' already", "one may have it"],
    ),
    "currency in words": (
        "metabolites", "C10H13N5O13P3,-3,c,dynamic,1", "C10H13N5O13P3,-3,c,dynamic,yes",
        ["currency is 'yes'", "write 1 or 0, or leave it empty"],
    ),
    "label of nothing": (
        "figures", "variable,atp_c,ATP", "variable,atq_c,ATP",
        ["'atq_c' is unknown", "did you mean 'atp_c'"],
    ),
    "dynamic in the medium": (
        "metabolites", "glc__D_e,D-Glucose,C6H12O6,0,e,constant",
        "glc__D_e,D-Glucose,C6H12O6,0,e,dynamic",
        ["compartment 'e' has no volume_fraction", "make the metabolite constant"],
    ),
    "unknown role": (
        "metabolites", "glc__D_e,D-Glucose,C6H12O6,0,e,constant",
        "glc__D_e,D-Glucose,C6H12O6,0,e,constnat",
        ["role is 'constnat'", "did you mean 'constant'"],
    ),
    "unreadable formula": (
        "metabolites", "C10H13N5O13P3", "C10 H13 N5",
        ["cannot read the formula 'C10 H13 N5'", "write element symbols and counts"],
    ),
    "unknown proton mode": (
        "reactions", "glc__D_c + atp_c,g6p_c + adp_c,,", "glc__D_c + atp_c,g6p_c + adp_c,x 1 h,",
        ["cannot read proton term 'x 1 h'", "displacement, first_order, balance_only"],
    ),
    "proton that no law takes": (
        "reactions", "reversible_mass_action,fru_c,fru_e,,",
        "reversible_mass_action,fru_c,,first_order 1 fru_e,",
        ["first_order is for protons that an irreversible law consumes", "use displacement"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_file_line_and_remedy(folder, mistake):
    table, old, new, parts = MISTAKES[mistake]
    line = replace_once(folder, table, old, new)
    with pytest.raises(DataError) as caught:
        Network.from_folder(folder)
    message = str(caught.value)
    if "not balanced" in message:  # seen in a reaction, caused by a formula
        assert message.startswith("reactions.csv, line ")
    else:
        assert message.startswith(f"{table}.csv, line {line}")
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("table", "column", "renamed"),
    [
        ("compartments", "ionic_strength_M", "ionic_strength"),
        ("metabolites", "dgf0_kJ_mol", "dgf0"),
        ("reactions", "dgr0_error_kJ_mol", "dgr0_error"),
    ],
)
def test_a_column_without_its_unit_is_missing(folder, table, column, renamed):
    replace_once(folder, table, f",{column},", f",{renamed},")
    with pytest.raises(DataError, match=rf"{table}\.csv: column '{column}' is missing.*{renamed}"):
        Network.from_folder(folder)


@pytest.mark.parametrize("column", ["rate_law", "equation", "source"])
def test_a_missing_column_is_named(folder, column):
    path = folder / "reactions.csv"
    path.write_text(re.sub(rf"\b{column}\b", "comment", path.read_text(), count=1))
    with pytest.raises(DataError, match=rf"reactions\.csv: column '{column}' is missing"):
        Network.from_folder(folder)


def test_a_column_twice_is_an_error(folder):
    replace_once(folder, "compartments", "id,name,", "id,id,")
    with pytest.raises(DataError, match=r"compartments\.csv, line 1: column 'id' stands twice"):
        Network.from_folder(folder)


def test_the_order_of_the_columns_does_not_matter(folder, tiny):
    for path in folder.glob("*.csv"):
        with path.open(newline="") as handle:
            rows = list(csv.reader(handle))
        with path.open("w", newline="") as handle:
            csv.writer(handle).writerows(row[::-1] for row in rows)
    turned = Network.from_folder(folder)
    assert turned == tiny
    assert turned.digest == tiny.digest


def test_water_cannot_stand_in_a_rate_law(folder):
    fructose = "fru_c,D-Fructose,C6H12O6,0,c,"
    replace_once(folder, "metabolites", fructose + "dynamic", fructose + "water")
    with pytest.raises(DataError, match=r"reactions\.csv, line 5 .*water \(fru_c\).*remove it"):
        Network.from_folder(folder)


@pytest.mark.parametrize("table", ["compartments", "conditions", "metabolites", "reactions"])
def test_a_missing_table_is_named(folder, table):
    (folder / f"{table}.csv").unlink()
    with pytest.raises(DataError, match=rf"{table}\.csv does not exist"):
        Network.from_folder(folder)


def test_a_table_without_rows_is_an_error(folder):
    path = folder / "reactions.csv"
    path.write_text(path.read_text().splitlines()[0] + "\n")
    with pytest.raises(DataError, match=r"reactions\.csv has no rows"):
        Network.from_folder(folder)


@pytest.mark.parametrize("quantity", ["dry_weight_density", "eigenvalue_threshold"])
def test_a_missing_condition_is_named_with_its_unit(folder, quantity):
    path = folder / "conditions.csv"
    lines = [x for x in path.read_text().splitlines() if not x.startswith(quantity)]
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(DataError, match=rf"conditions\.csv: the quantity '{quantity}' is missing"):
        Network.from_folder(folder)


@pytest.mark.parametrize(
    ("table", "old", "new", "message"),
    [
        ("conditions", "dry_weight_density,300,", "dry_weight_density,-300,",
         r"line 2 \(dry_weight_density\): value is -300 gDW/L; .* between 10 and 1000 gDW/L"),
        ("conditions", "eigenvalue_threshold,-2.5,", "eigenvalue_threshold,2.5,",
         r"value is 2\.5 1/h; the largest real part of a valid model lies between .* and 0 1/h"),
        ("conditions", "km_lower_bound,0.0013,", "km_lower_bound,-1,", "value is -1 mM"),
        ("conditions", "km_lower_bound,0.0013,", "km_lower_bound,30,", "is not below km_upper"),
        ("conditions", "km_upper_bound", "temperature,25,,,K,test,\nkm_upper_bound",
         r"temperature.*value is 25 K; the temperature in kelvin, not in °C"),
        ("conditions", "km_upper_bound", "temperature,25,,,C,test,\nkm_upper_bound",
         r"unit 'C'; convert the value and write 'K'"),
    ],
)  # fmt: skip
def test_a_condition_out_of_its_range_says_which_it_is(folder, table, old, new, message):
    replace_once(folder, table, old, new)
    with pytest.raises(DataError, match=message):
        Network.from_folder(folder)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (
            "volume_fraction",
            "90",
            r"line 2 \(c\): column volume_fraction holds 90; .* \(a share of the volume",
        ),
        ("volume_fraction", "-0.9", "must be greater than 0"),
        ("pH", "75", "pH holds 75; it must be 0 or more and at most 14"),
        ("ionic_strength_M", "250", r"ionic_strength_M holds 250; .*at most 5 \(in mol/L\)"),
        (
            "potential_to_e_mV",
            "150000",
            r"potential_to_e_mV holds 150000; .* at most 1000 \(in mV\)",
        ),
    ],
)
def test_a_compartment_out_of_range_says_so(folder, column, value, message):
    path = folder / "compartments.csv"
    rows = list(csv.DictReader(path.read_text().splitlines()))
    rows[0][column] = value
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(DataError, match=message):
        Network.from_folder(folder)


def test_a_potential_to_no_compartment_is_not_ignored(folder):
    path = folder / "compartments.csv"
    rows = path.read_text().splitlines()
    more = ["potential_to_q_mV", *["-150"] * (len(rows) - 1)]
    path.write_text("\n".join(f"{row},{cell}" for row, cell in zip(rows, more, strict=True)))
    with pytest.raises(DataError, match=r"potential_to_q_mV: there is no compartment 'q'"):
        Network.from_folder(folder)


@pytest.mark.parametrize(
    ("table", "old", "new", "message"),
    [
        ("conditions", "km_upper_bound", "temprature,300,,,K,test,\nkm_upper_bound",
         "quantity is 'temprature'; did you mean 'temperature'"),
        ("reactions", "PGI,glucose-6-phosphate", "=HYPERLINK(1),glucose-6-phosphate",
         "id is '=HYPERLINK.1.'; use letters, digits and underscores"),
        ("reactions", "g6p_c <=> f6p_c", "\u0663 g6p_c <=> f6p_c", "cannot read the term"),
        ("metabolites", "C10H13N5O13P3", "C\u0661\u0660H13N5O13P3", "cannot read the formula"),
    ],
)  # fmt: skip
def test_what_would_be_ignored_or_misread_is_refused(folder, table, old, new, message):
    replace_once(folder, table, old, new)
    with pytest.raises(DataError, match=message):
        Network.from_folder(folder)


def test_a_table_in_another_encoding_is_named_with_its_line(folder):
    path = folder / "reactions.csv"
    path.write_bytes(path.read_bytes().replace(b"hexokinase", "Hexökinase".encode("cp1252")))
    with pytest.raises(DataError, match=r"reactions\.csv, line 3: not UTF-8.*CSV UTF-8"):
        Network.from_folder(folder)


def test_tables_from_a_spreadsheet_are_read(folder, tiny):
    """Byte-order mark, Windows line ends and empty lines at the end."""
    for path in folder.glob("*.csv"):
        text = path.read_bytes().replace(b"\n", b"\r\n")
        path.write_bytes(b"\xef\xbb\xbf" + text + b"\r\n,,,\r\n")
    assert Network.from_folder(folder).digest == tiny.digest


def test_a_folder_that_is_none(tmp_path):
    with pytest.raises(DataError, match=r"is not a folder; give one that holds reactions\.csv"):
        Network.from_folder(tmp_path / "nowhere")


def test_the_fingerprint_follows_what_the_kinetics_depend_on(folder, tiny):
    replace_once(folder, "reactions", "hexokinase", "Hexokinase")
    assert Network.from_folder(folder).digest == tiny.digest  # a name is not kinetics
    replace_once(folder, "compartments", "cytosol,1.0", "cytosol,0.9")
    assert Network.from_folder(folder).digest != tiny.digest


def test_a_steady_state_table_in_another_unit_is_refused(folder):
    line = replace_once(folder, "steady_state", "flux,PGI,1,mmol/gDW/h", "flux,PGI,1,mM/h")
    with pytest.raises(DataError, match=rf"steady_state\.csv, line {line}.*write 'mmol/gDW/h'"):
        SteadyState.from_folder(Network.from_folder(folder))


def test_a_steady_state_table_needs_its_sources(folder):
    source = "teaching example: displacement 0.25"
    line = replace_once(folder, "steady_state", f'"{source}"', "")
    with pytest.raises(DataError, match=rf"steady_state\.csv, line {line} \(PGI\): no source"):
        SteadyState.from_folder(Network.from_folder(folder))
