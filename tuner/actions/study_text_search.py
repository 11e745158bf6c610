"""The part of a proposed study file that says what is searched, how, and at what cost."""

from __future__ import annotations

from collections.abc import Iterator

from tuner.data.column import quoted
from tuner.data.look.findings import Look
from tuner.data.look.words import count, share, some
from tuner.study.metrics import DEFAULT_METRICS
from tuner.study.proposal import Proposal
from tuner.study.toml import comment_lines, value

MOST_ROWS_FOR_SCALERS = 200_000
RARE = 0.1
MANY_LEVELS = 50


def search_lines(look: Look, proposal: Proposal) -> Iterator[str]:
    """`[hyperparameters]`, `[search]` and `[budget]`, line by line."""
    training = _training_rows(look, proposal)
    least, most = proposal.steps(training)
    steps = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    yield "[hyperparameters]"
    yield f"# {steps} steps an epoch over about {count(training, 'training row')}; each size is a program to compile."
    yield f"batch_size = {value({'choices': proposal.batch_sizes})}"
    yield f"epochs = {proposal.epochs}  # at most: early stopping ends a trial before"
    yield ""
    yield "[hyperparameters.layers]"
    yield f"# For {count(look.inputs, 'input')} and so many rows; more layers and units want more rows."
    yield f"depth = {value({'low': 1, 'high': proposal.depth})}"
    yield f"width = {value({'choices': proposal.widths})}"
    yield f"activation = {value({'choices': ['relu', 'elu']})}"
    why = "few rows are soon learned by heart" if proposal.dropout >= 0.5 else "many rows need less of it"
    yield f"dropout = {value({'low': 0.0, 'high': proposal.dropout})}  # {why}"
    yield f"l2 = {value({'low': 1e-7, 'high': proposal.l2, 'log': True})}"
    yield ""
    yield "[hyperparameters.optimizer]"
    yield f"kind = {value({'choices': ['adam', 'adamw', 'rmsprop']})}"
    yield f"learning_rate = {value({'low': 3e-4, 'high': 3e-2, 'log': True})}"
    yield ""
    yield "[hyperparameters.schedule]"
    yield f"kind = {value({'choices': ['constant', 'cosine']})}"
    yield ""
    yield "[hyperparameters.early_stopping]"
    yield f"patience = {proposal.patience}  # epochs without improvement"
    yield from _preprocessing(look)
    yield from _search(look)
    yield from _budget(proposal)


def _training_rows(look: Look, proposal: Proposal) -> int:
    kept = look.rows * (1 - proposal.test)
    held = kept / proposal.folds if proposal.folds else look.rows * proposal.validation
    return max(1, round(kept - held))


def _preprocessing(look: Look) -> Iterator[str]:
    kinds = {each.kind for each in look.columns}
    levels = [each.column for each in look.columns if each.kind == "category" and _levels(each.words) > MANY_LEVELS]
    if "number" not in kinds and not levels:
        return
    yield ""
    yield "[hyperparameters.preprocessing]"
    if "number" in kinds:
        if not look.tailed:
            yield 'scaler = "standard"  # no number lies far outside of the rest of its column'
        else:
            yield from comment_lines(
                f"{some(look.tailed)}: a few numbers lie far outside of the rest; quantile brings them back by rank."
            )
            if look.rows <= MOST_ROWS_FOR_SCALERS:
                yield f"scaler = {value({'choices': ['standard', 'quantile']})}"
            else:
                yield 'scaler = "quantile"  # of so many rows a second scaler would be a second copy in memory'
    if levels:
        yield from comment_lines(f"{some(levels)}: more levels than that; beyond it the rarest share one input.")
        yield f"most_levels = {MANY_LEVELS}"


def _levels(words: str) -> int:
    return int(words.partition(" ")[0])


def _search(look: Look) -> Iterator[str]:
    goal = look.goal
    metric = DEFAULT_METRICS[goal.task]
    yield ""
    yield "[search]"
    if goal.counts:
        rows = sum(goal.counts.values())
        most, rarest = max(goal.counts.values()), min(goal.counts.values())
        if rarest < RARE * rows / max(1, len(goal.counts) - 1):
            name = next(name for name, number in goal.counts.items() if number == rarest)
            often = next(name for name, number in goal.counts.items() if number == most)
            yield from comment_lines(
                f"Only {share(rarest, rows)} of the rows are {quoted(name)}. By val_accuracy a network that always "
                f"says {quoted(often)} is {share(most, rows)} right; the log loss sees through it."
            )
    elif goal.skewed:
        yield "# A few targets lie far outside of the rest, and their squares outweigh all others in val_rmse; if rows"
        yield '# are to count alike, metric = "val_mae", and loss = "mae" in [hyperparameters].'
    yield f"metric = {value(metric)}"
    yield 'sampler = "tpe"'
    yield 'pruner = "median"'


def _budget(proposal: Proposal) -> Iterator[str]:
    yield ""
    yield "[budget]"
    members = max(1, proposal.folds) * proposal.repeats
    each = f", each of {members} trainings" if members > 1 else ""
    yield f"trials = {proposal.trials}{f'  # {each[2:]}' if each else ''}"
    yield f"time = {value(proposal.time)}  # of one run; the same command again goes on where it was"
