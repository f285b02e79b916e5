"""`tf.Module`: an object that knows the variables among its attributes."""

from fastnn.core import tree
from fastnn.core.naming import snake_case
from fastnn.core.scopes import inside as name_scope
from fastnn.graph import Variable


class Module:
    """A named container of variables, other modules and layers, found among its attributes, also in lists and dicts.

    Args:
        name: str, or None for the name of the class in snake case.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.slope = Variable(2.0)
    >>> [float(v) for v in Line().trainable_variables], Line().name
    ([2.0], 'line')
    """

    def __init__(self, name=None):
        self._name = name or snake_case(type(self).__name__)

    @property
    def name(self):
        """Its name."""
        return self._name

    @property
    def name_scope(self):
        """A block in which names begin with its own."""
        return name_scope(self)

    @staticmethod
    def with_name_scope(method):
        """A method, as it is: names of variables are their own."""
        return method

    def _parts(self):
        for name in sorted(self.__dict__):
            yield from tree.flatten(self.__dict__[name])

    @property
    def submodules(self):
        """All modules inside, also inside those."""
        found = {}
        for part in self._parts():
            if isinstance(part, Module) and id(part) not in found:
                found[id(part)] = part
                found.update({id(m): m for m in part.submodules})
        return tuple(found.values())

    @property
    def variables(self):
        """The variables of it, of modules and layers inside, each once, by names of attributes."""
        found = {}
        for part in self._parts():
            own = [part] if isinstance(part, Variable) else getattr(part, "variables", ())
            found.update({id(v): v for v in own})
        return tuple(found.values())

    @property
    def trainable_variables(self):
        """Those that are trainable."""
        return tuple(v for v in self.variables if v.trainable)

    @property
    def non_trainable_variables(self):
        """Those that are not."""
        return tuple(v for v in self.variables if not v.trainable)
