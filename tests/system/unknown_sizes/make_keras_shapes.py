"""How keras_shapes.json was made: the shapes that Keras 3.15.1 infers for cases.py.

KERAS_BACKEND=jax python make_keras_shapes.py
"""

import json
from pathlib import Path

from cases import CASES, call, name_of, shapes

FILE = Path(__file__).with_name("keras_shapes.json")


def main():
    import keras

    found = {}
    for case in CASES:
        try:
            found[name_of(case)] = shapes(call(keras, case)[1])
        except Exception as error:  # none is expected: such a case does not belong here
            raise SystemExit(f"{name_of(case)}: {error!r}") from error
    lines = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in found.items())
    FILE.write_text("{" + ",\n".join(lines) + "}\n")


if __name__ == "__main__":
    main()
