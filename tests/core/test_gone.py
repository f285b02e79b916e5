"""What fastnn has not is refused with what to write instead, natively as under the aliases."""

import importlib

import pytest

from fastnn import compat
from fastnn.compat import names
from fastnn.core.gone import GONE, OLD


@pytest.mark.parametrize("path", [*GONE, *OLD])
def test_natively(path):
    module, _, name = f"fastnn.{path}".rpartition(".")
    with pytest.raises(AttributeError) as error:
        getattr(importlib.import_module(module), name)
    assert str(error.value).endswith(f": {GONE.get(path) or OLD[path]}.")


@pytest.mark.parametrize("path", GONE)
def test_under_the_aliases(path):
    module, _, name = f"keras.{path}".rpartition(".")
    compat.install()
    try:
        with pytest.raises(NotImplementedError, match="is not supported by fastnn") as error:
            getattr(importlib.import_module(module), name)
    finally:
        compat.uninstall()
    assert GONE[path] in str(error.value)


def test_what_is_found_under_the_aliases_is_no_dead_end():
    assert not set(GONE) & {f"{part}.{old}" for part, table in names.CLASSES.items() for old in table}
