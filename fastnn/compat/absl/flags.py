"""Flags of a command line: defined anywhere, read as attributes of FLAGS."""

import sys

from fastnn.core.errors import ArgumentError, UnknownNameError

_TRUE, _FALSE = ("true", "t", "1", "yes", "y"), ("false", "f", "0", "no", "n")


class Flag:
    """A flag.

    Args:
        name: str.
        default: its value where the command line says nothing.
        help: what it is for.
        parse: a function that makes a value of a text.
        several: whether each mention adds a value to a list.

    >>> Flag("rate", 0.1, "step size", float).value
    0.1
    """

    def __init__(self, name, default, help="", parse=str, several=False):
        self.name, self.default, self.help, self.parse, self.several = name, default, help, parse, several
        self.value, self.present, self.required = default, 0, False

    boolean = property(lambda self: self.parse is truth, doc="Whether it may stand without a value.")

    def read(self, text):
        """Take a value from the command line.

        Args:
            text: str.
        """
        found = self.parse(text)
        if self.several:
            found = [*(self.value if self.present else ()), found]
        self.value, self.present = found, self.present + 1


def truth(text):
    """The boolean that a text stands for.

    Args:
        text: str or bool.

    Raises ArgumentError for a text that stands for none.

    >>> truth("yes"), truth("0")
    (True, False)
    """
    word = str(text).lower()
    if word not in _TRUE + _FALSE:
        raise ArgumentError(f"flag: received {text!r}, expected one of {', '.join(_TRUE + _FALSE)}.")
    return word in _TRUE


class FlagValues:
    """Flags by name. The command line is read when a value is first asked for, or by `FLAGS(argv)`.

    >>> values = FlagValues()
    >>> values.define(Flag("steps", 10, "", int)).value
    10
    >>> values(["script.py", "--steps=3", "rest"]), values.steps
    (['script.py', 'rest'], 3)
    """

    def __init__(self):
        self.__dict__.update(_flags={}, _parsed=False)

    def define(self, flag):
        """Know a flag; the flag.

        Args:
            flag: a Flag.
        """
        self._flags[flag.name] = flag
        return flag

    def __call__(self, argv, known_only=False):
        """Read flags; the arguments that are none, the name of the script first.

        Args:
            argv: a list of str, the name of the script first.
            known_only: whether flags that nobody defined are left among the rest.

        Raises UnknownNameError for a flag that nobody defined, ArgumentError for one without a value.
        """
        waiting, rest = list(argv[1:]), [*argv[:1]]
        while waiting:
            word = waiting.pop(0)
            if word == "--":
                return self._done(rest + waiting)
            if not word.startswith("-") or word.lstrip("-") == "" or _is_number(word):
                rest.append(word)
                continue
            name, given, text = word.lstrip("-").partition("=")
            name = name if name in self._flags else name.replace("-", "_")
            flag = self._flags.get(name)
            if flag is None and name.startswith("no") and getattr(self._flags.get(name[2:]), "boolean", False):
                flag, given, text = self._flags[name[2:]], "=", "false"
            if flag is None:
                if not known_only:
                    raise UnknownNameError(f"Unknown command line flag '{name}'. Known: {', '.join(self._flags)}.")
                rest.append(word)
                continue
            if not given:
                if not flag.boolean and not waiting:
                    raise ArgumentError(f"Missing value for flag {word}.")
                text = "true" if flag.boolean else waiting.pop(0)
            flag.read(text)
        return self._done(rest)

    def _done(self, rest):
        self.__dict__["_parsed"] = True
        missing = [n for n, f in self._flags.items() if f.required and f.value is None]
        if missing:
            raise ArgumentError(f"Flag --{missing[0]} must have a value other than None.")
        return rest

    def __getattr__(self, name):
        if name not in self._flags:
            raise AttributeError(name)
        if not self._parsed:
            self(sys.argv, known_only=True)
        return self._flags[name].value

    def __setattr__(self, name, value):
        if name not in self._flags:
            self.define(Flag(name, value))
        self._flags[name].value = value

    def __delattr__(self, name):
        del self._flags[name]

    def __getitem__(self, name):
        return self._flags[name]

    def __contains__(self, name):
        return name in self._flags

    def __iter__(self):
        return iter(self._flags)

    def __len__(self):
        return len(self._flags)

    def __dir__(self):
        return [*self._flags]

    def is_parsed(self):
        """Whether the command line has been read."""
        return self._parsed

    def mark_as_parsed(self):
        """Read no command line."""
        self.__dict__["_parsed"] = True

    def unparse_flags(self):
        """Read the command line anew when a flag is asked for next."""
        self.__dict__["_parsed"] = False

    def _parse_flags(self, args=None):
        self(sys.argv if args is None else ["", *args], known_only=True)

    def flag_values_dict(self):
        """{name: value} of all flags."""
        return {name: getattr(self, name) for name in self._flags}

    def get_flag_value(self, name, default):
        """The value of a flag; the default where it is None.

        Args:
            name: of the flag.
            default: any value.
        """
        found = getattr(self, name)
        return default if found is None else found

    def set_default(self, name, value):
        """Give a flag another default.

        Args:
            name: of the flag.
            value: the default.
        """
        flag = self._flags[name]
        flag.default = value
        if not flag.present:
            flag.value = value


def _is_number(word):
    try:
        float(word)
    except ValueError:
        return False
    return True


FLAGS = FlagValues()


def _parts(text):
    return [part.strip() for part in text.split(",")] if isinstance(text, str) and text else list(text or ())


def _defining(name, parse, several=False):
    def define(name, default, help="", flag_values=FLAGS, required=False, **kwargs):
        start = default
        if default is not None:
            values = default if several and isinstance(default, (list, tuple)) else [default]
            start = [parse(v) for v in values] if several else parse(default)
        flag = flag_values.define(Flag(name, start, help, parse, several))
        flag.required = required
        return flag

    define.__name__, define.__doc__ = name, f"Define a flag: {name.removeprefix('DEFINE_')}; see Flag."
    return define


DEFINE = _defining("DEFINE", str)
DEFINE_string, DEFINE_integer, DEFINE_float = (
    _defining(f"DEFINE_{name}", kind) for name, kind in (("string", str), ("integer", int), ("float", float))
)
DEFINE_bool = DEFINE_boolean = _defining("DEFINE_boolean", truth)
DEFINE_list = DEFINE_spaceseplist = _defining("DEFINE_list", _parts)
DEFINE_multi_string, DEFINE_multi_integer, DEFINE_multi_float = (
    _defining(f"DEFINE_multi_{name}", kind, True)
    for name, kind in (("string", str), ("integer", int), ("float", float))
)


def DEFINE_enum(name, default, enum_values, help="", flag_values=FLAGS, required=False, **kwargs):
    """Define a flag whose values are some words.

    Args:
        name: str.
        default: one of the words, or None.
        enum_values: the words.
        help: what it is for.
        flag_values: the FlagValues that it is one of.
        required: whether it must have a value.
        kwargs: of no effect.

    Raises ArgumentError, when it is read, for another word.
    """

    def parse(text):
        if text not in enum_values:
            raise ArgumentError(f"flag --{name}={text}: value should be one of <{'|'.join(map(str, enum_values))}>.")
        return text

    flag = flag_values.define(Flag(name, default, help, parse))
    flag.required = required
    return flag


def mark_flag_as_required(flag_name, flag_values=FLAGS):
    """Let a flag need a value.

    Args:
        flag_name: its name, or the flag.
        flag_values: the FlagValues that it is one of.
    """
    flag_values[getattr(flag_name, "name", flag_name)].required = True


def mark_flags_as_required(flag_names, flag_values=FLAGS):
    """Let flags need values.

    Args:
        flag_names: their names.
        flag_values: the FlagValues that they are of.
    """
    for name in flag_names:
        mark_flag_as_required(name, flag_values)
