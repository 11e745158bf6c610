"""The parts of scripts/bench/pruners.

`train` trains networks once and for all, and `curves` keeps how each of them went. `__main__` reads the options,
`contenders` names the pruners, `search` replays one search on the curves, and `report` makes medians of many.
"""
