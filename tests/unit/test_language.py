"""The language of a text: English, French, both or neither."""

import pytest

from triage.core.language import detect, fold
from triage.core.message import Language

EN = "I paid the fee on 6 April and the file says that it was not paid. Please correct this."
FR = "J'ai payé les frais le 6 avril et le dossier dit que rien n'a été payé. Veuillez corriger cette erreur."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (EN, Language.ENGLISH),
        (EN.upper(), Language.ENGLISH),
        (FR, Language.FRENCH),
        (FR.upper(), Language.FRENCH),
        ("J AI PAYE LES FRAIS ET MON DOSSIER N EST PAS A JOUR", Language.FRENCH),
        ("Jai paye les frais et le dossier nest pas a jour svp", Language.FRENCH),
        ("L’équipe n’a pas ses permis", Language.FRENCH),
        ("please", Language.ENGLISH),
        ("merci", Language.FRENCH),
        (FR + "\n\nBest regards,\nJohn Smith\nPartner, The Law Office of Smith and Sons", Language.FRENCH),
        (EN + "\n\nMerci,\nJean de La Tour, rue de la Paix", Language.ENGLISH),
        (f"{EN}\n\n{FR}", Language.MIXED),
        (f"{FR}\n\n{EN}", Language.MIXED),
        ("Le portail dit « this is final » ; que puis-je faire, svp ?", Language.FRENCH),
        ("", Language.UNKNOWN),
        ("V304390055", Language.UNKNOWN),
        ("Maria de la Cruz, Le Thi Hoa", Language.UNKNOWN),
        ("???!!! 123 \U0001f600", Language.UNKNOWN),
        ("Ich bitte um ein Visum für meine Mutter", Language.UNKNOWN),
    ],
)
def test_the_language_is_told_by_small_words(text: str, language: Language) -> None:
    """In capitals and without accents too; a signature or a name in the other language changes nothing."""
    assert detect(text) is language


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    """Its cost does not grow with what is pasted below."""
    assert detect(EN * 300 + FR * 100_000) is Language.ENGLISH


@pytest.mark.parametrize("text", ["Élève ÇA", "İstanbul", "ﬁle ½ ß", "naïve – œuvre", "L’été\u00a0!", "\U0001f600é"])
def test_folding_keeps_the_length(text: str) -> None:
    """A place in the folded text is the place in the text: evidence is shown by it."""
    assert len(fold(text)) == len(text)


def test_folding_takes_away_case_accents_and_typography() -> None:
    """Words compare alike whatever keyboard they came from."""
    assert fold("L’ÉTÉ à Noël – ça") == "l'ete a noel - ca"
