"""How keras_values.npz was made: the calls of keras_calls.py on Keras 3.15.1, CPU.

    KERAS_BACKEND=numpy python make_keras_values.py keras_values.npz
    KERAS_BACKEND=jax python make_keras_values.py keras_values.npz

The first run writes what Keras's NumPy backend gives. The second exchanges the calls in keras_jax.txt for what the JAX
backend gives: there the NumPy backend widens to float64, calculates in half precision, overflows, or refuses. It also
adds the calls of keras_calls_later.py. What the file has already is not calculated again. Calls that Keras refuses are
dropped, and so are those of LEFT_OUT.
"""

import pathlib
import re
import sys
import warnings

import keras_calls
import keras_calls_later
import keras_calls_more
import numpy as np

# calls that are not held against Keras: pattern -> why
LEFT_OUT = {
    r"^P\.i0\(np.array": "infinity at infinity here, NaN in Keras",
    r"^P\.ctc_decode\(.*mask_index=3,.*top_paths=3": "two readings are equally probable",
    r"^P\.(sin|cos|tan|sinc)\(E\('f4',30\)": "of more than 2^50 they are NaN here (docs/guide-keras.md)",
    r"^P\.(silu|gelu)\(E\('f4',30\)": "0 at -inf here, NaN in Keras; gelu by erf has an absolute error",
    r"^P\.soft_shrink\(E\('(f4',30|f2',5)\)": "NaN stays NaN here, Keras makes it 0",
    r"^P\.tanh_shrink\(E\('f4',30": "the difference of two numbers that are nearly equal",
    r"^P\.(hard_tanh|log_sigmoid)\(E\('u\d'": "Keras loses the sign",
    r"^P\.(arctan2|logaddexp2?)\((N\('f2',4\),[\d.]+\)|[\d.]+,N\('f2')": "float16 and a number stay float16 here",
    r"^P\.floor_divide\(X\('b',0\),X\('b',[14]": "truth values divided by 0",
    r"^P\.power\(E\('f4',30\),-0.5": "1 / sqrt(x), which differs from the power at -0 and -inf",
    r"^P\.(where|stack|append)\(.*'u4'.*'i[14]'": "uint32 with signed integers meets in int64 here, which is exact",
    r"^P\.saturate_cast\(E\('f2',16\),'(int32|uint16)'": "infinity is above the range, not 65504",
    r"^P\.argmin\(np.array\(\[0.,-0": "Keras takes -0 for less than 0",
    r"^P\.sparsemax\(.*axis=0": "Keras's result along other axes than the last does not add up to 1",
    r"^P\.histogram\(": "the counts are int32 here, int64 or float32 in Keras",
    r"^P\.(array|convert_to_tensor)\(np\.(int|float)64": "64-bit scalars stay what they are here",
    r"^P\.stop_gradient\(-?2": "Python numbers become 32-bit arrays here",
    r"^P\.(erf|rsqrt)\((E\('[bui]|2)": "Keras takes no integers there, or gives integers",
    r"^P\.(sigmoid|silu)\((E\('(b|u\d|i[14])|2)": "Keras takes no integers there, or loses the sign, or the range",
    r"^P\.round\(E\('b'": "truth values stay what they are here, as in Keras's symbolic call",
    r"^P\.normalize\(N\('i4'": "floats here, integers in Keras's NumPy backend",
    r"^P\.ones_like\(\[[\d[\]]": "lists of Python numbers become 32-bit arrays here",
    r"^P\.segment_m..\(N\('i1',2\)": "without a number of segments Keras gives float64",
}


def calls():
    """All calls, each once, without those that are left out."""
    groups = [*keras_calls.GROUPS.values(), *keras_calls_more.GROUPS.values(), *keras_calls_later.GROUPS.values()]
    every = dict.fromkeys(e for group in groups for e in group())
    return [e for e in every if not any(re.search(p, e) for p in LEFT_OUT)]


def leaves(value):
    """The arrays of a result, nested ones in order."""
    if isinstance(value, (tuple, list)):
        return [a for v in value for a in leaves(v)]
    return [np.array(value)]


def names(ops):
    """What the expressions refer to."""
    return {"P": ops, "np": np, **{n: getattr(keras_calls, n) for n in "ENXS"}}


def pack(values):
    """The arrays of a file: for each call a line `call <tab> dtype shape; dtype shape`, and the bytes of all."""
    lines, data = [], []
    for call, arrays in values.items():
        lines.append(call + "\t" + ";".join(f"{a.dtype.name} {','.join(map(str, a.shape))}" for a in arrays))
        data += [np.ascontiguousarray(a).tobytes() for a in arrays]
    return {
        "calls": np.frombuffer("\n".join(lines).encode(), np.uint8),
        "data": np.frombuffer(b"".join(data), np.uint8),
    }


def unpack(file):
    """{call: arrays} of such a file."""
    values, at, data = {}, 0, file["data"].tobytes()
    for line in file["calls"].tobytes().decode().split("\n"):
        call, specs = line.split("\t")
        values[call] = []
        for spec in specs.split(";"):
            dtype, shape = spec.split(" ")
            array = np.empty([int(d) for d in shape.split(",") if d], dtype)
            values[call].append(np.frombuffer(data[at : at + array.nbytes], dtype).reshape(array.shape))
            at += array.nbytes
    return values


def main(path):
    """Write or complete the file."""
    import keras

    jax = keras.backend.backend() == "jax"
    values = {}
    listed = (pathlib.Path(__file__).parent / "keras_jax.txt").read_text().splitlines() + keras_calls_later.calls()
    listed, wanted = frozenset(listed), calls()
    if pathlib.Path(path).exists():
        with np.load(path) as file:
            stored = unpack(file)
        values = {call: stored[call] for call in wanted if call in stored}
    for i, call in enumerate(c for c in wanted if (c in listed) == jax and c not in values):
        try:
            values[call] = leaves(eval(call, names(keras.ops)))
        except Exception as error:  # what Keras refuses is not held against it
            sys.stderr.write(f"{call} {type(error).__name__}\n")
        if jax and i % 50 == 49:
            import jax as backend

            backend.clear_caches()
    np.savez_compressed(path, **pack(values))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(sys.argv[1])
