"""What holds of the facts of any message, whatever a sender wrote."""

import string
from datetime import UTC, date, datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.facts.letters import TORONTO, facts_of, gather, letter
from triage.core.facts import dates as dates_module
from triage.core.facts.record import Authentication, DateMentioned, Facts, Span
from triage.core.message import Message

ENGLISH = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October"]
ENGLISH += ["November", "December"]
FRENCH = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre"]
FRENCH += ["novembre", "décembre"]
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
JOURS = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]

written = st.integers(0, 20 * 365 * 24).map(lambda hours: datetime(2020, 1, 1, tzinfo=TORONTO) + timedelta(hours=hours))
# Text made of what the finders look for, so that they meet each other.
words = st.sampled_from(
    """12 May 3 mars 2026 2026-05-12 12/05/26 the 14th le 14 Friday vendredi tomorrow demain tonight next week in 10
    days dans 48 heures end of the month may , . ; ! ? \n ( ) - — V123456789 E0 1234 5678 UCI 1123-4567 11-2345-6789
    refused refusé not reconsider web form formulaire I wrote to your office counsel for Mr. IMM 5476 flight vol by
    before avant since depuis was is will surgery funeral shutdown alone child my passport is with you wrong name visa
    says lost charged twice not received uploaded my mistake biometrics given Federal Court MP rude Dr. é’ « » 😀 \udc80
    \u2028 1 2 3 st th""".split(" ")  # noqa: SIM905
)
texts = st.one_of(st.lists(words, max_size=60).map(" ".join), st.text(max_size=300))


def _spans(facts: Facts) -> list[Span]:
    lists = (facts.identifiers, facts.dates, facts.decisions, facts.harms, facts.acts, facts.topics)
    return [one.span for found in lists for one in found] + [
        one for one in (facts.asks_to_reopen, facts.prior_enquiry, facts.representative) if one
    ]


def _part(message: Message, where: str) -> str:
    return message.subject if where == "subject" else str(getattr(message.body, where))


@given(newest=texts, subject=texts, quoted=texts, signature=texts, when=written)
@settings(max_examples=300)
@example(
    newest="\n " * 9_000,
    subject="1" * 999,
    quoted="> " * 5_000,
    signature="(" * 5_000,
    when=datetime(2026, 5, 6, tzinfo=UTC),
)
@example(
    newest="visa the " * 4_000 + "says child " * 3_000,
    subject="not received " * 70,
    quoted="",
    signature="",
    when=datetime(2026, 5, 6, tzinfo=UTC),
)
@example(newest="the 1st, 2 May, " * 900, subject="", quoted="", signature="", when=datetime(2026, 5, 6, tzinfo=UTC))
def test_any_text_gives_facts_with_the_words_they_were_read_from(
    newest: str, subject: str, quoted: str, signature: str, when: datetime
) -> None:
    """Never an exception; each span is a slice of its part; days are told from the message's own date."""
    message = letter(newest, subject=subject, quoted=quoted, signature=signature, written=when)
    facts = gather(message)
    for span in _spans(facts):
        assert span.text == _part(message, span.where)[span.start : span.end]
        assert span.start < span.end
    for one in facts.dates:
        assert one.days_away == (one.date - when.date()).days
        assert one.span.where in {"subject", "newest"}
        assert one.past or one.days_away >= 0
    if facts.likely_deadline:
        assert facts.likely_deadline in facts.dates
        assert facts.likely_deadline.days_away >= 0
        assert not facts.likely_deadline.past
        assert not facts.likely_deadline.demanded
    if facts.deadline:
        assert facts.deadline == facts.likely_deadline
        assert facts.deadline.event
    assert len(facts.dates) <= 4 * dates_module.MOST
    for kinds in (facts.harms, facts.acts, facts.topics):
        assert len({one.kind for one in kinds}) == len(kinds)
        assert {one.span.where for one in kinds} <= {"subject", "newest"}


@given(text=texts, when=written)
def test_facts_do_not_depend_on_what_was_read_before(text: str, when: datetime) -> None:
    """The parts are kept ready between finders; two readings of one message are the same."""
    first = gather(letter(text, written=when))
    gather(letter(f"{text} more", written=when))
    assert gather(letter(text, written=when)) == first


@given(text=st.lists(words, max_size=40).map(" ".join))
def test_identifiers_have_their_form(text: str) -> None:
    """Nine digits behind a letter, or eight or ten; no parting left, masked but for the ends."""
    for one in facts_of(text).identifiers:
        digits = one.value[1:] if one.kind == "application" else one.value
        assert digits.isdecimal()
        assert len(digits) == 9 if one.kind == "application" else len(digits) in {8, 10}
        assert one.value[2:-2] not in one.masked


def _named_in_full(day: date) -> list[str]:
    english, french = ENGLISH[day.month - 1], FRENCH[day.month - 1]
    return [
        f"She flies on {day.day} {english} {day.year}.",
        f"She flies on {english} {day.day}, {day.year}.",
        f"She flies on {english[:3]}. {day.day} {day.year}.",
        f"SHE FLIES ON {day.day:02} {english[:3].upper()} {day.year}",
        f"She flies on {WEEKDAYS[day.weekday()]}, the {day.day}th of {english} {day.year}.",
        f"She flies on {day.isoformat()}.",
        f"She flies on {day.day:02}.{day.month:02}.{day.year}." if day.day > 12 else f"She flies on {day.isoformat()}.",
        f"Elle part le {day.day} {french} {day.year}.",
        f"Elle part {JOURS[day.weekday()]} le {day.day} {french} {day.year}.",
    ]


@given(when=written, ahead=st.integers(-1000, 1000), data=st.data())
def test_a_date_named_in_full_is_that_date(when: datetime, ahead: int, data: st.DataObject) -> None:
    """In each way of writing it, whenever the message was written."""
    day = when.date() + timedelta(days=ahead)
    (found,) = facts_of(data.draw(st.sampled_from(_named_in_full(day))), written=when).dates
    assert found.date == day


@given(when=written, ahead=st.integers(1, 250), french=st.booleans())
def test_a_date_without_year_is_the_coming_one(when: datetime, ahead: int, french: bool) -> None:
    """Where the words point ahead, within nine months."""
    day = when.date() + timedelta(days=ahead)
    text = (
        f"Son vol est le {day.day} {FRENCH[day.month - 1]}."
        if french
        else f"It is on {ENGLISH[day.month - 1]} {day.day}."
    )
    (found,) = facts_of(text, written=when).dates
    assert found.date == day


@given(when=written, back=st.integers(1, 250), french=st.booleans())
def test_a_date_without_year_is_the_past_one(when: datetime, back: int, french: bool) -> None:
    """Where the words point back, within nine months."""
    day = when.date() - timedelta(days=back)
    text = (
        f"Elle a été refusée le {day.day} {FRENCH[day.month - 1]}."
        if french
        else f"You refused her on {ENGLISH[day.month - 1]} {day.day}."
    )
    (found,) = facts_of(text, written=when).dates
    assert (found.date, found.past) == (day, True)


@given(when=written, number=st.integers(0, 6), french=st.booleans())
def test_a_weekday_is_within_the_week_that_the_tense_says(when: datetime, number: int, french: bool) -> None:
    """Ahead it is one to seven days on, behind one to seven days back."""
    name = JOURS[number] if french else WEEKDAYS[number]

    def only(text: str) -> DateMentioned:
        (found,) = facts_of(text, written=when).dates
        assert found.date.weekday() == number
        return found

    assert 1 <= only(f"Son vol est {name}." if french else f"Her flight is on {name}.").days_away <= 7
    assert -7 <= only(f"Mon père est mort {name}." if french else f"My father died on {name}.").days_away <= -1


header_text = st.text(alphabet=string.ascii_lowercase + ';=. ()@<>"\\\t', max_size=80)


@given(values=st.lists(header_text, max_size=5), name=st.sampled_from(["authentication-results", "received"]))
def test_headers_of_others_never_vouch(values: list[str], name: str) -> None:
    """No header without our server's name, however it is written, tells anything."""
    headers = tuple((name, value) for value in values)
    found = gather(letter("Hello", headers=headers), authserv_id="mx.visa-office.example").authentication
    assert found is Authentication.NONE
