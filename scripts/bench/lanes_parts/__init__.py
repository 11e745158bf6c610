"""The parts of scripts/bench/lanes.

`__main__` reads the options into a `plan`, and `measure` runs the contenders in turn: `processes` starts them in
processes of their own, where `worker` runs `keras_fit`, `in_lanes` or `product`. `figures` makes rates of what comes
back, and `report` medians and ratios of these.
"""
