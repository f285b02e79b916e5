"""`tf.Module`: a class whose variables are found among its attributes."""

from fastnn.core import tree
from fastnn.core.errors import ArgumentError
from fastnn.core.naming import snake_case
from fastnn.core.scopes import inside as name_scope
from fastnn.graph import Variable
from fastnn.layers import Layer


class Module:
    """A class whose variables are those of its attributes, of lists and dicts there, and of modules and layers there.

    Args:
        name: a Python identifier; the name of the class in lower case with underscores if None.

    Raises:
        ArgumentError (a ValueError): for a name that is no identifier.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.w, self.b = Variable(2.0), Variable(1.0, trainable=False)
    >>> line = Line()
    >>> line.name, [float(v) for v in line.variables], [float(v) for v in line.trainable_variables]
    ('line', [1.0, 2.0], [2.0])
    """

    def __init__(self, name=None):
        name = snake_case(type(self).__name__) if name is None else name
        if not str(name).isidentifier():
            raise ArgumentError(
                f"{name!r} is not a valid module name. Module names must be valid "
                "Python identifiers (e.g. a valid class name)."
            )
        self._name = name

    @property
    def name(self):
        """The name."""
        return self._name

    @property
    def name_scope(self):
        """A block in which names begin with its own."""
        return name_scope(self)

    @classmethod
    def with_name_scope(cls, method):
        """A method in the module's name scope: the method."""
        return method

    @property
    def variables(self):
        """All variables, by the names of the attributes; those of modules after the module's own."""
        return tuple(self._found())

    @property
    def trainable_variables(self):
        """The variables that are trainable."""
        return tuple(v for v in self.variables if v.trainable)

    @property
    def non_trainable_variables(self):
        """The variables that are not."""
        return tuple(v for v in self.variables if not v.trainable)

    @property
    def submodules(self):
        """All modules and layers below this one."""
        return tuple(_below(self, {id(self)}))

    def _found(self):
        own = {id(x): x for x in _leaves(self) if isinstance(x, Variable)}
        for part in self.submodules:
            theirs = part.variables if isinstance(part, Layer) else _leaves(part)
            own.update({id(v): v for v in theirs if isinstance(v, Variable)})
        return own.values()


def _leaves(module):
    attributes = vars(module)
    return [x for name in sorted(attributes) for x in tree.flatten(attributes[name])]


def _below(module, seen):
    for part in _leaves(module):
        if isinstance(part, (Module, Layer)) and id(part) not in seen:
            seen.add(id(part))
            yield part
            if isinstance(part, Module):
                yield from _below(part, seen)
