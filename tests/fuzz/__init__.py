"""Files damaged at random and on purpose: what every reader of fastnn does with them.

`python -m tests.fuzz --n 20000` from the root of the repository; see `__main__.py` for the options.

A case is a seed (a small good file), one or two changes to its bytes or to what they mean, and a promise: a load that
equals the seed's, or a file that may differ in what was changed, or a named error, in bounded time and memory.
"""
