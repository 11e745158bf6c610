"""The text of a study file out of a look at its table: every setting with its reason beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tuner.actions.study_text_search import search_lines
from tuner.data.look.findings import Goal, Look, Suggestion
from tuner.data.look.words import count, share
from tuner.study.proposal import Proposal
from tuner.study.toml import beside, comment, comment_lines, key, text, value

SHOWN_COLUMNS = 40
SHOWN_CLASSES = 5
FEW_OF_A_CLASS = 10


def study_text(look: Look, proposal: Proposal, *, name: str, paths: Sequence[str], test: Sequence[str] = ()) -> str:
    """A study file.

    Args:
        look: what was found.
        proposal: what suits the table's size.
        name: the study's.
        paths, test: the files, as the study is to name them.
    """
    lines = [
        *comment_lines(
            f"Proposed by `tuner init` after a look at {look.name}: {count(look.rows, 'row')}, "
            f"{count(len(look.columns), 'column')} to learn from. Guesses are guesses: each says why, and any may be "
            "changed."
        ),
        f"name = {text(name)}",
        "seed = 0",
        "",
        "[data]",
        f"path = {value(paths[0] if len(paths) == 1 else list(paths))}",
        *(f"# as read: {line}" for line in look.reading),
        *_encoding(look),
        *_goal(look.goal),
        *_split(look, proposal, test),
        *_markers(look),
        *_drop(look),
        *_roles(look),
        *_types(look),
        *_columns(look),
        "",
        *search_lines(look, proposal),
    ]
    return "\n".join(lines) + "\n"


def _encoding(look: Look) -> Iterator[str]:
    if look.encoding:
        yield from comment_lines(f"No UTF-8; {look.encoding} is a guess: look whether names below are spelled right.")
        yield f"encoding = {text(look.encoding)}"


def _goal(goal: Goal) -> Iterator[str]:
    yield f"target = {text(goal.column)}"
    yield from comment_lines(f"{goal.task}: {goal.reason}")
    yield f"task = {text(goal.task)}"
    if not goal.counts:
        return
    rows = sum(goal.counts.values())
    classes = list(goal.counts.items())
    shown = ", ".join(f"{_quoted(name)} {share(number, rows)}" for name, number in classes[:SHOWN_CLASSES])
    rest = f" and {len(classes) - SHOWN_CLASSES} more" if len(classes) > SHOWN_CLASSES else ""
    yield from comment_lines(f"rows of each class: {shown}{rest}")
    few = [(name, number) for name, number in classes if number < FEW_OF_A_CLASS]
    if few:
        named = ", ".join(f"{_quoted(name)} has {count(number, 'row')}" for name, number in few[:SHOWN_CLASSES])
        yield from comment_lines(
            f"{named}{' and others have few' if len(few) > SHOWN_CLASSES else ''}: too few to be learned well, and to "
            "be in every part; what there is goes to training first, then to validation, then to the test"
        )


def _quoted(name: str) -> str:
    return text(name if len(name) <= 40 else f"{name[:40]}...")


def _split(look: Look, proposal: Proposal, test: Sequence[str]) -> Iterator[str]:
    yield ""
    if proposal.folds:
        yield from comment_lines(
            f"{count(look.rows, 'row')} are few: {share(1, proposal.folds)} of them would say little, so all take "
            f"turns as validation rows, {proposal.folds} trainings a trial."
        )
        yield f"folds = {proposal.folds}"
        if proposal.repeats > 1:
            yield from comment_lines(
                f"So few that luck counts: each trial is trained {proposal.repeats} times over, from other seeds and "
                "in other folds."
            )
            yield f"repeats = {proposal.repeats}"
    else:
        held = int(look.rows * proposal.validation)
        yield f"validation = {proposal.validation}  # about {count(held, 'row')} to compare trials on"
    if test:
        yield f"test_path = {value(test[0] if len(test) == 1 else list(test))}"
    else:
        yield f"test = {proposal.test}  # about {count(int(look.rows * proposal.test), 'row')} that no trial ever sees"


def _markers(look: Look) -> Iterator[str]:
    if look.missing:
        yield ""
        yield from comment_lines('What says that there is no value, beside blanks, "?", "NA" and the like:')
        yield "missing = ["
        for each in look.missing:
            yield from beside(f"    {value(each.value)},", each.reason)
        yield "]"
    for caution in look.cautions:
        yield from comment_lines(f"Look at this: {caution}.")


def _drop(look: Look) -> Iterator[str]:
    if not look.drop and not look.leaks:
        return
    yield ""
    yield "# Left out:"
    yield "drop = ["
    for each in look.drop:
        yield from beside(f"    {text(each.column)},", each.reason)
    for leak in look.leaks:
        yield from comment_lines(f"SUSPECTED LEAK: {_quoted(leak.column)} {leak}.", "    # ")
        yield from comment_lines(
            "If it is the target in disguise, or known only once the target is, the search will find what is too good "
            "to be true. To leave it out, take the # away from this line:",
            "    # ",
        )
        yield f"    # {comment(text(leak.column))},"
    yield "]"


def _roles(look: Look) -> Iterator[str]:
    dropped = {each.column for each in look.drop}
    for each in look.suggestions:
        yield ""
        yield from comment_lines(f"{_quoted(each.column)}: {_role_words(each, dropped)}")
        yield f"# {each.role} = {comment(text(each.column))}"


def _role_words(each: Suggestion, dropped: set[str]) -> str:
    way = " (then take it out of drop)" if each.column in dropped else ""
    return f"{each.reason}; if that is meant, take the # away{way}:"


def _types(look: Look) -> Iterator[str]:
    if not look.types:
        return
    yield ""
    yield "# What columns are, where their values mislead:"
    yield "[data.types]"
    for each in look.types:
        yield from beside(f"{key(each.column)} = {text(each.kind)}", each.reason)


def _columns(look: Look) -> Iterator[str]:
    yield ""
    yield "# The columns to learn from, as they are read:"
    for each in look.columns[:SHOWN_COLUMNS]:
        missing = f"; {each.missing:,} missing ({share(each.missing, look.rows)})" if each.missing else ""
        yield f"#   {_quoted(each.column)}: {each.kind}, {comment(each.words)}{missing}"
    rest = look.columns[SHOWN_COLUMNS:]
    if rest:
        kinds = ", ".join(
            f"{sum(each.kind == kind for each in rest)} of kind {kind}"
            for kind in dict.fromkeys(each.kind for each in rest)
        )
        gaps = sum(each.missing > 0 for each in rest)
        yield f"#   and {len(rest)} more: {kinds}; {count(gaps, 'column')} of them with missing values"
