"""`keras.legacy.interfaces`: decorators that translated Keras 1's arguments, which all classes take here."""

from fastnn.compat.keras2.utils import as_it_is


def __getattr__(name):
    if name.startswith("legacy_") and name.endswith("_support"):
        return as_it_is
    if name == "generate_legacy_interface":
        return as_it_is
    raise AttributeError(f"keras.legacy.interfaces.{name} is not supported by fastnn; use today's argument names.")
