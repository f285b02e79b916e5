"""Text on the terminal: plain lines, tables, and a progress line that is redrawn at most ten times a second."""
import shutil
import sys
import time


def say(text=""):
    """One line to standard output, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


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
    return "\n".join(gap.join(str(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                     for row in rows)


def seconds(value):
    """A duration for people.

    >>> seconds(0.42), seconds(75)
    ('0.4 s', '1:15')
    """
    return f"{value:.1f} s" if value < 59.95 else f"{int(value) // 60}:{int(value) % 60:02d}"


def bar(done, total, width=24):
    """A progress bar.

    >>> bar(1, 2, 4)
    '██░░'
    """
    filled = min(width, int(width * done / max(total, 1)))
    return "█" * filled + "░" * (width - filled)


def _plain(text):
    """The text in what standard output can encode."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        text.encode(encoding)
        return text
    except UnicodeEncodeError:
        return text.replace("█", "#").replace("░", ".").encode(encoding, "replace").decode(encoding)


class Line:
    """A line that is redrawn in place on a terminal; elsewhere only its last state is printed."""

    def __init__(self, every=0.1):
        self.live, self.every, self._last, self._length = sys.stdout.isatty(), every, 0.0, 0

    def due(self):
        """Whether it is time to draw again."""
        return self.live and time.monotonic() - self._last >= self.every

    def draw(self, text):
        """Draw the line in place."""
        text = _plain(text)[:shutil.get_terminal_size().columns - 1]
        sys.stdout.write("\r" + text.ljust(self._length))
        sys.stdout.flush()
        self._last, self._length = time.monotonic(), len(text)

    def finish(self, text):
        """Draw the last state and go to the next line."""
        if self.live:
            self.draw(text)
            sys.stdout.write("\n")
        else:
            sys.stdout.write(_plain(text) + "\n")
        sys.stdout.flush()
        self._length = 0
