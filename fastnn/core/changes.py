"""One number that changes with all that compiled plans depend on: settings, seeds, structures, places of variables.

Who finds it where it was need not look at them one by one.
"""

count = 0


def note() -> None:
    """Say, after a change, that there was one.

    >>> from fastnn.core import changes
    >>> before = changes.count
    >>> changes.note()
    >>> changes.count == before
    False
    """
    global count
    count += 1  # two at once may count as one: both changes were made before
