"""Names of files that Keras 3 refuses stay refused where no script of another year runs; see scripts/ for those."""

import pytest
from compat.running import run

REFUSED = """
import numpy as np
import keras
from fastnn.core.switches import run_script_of_any_year
run_script_of_any_year(False)
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
for call in (lambda: model.save("plain"), lambda: model.save("m.keras", save_format="h5"),
             lambda: keras.models.save_model(model, "m.txt"), lambda: keras.callbacks.ModelCheckpoint("plain")):
    try:
        call()
    except ValueError:
        continue
    raise AssertionError("taken")
{}
model.save("plain")
print(keras.models.load_model("plain").predict(np.ones((1, 2)), verbose=0).shape)
"""


@pytest.mark.parametrize("line", ["run_script_of_any_year(True)", "from keras.layers.core import Dense"])
def test_names_of_any_ending_are_for_scripts_of_other_years(line, tmp_path):
    status, output, errors = run(REFUSED.format(line), tmp_path)
    assert (status, output) == (0, "(1, 1)\n"), errors


def test_what_is_there_stays_where_it_is_not_to_be_overwritten(tmp_path):
    status, _, errors = run(
        "import keras\nm = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])\n"
        "m.save('m.model')\nm.save('m.model', overwrite=False)\n",
        tmp_path,
    )
    assert status and "exists and overwrite is False" in errors
