"""What people are sent, letter by letter: each template in each language, as text and as page."""

from pathlib import Path

import pytest

from tests.unit.policy.cases import NOW, OFFICE, shipped
from triage.core.policy.loading import Rulebook
from triage.replies_checking import Preview, previews

FOLDER = Path(__file__).parents[2] / "golden" / "replies"
# Where several rules send a template, each reply differs in its reason only: the last rule's is shown.
SHOWN = {
    f"{one.template}.{one.language}": one
    for one in previews(Rulebook(default=shipped()), [OFFICE], languages=("en", "fr", "both"), now=NOW)
    if one.language != "both" or one.template == "redirect-webform"
}
# A draft that corrects is a text only: a person finishes it.
FORMS = [(one, form) for one in SHOWN.values() for form in ("txt", "html") if form == "txt" or one.html]


def test_every_template_has_its_goldens_and_no_other() -> None:
    """A template in two languages, each in two forms; one reply in both languages."""
    expected = {f"{one.template}.{one.language}.{form}" for one, form in FORMS}
    assert len(expected) >= 4 * 6 + 2
    assert {path.name for path in FOLDER.iterdir() if path.suffix in {".txt", ".html"}} == expected


@pytest.mark.parametrize(("shown", "form"), FORMS, ids=lambda one: one if isinstance(one, str) else one.title)
def test_a_reply_is_as_its_golden_says(shown: Preview, form: str) -> None:
    """A change of a template, or of what fills it, is seen in review as people will see it."""
    got = shown.text if form == "txt" else shown.html
    golden = FOLDER / f"{shown.template}.{shown.language}.{form}"
    left = golden.with_name(f"{golden.name}.got")
    if not golden.exists() or golden.read_text(encoding="utf-8") != got:
        left.write_text(got, encoding="utf-8")
        pytest.fail(f"{left.name} differs from {golden.name}")
    left.unlink(missing_ok=True)
