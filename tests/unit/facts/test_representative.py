"""Whether the sender states authority to represent (the labelling guide's settled cases)."""

import pytest

from tests.unit.facts.letters import facts_of, gather, letter


@pytest.mark.parametrize(
    "text",
    [
        "I represent Mr. Kwabena T., file S301740092.",
        "I've represented Ms. Guptar since last week.",
        "I represent Abena Frimpong.",
        "Counsel for the applicant.",
        "Hi, counsel for Mr. Peter Lokorai, whose permit was refused.",
        "I am counsel to Madam Qiu.",
        "I'm counsel on V341900276.",
        "I am his counsel of record.",
        "Rep for V366120449 (Salonga).",
        "hi - rep for E006718820, on my phone.",
        "Representative on file.",
        "I am the Hadi family's representative.",
        "As Mr. Reith's representative I ask that it be reopened.",
        "I write as authorised representative about a mix-up.",
        "Three matters on which this firm is authorized representative.",
        "We are solicitors for Vellum Robotics Inc.",
        "I am his paralegal by IMM5476.",
        "I have been retained by Mrs. Sohi.",
        "My dad put me down on the 5476 as his representative.",
        "A signed IMM 5476 is on file.",
        "The Use of a Representative form is attached; I am his daughter.",
        "T. Rasmussen, RCIC R518834",
        "Law Society of Ontario # P12345",
        "Membre du Barreau du Québec, no 123456-7",
        "Je représente Mme Perrine Vautrin.",
        "J'agis pour M. Serigne Guèye.",
        "Je suis l'avocate au dossier des neuf artistes.",
        "Représentante inscrite au dossier E006950037.",
        "Maître Kabongo, notaire, représentante de la famille Mukendi.",
        "Avocat et représentant de M. Driss Ouzzine.",
        "Ma cliente, dont je suis l'avocat et représentant autorisé, a été refusée.",
        "Comme notaire au dossier (IMM 5476), je vous adresse la demande.",
    ],
)
def test_a_stated_representation_is_read(text: str) -> None:
    """Counsel, a representative, a form on file or a licence, said by the sender of himself."""
    assert facts_of(text).representative is not None


@pytest.mark.parametrize(
    "text",
    [
        "My client has waited sixteen months.",
        "Je vous écris pour notre cliente, Mlle Hamrouni.",
        "My lawyer says there will be no extension.",
        "His counsel has called the Department of Justice.",
        "Our legal department isn't counsel of record in his matter.",
        "I am not his representative.",
        "Not a lawyer, just annoyed.",
        "I never signed any IMM 5476; somebody put a representative on my file.",
        "How do I fill in the IMM 5476?",
        "Is the IMM 5476 that I attached the right one?",
        "Please remove my previous representative of record.",
        "I am Assistant General Counsel of the Company.",
        "I'm the corporate mobility manager, not a lawyer.",
        "The Crown Attorney's office sent me a subpoena.",
        "I represent the riding of Davenport in Parliament.",
        "We act for the respondent in an arbitration in another matter.",
        "Petite question d'une notaire qui a plus de clients polonais que de polonais.",
        "I write on behalf of our constituent.",
        "He is our sales representative for Africa.",
    ],
)
def test_what_states_no_authority_is_none(text: str) -> None:
    """ "My client" alone, other people's lawyers, other trades, denials and questions."""
    assert facts_of(text).representative is None


@pytest.mark.parametrize("signature", ["B. Ekwueme\nBarrister & Solicitor\nEkwueme Law LLP", "M.-É. Stavros, notaire"])
def test_a_firms_signature_alone_states_nothing(signature: str) -> None:
    """A title says what a person is, not for whom."""
    assert gather(letter("Please see attached.", signature=signature)).representative is None


def test_a_signature_with_a_licence_states_it() -> None:
    """The College's number is given only to consultants."""
    found = gather(letter("Please see attached.", signature="Winsome Tulloch\nRCIC R509127")).representative
    assert found is not None
    assert found.where == "signature"


def test_the_history_below_may_state_it() -> None:
    """An earlier letter said for whom the sender writes."""
    message = letter("Any news?", quoted="On 3 May Jo wrote:\n> I represent Mr. Okafor, V123456789.")
    assert gather(message).representative is not None
