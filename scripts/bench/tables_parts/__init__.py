"""The parts of scripts/bench/tables.

`bundled` and `made` write tables as files, and `tables` lists them. `plan` says what is measured, and `measure` has
each piece done by a `worker` in a process of its own: `tuner init`, a search, its `winner`, and who is `beside` it.
`scores` and `figures` compare them, and `report` shows it.
"""
