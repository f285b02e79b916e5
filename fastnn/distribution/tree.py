"""How a batch is cut into shards, and in which tree what they give is added: functions of sizes only.

The tree is over the shards, not over the processes: level by level neighbours are added, and one without a neighbour
goes up as it is.  A node is (first shard, the one behind its last).  A process has shards that lie side by side, and
adds those of them that are whole subtrees before anything is sent.
"""

from collections.abc import Sequence

Node = tuple[int, int]


def sizes(rows: int, shards: int) -> list[int]:
    """The rows of each shard of a batch, as `numpy.array_split` cuts it.

    >>> sizes(10, 4), sizes(2, 4)
    ([3, 3, 2, 2], [1, 1, 0, 0])
    """
    least, more = divmod(rows, shards)
    return [least + 1] * more + [least] * (shards - more)


def owned(shards: int, rank: int, size: int) -> range:
    """The shards of a process.

    >>> owned(8, 1, 4)
    range(2, 4)
    """
    return range(shards * rank // size, shards * (rank + 1) // size)


def additions(nodes: Sequence[Node], shards: int) -> tuple[list[list[tuple[int, int]]], list[Node]]:
    """Which of these nodes, which lie side by side in order, are added: a stack of places.

    Returns (for each node the additions [(place, place that is added to it)] that are due once it is there, the nodes
    that are left, by place).  A node's place is how many are on the stack when it comes.

    >>> additions([(0, 1), (1, 2), (2, 3), (3, 4)], 4)
    ([[], [(0, 1)], [], [(1, 2), (0, 1)]], [(0, 4)])
    >>> additions([(3, 4), (4, 5), (5, 6)], 6)
    ([[], [], [(1, 2)]], [(3, 4), (4, 6)])
    """
    stack: list[Node] = []
    out = []
    for node in nodes:
        stack.append(node)
        due = []
        while len(stack) > 1 and _siblings(stack[-2], stack[-1], shards):
            due.append((len(stack) - 2, len(stack) - 1))
            stack[-2:] = [(stack[-2][0], stack[-1][1])]
        out.append(due)
    return out, stack


def places(nodes: Sequence[Node], shards: int) -> list[int]:
    """The place of each node: see `additions`.

    >>> places([(0, 1), (1, 2), (2, 3), (3, 4)], 4)
    [0, 1, 1, 2]
    """
    out, on_stack = [], 0
    for due in additions(nodes, shards)[0]:
        out.append(on_stack)
        on_stack += 1 - len(due)
    return out


def leaves(shards: Sequence[int] | range) -> list[Node]:
    """The nodes of single shards."""
    return [(s, s + 1) for s in shards]


def _siblings(left: Node, right: Node, shards: int) -> bool:
    width = left[1] - left[0]
    whole = width & (width - 1) == 0 and left[0] % (2 * width) == 0
    return whole and right == (left[1], min(left[0] + 2 * width, shards))
