"""The gallery shows every figure, leads somewhere with every link, and loads nothing."""

from __future__ import annotations

import base64
import itertools
import json
import re
import shutil
from pathlib import Path

import altair as alt
import nbformat
import pandas as pd
import pytest
from pages import Page, contrast

from renaissance_kit.cli import find_results, gallery, main
from renaissance_kit.core import DataError
from renaissance_kit.figures import save, theme

QUESTION = "Does <it> work & why?"
FOUND = "**3 of 4** do, <b> or not."
ANSWER = "Yes: 75 % (30 to 95 %) do."


def chart(title: str) -> alt.Chart:
    data = pd.DataFrame({"time_min": [0.0, 1.0], "share": [0.2, 0.9]})
    return (
        alt.Chart(data, title=theme.headline(title, "Two points; seed 3."))
        .mark_point()
        .encode(
            x=alt.X("time_min", title="Time (min)"),
            y=alt.Y("share", title="Models (%)"),
        )
    )


def said(text: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("execute_result", data={"text/markdown": text})


def notebook(png: Path) -> nbformat.NotebookNode:
    image = nbformat.v4.new_output(
        "display_data", data={"image/png": base64.b64encode(png.read_bytes()).decode()}
    )
    cells = [
        nbformat.v4.new_markdown_cell("# A *fine* question?\n\nWhat it is\nabout: `km`.\n\nMore."),
        nbformat.v4.new_markdown_cell(f"**{QUESTION}** It should."),
        nbformat.v4.new_code_cell('save(figure, output / "zeta")\nfigure', outputs=[image]),
        nbformat.v4.new_code_cell("page.found(table)", outputs=[said(FOUND)]),
        nbformat.v4.new_code_cell("page.more(table)", outputs=[said("Something else.")]),
        nbformat.v4.new_code_cell('save(figure, output / "alpha")\nfigure'),
        nbformat.v4.new_markdown_cell("## Another matter"),
        nbformat.v4.new_code_cell("page.other(table)", outputs=[said("Of another matter.")]),
        nbformat.v4.new_code_cell('save(figure, output / "not_made")'),
    ]
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of two notebooks, with a name that a URL must quote, and the gallery of them."""
    root = tmp_path_factory.mktemp("my results #1")
    first = root / "01_first"
    for figure in ("zeta", "alpha", "extra"):
        save(chart(f"Title of {figure}"), first / figure)
    shutil.copytree(first, root / "02_second")
    for name in ("01_first", "02_second"):
        folder = root / name
        nbformat.write(notebook(folder / "zeta.png"), folder / f"{name}.ipynb")
        (folder / ".hidden.ipynb").write_text("not a notebook")
        (folder / f"{name}.failed.ipynb").write_text("not a notebook")
    (first / "extra.svg").unlink()
    (first / "claims.csv").write_text("claim,here,comparable\nC1,<5 %,True\n")
    (first / "states.nc").write_bytes(b"0" * 250_000)
    summary = {"scale": "smoke", "seed": 7, "other": 1, "answer": ANSWER, "paper": "most",
               "answer_figure": "alpha"}  # fmt: skip
    (first / "summary.json").write_text(json.dumps(summary))
    gallery.write_gallery(root)
    return root


def test_every_figure_is_there_in_the_order_of_the_notebook(results: Path) -> None:
    page = Page(results / "index.html")
    shown = [a["src"] for a in page.figures()]
    names = ["zeta.png", "alpha.png", "extra.png"]
    assert shown == [f"{nb}/{name}" for nb in ("01_first", "02_second") for name in names]
    assert "6 figures from 2 notebooks" in page.text
    assert "not a notebook" not in page.text


def test_links_are_relative_and_lead_somewhere(results: Path) -> None:
    pages = [results / "index.html", *results.glob("*/*.html")]
    assert len(pages) == 3
    for path in pages:
        page = Page(path)
        assert not page.broken_links()
        urls = [a[k] for _, a in page.tags for k in ("href", "src") if k in a]
        assert not [u for u in urls if re.match(r"(https?:)?/|file:", u)], path
        assert not page.all("script", "link", "iframe"), "nothing that needs a server"
        assert str(results) not in path.read_text(encoding="utf-8")
    linked = {a["href"] for a in Page(results / "index.html").all("a")}
    wanted = {"01_first.ipynb", "01_first.html", "claims.csv", "states.nc", "zeta.svg", "extra.png"}
    assert {f"01_first/{name}" for name in wanted} <= linked


def test_figures_have_a_question_a_caption_and_alternative_text(results: Path) -> None:
    page = Page(results / "index.html")
    assert page.text.count(QUESTION) == 4, "in contents and section of each notebook, and escaped"
    texts = [a["alt"] for a in page.figures()]
    assert texts[0] == "Title of zeta. Axes: x: Time (min); y: Models (%)."
    assert texts[2] == "Figure: extra", "without its SVG a figure is called by its file"
    for path in results.glob("*/*.html"):
        (image,) = Page(path).all("img")
        assert image["alt"] == texts[0]


def test_the_first_screen_has_each_question_with_its_answer_and_the_paper(results: Path) -> None:
    page = Page(results / "index.html")
    first = page.text.partition("All 6 figures")[0]
    assert first.count("A fine question?") == 2
    assert ANSWER in first
    assert "Paper: most." in first
    assert "This run gives no answer" in first, "the second notebook wrote none"
    assert page.all("img")[0]["src"] == "01_first/alpha.png", "the one that shows it"
    assert "Scale smoke: 01." in first, "numbers of a test are not to be believed"


def test_a_caption_says_what_the_figure_shows_and_not_its_subtitle_again(results: Path) -> None:
    text = (results / "index.html").read_text(encoding="utf-8")
    captions = re.findall(r"<figcaption>(.*?) <span>", text)
    assert captions[0] == "<b>3 of 4</b> do, &lt;b&gt; or not.", "the first sentence below it"
    assert captions[1] == "Title of alpha.", "what stands below another heading is not about it"
    for run in find_results(results).runs:
        for figure in run.figures:
            assert not any(figure.caption and figure.caption in caption for caption in captions)


def test_a_figure_takes_its_place_before_it_is_loaded(results: Path) -> None:
    for image in Page(results / "index.html").figures():
        assert ("01_first/extra" in image["src"]) != ({"width", "height"} <= set(image))


def test_a_click_opens_a_figure_in_full_size(results: Path) -> None:
    text = (results / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<figure[^>]*><a href="([^"]+)">', text)[0] == "01_first/zeta.png"


def test_figures_of_a_loop_stand_where_they_are_saved(tmp_path: Path) -> None:
    for name in ("zeta_of_b", "zeta_of_a", "alpha"):
        save(chart(f"Title of {name}"), tmp_path / name)
    cells = [
        nbformat.v4.new_markdown_cell("# Title"),
        nbformat.v4.new_code_cell('save(figure, output / f"zeta_of_{name}")'),
        nbformat.v4.new_code_cell('save(figure, output / "alpha")'),
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "01.ipynb")
    (run,) = find_results(tmp_path).runs
    assert [f.path.stem for f in run.figures] == ["zeta_of_a", "zeta_of_b", "alpha"]


def test_headings_have_no_gap_and_the_page_a_language_and_landmarks(results: Path) -> None:
    page = Page(results / "index.html")
    levels = page.headings()
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    assert page.all("html")[0]["lang"] == "en"
    assert page.all("main")
    assert page.all("nav")
    assert page.all("title")


def test_colours_and_sizes_can_be_read() -> None:
    style = gallery._STYLE
    colours = re.findall(r"(?<!-)color: (#[0-9a-fA-F]{6})", style)
    assert len(colours) >= 3
    assert all(contrast(colour, "#ffffff") >= 7 for colour in colours)
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    sizes = [float(s) for s in re.findall(r"font(?:-size)?: ([\d.]+)rem", style)]
    assert min(sizes) >= 1


def test_tables_sizes_and_settings(results: Path) -> None:
    page = Page(results / "index.html")
    assert "<5 %" in page.text
    assert "yes" in page.text
    assert "claims.csv (1 rows, 3 columns)" in page.text
    assert "states.nc (0.2 MB)" in page.text
    assert "scale smoke; seed 7" in page.text


def test_svg_says_what_it_shows(results: Path) -> None:
    (run,) = find_results(results / "02_second").runs
    figure = next(f for f in run.figures if f.path.stem == "alpha")
    assert (figure.headline, figure.caption) == ("Title of alpha", "Two points; seed 3.")
    assert figure.width > 100
    assert figure.svg is not None
    svg = figure.svg.read_text(encoding="utf-8")
    assert "<text" in svg, "letters are text, not paths"


def test_one_folder_with_two_notebooks_shares_out_the_figures(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.png").write_bytes(b"")
        cell = nbformat.v4.new_code_cell(f'save(figure, output / "{name}")')
        title = nbformat.v4.new_markdown_cell(f"# {name}")
        nbformat.write(nbformat.v4.new_notebook(cells=[title, cell]), tmp_path / f"{name}.ipynb")
    runs = find_results(tmp_path).runs
    assert [[f.path.stem for f in run.figures] for run in runs] == [["one"], ["two"]]


def test_a_folder_without_results_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(DataError, match="make figures"):
        gallery.write_gallery(tmp_path)
    assert main(["gallery", str(tmp_path)]) == 2
    assert "make figures" in capsys.readouterr().err


def test_command_prints_the_page(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (results / "index.html").read_bytes()
    assert main(["gallery", str(results)]) == 0
    said = capsys.readouterr()
    assert said.out.strip() == str(results / "index.html")
    assert said.err == ""
    assert (results / "index.html").read_bytes() == before
