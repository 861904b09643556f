"""What the office is said to have done wrong, and what is the sender's own slip or opinion."""

import pytest

from tests.unit.facts.letters import facts_of, gather, letter
from triage.core.facts.record import Act


def acts(text: str, **more: object) -> list[Act]:
    """The kinds of act that a letter with this newest text complains of."""
    return [one.kind for one in facts_of(text, **more).acts]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The visa has the wrong name on it.", Act.WRONG_NAME),
        ("Sur la vignette le prénom est mal écrit et le sexe est faux.", Act.WRONG_NAME),
        ("My visa was printed with the wrong date of birth.", Act.WRONG_DATE),
        ("La date de validité du visa est erronée.", Act.WRONG_DATE),
        ("The letter names the wrong employer.", Act.WRONG_DOCUMENT),
        ("On m'a délivré la mauvaise vignette.", Act.WRONG_DOCUMENT),
        ("Please reprint the visa.", Act.WRONG_DOCUMENT),
        ("Your office has lost my passport.", Act.LOST_DOCUMENT),
        ("Le bureau a perdu mon dossier.", Act.LOST_DOCUMENT),
        (
            "The refusal says that the employer letter was not provided. I uploaded it on 4 May.",
            Act.OVERLOOKED_DOCUMENT,
        ),
        (
            "Motif du refus : « vous n'avez pas fourni de certificat ». Je l'ai téléversé le 2 avril.",
            Act.OVERLOOKED_DOCUMENT,
        ),
        ("In my account there is somebody else's letter.", Act.OTHER_PERSONS_LETTER),
        ("J'ai reçu la lettre de quelqu'un d'autre.", Act.OTHER_PERSONS_LETTER),
        ("I was charged twice for one application.", Act.FEE),
        ("Vos frais sont dits impayés, j'ai pourtant le reçu.", Act.FEE),
        ("He was assessed under the wrong category.", Act.WRONG_STREAM),
        ("La demande a été classée dans la mauvaise catégorie.", Act.WRONG_STREAM),
        ("This is a case of mistaken identity.", Act.WRONG_PERSON),
        ("Il s'agit d'un homonyme, pas de moi.", Act.WRONG_PERSON),
        ("It was returned as incomplete, but the form is signed on page 6.", Act.RETURNED_THOUGH_COMPLETE),
        ("Le dossier m'a été retourné comme incomplet alors que la pièce y est.", Act.RETURNED_THOUGH_COMPLETE),
        ("Her fingerprints were matched to another woman.", Act.BIOMETRICS_MIXED_UP),
        ("Mes empreintes correspondent à une autre personne, dites-vous.", Act.BIOMETRICS_MIXED_UP),
        ("You left out our youngest, though the form lists him: your letter says four.", Act.NOT_RECORDED),
        ("The officer misread the amount.", Act.MISREAD_FACT),
        ("Le refus repose sur une erreur de calcul.", Act.MISREAD_FACT),
    ],
)
def test_an_act_of_the_office_is_read(text: str, kind: Act) -> None:
    """Each kind, in English and French, with the words that tell of it."""
    found = facts_of(text).acts
    assert kind in [one.kind for one in found]
    assert all(one.span.text in text for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "I made a typing mistake in my form: the wrong date of birth.",
        "On the form I put the wrong name by mistake. Can it be corrected?",
        "It is my fault: I gave the wrong passport number.",
        "My consultant entered the wrong name on the form, it's ours to correct.",
        "Je me suis trompée, le prénom est mal écrit dans mon formulaire.",
        "Erreur de notre part : mauvaise date de naissance au formulaire.",
        "J'ai inscrit la mauvaise date de naissance, c'est mon erreur.",
    ],
)
def test_the_senders_own_slip_is_no_act_of_the_office(text: str) -> None:
    """Whatever was wrong, it was the sender's doing, also where the subject calls it an error."""
    assert acts(text, subject="Serious error: wrong date of birth") == []


def test_a_slip_that_the_sender_denies_is_the_offices() -> None:
    """ "Not my mistake" owns up to nothing."""
    assert acts("The visa has the wrong name. It is not my mistake, the form is right.") == [Act.WRONG_NAME]


@pytest.mark.parametrize(
    "text",
    [
        "The officer gave too little weight to my ties, and I disagree.",
        "I do not say that the officer misread anything.",
        "Je ne dis pas que l'agent a mal lu nos pièces.",
        "What happens if you have lost my passport?",
        "There must be a mistake, it takes so long.",
        "The application was returned because I forgot the form.",
        "My passport was refused by the courier.",
        "What is the fee for two children?",
        "Bonne année à toute l'équipe.",
    ],
)
def test_where_nothing_was_done_wrong_no_act_is_read(text: str) -> None:
    """Opinion, denial, fear, a vague suspicion, a question."""
    assert acts(text) == []


def test_that_a_document_is_missing_is_an_act_only_where_it_was_there() -> None:
    """The office's word alone is no complaint of the sender's."""
    claim = "The refusal says that no proof of funds was received."
    assert acts(claim) == []
    assert acts(f"{claim} The portal lists it, uploaded on 4 May.") == [Act.OVERLOOKED_DOCUMENT]


def test_quoted_history_complains_of_nothing() -> None:
    """What was wrong before and stands only below is not complained of anew."""
    message = letter("Thank you, it is all in order now.", quoted="You printed the wrong name on the visa.")
    assert gather(message).acts == ()
