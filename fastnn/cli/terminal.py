"""Text on the terminal: plain lines and tables."""

from fastnn.utils.interactive import write


def say(text=""):
    """One line to standard output, at once, in the letters that it has."""
    write(f"{text}\n")


def clean(text):
    """Text from a file without the control characters that a terminal would obey.

    >>> clean("a" + chr(27) + "[2Jb")
    'a?[2Jb'
    """
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in str(text))


def table(rows, gap="  "):
    """Rows of str as aligned lines.

    >>> table([("a", "bb"), ("ccc", "d")])
    'a    bb\\nccc  d'
    """
    widths = [max(len(str(row[i])) for row in rows) for i in range(len(rows[0]))] if rows else []
    return "\n".join(
        gap.join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def seconds(value):
    """A duration for people.

    >>> seconds(0.42), seconds(75)
    ('0.4 s', '1:15')
    """
    return f"{value:.1f} s" if value < 59.95 else f"{int(value) // 60}:{int(value) % 60:02d}"
