"""Config: a dictionary with attributes."""


class Config:
    """A dictionary whose entries are attributes too.

    Args:
        kwargs: the first entries.

    >>> Config(width=3).width
    3
    """

    def __init__(self, **kwargs):
        self.__dict__.update(kwargs)

    def as_dict(self):
        """The entries as a dict."""
        return dict(self.__dict__)

    def __getitem__(self, name):
        return self.__dict__[name]

    def __setitem__(self, name, value):
        self.__dict__[name] = value

    def __contains__(self, name):
        return name in self.__dict__

    def __iter__(self):
        return iter(self.__dict__)

    def __len__(self):
        return len(self.__dict__)

    def __repr__(self):
        return f"<Config {self.__dict__}>"
