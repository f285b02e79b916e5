"""Prints the rows of fastnn/core/keras_classes.py from Keras's source: which class a function of keras.ops calls.

`KERAS_BACKEND=jax python tests/saving/operations/make_table.py`, with Keras 3.15.1 installed.  Every function of
keras.ops that calls an Operation on symbols says so in one expression, `Class(config...).symbolic_call(arguments...)`.
"""

import ast
import inspect
import sys
import textwrap

# what the source does not say in one expression, and what only symbols or fastnn have
BY_HAND = {
    "abs": "numpy.Absolute()(x)",
    "conj": "numpy.Conjugate()(x)",
    "getitem": "numpy.GetItem()(x, key)",
    "layer_normalization": "nn.LayerNorm(axis, epsilon, rms_scaling=False)(x, gamma, beta)",
    "activations.relu": "activations.ReLU(negative_slope, max_value, threshold)(x)",
    "image.resize": "image.Resize(size, interpolation, antialias, data_format, crop_to_aspect_ratio, "
    "pad_to_aspect_ratio=False, fill_mode='constant', fill_value=0.0)(images)",
    "mish": "activations.Mish()(x)",
    "soft_sign": "nn.Softsign()(x)",
    "exponential": "numpy.Exp()(x)",
    "image.extract_patches": "image.ExtractPatches(size!, strides!, dilation_rate, padding, data_format!)(images)",
    "rearrange": "einops.Rearrange()(tensor, pattern, **axes_lengths)",
}


def calls(function, operation):
    """(class, expression that makes it, expression that calls it) of each Operation that a function calls."""
    module = inspect.getmodule(function)
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if not isinstance(node, ast.Call):
            continue
        symbolic = isinstance(node.func, ast.Attribute) and node.func.attr == "symbolic_call"
        made = node.func.value if symbolic else node.func
        if isinstance(made, ast.Call) and isinstance(made.func, ast.Name):
            found = getattr(module, made.func.id, None)
            if inspect.isclass(found) and issubclass(found, operation):
                yield found, made, node


def row(function, operation):
    """'module.Class(config names)(argument names)' of a function, or None."""
    for cls, made, called in calls(function, operation):
        names = list(inspect.signature(cls.__init__).parameters)[1:]
        given = [*zip(names, made.args), *((k.arg, k.value) for k in made.keywords)]
        for name, value in given:
            assert ast.unparse(value) == name, (function, name)
        settled = settled_names(function)
        arguments = [ast.unparse(a) for a in called.args] + [f"{k.arg}=" for k in called.keywords if k.arg]
        return (
            f"{cls.__module__.rpartition('.')[2]}.{cls.__name__}("
            f"{', '.join(name + '!' * (name in settled) for name, _ in given)})"
            f"({', '.join(arguments)})"
        )
    return None


def settled_names(function):
    """Arguments whose None a function of Keras replaces by a default before it makes the Operation."""
    found = ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function))))
    assigned = [(ast.unparse(n.targets[0]), ast.unparse(n.value)) for n in found if isinstance(n, ast.Assign)]
    return {
        name
        for name, value in assigned
        if value
        in (
            f"standardize_data_format({name})",
            f"backend.standardize_data_format({name})",
            f"backend.standardize_dtype({name})",
            "config.image_data_format()",
        )
    }


def rows():
    """{function: row}, in order."""
    import keras
    from keras import ops

    found = dict(BY_HAND)
    for prefix, module in (("", ops), ("image.", ops.image)):
        for name in sorted(dir(module)):
            function = getattr(module, name)
            if inspect.isfunction(function) and prefix + name not in found:
                text = row(function, keras.Operation)
                if text is not None:
                    found[prefix + name] = text
    return dict(sorted(found.items()))


def text(found):
    """The rows as lines of at most 120 columns."""
    lines = []
    for name, value in found.items():
        lines += textwrap.wrap(f"{name}: {value}", 118, subsequent_indent="    ", break_long_words=False)
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(text(rows()) + "\n")
