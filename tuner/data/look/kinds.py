"""Which columns have a kind that has to be stated, because their values mislead, and which cannot be read at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from tuner.data.column import Column, quoted
from tuner.data.frame import Frame
from tuner.data.kinds import MANY_WORDS, SHARE_OF_TEXT, understand
from tuner.data.look.cells import FloatArray, Levels, is_number, is_text, levels_of, numbers_of, whole
from tuner.data.look.dates import DIGITS, FIRST_TEXTS, best_format, fitting_formats, in_digits, likelier
from tuner.data.look.findings import Dropped, Typed
from tuner.data.look.names import CODES, GROUPS, IDENTIFIERS, noun
from tuner.data.look.words import count, some
from tuner.data.preprocess import LARGEST
from tuner.data.sources.dialect import NUMBER
from tuner.errors import DataError

FEWEST_CODES = 3
FORMAT_OF_ALL = 0.8
FEWEST_DATES = 5


def stated_kinds(frame: Frame, columns: Sequence[str]) -> Iterator[Typed | Dropped]:
    """What has to be said of columns, so that they can be read as what they are."""
    certain: list[str] = []
    doubtful: list[tuple[str, list[str]]] = []
    for name in columns:
        cells = frame.columns[name]
        if is_number(cells):
            yield from _codes(name, numbers_of(cells))
        if not is_text(cells) or not len(cells.cat.categories):
            continue
        levels = levels_of(cells)
        forms = fitting_formats(levels.texts) if any(char.isdigit() for char in levels.texts[0]) else []
        if len(forms) > 1:
            doubtful.append((name, forms))
            continue
        certain += forms
        yield from _texts(Column(frame, name), levels)
    for name, forms in doubtful:
        form, why = likelier(frame.columns[name], forms, certain)
        text = str(frame.columns[name].cat.categories[0])
        others = ", ".join(f'"{other}"' for other in forms if other != form)
        yield Typed(name, form, f"{quoted(text)} can be read as {others} too; {why}")


def _codes(name: str, values: FloatArray) -> Iterator[Typed]:
    """Numbers of which 2 is not twice 1, or which are dates."""
    if not len(values) or not whole(values):
        return
    if in_digits(values):
        yield Typed(name, DIGITS, f"whole numbers such as {int(values[0])} are dates")
        return
    word = noun(name, CODES) or noun(name, IDENTIFIERS) or noun(name, GROUPS)
    different = len(np.unique(values))
    if word is None or different < FEWEST_CODES or different > SHARE_OF_TEXT * len(values):
        return
    what = "are codes" if word in CODES else "tell rows apart and are no amounts"
    yield Typed(name, "category", f'{different:,} different whole numbers; "{word}" says that they {what}')


def _texts(column: Column, levels: Levels) -> Iterator[Typed | Dropped]:
    try:
        understood = understand(column, None)
    except DataError:
        yield _refused(column, levels)
        return
    if understood.feature.kind != "category":
        return
    fit = best_format(levels)
    if len(levels.texts) >= FEWEST_DATES and fit.fits.all():
        # Texts of which the first look says no date, such as ISO dates of which some have a zone.
        yield Typed(column.name, fit.form, f"texts such as {quoted(levels.texts[0])} are dates")
    elif len(levels.texts) == levels.rows and levels.rows >= FEWEST_CODES:
        yield Dropped(column.name, f"all {levels.rows} texts are different, such as {quoted(levels.texts[0])}")


def _refused(column: Column, levels: Levels) -> Typed | Dropped:
    """What to do with texts that cannot be read as they are."""
    texts, rows = levels.texts, levels.rows
    different = f"{len(texts):,} different texts in {count(rows, 'row')}"
    fit = best_format(levels)
    if fit.fits.all():
        return Typed(column.name, fit.form, f"texts such as {quoted(texts[0])} are dates")
    repeats = len(texts) <= SHARE_OF_TEXT * rows
    numeric = sum(NUMBER.fullmatch(text) is not None for text in texts)
    if repeats and numeric:
        odd = [text for text in texts if NUMBER.fullmatch(text) is None]
        return Typed(column.name, "category", f"{different}, numbers among them, but also {some(odd)}")
    words = sum(len(text.split()) for text in texts[:1000]) / len(texts[:1000])
    if words > MANY_WORDS:
        return Dropped(column.name, f"free text, {words:.0f} words on average; turn it into numbers to use it")
    if _numbers_inside(texts):
        return Dropped(column.name, f"{different} such as {quoted(texts[0])}; turn them into plain numbers to use them")
    if len(texts) == rows:
        return Dropped(column.name, f"an identifier: all {rows:,} texts are different, such as {quoted(texts[0])}")
    return Dropped(column.name, f"an identifier or free text: {different}, such as {quoted(texts[0])}")


def _numbers_inside(texts: Sequence[str]) -> bool:
    """Whether texts are numbers but for a unit, a currency or a thousands separator."""
    first = texts[:FIRST_TEXTS]
    bare = [text.strip(" %$€£¥+~<>=abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ²³°µ/") for text in first]
    ends = {text.replace(number, "", 1) for text, number in zip(first, bare, strict=True) if number}
    plain = [number.replace(",", "").replace("'", "").replace(" ", "") for number in bare]
    return all(NUMBER.fullmatch(number) for number in plain) and len(ends) <= FIRST_TEXTS // 4


def unreadable(frame: Frame, columns: Collection[str], types: Mapping[str, str]) -> Iterator[Dropped]:
    """Columns that still cannot be read, with the reader's own words."""
    for name in columns:
        column = Column(frame, name)
        if column.cells.isna().all() and name not in types:
            continue
        try:
            values = understand(column, types.get(name)).values
        except DataError as error:
            yield Dropped(name, f"cannot be read: {' '.join(str(error).split())}")
            continue
        if np.nanmax(np.abs(values)) > LARGEST:
            yield Dropped(name, f"has numbers beyond {LARGEST:g}, with which nothing can be computed")
