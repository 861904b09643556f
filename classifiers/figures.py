"""Draws what an evaluation found, as SVG: the same bytes for the same figures, readable aloud and without colours.

matplotlib (the extra `figures`) is imported only here, and only when something is drawn: the service needs none of it.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lxml import etree

from classifiers.budget import LABELS
from classifiers.evaluation import DECISIONS, Bin, calibration_error
from triage.core.labels import Label
from triage.core.located_yaml import Problem
from triage.errors import ConfigurationError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette (2008), told apart by people of every kind of colour vision; shapes say the same.
BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#555555"
STYLE: Mapping[Any, Any] = {
    "svg.hashsalt": "triage",  # else the ids differ from run to run
    "svg.fonttype": "none",  # text stays text: it can be searched, read aloud and enlarged
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
SVG = "http://www.w3.org/2000/svg"


def confusion(measures: Mapping[str, Any]) -> bytes:
    """Draw what messages of each label were taken for: the best of four labels, and the decision."""
    parts = (("Best of four labels", LABELS, "confusion"), ("Decided", DECISIONS, "decisions"))
    with drawing(8.2, 3.6) as figure:
        for axes, (title, columns, name) in zip(figure.subplots(1, 2), parts, strict=True):
            _matrix(axes, measures[name], [_words(str(one)) for one in columns])
            axes.set_title(title)
        figure.supylabel("truly")
        said = "; ".join(
            f"of {sum(row)} {_words(label.value)}: "
            + ", ".join(f"{count} {_words(str(one))}" for one, count in zip(DECISIONS, row, strict=True))
            for label, row in zip(LABELS, measures["decisions"], strict=True)
        )
        return svg(figure, "What messages of each label were taken for", f"Decided, {said}.")


def reliability(bins: Mapping[Label, Sequence[Bin]]) -> bytes:
    """Draw for each label how often it was right beside how probable it was said to be."""
    errors = {label: calibration_error(bins[label]) for label in LABELS}
    with drawing(6.6, 6.2) as figure:
        for axes, label in zip(figure.subplots(2, 2, sharex=True, sharey=True).flat, LABELS, strict=True):
            most = max(one.count for one in bins[label])
            axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1)
            axes.plot([one.said for one in bins[label]], [one.came for one in bins[label]], color=BLUE, linewidth=1)
            sizes = [12 + 100 * one.count / most for one in bins[label]]
            axes.scatter(
                [one.said for one in bins[label]], [one.came for one in bins[label]], s=sizes, color=BLUE, alpha=0.8
            )
            axes.set_title(f"{_words(label.value)} (error {errors[label]:.3f})")
            axes.set_xlim(-0.04, 1.04)
            axes.set_ylim(-0.04, 1.04)
        figure.supxlabel("probability said")
        figure.supylabel("share for which it was so")
        said = "; ".join(
            f"{_words(label.value)}, expected calibration error {errors[label]:.3f}: "
            + ", ".join(f"said {one.said:.2f}, so {one.came:.2f} of {one.count}" for one in bins[label])
            for label in LABELS
        )
        return svg(figure, "How far probabilities mean what they say", f"{said}.")


def risk_coverage(prices: Sequence[Mapping[str, Any]]) -> bytes:
    """Draw what goes wrong against what is decided at all, for each error budget."""
    lines = (
        ("need_a_person_decided_webform", "needs a person, decided web form", BLUE, "o"),
        ("urgent_decided_other", "urgent, decided otherwise", VERMILION, "s"),
    )
    covered = [100 * (1 - one["unsure"]) for one in prices]
    with drawing(6.6, 4.2) as figure:
        axes: Axes = figure.subplots()
        for name, label, colour, marker in lines:
            axes.plot(covered, [100 * one[name] for one in prices], color=colour, marker=marker, label=label)
        for at in sorted(set(covered)):
            alphas = [f"{100 * one['alpha']:g}" for one, own in zip(prices, covered, strict=True) if own == at]
            told = "–".join(dict.fromkeys((alphas[0], alphas[-1])))
            axes.axvline(at, color=GREY, linewidth=0.5, linestyle=":", zorder=0)
            axes.annotate(f"α {told} %", (at, 1), xycoords=("data", "axes fraction"), rotation=45, va="bottom")
        axes.set_xlabel("decided, % of messages (the others go to a person unsorted)")
        axes.set_ylabel("wrongly decided, %")
        # Of one point, too, the scale is one that a reader can judge by.
        axes.set_xlim(min(*covered, 90) - 1, 101)
        axes.set_ylim(-0.1, max(2.1, axes.get_ylim()[1]))
        axes.legend(frameon=False, loc="upper left")
        said = "; ".join(
            f"alpha {one['alpha']:.1%}: {one['unsure']:.1%} unsure, "
            f"{one['need_a_person_decided_webform']:.1%} of those needing a person decided web form, "
            f"{one['urgent_decided_other']:.1%} of the urgent decided otherwise"
            for one in prices
        )
        return svg(figure, "What each error budget costs", f"{said}.")


def _matrix(axes: "Axes", rows: Sequence[Sequence[int]], columns: Sequence[str]) -> None:
    """Draw counts in cells that are the darker, the larger their share of the row."""
    shares = [[count / max(sum(row), 1) for count in row] for row in rows]
    axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1, edgecolors="white", linewidth=1)
    for y, row in enumerate(rows):
        for x, count in enumerate(row):
            colour = "white" if shares[y][x] > 0.5 else "black"
            axes.text(x + 0.5, y + 0.5, str(count), ha="center", va="center", color=colour)
    axes.invert_yaxis()
    axes.tick_params(length=0)
    axes.set_xticks([x + 0.5 for x in range(len(columns))], columns, rotation=30, ha="right")
    axes.set_yticks([y + 0.5 for y in range(len(LABELS))], [_words(label.value) for label in LABELS])


@contextmanager
def drawing(width: float, height: float) -> Iterator["Figure"]:
    """Give a figure to draw on, in this style whatever the user's own; raises ConfigurationError without matplotlib."""
    try:
        import matplotlib  # noqa: PLC0415 - an extra
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        message = "figures need matplotlib: pip install 'manager-inbox-triage[figures]'"
        raise ConfigurationError([Problem(file="--figures", message=message)]) from error
    with matplotlib.rc_context({**matplotlib.rcParamsDefault, **STYLE}):
        yield Figure(figsize=(width, height), layout="constrained")


def svg(figure: "Figure", title: str, description: str) -> bytes:
    """Write a figure with its title and description where screen readers look (WAI-ARIA Graphics)."""
    written = io.BytesIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(written, format="svg", metadata={"Title": title, **nothing})
    root = etree.fromstring(written.getvalue())
    named = root.find(f"{{{SVG}}}title")
    described = etree.Element(f"{{{SVG}}}desc", id="desc")
    described.text = description
    named.set("id", "title")
    named.addnext(described)
    root.set("role", "img")
    root.set("aria-labelledby", "title desc")
    whole: bytes = etree.tostring(root.getroottree(), xml_declaration=True, encoding="utf-8")
    return whole


def _words(name: str) -> str:
    return name.replace("_", " ").replace("webform", "web form")
