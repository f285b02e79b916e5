# The tape's tables as C sees them; fastnn/runtime/abi.py describes the same layout for Python.
from libc.stdint cimport int64_t, uint64_t

# Computes the items [lo, hi) of its own work; 0 = ok, else a status that ends the run.
ctypedef int64_t (*kernel_t)(int64_t *args, int64_t lo, int64_t hi) noexcept nogil

cdef struct Instr:          # one row of the instruction table, in the order of abi.COLUMNS
    int64_t fn              # address of the kernel; HOST: number of the Python callable
    int64_t args            # offset of its words in the argument table
    int64_t n               # number of items
    int64_t chunk           # items per chunk, the unit that threads divide
    int64_t tile            # items per call inside a span (0: the whole span)
    int64_t end             # one past the last instruction of this group
    int64_t flags
    int64_t tmp             # first entry in the table of scratch arguments
    int64_t ntmp            # how many of them
    int64_t inner           # one past the last instruction of this tile group, a part of the group
    int64_t lone            # executor's own: one call of [0, n) is all there is to do, as for all of its group
    int64_t span            # of a group's first: its items that the group goes through together (0: the whole chunk)

cdef struct Tmp:            # argument `slot` of an instruction lives in the thread's scratch
    int64_t slot
    int64_t offset
    int64_t itemsize
    int64_t wide            # it holds a span, not a tile

cdef struct Move:           # argument word `word` grows by `stride` at each step of a loop
    int64_t word
    int64_t stride

cdef struct Local:          # word `word` of the argument table is an address in the thread's workspace
    int64_t word
    int64_t offset

cdef enum:
    F_SYNC = 1, F_HOST = 2, F_LOOP = 4, F_REVERSE = 8, F_COUNTED = 16, F_WHILE = 32, F_BRANCH = 64
    F_JOINED = 128
    F_CONTROL = F_LOOP | F_BRANCH

cdef enum:                  # words of the state block
    S_ROW0 = 1, S_BATCH = 2, S_STOP = 3
