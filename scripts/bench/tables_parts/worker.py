"""One table and one split, in a process of its own: `tuner init`, a search, and the test rows.

Its two arguments are what to do, in JSON, and an empty folder. The last line on its standard output is what came of it,
in JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from scripts.bench.tables_parts.beside import constant, mlp
from scripts.bench.tables_parts.plan import Piece
from scripts.bench.tables_parts.rows import Rows
from scripts.bench.tables_parts.scores import scores
from scripts.bench.tables_parts.tables import TABLES
from scripts.bench.tables_parts.winner import job_of_best, networks_of
from tuner.actions.init import init
from tuner.actions.joining import prepared_for
from tuner.actions.search import search
from tuner.data.held_out import held_out_of_members


def main() -> None:
    # Whatever a library prints is not to come between.
    told = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    piece = Piece(**json.loads(sys.argv[1]))
    print(json.dumps(measured(piece, Path(sys.argv[2]))), file=told, flush=True)


def measured(piece: Piece, folder: Path) -> dict[str, Any]:
    """Everything of one table and one split, ready for JSON.

    Raises:
        RuntimeError: if the search has no complete trial.
        TunerError: whatever is wrong with the table or its study.
    """
    table = TABLES[piece.table]
    table.write(folder / table.file)
    seconds: dict[str, float] = {}
    begun = time.monotonic()

    def lap(name: str) -> None:
        nonlocal begun
        seconds[name] = round(time.monotonic() - begun, 2)
        begun = time.monotonic()

    test = [folder / table.test] if table.test else []
    written = init([folder / table.file], table.target, test=test, root=folder)
    lap("init")
    # The one thing that differs from what `tuner init` writes: another seed is another split.
    definition = replace(written.definition, seed=piece.split)
    end = search(definition, root=folder, storage=f"sqlite:///{folder / 'tuner.db'}", trials=piece.trials)
    lap("search")
    best = end.summary.best
    if best is None:
        raise RuntimeError(f"no trial is complete: {end.summary.trials}")
    data = prepared_for(definition, folder)
    job = job_of_best(best, definition, data)
    held = held_out_of_members(definition.data, seed=piece.split, root=folder, form=job.hyperparameters.preprocessing)
    folds = [Rows(seen, rest) for seen, rest in zip(data.forms[job.data][0], held[0], strict=True)]
    assert {rows.held.fingerprint for rows in folds} == {data.fingerprint}
    networks = networks_of(job, definition, folds)
    lap("winner")
    first, classes = folds[0], bool(data.first.classes)

    def score(predicted: Any) -> dict[str, float]:
        return dict(scores(first.truth, predicted, classes=classes))

    def answers(outputs: Any) -> Any:
        return outputs.argmax(axis=1) if classes else outputs

    found = {
        "tuner": score(answers(np.mean([each.outputs for each in networks], axis=0))),
        "constant": score(constant(first)),
        "mlp": score(mlp(first, piece.split)),
    }
    lap("beside")
    return {
        **asdict(piece),
        "task": data.task,
        "measure": next(iter(found["tuner"])),
        "scores": found,
        "networks": [
            {
                **score(answers(each.outputs)),
                "epochs": each.epochs,
                "best_epoch": each.best_epoch,
                job.metric: each.value,
            }
            for each in networks
        ],
        "rows": {
            "training": len(first.seen.x_train),
            "validation": len(first.seen.x_validation),
            "test": len(first.held.x),
        },
        "inputs": first.seen.features,
        "classes": len(data.first.classes),
        "folds": definition.data.folds,
        "repeats": definition.data.repeats,
        "counts": asdict(end.summary.trials),
        "stopped": None if end.stopped is None else end.stopped.value,
        "best": {"number": best.number, end.summary.metric: best.value, "epoch": best.epoch},
        "hyperparameters": best.hyperparameters,
        "seconds": seconds,
        "study": written.text,
    }


if __name__ == "__main__":
    main()
