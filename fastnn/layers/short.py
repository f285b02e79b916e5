"""layer(x) on one float array as one kept plan, instead of one small plan for each operation.

The first call of a shape goes the long way; the second makes the plan, for layers whose Python is fastnn's own and that
do nothing but compute: no updates, no losses, no masks, no random numbers.
"""

import weakref
from typing import Any

from fastnn.core import changes, hooks
from fastnn.core.errors import GraphError
from fastnn.graph import current
from fastnn.layers.gathered import own_code

MOST, LARGEST = 8, 4 << 20  # plans of one layer; bytes of one
_kept: Any = weakref.WeakKeyDictionary()  # of layers: a copy of a layer has none


def way(layer: Any, x: Any) -> Any:
    """The plan of layer(x) in inference, or None where the call goes the long way."""
    kept = _kept.get(layer)
    if kept is None or kept[0] != changes.count:
        kept = _kept[layer] = changes.count, {}
    plans = kept[1]
    found = plans.get(x.shape)
    if found is None:
        if len(plans) >= MOST:
            plans.clear()
        plans[x.shape] = 0
        return None
    if found == 0:
        found = plans[x.shape] = _made(layer, x) or False
        if kept[0] != changes.count:  # making it has changed something
            return None
    return found or None


def _made(layer: Any, x: Any) -> Any:
    if not layer.built or not own_code(layer):
        return None
    fine: list[bool] = []

    def function(symbol: Any) -> Any:
        trace: Any = current()
        out = type(layer).__call__(layer, symbol)
        plain = not (trace.assigns or trace.losses or any(trace.extra.get("masks", ())))
        fine.append(plain and hasattr(out, "node") and not any(node.op.draws for node in trace.nodes))
        return out

    try:
        plan = hooks.call("plan", function, x)
    except GraphError:  # it asks for values: what looks at data, as calibration does
        return None
    return plan if fine == [True] and plan.single is not None and plan.bytes <= LARGEST else None
