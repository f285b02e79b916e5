"""Hyperparameters of runs: see api."""
