"""A self-contained HTML page: headings, facts, charts and pictures in one file that needs nothing else."""

from html import escape

import numpy as np

from fastnn.core.errors import ShapeError
from fastnn.visualization import png

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --card: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; }
.lead { opacity: .75; margin-top: 0; }
.facts { display: flex; flex-wrap: wrap; gap: .6rem; padding: 0; list-style: none; }
.facts li { background: var(--card); border-radius: .5rem; padding: .5rem .9rem; }
.facts b { display: block; font-size: 1.15rem; }
.row { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
figure { margin: 0; text-align: center; } figcaption { font-size: .8rem; opacity: .8; }
img { image-rendering: pixelated; border: 1px solid var(--line); display: block; margin: 0 auto .2rem; }
pre { overflow-x: auto; background: var(--card); padding: .8rem; border-radius: .5rem; font-size: .8rem; }
"""


def confusion_matrix(true, predicted, classes=None):
    """Counts of (true class, predicted class).

    Args:
        true, predicted: ints (n,).
        classes: number of classes, or None for the largest label + 1.

    Returns an int64 array (classes, classes).

    >>> confusion_matrix([0, 1, 1], [0, 1, 0])
    array([[1, 0],
           [1, 1]])
    """
    true, predicted = np.asarray(true).ravel().astype(int), np.asarray(predicted).ravel().astype(int)
    if true.shape != predicted.shape:
        raise ShapeError(
            f"confusion_matrix: received {len(true)} true and {len(predicted)} predicted labels; "
            "expected as many of both."
        )
    k = classes or int(max(true.max(initial=-1), predicted.max(initial=-1))) + 1
    out = np.zeros((k, k), np.int64)
    np.add.at(out, (true, predicted), 1)
    return out


class Page:
    """Collects the parts of a report page and renders them as one HTML text.

    Args:
        title: str.
        lead: a sentence below it.

    >>> page = Page("Run", "A short one.")
    >>> page.facts({"accuracy": "99 %"}).heading("More").html().count("<h2>")
    1
    """

    def __init__(self, title, lead=""):
        self.title = title
        self._parts = [f"<h1>{escape(title)}</h1>", f'<p class="lead">{escape(lead)}</p>' if lead else ""]

    def heading(self, text):
        """A section heading.

        Args:
            text: str.
        """
        self._parts.append(f"<h2>{escape(text)}</h2>")
        return self

    def text(self, text):
        """A paragraph of plain text.

        Args:
            text: str.
        """
        self._parts.append(f"<p>{escape(text)}</p>")
        return self

    def preformatted(self, text):
        """Text in which columns must stay aligned, such as a summary table.

        Args:
            text: str, with line breaks.
        """
        self._parts.append(f"<pre>{escape(text)}</pre>")
        return self

    def facts(self, pairs):
        """Short facts as cards.

        Args:
            pairs: {label: value}.
        """
        cards = "".join(f"<li><b>{escape(str(v))}</b>{escape(str(k))}</li>" for k, v in pairs.items())
        self._parts.append(f'<ul class="facts">{cards}</ul>')
        return self

    def charts(self, *svgs):
        """Charts side by side.

        Args:
            svgs: SVG texts, as `line_chart` and `matrix_chart` return them.
        """
        self._parts.append('<div class="row">' + "".join(f"<figure>{s}</figure>" for s in svgs) + "</div>")
        return self

    def images(self, images, captions, scale=6):
        """Pictures with captions.

        Args:
            images: uint8 arrays, (height, width) or (height, width, 3).
            captions: a str for each.
            scale: pixels drawn per pixel, an int.
        """
        figures = [
            f'<figure><img alt="{escape(c, quote=True)}" src="{png.data_uri(i, scale)}">'
            f"<figcaption>{escape(c)}</figcaption></figure>"
            for i, c in zip(images, captions, strict=True)
        ]
        self._parts.append('<div class="row">' + "".join(figures) + "</div>")
        return self

    def html(self):
        """The whole page."""
        return (
            f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(self.title)}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<style>{_STYLE}</style></head>\n<body>\n" + "\n".join(p for p in self._parts if p) + "\n</body></html>\n"
        )
