"""Controls with a label, a unit, a tooltip and bounds, that explain a wrong input beside it."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import ipywidgets as widgets

from renaissance_kit.core.errors import ParameterError
from renaissance_kit.panels.fields import FULL_LABEL, readable, row_of, written

STEPS = 60  # of a logarithmic slider, over its whole length


class Control(Protocol):
    """What a panel needs of a control.

    Attributes:
        name: of the notebook's parameter.
        label: in a few words, for messages.
        row: the widget.
    """

    name: str
    label: str
    row: widgets.Widget

    @property
    def value(self) -> Any:
        """The value, as the notebook takes it.

        Raises:
            ParameterError: the input is wrong; says how.
        """

    def set(self, value: Any) -> None:
        """Put a value in."""

    def complain(self, message: str) -> None:
        """Say beside the control what is wrong with it; nothing for no message."""

    def lock(self, locked: bool) -> None:
        """Let it be changed or not."""

    def on_change(self, call: Callable[[], None]) -> None:
        """Call whenever the input changes."""


class _Base:
    """A field, a note beside it, and who listens."""

    def __init__(self, name: str, label: str, unit: str, tooltip: str) -> None:
        self.name, self.label, self.unit = name, label, unit
        self.title = f"{label} ({unit})" if unit else label
        self.tooltip = f"{self.title}: {tooltip}"
        self.note = widgets.HTML()
        self._listeners: list[Callable[[], None]] = []

    def field_settings(self) -> dict[str, Any]:
        return {"description": self.title, "tooltip": self.tooltip, "style": FULL_LABEL}

    def on_change(self, call: Callable[[], None]) -> None:
        """Call whenever the input changes."""
        self._listeners.append(call)

    def complain(self, message: str) -> None:
        """Say beside the control what is wrong with it; the hint for no message."""
        if message:
            text = f'<span class="rk-wrong" role="alert">⚠ {html.escape(message)}</span>'
        else:
            text = f'<span class="rk-hint">{html.escape(self.hint())}</span>'
        if self.note.value != text:
            self.note.value = text

    def hint(self) -> str:
        """What stands beside the control when the input is right."""
        return ""

    def _changed(self) -> None:
        for call in self._listeners:
            call()


class Number(_Base):
    """A number that is typed, or moved with a slider.

    Args:
        name: of the notebook's parameter.
        label, unit, tooltip: in words; the tooltip says what the number does to the result.
        value: at the start.
        low, high: bounds, both allowed.
        whole: whole numbers only.
        slider: ``linear``, ``log`` or nothing.
        step: of a linear slider.
        slider_high: where the slider ends, if that is below the upper bound.
        hint: text beside the control, from the value; the bounds if not given.
        explained: the hint is a sentence and stands below.
    """

    def __init__(
        self,
        name: str,
        label: str,
        unit: str,
        tooltip: str,
        value: float,
        low: float,
        high: float,
        *,
        whole: bool = False,
        slider: str = "",
        step: float = 0.0,
        slider_high: float | None = None,
        hint: Callable[[float], str] | None = None,
        explained: bool = False,
    ) -> None:
        super().__init__(name, label, unit, tooltip)
        self.low, self.high, self.whole, self._hint = low, high, whole, hint
        self._end = high if slider_high is None else slider_high
        self.text = widgets.Text(written(value), continuous_update=False, **self.field_settings())
        self.slider = self._slider(slider, value, step)
        if self.slider is None:
            self.row = row_of(self.text, self.note)
        else:
            self.row = row_of(self.text, self.slider, self.note, kind="rk-slider")
        if explained:
            self.row.add_class("rk-long")
        self._moving = False
        self.text.observe(self._typed, "value")
        if self.slider is not None:
            self.slider.observe(self._moved, "value")
        self._typed()

    @property
    def value(self) -> Any:
        """The number.

        Raises:
            ParameterError: no number, or one out of bounds.
        """
        text = self.text.value.strip().replace("−", "-")
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            comma = "; write a decimal point, not a comma" if "," in text else ""
            raise ParameterError(
                f"{text or 'nothing'} is no number{comma}, e.g. {readable(self.high)}"
            )
        if self.whole and number != int(number):
            raise ParameterError(f"{text} is no whole number")
        if not self.low <= number <= self.high:
            raise ParameterError(f"{text} is out of bounds; give {self._bounds()}")
        return int(number) if self.whole else number

    def set(self, value: float) -> None:
        """Put a number in."""
        self.text.value = written(value)

    def lock(self, locked: bool) -> None:
        """Let it be changed or not."""
        self.text.disabled = locked
        if self.slider is not None:
            self.slider.disabled = locked

    def hint(self) -> str:
        """Text beside the control."""
        if self._hint is not None:
            return self._hint(self.value)
        return self._bounds()

    def _bounds(self) -> str:
        return f"{readable(self.low)} to {readable(self.high)}"

    def _slider(self, kind: str, value: float, step: float) -> widgets.Widget | None:
        common = {"tooltip": self.tooltip, "readout": False, "layout": {"width": "auto"}}
        if kind == "log":
            low, high = math.log10(self.low), math.log10(self._end)
            return widgets.FloatLogSlider(
                value=value, base=10, min=low, max=high, step=(high - low) / STEPS, **common
            )
        if kind == "linear":
            if self.whole:
                return widgets.IntSlider(
                    value=int(value), min=int(self.low), max=int(self._end), step=int(step) or 1,
                    **common,
                )  # fmt: skip
            return widgets.FloatSlider(
                value=value, min=self.low, max=self._end, step=step, **common
            )
        return None

    def _typed(self, _: Any = None) -> None:
        try:
            value = self.value
        except ParameterError as error:
            self.complain(str(error))
        else:
            self.complain("")
            if self.slider is not None and not self._moving:
                self._moving = True
                self.slider.value = value
                self._moving = False
        self._changed()

    def _is_at(self, position: float) -> bool:
        """Whether a slider there stands for the number: the browser moves it to the next step."""
        try:
            value = self.value
        except ParameterError:
            return False
        assert self.slider is not None
        there, here = position, min(max(value, self.low), self._end)
        if isinstance(self.slider, widgets.FloatLogSlider):
            there, here = math.log10(there), math.log10(here)
        return bool(abs(there - here) <= 0.501 * self.slider.step)

    def _moved(self, change: Mapping[str, Any]) -> None:
        if not self._moving and not self._is_at(change["new"]):
            self._moving = True
            self.text.value = written(float(f"{change['new']:.3g}"))
            self._moving = False


class Choice(_Base):
    """One of a few values.

    Args:
        options: values by the text that stands for them.
    """

    def __init__(
        self, name: str, label: str, tooltip: str, options: Mapping[str, Any], value: Any
    ) -> None:
        super().__init__(name, label, "", tooltip)
        self.menu = widgets.Dropdown(
            options=list(options.items()), value=value, **self.field_settings()
        )
        self.row = row_of(self.menu, self.note, kind="rk-wide")
        self.menu.observe(lambda _: self._changed(), "value")

    @property
    def value(self) -> Any:
        """The chosen value."""
        return self.menu.value

    def set(self, value: Any) -> None:
        """Choose a value."""
        self.menu.value = value

    def lock(self, locked: bool) -> None:
        """Let it be changed or not."""
        self.menu.disabled = locked


class Words(_Base):
    """Names, separated by commas.

    Args:
        parse: from the text to the value; raises ParameterError with what is wrong.
        show: from a value to the text.
        options: names that are offered.
        example: beside the control when the input is right.
    """

    def __init__(
        self,
        name: str,
        label: str,
        tooltip: str,
        value: Any,
        parse: Callable[[str], Any],
        show: Callable[[Any], str],
        *,
        options: Sequence[str] = (),
        example: str = "",
    ) -> None:
        super().__init__(name, label, "", tooltip)
        self._parse, self._show, self._example = parse, show, example
        self.text = widgets.Combobox(
            value=show(value), options=list(options), ensure_option=False,
            continuous_update=False, **self.field_settings(),
        )  # fmt: skip
        self.row = row_of(self.text, self.note, kind="rk-wide")
        self.text.observe(self._typed, "value")
        self._typed()

    @property
    def value(self) -> Any:
        """What the text stands for.

        Raises:
            ParameterError: it stands for nothing.
        """
        return self._parse(self.text.value.strip())

    def set(self, value: Any) -> None:
        """Put a value in."""
        self.text.value = self._show(value)

    def lock(self, locked: bool) -> None:
        """Let it be changed or not."""
        self.text.disabled = locked

    def hint(self) -> str:
        """Text beside the control."""
        return self._example

    def _typed(self, _: Any = None) -> None:
        try:
            self.value  # noqa: B018
        except ParameterError as error:
            self.complain(str(error))
        else:
            self.complain("")
        self._changed()


class Picks(_Base):
    """Any number of values from a list.

    Args:
        options: values by the text that stands for them.
        value: picked at the start.
        parse: from what is picked to the value; raises ParameterError with what is wrong.
        unpack: the other way.
    """

    def __init__(
        self,
        name: str,
        label: str,
        unit: str,
        tooltip: str,
        options: Mapping[str, Any],
        value: Sequence[Any],
        parse: Callable[[Sequence[Any]], Any],
        unpack: Callable[[Any], Sequence[Any]],
        *,
        rows: int = 6,
    ) -> None:
        super().__init__(name, label, unit, tooltip)
        self._parse, self._unpack = parse, unpack
        self.menu = widgets.SelectMultiple(
            options=list(options.items()), value=tuple(value), rows=rows, **self.field_settings()
        )
        self.row = row_of(self.menu, self.note, kind="rk-wide")
        self.menu.observe(self._picked, "value")
        self._picked()

    @property
    def value(self) -> Any:
        """What is picked.

        Raises:
            ParameterError: it cannot be used.
        """
        return self._parse(self.menu.value)

    def set(self, value: Any) -> None:
        """Pick other values."""
        self.menu.value = tuple(self._unpack(value))

    def lock(self, locked: bool) -> None:
        """Let it be changed or not."""
        self.menu.disabled = locked

    def hint(self) -> str:
        """How many are picked."""
        return f"{len(self.menu.value)} of {len(self.menu.options)}"

    def _picked(self, _: Any = None) -> None:
        try:
            self.value  # noqa: B018
        except ParameterError as error:
            self.complain(str(error))
        else:
            self.complain("")
        self._changed()
