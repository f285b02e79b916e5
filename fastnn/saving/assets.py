"""Files that a user's layers keep beside their weights: the hooks save_assets(folder) and load_assets(folder).

Registered classes of users have them, and lookups read the vocabulary that Keras keeps so; what a file holds for nobody
is refused.  A member lies at `assets/<path of the part>/<name>`, as in Keras.
"""

import contextlib
import os
import tempfile

from fastnn.core.errors import ArgumentError, FileFormatError, NotSupportedError
from fastnn.saving import container, layout

PREFIX = "assets/"


def owners(model, hook):
    """(path, bound hook) of each part of a model whose class has a hook."""
    for place in layout.places(model):
        call = getattr(place.part, hook, None)
        if call is not None:
            yield place.where, call


def dump(model):
    """{member: bytes} of what the parts of a model keep in files."""
    found = {}
    for path, save in owners(model, "save_assets"):
        if getattr(save, "__module__", "").startswith("fastnn."):
            continue  # lookups: their words are in the config
        with tempfile.TemporaryDirectory() as folder:
            save(folder)
            for inner, _, names in os.walk(folder):
                for name in names:
                    here = os.path.join(inner, name)
                    member = f"{PREFIX}{path}/{os.path.relpath(here, folder)}".replace(os.sep, "/").replace("//", "/")
                    if not container.is_asset(member):
                        raise ArgumentError(f"save_assets of {path!r} wrote {name!r}: expected a plain file name.")
                    with open(here, "rb") as file:
                        found[member] = file.read()
    return found


@contextlib.contextmanager
def loading(model, archive, infos, changes, name):
    """Inside the block the assets of an archive lie in folders, and committing the changes calls the parts' hooks."""
    members = [member for member in infos if member.startswith(PREFIX)]
    if not members:
        yield
        return
    parts = dict(owners(model, "load_assets"))
    for member in members:  # a part of the model itself has the path ""
        if not any(member.startswith(f"{PREFIX}{path}/") or not path for path in parts):
            raise NotSupportedError(
                f"{name} holds the asset {member!r:.100}, which no layer of the model takes: lookups and "
                "classes of your own with a method load_assets(folder) do. Pass those in custom_objects."
            )
    with tempfile.TemporaryDirectory() as root:
        for member in members:
            inner = member[len(PREFIX) :]
            data = container.read_member(archive, infos[member], name)
            target = os.path.join(root, *inner.split("/"))
            try:
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "wb") as file:
                    file.write(data)
            except OSError as error:  # a file where another member wants a folder, a name that is too long
                raise FileFormatError(f"{name}: the asset {member!r:.100} is no file in a folder: {error}.") from error
        for path, load in parts.items():
            folder = os.path.join(root, *path.split("/"))
            os.makedirs(folder, exist_ok=True)
            changes.calls.append((load, folder))
        yield
