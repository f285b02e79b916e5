"""What a tape on a device does between its kernels: counters of the state block, words that move with a loop.

On the CPU the executor does both itself.
"""

import numpy as np

from fastnn.core.jit import at, kernel, words

ROW0, BATCH = 1, 2  # words of the state block; runtime/abi.py


@kernel()
def advance(a, lo, hi):
    """A batch is over: BATCH grows by 1, ROW0 by rows.  args: state, rows.  One item."""
    block, rows = words(a, 2)
    state = at(np.int64, block)
    state[BATCH] = state[BATCH] + 1
    state[ROW0] = state[ROW0] + rows
    return 0


@kernel()
def move_words(a, lo, hi):
    """table[index[i]] += strides[i] * steps.  args: table, index, strides, steps.  Items: words that move."""
    tables, indices, strides, steps = words(a, 4)
    table, index, stride = at(np.int64, tables), at(np.int64, indices), at(np.int64, strides)
    for i in range(lo, hi):
        k = index[i]
        table[k] = table[k] + stride[i] * steps
    return 0
