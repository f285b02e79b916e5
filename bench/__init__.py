"""Benchmarks: whole training steps of fastnn and of its peers, each engine in its own process, in turn."""
