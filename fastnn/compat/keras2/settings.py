"""Numbers of optimizers that were variables up to Keras 2: `K.set_value(optimizer.momentum, 0.9)`."""

from fastnn.optimizers import SGD, Adadelta, Adam, Adamax, Nadam, RMSprop


class Setting(float):
    """A number that knows whose setting it is: giving it another value sets that of the optimizer.

    >>> optimizer = SGD(0.1, momentum=0.5)
    >>> setting = Setting.of(optimizer, "momentum")
    >>> setting.assign(0.9)
    >>> setting, optimizer.momentum
    (0.5, 0.9)
    """

    @classmethod
    def of(cls, optimizer, name):
        """The number of an optimizer.

        Args:
            optimizer: the optimizer.
            name: of its attribute.
        """
        made = cls(optimizer.__dict__[name])
        made.owner = optimizer, name
        return made

    def assign(self, value):
        """Set it; the next step takes it.

        Args:
            value: a number.
        """
        setattr(*self.owner, float(value))

    def __reduce__(self):
        return float, (float(self),)


def _setting(name):
    def get(self):
        if name not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        value = self.__dict__[name]
        return Setting.of(self, name) if type(value) is float else value

    def put(self, value):
        self.__dict__[name] = value

    return property(get, put, doc=f"The setting {name}, a number that K.set_value takes.")


_NAMES = {SGD: ("momentum",), RMSprop: ("rho", "momentum"), Adadelta: ("rho",),
          **dict.fromkeys((Adam, Adamax, Nadam), ("beta_1", "beta_2"))}  # fmt: skip
PROPERTIES = {cls: {name: _setting(name) for name in names} for cls, names in _NAMES.items()}
