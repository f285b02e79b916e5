"""All workloads by name: the standard ones, which `fastnn bench` has too, and those that nobody tuned for.

`bench/torch_models.py` and `bench/torch_extra.py` hold the same networks for PyTorch, under the same names.
"""

from __future__ import annotations

from bench.extra import EXTRA
from fastnn.cli.workloads import INFERENCE, RESNET20, STANDARD, Workload, adam

WORKLOADS: dict[str, Workload] = {**STANDARD, **EXTRA}

__all__ = ["INFERENCE", "RESNET20", "WORKLOADS", "Workload", "adam"]
