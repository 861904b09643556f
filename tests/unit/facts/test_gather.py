"""All facts of one letter in one record, and what of them may be shown."""

import json

from tests.unit.facts.letters import IN_ORDER, gather, letter
from triage.core.facts.record import Act, Authentication, DecisionKind, Event, Facts, Harm, Topic
from triage.core.message import Language

LETTER = letter(
    "I represent Mr. Emeka Obi (UCI 1123-4567, V123456789).\n\n"
    "You refused him on 8 April. His brother's surgery is on 20 May. I used the web form on 28 April, no answer.\n\n"
    "Please reconsider. I also had somebody else's letter.",
    headers=IN_ORDER,
)


def test_one_letter_gives_all_facts() -> None:
    """Each finder is asked."""
    facts = gather(LETTER, authserv_id="mx.visa-office.example")
    assert facts.language is Language.ENGLISH
    assert facts.authentication is Authentication.PASS
    assert [one.kind for one in facts.identifiers] == ["uci", "application"]
    assert [one.date.isoformat() for one in facts.dates] == ["2026-04-08", "2026-05-20", "2026-04-28"]
    assert facts.deadline is not None
    assert (facts.deadline.event, facts.deadline.days_away) == (Event.SURGERY, 14)
    assert facts.deadline in facts.dates
    assert [one.kind for one in facts.decisions] == [DecisionKind.REFUSAL]
    assert facts.asks_to_reopen is not None
    assert facts.prior_enquiry is not None
    assert facts.representative is not None
    assert [one.kind for one in facts.harms] == [Harm.ILLNESS]
    assert [one.kind for one in facts.acts] == [Act.OTHER_PERSONS_LETTER]
    assert {one.kind for one in facts.topics} == {Topic.MEDICAL, Topic.PRIVACY_BREACH}


def test_an_empty_message_has_no_facts() -> None:
    """Nothing is made up."""
    assert gather(letter("", written=None)) == Facts()


def test_the_record_holds_no_words_and_no_number() -> None:
    """It goes into clear columns: kinds, dates and places only, identifiers masked."""
    record = json.dumps(gather(LETTER).to_record())
    assert "2026-05-20" in record
    for kind in ("illness-or-surgery", "other-persons-letter", "privacy-breach"):
        assert kind in record
    for secret in ("1123", "4567", "123456789", "Emeka", "surgery is", "web form", "somebody else"):
        assert secret not in record
