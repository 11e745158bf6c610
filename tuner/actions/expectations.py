"""What a study's trials may bring, for a trainer of lanes: read off its space before the first trial is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, prod

from tuner.actions.layer_widths import width_of_layer
from tuner.data.prepared import Prepared
from tuner.hyperparameters import Hyperparameters
from tuner.lanes.shapes import parameters_of
from tuner.lanes.signature import Expected
from tuner.lanes.techniques import techniques_in
from tuner.space import Fixed, Range
from tuner.space.corners import ends
from tuner.space.defaults import completed
from tuner.space.nodes import Leaf, Value
from tuner.study.definition import StudyDefinition
from tuner.study.losses import LOSSES
from tuner.study.metrics import Task

NARROW = 64
"""Networks of this width or less share a program: all its lanes cost less than a second program would."""

LANES_A_PROGRAM = 8
"""A step of a program costs as much as some eight small lanes in it, and compiling it as much as some whole trials."""

MOST_DEPTHS = 4


def lane_expectations(definition: StudyDefinition, lanes: int, data: Prepared) -> Expected:
    """The depths, widths, activations and other techniques that a study's trials may have.

    The fewer the lanes, the fewer programs they are spread over, and the more of a program may be left unused.

    Args:
        definition: the study.
        lanes: how many trials are trained at once.
        data: what is trained on.
    """
    space = completed(definition.space, Hyperparameters)
    every_depth = _depths(space["layers.depth"])
    every_width = _widths([width_of_layer(space, layer)[1] for layer in range(1, every_depth[-1] + 1)])
    most = max(1, lanes // LANES_A_PROGRAM)
    depths, widths = fewer_rooms(every_depth, every_width, most, features=data.features, outputs=data.outputs)
    return Expected(
        depths=depths,
        widths=widths,
        shallow=tuple(room for room in depths if any(_room(depth, depths) == room > depth for depth in every_depth)),
        activations=tuple(str(value) for value in _stated(space["layers.activation"])),
        techniques=techniques_in(lambda place: _ends(space[place]) if place in space else ()),
    )


def fewer_rooms(
    depths: Sequence[int], widths: Sequence[int], most: int, *, features: int, outputs: int
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Depths and widths of programs, so few that there are no more programs than so many.

    Left out, one after another, is what adds the least weights to the average network, all being equally likely.

    >>> fewer_rooms((1, 2, 3), (64, 128, 256), 4, features=64, outputs=10)
    ((2, 3), (128, 256))
    >>> fewer_rooms((1, 2, 3), (64, 128, 256), 1, features=64, outputs=10)
    ((3,), (256,))
    """

    def weights(kept: tuple[tuple[int, ...], tuple[int, ...]]) -> int:
        rooms = ((_room(depth, kept[0]), _room(width, kept[1])) for depth in depths for width in widths)
        return sum(parameters_of([width] * depth, features=features, outputs=outputs) for depth, width in rooms)

    kept = tuple(depths), tuple(widths)
    while len(kept[0]) * len(kept[1]) > most:
        shallower = ((tuple(d for d in kept[0] if d != left_out), kept[1]) for left_out in kept[0][:-1])
        narrower = ((kept[0], tuple(w for w in kept[1] if w != left_out)) for left_out in kept[1][:-1])
        kept = min((*shallower, *narrower), key=weights)
    return kept


def _room(size: int, rooms: Sequence[int]) -> int:
    """The smallest of ascending rooms that is large enough."""
    return next(room for room in rooms if room >= size)


def what_needs_programs(definition: StudyDefinition, task: Task, expected: Expected) -> Mapping[str, int]:
    """The searched settings that keep trials in programs of their own, and how many kinds of program each makes.

    The product of the numbers is how many programs the space needs at the most; empty if one serves all.
    """
    space = completed(definition.space, Hyperparameters)
    kinds = {
        "depth": len(expected.depths),
        "width": len(expected.widths),
        "batch_size": _how_many(space["batch_size"]),
        "loss": len({LOSSES[task].get(str(value)) for value in _stated(space["loss"])}),
    }
    return {name: count for name, count in kinds.items() if count > 1}


def programs_in_words(kinds: Mapping[str, int]) -> str:
    """A sentence on how many programs a space needs; empty if one serves all.

    >>> programs_in_words({"depth": 3, "width": 4})
    'this space needs up to 12 programs (3 for depth, times 4 for width); the fewer, the fuller the lanes'
    >>> programs_in_words({})
    ''
    """
    if not kinds:
        return ""
    factors = ", times ".join(f"{count} for {name}" for name, count in kinds.items())
    return f"this space needs up to {prod(kinds.values())} programs ({factors}); the fewer, the fuller the lanes"


def rooms_within(low: int, high: int) -> tuple[int, ...]:
    """The widths of programs that have room for every width of a range, so that none wastes more than half.

    Its upper end, and as few powers of two below as will do:

    >>> rooms_within(16, 256), rooms_within(10, 200), rooms_within(17, 33), rooms_within(1, 3)
    ((32, 64, 128, 256), (16, 32, 64, 128, 200), (33,), (1, 3))
    """
    rooms = [high]
    while rooms[-1] > 2 * low:
        # The widest one that would waste more than half of the room before.
        widest = (rooms[-1] - 1) // 2
        rooms.append(1 << (widest - 1).bit_length())
    return tuple(reversed(rooms))


def _depths(leaf: Leaf) -> tuple[int, ...]:
    if not isinstance(leaf, Range):
        return tuple(sorted(int(value) for value in _stated(leaf) if isinstance(value, int)))
    depths = tuple(range(int(leaf.low), int(leaf.high) + 1, int(leaf.step or 1)))
    return depths if len(depths) <= MOST_DEPTHS else rooms_within(depths[0], depths[-1])


def _widths(leaves: Sequence[Leaf]) -> tuple[int, ...]:
    widths = sorted({width for leaf in leaves for width in _rooms(leaf)})
    narrow = [width for width in widths if width <= NARROW]
    return tuple(width for width in widths if width > NARROW or width == max(narrow))


def _rooms(leaf: Leaf) -> tuple[int, ...]:
    if not isinstance(leaf, Range):
        return tuple(sorted(int(value) for value in _stated(leaf) if isinstance(value, int)))
    low, high, step = int(leaf.low), int(leaf.high), int(leaf.step or 1)
    widths = range(low, high + 1, step)
    rooms = rooms_within(low, widths[-1])
    used = {min(room for room in rooms if room >= width) for width in widths}
    return tuple(widths) if len(widths) <= len(used) else tuple(sorted(used))


def _stated(leaf: Leaf) -> Sequence[Value]:
    assert not isinstance(leaf, Range)
    return (leaf.value,) if isinstance(leaf, Fixed) else leaf.values


def _how_many(leaf: Leaf) -> int:
    """How many values a whole number can have."""
    if isinstance(leaf, Range):
        return floor((leaf.high - leaf.low) / (leaf.step or 1)) + 1
    return len(_stated(leaf))


def _ends(leaf: Leaf) -> Sequence[Value]:
    return (leaf.value,) if isinstance(leaf, Fixed) else ends(leaf)
