"""Figures: the same bytes each time, and readable without eyes for colour or any eyes at all."""

import builtins
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from lxml import etree

from classifiers import evaluation, figures
from classifiers.budget import LABELS
from tests.unit.classifiers.test_evaluation import CALIBRATION, example
from triage.core.labels import UNSURE
from triage.errors import ConfigurationError

RECORDS = [example(number, LABELS[number % 4]) for number in range(60)]
SCORES = np.random.default_rng(4).dirichlet((1, 1, 1, 1), 60) + 0.7 * np.eye(4)[[n % 4 for n in range(60)]]
CHANCES = SCORES / SCORES.sum(axis=1, keepdims=True)
MEASURES = evaluation.measures(
    RECORDS, CHANCES, [*(LABELS[int(one)] for one in CHANCES[:50].argmax(1)), *[UNSURE] * 10]
)
SVG = {"s": "http://www.w3.org/2000/svg"}
DRAWN = [
    pytest.param(lambda: figures.confusion(MEASURES), id="confusion"),
    pytest.param(lambda: figures.reliability(evaluation.reliabilities(RECORDS, CHANCES)), id="reliability"),
    pytest.param(lambda: figures.risk_coverage(evaluation.prices(CALIBRATION, RECORDS, CHANCES)), id="risk"),
]


@pytest.mark.parametrize("draw", DRAWN)
def test_the_same_figures_give_the_same_bytes(draw: Callable[[], bytes]) -> None:
    """No date, no random ids: a figure in a repository changes only with what it shows."""
    assert draw() == draw()
    assert not re.search(rb"dc:date|[Mm]atplotlib v", draw())


@pytest.mark.parametrize("draw", DRAWN)
def test_a_figure_can_be_read_aloud(draw: Callable[[], bytes]) -> None:
    """It has a title and a description with its numbers, where screen readers look; text is text, not outlines."""
    root = etree.fromstring(draw())
    assert (root.get("role"), root.get("aria-labelledby")) == ("img", "title desc")
    title, description = root.xpath("s:title[@id='title']/text() | s:desc[@id='desc']/text()", namespaces=SVG)
    assert title
    assert re.search(r"\d", description)
    words = " ".join(root.xpath("//s:text//text()", namespaces=SVG))
    assert re.search("urgent", words)
    assert not root.xpath("//s:image", namespaces=SVG)


def test_every_count_of_the_confusion_is_written_in_its_cell() -> None:
    """Shade alone says nothing to many: 4 × 4 for the best label, and 4 × 5 for what was decided."""
    root = etree.fromstring(figures.confusion(MEASURES))
    written = [text for text in root.xpath("//s:text/text()", namespaces=SVG) if text.strip().isdigit()]
    counts = [str(count) for name in ("confusion", "decisions") for row in MEASURES[name] for count in row]
    assert sorted(written) == sorted(counts)


def test_lines_differ_in_shape_as_in_colour() -> None:
    """Blue circles and vermilion squares: told apart by every kind of colour vision, and in print."""
    drawn = figures.risk_coverage(evaluation.prices(CALIBRATION, RECORDS, CHANCES)).decode()
    assert {"#0072b2", "#d55e00"} <= set(re.findall(r"#[0-9a-f]{6}", drawn.lower()))
    shapes = re.findall(r'<path id="m[0-9a-f]+" d="([^"]+)"[^>]*stroke: #(?:0072b2|d55e00)', drawn)
    assert sorted("C" in shape for shape in shapes) == [False, True]  # curves and none


def test_the_users_own_style_changes_nothing() -> None:
    """Whatever a matplotlibrc says."""
    import matplotlib

    plain = figures.confusion(MEASURES)
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "path"}):
        assert figures.confusion(MEASURES) == plain


def test_without_matplotlib_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra: the service itself never needs it."""
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(f"No module named {name!r}")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigurationError, match=r"pip install 'manager-inbox-triage\[figures\]'"):
        figures.confusion(MEASURES)
