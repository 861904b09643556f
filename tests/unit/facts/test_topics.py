"""Which topics a message is about, for operators who route by them."""

import pytest

from tests.unit.facts.letters import facts_of, gather, letter
from triage.core.facts.record import Topic


def topics(text: str, **more: object) -> list[Topic]:
    """The topics of a letter with this newest text."""
    return [one.kind for one in facts_of(text, **more).topics]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("When must he give his fingerprints?", Topic.BIOMETRICS),
        ("Combien coûte la biométrie pour une famille?", Topic.BIOMETRICS),
        ("This is a privacy breach.", Topic.PRIVACY_BREACH),
        ("C'est une atteinte à la vie privée.", Topic.PRIVACY_BREACH),
        ("In my account there is somebody else's letter.", Topic.PRIVACY_BREACH),
        ("The officer was rude and shouted at us.", Topic.MISCONDUCT),
        ("A guard asked for a bribe.", Topic.MISCONDUCT),
        ("L'agent a été impoli, et on m'a humilié.", Topic.MISCONDUCT),
        ("On m'a demandé un pot-de-vin au guichet.", Topic.MISCONDUCT),
        ("We have applied to the Federal Court for judicial review.", Topic.LITIGATION),
        ("La Cour fédérale a rendu son ordonnance.", Topic.LITIGATION),
        ("I shall write to my MP.", Topic.MINISTER_OR_MP),
        ("J'ai appelé la députée.", Topic.MINISTER_OR_MP),
        ("What is the medical examination for?", Topic.MEDICAL),
        ("Sa radiographie est à refaire.", Topic.MEDICAL),
        ("Her surgery is on Friday.", Topic.MEDICAL),
        ("My son, aged 6, travels with me.", Topic.MINOR_CHILD),
        ("Ma fille de 4 ans attend.", Topic.MINOR_CHILD),
        ("Our baby was born in June, please add her.", Topic.MINOR_CHILD),
    ],
)
def test_a_topic_is_read(text: str, kind: Topic) -> None:
    """In both languages; some are told by the harm or act that was found."""
    found = facts_of(text).topics
    assert kind in [one.kind for one in found]
    assert all(one.span.text in text for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "What is the processing time?",
        "Biometrics were given on 3 May, medicals passed in June.",
        "Elle a donné ses empreintes le 4.",
        "The officer was never rude to us.",
        "I advise you of this as a courtesy.",
        "The pastor is a minister of our church.",
        "The choir of the children's hospital sings.",
        "She has three children at home and will return.",
        "Il est célibataire et sans enfants.",
        "My grandmother is 80 years old.",
        "The translator's affidavit is enclosed.",
    ],
)
def test_what_is_only_told_by_the_way_is_no_topic(text: str) -> None:
    """What was done, denied, or means something else."""
    assert topics(text) == []


def test_quoted_history_is_no_topic() -> None:
    """Only what the sender newly wrote, and the subject."""
    message = letter("My new address is 4 Elm Street.", quoted="I shall go to the Federal Court and to my MP.")
    assert gather(message).topics == ()
    assert topics("Please see my question.", subject="Judicial review") == [Topic.LITIGATION]
