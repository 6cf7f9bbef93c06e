"""What surrounds the controls and charts of a panel: style, buttons, sentences."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from pathlib import Path

import anywidget
import ipywidgets as widgets

from renaissance_kit.panels.jobs import explain

_HERE = Path(__file__).parent


class Assist(anywidget.AnyWidget):
    """Names for sliders, for screen readers; and what a panel says when its kernel is gone."""

    _esm = _HERE / "assist.js"


class Anew:
    """A button, and what it does, that appear beside a message and go with it."""

    def __init__(self, call: Callable[[], None]) -> None:
        tip = "Start anew: in a fresh folder with these settings; what is there stays"
        self.button = button("Start anew", "folder-open", tip, call)
        self.note = widgets.HTML()
        self.widget = box("rk-run", [self.button, self.note])
        self.hide()

    def offer(self, folder: Path) -> None:
        """Show it, with the folder that results would go to."""
        text = f"in the fresh folder {folder}; what is there stays as it is"
        self.note.value = f'<span class="rk-hint">{html.escape(text)}</span>'
        self.widget.layout.display = None

    def hide(self) -> None:
        """Take it away."""
        self.widget.layout.display = "none"

    @property
    def offered(self) -> bool:
        """Whether it is to be seen."""
        return self.widget.layout.display != "none"


def fresh_folder(home: Path) -> Path:
    """A folder in another one that is not there yet: ``anew``, ``anew-2`` and so on.

    >>> fresh_folder(Path("nowhere")).name
    'anew'
    """
    path, number = home / "anew", 1
    while path.exists():
        number += 1
        path = home / f"anew-{number}"
    return path


def heading(title: str, about: str = "") -> widgets.HTML:
    """Style and title of a panel."""
    style = (_HERE / "style.css").read_text(encoding="utf-8")
    below = f"<div>{html.escape(about)}</div>" if about else ""
    return widgets.HTML(f"<style>{style}</style><h3>{html.escape(title)}</h3>{below}")


def button(
    text: str, icon: str, tip: str, call: Callable[[], None], style: str = ""
) -> widgets.Button:
    """A button with a word, an icon and a tooltip."""
    made = widgets.Button(description=text, icon=icon, tooltip=tip, button_style=style)
    made.on_click(lambda _: call())
    return made


def box(name: str, children: Sequence[widgets.Widget]) -> widgets.Box:
    """Widgets in a place that ``style.css`` names."""
    made = widgets.Box(list(children))
    made.add_class(name)
    return made


def sentence(text: str, *, wrong: bool = False) -> str:
    """Words of a panel as they are shown; nothing for nothing."""
    if not text:
        return ""
    if wrong:
        return f'<div class="rk-box" role="alert">{html.escape(text)}</div>'
    return f'<div class="rk-answer" role="status">{html.escape(text)}</div>'


def failure(error: BaseException) -> str:
    """An error as it is shown, with its traceback folded away where it was not expected."""
    text, trace = explain(error)
    details = (
        f"<details><summary>Details for a report</summary><pre>{html.escape(trace)}</pre></details>"
        if trace
        else ""
    )
    return f'<div class="rk-box" role="alert">⚠ {html.escape(text)}{details}</div>'


def bare(text: str) -> str:
    """What `sentence` was given."""
    inside, out = False, []
    for letter in text:
        if letter in "<>":
            inside = letter == "<"
        elif not inside:
            out.append(letter)
    return html.unescape("".join(out))
