"""Kernels: `cpu` (compiled), `cuda` (twins) and `reference` (float64, obvious), with the same names in all three."""
