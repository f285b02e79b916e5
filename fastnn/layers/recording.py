"""Calls of public operations on symbols of the functional API: what is recorded for them."""

from fastnn.core import hooks
from fastnn.layers import op_rules, sizes
from fastnn.layers.events import PublicCall, any_functional
from fastnn.ops import public


def record(name, function, args, kwargs):
    """A call of a public operation on functional symbols: one event, or those of what it is made of.

    The second where the arguments hold what Keras's class has no place for, as a symbol in its config.
    """
    args = sizes.with_listed(name, args)
    plain = tuple(map(sizes.without_slices, args))
    count = sizes.count(plain, kwargs)
    calculated = sizes.calculated(name, args) if count and not kwargs else None
    if calculated is not None:
        return calculated
    row = public.row_of(name, function)
    found = public.split(row, function, args, kwargs)
    # a file keeps a Size as an argument, not inside a shape, a slice or a config
    if count and (found is None or row.module == "fastnn.ops" or sizes.direct(found[1], found[2]) < count):
        return sizes.SizedCall(name, function)(*plain, **kwargs)
    if found is None or any_functional(found[0]):
        return function.__wrapped__(*args, **kwargs) if hasattr(function, "__wrapped__") else function(*args, **kwargs)
    config, arguments, keywords = found
    result = PublicCall(row, function, config)(*arguments, **keywords)
    if name == "convert_to_tensor":
        result._sparse = arguments[0].sparse and config.get("sparse") is not False
    elif config.get("sparse") is True:
        result._sparse = True  # of one_hot and multi_hot: said of symbols, as in Keras; values are dense
    elif name in op_rules.MAY_BE_SPARSE and op_rules.is_sparse(name, arguments):
        result._sparse = True
    return result


hooks.register("record", record)
hooks.register("shape", sizes.shape_of)
