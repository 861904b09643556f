"""Whatever a sender writes, a reply has its own header fields and no other, and its page its own elements."""

import re
from email import message_from_bytes
from email.policy import default

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.policy.cases import a_case, shipped
from triage.core.effects import Reply
from triage.core.facts.record import Authentication
from triage.core.message import Body, Language
from triage.core.policy.deciding import decide
from triage.core.replies.repeating import LONGEST_QUOTE, MOST_LINES, quoted

# Letters of all kinds, and what mail, pages and templates are broken with, more often than chance would have it.
NASTY = st.sampled_from(
    [
        "\r\n",
        "\n",
        "\0",
        "\u2028",
        "\u202e",
        "<",
        ">",
        "&",
        '"',
        "{{",
        "}}",
        "{%",
        "=?utf-8?q?",
        ": ",
        "--",
        "=_",
        "@",
        "x" * 99,
    ]
)
TEXTS = st.lists(NASTY | st.text(max_size=20), max_size=30).map("".join)
FIELDS = [
    *("From", "To", "Date", "Message-ID", "Subject", "In-Reply-To", "References", "Auto-Submitted"),
    *("X-Auto-Response-Suppress", "X-Manager-Triage", "MIME-Version", "Content-Type"),
]


@given(
    subject=TEXTS,
    text=TEXTS,
    label=st.sampled_from(["urgent", "webform", "unsure"]),
    language=st.sampled_from(Language),
)
def test_a_reply_has_its_own_fields_and_elements(subject: str, text: str, label: str, language: Language) -> None:
    """No header field, part, tag or attribute comes from the sender; every line fits every relay."""
    facts = {"language": language, "authentication": Authentication.PASS}
    case = a_case(label, message={"subject": subject, "body": Body(newest=text)}, facts=facts)
    content = next(effect.mail.content for effect in decide(shipped(), case).plan if isinstance(effect, Reply))
    parsed = message_from_bytes(content, policy=default)
    assert list(parsed) == FIELDS
    assert [part.get_content_type() for part in parsed.iter_parts()] == ["text/plain", "text/html"]
    assert content.isascii()
    assert all(len(line) <= 78 for line in content.split(b"\r\n"))
    page = parsed.get_body(("html",))
    assert page is not None
    tags = set(re.findall(r"<[^>]*>", page.get_content()))
    assert tags <= set(re.findall(r"<[^>]*>", page_of_nothing(label, language))) | ALLOWED


ALLOWED = {'<blockquote dir="auto">', "</blockquote>", "<br>"}


def page_of_nothing(label: str, language: Language) -> str:
    """The page that a sender who wrote nothing gets."""
    case = a_case(label, message={"subject": "", "body": Body()}, facts={"language": language})
    content = next(effect.mail.content for effect in decide(shipped(), case).plan if isinstance(effect, Reply))
    page = message_from_bytes(content, policy=default).get_body(("html",))
    assert page is not None
    return str(page.get_content())


@given(text=TEXTS)
def test_a_quotation_is_marked_and_bounded(text: str) -> None:
    """Each line with its mark, few lines, few characters, and no character that does not print."""
    case = a_case(message={"body": Body(newest=text)}, facts={"authentication": Authentication.PASS})
    found = quoted(case.message, case.facts)
    lines = found.split("\n") if found else []
    assert all(line.startswith("> ") and line.isprintable() for line in lines)
    assert len(lines) <= MOST_LINES + 1
    assert sum(len(line) - 2 for line in lines) <= LONGEST_QUOTE + len(" […]")
