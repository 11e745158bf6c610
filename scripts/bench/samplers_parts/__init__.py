"""The parts of scripts/bench/samplers.

`objectives` are functions that look like tuning an MLP, `contenders` the samplers that search them, and `searches` lets
many trials run at once. `costs` measures what an ask costs, `figures` does the statistics, and `report` makes tables.
"""
