"""Sizes and codes on which kernels and their lowering agree: both import them from here.

A kernel works in blocks of these sizes, and the workspaces that lowering gives it are made for them.
"""

# ------------------------------------------------------------------ products
ACC, BIAS, RELU = 1, 2, 4  # flags of the micro-kernel: add to C, add a bias, clip below 0
CODES = {None: 0, "relu": 1, "sigmoid": 2, "tanh": 3}  # activations that kernels apply to what they made
DEPTH = 512  # rows of B per pass: a packed block (128 KiB) stays in L2
COPY_LINE = 144  # elements that a copy of A takes for each k, and the table of its rows
PACK_A, PACK_B = 1, 2  # what is copied together first, although it could be read as it lies
PANEL_BYTES = 256  # of a row of the widest panel of B

# ------------------------------------------------------------------ convolutions
GRAD_PIXELS = 128  # pixels per pass of a gradient of weights: rows of gy that stay in L1
LANE_BLOCK = 64  # channels of a block of a depthwise convolution, at most
TILE_GROUP = 16  # Winograd tiles that lie together
TILE_PAD = 64  # elements between planes of tiles
WEIGHT_GAP = 16  # elements between planes of weights: a power of two apart, all 36 would fall into one cache set
PLANE_CHANNELS = 64  # channels that a product of planes takes at a time, at most

# ------------------------------------------------------------------ movement
TRANSPOSE_BAND = 16  # rows of an item of a transpose: so many cache lines are read and one is written at a time

# ------------------------------------------------------------------ on a device
# Tiles of products and convolutions, by type: rows and columns of a block of threads, steps of k at a time, rows and
# columns of a thread (of "tf32": rows and columns of warps), and how near the device's peak such a tile comes (of 1),
# by which lowering chooses.
TILES = {
    "f32": {(128, 128, 8, 8, 8): 1.0, (128, 64, 8, 8, 8): 0.9, (64, 64, 16, 8, 8): 0.8, (128, 32, 16, 8, 4): 0.7,
            (128, 16, 16, 8, 4): 0.55, (32, 32, 16, 4, 4): 0.45, (16, 64, 16, 4, 4): 0.4},
    "f64": {(64, 64, 16, 4, 4): 1.0, (32, 32, 16, 4, 4): 0.8, (16, 64, 16, 4, 4): 0.7},
    "tf32": {(128, 128, 16, 2, 4): 1.0, (64, 64, 16, 2, 2): 0.7, (128, 32, 16, 4, 1): 0.6},
}  # fmt: skip
BLOCKS = 128  # blocks of threads that are at work at a time: of the size of today's devices, and the same for all
LANES = 32  # threads that reduce a short row together, and columns that a block reduces side by side
DEVICE_PARTS = 64  # ranges of k that a sum is cut into, at most
ROW_THREADS = 128  # threads of a block that reduces rows: several short ones, or a long one
LONG_ROW = 1024  # elements from which a row has a whole block
DEEP = 8  # rows that a block reduces side by side where it reduces columns
SCATTER_ROWS = 32  # rows of a result that a block scatters to
MAPPED = 1024  # elements that a block works on where each has a channel


def tile_name(kernel: str, t: str, tile: tuple[int, ...]) -> str:
    """The name of a kernel by such a tile, without the type of its arrays.

    >>> tile_name("matmul", "f32", (128, 64, 8, 8, 8))
    'matmul_128x64'
    """
    return f"{kernel}{'_tf32' if t == 'tf32' else ''}_{tile[0]}x{tile[1]}"
