"""A picture: shown in a notebook, written to a file without a display, or drawn into axes of matplotlib."""

import os
import re
from typing import Any

import numpy as np

from fastnn.core.errors import ArgumentError
from fastnn.core.extras import missing
from fastnn.visualization import png, svg
from fastnn.visualization.page import Page


class Picture:
    """Base of what the plot functions return.

    `save(path)` writes it: .svg and .html by fastnn itself, .png, .pdf, .jpg ... by matplotlib without a display (a
    .png of images alone by fastnn, too).  A notebook shows it.  `svg()` is its text, `draw(ax)` draws it into axes of
    matplotlib.
    """

    title = ""

    def svg(self) -> str:
        """The picture as SVG text."""
        raise NotImplementedError

    def draw(self, ax: Any) -> Any:
        """Draw it into axes of matplotlib; returns them.

        Args:
            ax: the axes, or a sequence of them for several parts.
        """
        raise NotImplementedError

    def parts(self) -> list["Picture"]:
        """The pictures that it is made of."""
        return [self]

    def _repr_svg_(self) -> str:
        return self.svg()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.title!r}>"

    def save(self, path: Any) -> str:
        """Write the picture. Returns the path.

        Args:
            path: its ending says the kind.

        Raises ArgumentError for a path without an ending, NotSupportedError for a kind that needs matplotlib where it
        is not installed.
        """
        path = os.fspath(path)
        ending = os.path.splitext(path)[1].lower()
        if not ending:
            raise ArgumentError(
                f"save: received {path!r}, expected an ending that says what to write: .svg, .png, .html."
            )
        if ending == ".html":
            text = Page(self.title or "Picture").charts(*(part.svg() for part in self.parts())).html()
            return _write(path, text.encode())
        if ending == ".svg":
            return _write(path, self.svg().encode())
        plain = self.pixels() if ending == ".png" else None
        if plain is not None:
            return _write(path, png.encode(plain))
        try:
            from matplotlib.backends.backend_agg import FigureCanvasAgg
            from matplotlib.figure import Figure
        except ImportError:
            raise missing(f"save to {ending}", "plots", "Or save an .svg or .html file.") from None
        parts = self.parts()
        sizes = [_size(part.svg()) for part in parts]
        wide, tall = max(w for w, _ in sizes) / 72, sum(h for _, h in sizes) / 72
        figure = Figure((max(wide, 3.0), max(tall, 2.0)), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(len(parts), 1, squeeze=False, height_ratios=[h for _, h in sizes])[:, 0]
        for part, ax in zip(parts, axes):
            part.draw(ax)
        figure.savefig(path, dpi=144)
        return path

    def pixels(self) -> Any:
        """The picture as a uint8 image, if it is nothing but pixels; else None."""
        return None


def _write(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return path


def _size(text):
    """(width, height) of SVG text that fastnn wrote."""
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text).groups()
    return float(width), float(height)


def finish(picture: Picture, path: Any, ax: Any) -> Any:
    """What a plot function does with its picture: write it, draw it, and return the axes or the picture."""
    if path is not None:
        picture.save(path)
    return picture if ax is None else picture.draw(ax)


class Lines(Picture):
    """Lines over 1, 2, 3, ...

    Args:
        series: {name: sequence of numbers}.
        title: str.
        x_label, y_label: str, of the axes.
        mark: (x, text) of a vertical line, or None.
    """

    def __init__(self, series: Any, title: str, x_label: str = "epoch", y_label: str = "", mark: Any = None) -> None:
        self.series, self.title, self.x_label, self.y_label, self.mark = series, title, x_label, y_label, mark

    def svg(self) -> str:
        return svg.line_chart(self.series, self.title, self.x_label, self.y_label, mark=self.mark)

    def draw(self, ax: Any) -> Any:
        for name, values in self.series.items():
            ax.plot(np.arange(1, len(values) + 1), values, label=name, marker="." if len(values) == 1 else None)
        if self.mark is not None:
            ax.axvline(self.mark[0], color="#dc2626", linestyle="--", linewidth=1, label=self.mark[1])
        ax.set(title=self.title, xlabel=self.x_label, ylabel=self.y_label)
        if self.series:
            ax.legend()
        return ax


class Matrix(Picture):
    """A square matrix of counts, rows true classes.

    Args:
        matrix: ints (k, k).
        title: str.
        labels: k names, or None.
    """

    def __init__(self, matrix: Any, title: str, labels: Any) -> None:
        self.matrix, self.title, self.labels = matrix, title, labels

    def svg(self) -> str:
        return svg.matrix_chart(self.matrix, self.title, labels=self.labels)

    def draw(self, ax: Any) -> Any:
        shares = self.matrix / np.maximum(self.matrix.sum(1, keepdims=True), 1)
        ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for (i, j), n in np.ndenumerate(self.matrix):
            if n:
                ax.text(j, i, str(n), ha="center", va="center", color="white" if shares[i, j] > 0.5 else "black")
        names = range(len(self.matrix)) if self.labels is None else self.labels
        ax.set_xticks(range(len(self.matrix)), names, rotation=90 if self.labels is not None else 0)
        ax.set_yticks(range(len(self.matrix)), names)
        ax.set(title=self.title, xlabel="predicted", ylabel="true")
        return ax


class Points(Picture):
    """Points of a plane in groups.

    Args:
        points: (n, 2) numbers.
        groups: (n,) ints, or None.
        names: of the groups.
        title: str.
    """

    def __init__(self, points: Any, groups: Any, names: Any, title: str) -> None:
        self.points, self.groups, self.names, self.title = points, groups, names, title

    def svg(self) -> str:
        return svg.point_chart(self.points, self.groups, self.names, self.title)

    def draw(self, ax: Any) -> Any:
        if self.groups is None:
            ax.scatter(*self.points.T, s=8)
        for k, name in enumerate(self.names):
            ax.scatter(*self.points[self.groups == k].T, s=8, label=name)
        if self.names:
            ax.legend()
        ax.set(title=self.title)
        return ax


class Images(Picture):
    """Images with captions.

    Args:
        images: uint8, (height, width) or (height, width, 3) each.
        captions: a text for each, or None.
        title: str.
        columns: how many side by side.
        scale: pixels drawn per pixel.
    """

    def __init__(self, images: Any, captions: Any = None, title: str = "", columns: int = 8, scale: int = 4) -> None:
        self.images, self.captions, self.title = list(images), captions, title
        self.columns, self.scale = columns, scale

    def svg(self) -> str:
        return svg.image_chart(self.images, self.captions, self.title, self.columns, self.scale)

    def _grid(self, gap: int = 1) -> Any:
        tall, wide = (max(image.shape[k] for image in self.images) for k in (0, 1))
        colour = any(image.ndim == 3 for image in self.images)
        room = np.full((len(self.images), tall, wide, *((3,) if colour else ())), 255, np.uint8)
        for place, image in zip(room, self.images):
            place[: image.shape[0], : image.shape[1]] = image[..., None] if colour and image.ndim == 2 else image
        return png.image_grid(room, self.columns, gap)

    def pixels(self) -> Any:
        if self.captions is not None:
            return None
        return self._grid().repeat(self.scale, 0).repeat(self.scale, 1)

    def draw(self, ax: Any) -> Any:
        tall, wide = (max(image.shape[k] for image in self.images) for k in (0, 1))
        gap = 1 if self.captions is None else max(1, tall // 3)  # where captions stand
        grid = self._grid(gap)
        ax.imshow(grid, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        across = min(self.columns, len(self.images))
        for k, caption in enumerate(self.captions or ()):
            x, y = k % across * (wide + gap) + wide / 2, k // across * (tall + gap)
            ax.text(x, y - 1, caption, ha="center", va="bottom", fontsize=6)
        ax.set(title=self.title)
        ax.axis("off")
        return ax


class Column(Picture):
    """Pictures below one another.

    Args:
        pictures: Pictures.
        title: str.
    """

    def __init__(self, pictures: Any, title: str = "") -> None:
        self.pictures, self.title = list(pictures), title

    def parts(self) -> list[Picture]:
        return self.pictures

    def svg(self) -> str:
        texts = [part.svg() for part in self.pictures]
        sizes = [_size(text) for text in texts]
        width, y, out = max(w for w, _ in sizes), 0.0, []
        for text, (_, height) in zip(texts, sizes):
            out.append(text.replace("<svg ", f'<svg y="{y:g}" ', 1))
            y += height + 6
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {y:g}" width="{width:g}" height="{y:g}">'
            f"{''.join(out)}</svg>"
        )

    def draw(self, ax: Any) -> Any:
        axes = list(np.ravel(np.asarray(ax, object)))
        if len(axes) < len(self.pictures):
            raise ArgumentError(
                f"Received {len(axes)} axes for {len(self.pictures)} pictures: "
                f"{', '.join(repr(p.title) for p in self.pictures)}; expected one for each."
            )
        for part, one in zip(self.pictures, axes):
            part.draw(one)
        return ax


def report(path: Any, title: str, *parts: Any) -> str:
    """Write a page of HTML with pictures, text and facts that needs no other file; returns its path.

    Args:
        path: of the file.
        title: of the page.
        parts: pictures, strings (a paragraph each) and dicts of facts, in the order in which they stand.

    Raises ArgumentError for a part of another kind.

    >>> from fastnn.visualization import plot_history
    >>> report("run.html", "A run", "It learnt.", {"accuracy": "98 %"}, plot_history({"loss": [2.0, 1.0]}))
    'run.html'
    """
    page = Page(title)
    for part in parts:
        if isinstance(part, Picture):
            page.charts(*(one.svg() for one in part.parts()))
        elif isinstance(part, dict):
            page.facts(part)
        elif isinstance(part, str):
            page.text(part)
        else:
            raise ArgumentError(f"report: received {type(part).__name__}, expected pictures, strings and dicts.")
    return _write(os.fspath(path), page.html().encode())
