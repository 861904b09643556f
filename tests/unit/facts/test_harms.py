"""Which harms a message names, come or to come."""

import pytest

from tests.unit.facts.letters import facts_of, gather, letter
from triage.core.facts.record import Harm


def harms(text: str, **more: object) -> list[Harm]:
    """The kinds of harm that a letter with this newest text names."""
    return [one.kind for one in facts_of(text, **more).harms]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The funeral is on Thursday.", Harm.DEATH),
        ("My father is in the hospice and they speak of days.", Harm.DEATH),
        ("Les obsèques de ma mère ont lieu samedi.", Harm.DEATH),
        ("ma grand mere est mourante", Harm.DEATH),
        ("Her heart surgery is set for the 12th.", Harm.ILLNESS),
        ("ON L'OPERE DU COEUR, CHIRURGIE LE 9", Harm.ILLNESS),
        ("My wife is pregnant and may not fly after Friday.", Harm.ILLNESS),
        ("He is to be removed on Thursday at 06:45.", Harm.REMOVAL),
        ("Il est en rétention depuis samedi.", Harm.REMOVAL),
        ("They will send us back to the camp.", Harm.REMOVAL),
        ("She is in hiding; her brothers have threatened her.", Harm.DANGER),
        ("Depuis hier elle est à la rue avec ses affaires.", Harm.DANGER),
        ("From Monday my daughter is alone in the flat.", Harm.CHILD_APART),
        ("Mon fils a 9 ans, il est chez une voisine.", Harm.CHILD_APART),
        ("Le petit sera en foyer d'accueil.", Harm.CHILD_APART),
        ("The shutdown begins on Friday and the crew is not here.", Harm.WORK_STOPPED),
        ("Après mercredi la récolte sera perdue.", Harm.WORK_STOPPED),
        ("If she is not there on Monday she loses her job.", Harm.WORK_STOPPED),
        ("He will lose his scholarship if he is late.", Harm.STUDY_LOST),
        ("Elle perd sa place à l'université.", Harm.STUDY_LOST),
        ("Our medicals lapse on the 14th.", Harm.LAPSE),
        ("Mon visa expire le 3 juin.", Harm.LAPSE),
        ("The exit permit runs out on Tuesday.", Harm.LAPSE),
        ("The wedding is on Saturday.", Harm.EVENT_MISSED),
        ("Les championnats s'ouvrent le 13 juin.", Harm.EVENT_MISSED),
        ("The tickets are non-refundable.", Harm.MONEY_LOST),
        ("Nous payons une amende chaque jour.", Harm.MONEY_LOST),
        ("The airline will not board her.", Harm.STRANDED),
        ("My passport is still at your office and my flight is on Friday.", Harm.STRANDED),
        ("Mon passeport est chez vous depuis le 28, mon vol est samedi.", Harm.STRANDED),
    ],
)
def test_a_harm_is_read(text: str, kind: Harm) -> None:
    """Each kind in both languages, with the words that name it."""
    found = facts_of(text).harms
    assert kind in [one.kind for one in found]
    assert all(one.span.text in text for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "Could you tell me the processing time for a visitor visa?",
        "Je vous envoie mon nouveau numéro de téléphone.",
        "She was never arrested, and has no cancer.",
        "It concerns a man deported in 2011 who has my name.",
        "You are invited to our annual conference on 12 June; please join us.",
        "My passport is at your office, no hurry.",
        "The fees are non-refundable, says the site.",
        "The visa came in time and I was at the funeral.",
        "Le greffe du tribunal est fermé.",
        "We would like to visit our daughter next year.",
    ],
)
def test_where_no_harm_is_named_none_is_read(text: str) -> None:
    """Denied, long past, an invitation, come to and gone from, or nothing at all."""
    assert harms(text) == []


def test_each_kind_is_given_once_at_its_first_place() -> None:
    """However often it is said, newest text before subject."""
    found = facts_of("The funeral is on Thursday. A funeral cannot wait.", subject="Funeral").harms
    assert [(one.kind, one.span.where, one.span.start) for one in found] == [(Harm.DEATH, "newest", 4)]


def test_the_subject_counts() -> None:
    """A harm may be named there alone."""
    assert harms("Please see below.", subject="Surgery on Friday") == [Harm.ILLNESS]


def test_quoted_history_names_no_harm() -> None:
    """An old emergency under a new trifle is over; nor does a signature name any."""
    message = letter("My new phone is 555-0147.", quoted="The funeral is on Thursday!", signature="Hope Hospice, Leeds")
    assert gather(message).harms == ()


def test_a_forwarded_text_counts_only_where_hardly_anything_was_added() -> None:
    """Otherwise the sender's own words stand for themselves."""
    below = "Her flight is on Friday and her surgery on Monday."
    assert harms("See below.", forwarded=below) == [Harm.ILLNESS]
    assert (
        harms("I would like to know which of the two forms below has to be signed by hand. " * 2, forwarded=below) == []
    )
