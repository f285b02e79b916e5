"""Found by a child process whose parent has the aliases: the same aliases, in place of this module."""

from fastnn.compat.aliases import take_place_of

take_place_of(__name__)
