"""Reading one leaf of a space: a value, a range or choices."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from tuner.space.complaints import complaint, meant, shown, unknown
from tuner.space.findings import Findings
from tuner.space.nodes import Choices, Fixed, Leaf, Range, Value, dotted
from tuner.space.shape import LeafShape

_RANGE = ("low", "high", "log", "step")


class LeafReader:
    """Reads leaves, and puts a stand-in where one cannot be."""

    def __init__(self, found: Findings) -> None:
        self._found = found

    def read(self, shape: LeafShape, raw: Any, place: str, setting: str | None = None) -> Leaf:
        """A leaf, or a stand-in for one that cannot be.

        Args:
            shape: what can stand there.
            raw: what the file states there.
            place: its place in the file.
            setting: its place in a configuration, if another.
        """
        before = len(self._found.mistakes)
        if isinstance(raw, Mapping) and "choices" in raw:
            leaf: Leaf | None = self._choices(shape, raw, place)
        elif isinstance(raw, Mapping) and ("low" in raw or "high" in raw):
            leaf = self._range(shape, raw, place)
        elif isinstance(raw, Mapping) or (isinstance(raw, list) and not shape.many):
            forms = "a value, a range { low = ..., high = ... }" if shape.number else "a value"
            self._found.mistake(place, f"is {shown(raw)}, but should be {forms} or {{ choices = [...] }}")
            leaf = None
        else:
            leaf = Fixed(self._value(shape, raw, place))
        if leaf is None or len(self._found.mistakes) > before:
            self._found.doubtful.add(setting or place)
            return Fixed(shape.stand_in())
        return leaf

    def _value(self, shape: LeafShape, raw: Any, place: str) -> Any:
        try:
            return shape.adapter.validate_python(raw)
        except ValidationError as error:
            detail = error.errors(include_url=False)[0]
            inner = "".join(f"[{part}]" for part in detail["loc"] if isinstance(part, int))
            self._found.mistake(place + inner, complaint(detail))
            return None

    def _choices(self, shape: LeafShape, raw: Mapping[str, Any], place: str) -> Choices | None:
        for name in raw:
            if name != "choices":
                self._found.mistake(dotted(place, name), "does not go with choices; state either a range or choices")
        listed_values = raw["choices"]
        if not isinstance(listed_values, list) or not listed_values:
            self._found.mistake(f"{place}.choices", f"is {shown(listed_values)}, but should be a list of values")
            return None
        values: list[Value] = [
            self._value(shape, value, f"{place}.choices[{index}]") for index, value in enumerate(listed_values)
        ]
        good = [value for value in values if value is not None]
        if len(set(good)) < len(good):
            self._found.mistake(f"{place}.choices", f"states a value twice: {shown(listed_values)}")
        return Choices(tuple(values))

    def _range(self, shape: LeafShape, raw: Mapping[str, Any], place: str) -> Range | None:
        if shape.number is None:
            self._found.mistake(
                place, "is a range, but only numbers have one; should be a value or { choices = [...] }"
            )
            return None
        for name in raw:
            if name not in _RANGE:
                self._found.mistake(dotted(place, name), unknown(name, list(_RANGE), "part of a range"))
        misspelt = meant(raw, _RANGE)
        for name in ("low", "high"):
            if name not in raw and name not in misspelt:
                self._found.mistake(dotted(place, name), "is missing, but a range needs low and high")
        log, step = raw.get("log", False), raw.get("step")
        if not isinstance(log, bool):
            self._found.mistake(f"{place}.log", f"is {shown(log)}, but should be true or false")
        bounds = {name: self._value(shape, raw[name], dotted(place, name)) for name in ("low", "high") if name in raw}
        if len(bounds) < 2 or None in bounds.values():
            return None
        low, high = shape.number(bounds["low"]), shape.number(bounds["high"])
        if low > high:
            self._found.mistake(place, f"has low {low:g} above high {high:g}; low should be the lesser")
        if log is True and low <= 0:
            self._found.mistake(f"{place}.low", f"is {low:g}, but should be above 0 where log = true")
        if step is not None:
            step = self._step(shape.number, step, high - low, log, place)
        return Range(low, high, log=log is True, step=step)

    def _step(
        self, number: type[int] | type[float], step: Any, span: float, log: Any, place: str
    ) -> int | float | None:
        where = f"{place}.step"
        if isinstance(step, bool) or not isinstance(step, (int, number)) or not 0 < step < math.inf:
            expected = "a whole number above 0" if number is int else "a number above 0"
            self._found.mistake(where, f"is {shown(step)}, but should be {expected}")
            return None
        if log is True:
            self._found.mistake(where, "does not go with log = true; leave one of them out")
        elif step > span >= 0:
            self._found.mistake(where, f"is {step:g}, but should be at most high - low, {span:g}")
        return number(step)
