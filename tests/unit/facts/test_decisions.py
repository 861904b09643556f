"""Which final decisions a message speaks of, and whether it asks to have one looked at again."""

import pytest

from tests.unit.facts.letters import facts_of
from triage.core.facts.record import DecisionKind


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Her study permit was refused on 8 May.", [DecisionKind.REFUSAL]),
        ("Ma mère a été refusée vendredi.", [DecisionKind.REFUSAL]),
        ("The visa office rejected him; he was denied.", [DecisionKind.REFUSAL]),
        ("Our application was returned on June 9.", [DecisionKind.RETURN]),
        ("Le dossier m'a été retourné comme incomplet.", [DecisionKind.RETURN]),
        ("On 1 July your office cancelled his multiple-entry visa.", [DecisionKind.CANCELLATION]),
        ("Her file was closed as abandoned.", [DecisionKind.CANCELLATION]),
        ("Le visa a été annulé au téléphone.", [DecisionKind.CANCELLATION]),
        ("He was found inadmissible for misrepresentation.", [DecisionKind.FINDING]),
        ("On l'a dit interdit de territoire pour fausses déclarations.", [DecisionKind.FINDING]),
        ("Refused, with a finding of misrepresentation.", [DecisionKind.REFUSAL, DecisionKind.FINDING]),
        ("Her application may be refused if it is late.", []),
        ("La demande pourra être refusée sans autre avis.", []),
        ("They will deem it abandoned; it would be refused.", []),
        ("The airline denied boarding to her.", []),
        ("Her passport was returned on Friday with the visa in it.", []),
        ("What stage is it at?", []),
    ],
)
def test_decisions_made_are_read(text: str, kinds: list[DecisionKind]) -> None:
    """Each kind once; what is only threatened, or done by others, is no decision."""
    assert [one.kind for one in facts_of(text).decisions] == kinds


@pytest.mark.parametrize(
    "text",
    [
        "I ask that the refusal be reconsidered.",
        "Could the decision be reopened on these?",
        "Please have an officer look again.",
        "One more look please.",
        "Kindly have the decision looked at again and set aside.",
        "We ask that another officer weigh it afresh.",
        "Could the cancellation be lifted?",
        "I'd rather the decision were looked at again now.",
        "Je sollicite le réexamen du refus.",
        "Pourriez-vous rouvrir le dossier?",
        "Je demande que la décision soit revue par un autre agent.",
        "svp regardez encore le dossier",
    ],
)
def test_an_ask_to_look_again_is_read(text: str) -> None:
    """However it is put, in both languages."""
    assert facts_of(text).asks_to_reopen is not None


@pytest.mark.parametrize(
    "text",
    [
        "I am not asking you to reconsider the decision.",
        "He doesn't want the decision looked at again and I don't either.",
        "Je ne demande pas que la décision soit revue.",
        "I ask only for the officer's notes.",
        "We accept the decision and will apply afresh.",
        "M. El Kharroubi perd son poste d'infirmier.",
        "La demande sera refusée sans autre avis.",
    ],
)
def test_where_nothing_is_to_be_looked_at_again_none_is_read(text: str) -> None:
    """A denial is no ask, nor is a new application."""
    assert facts_of(text).asks_to_reopen is None
