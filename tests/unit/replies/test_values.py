"""The values of a template's fields: each named field has one, in the reader's language."""

from dataclasses import replace

from tests.unit.policy.cases import NOW, OFFICE, a_case
from triage.core.facts.record import Authentication
from triage.core.message import Body, Language
from triage.core.policy.decision import Reason
from triage.core.replies.rendering import FIELDS
from triage.core.replies.values import fields_for

EN, FR = Language.ENGLISH, Language.FRENCH


def test_a_field_without_a_value_is_empty() -> None:
    """So that templates can ask for it."""
    case = a_case(message={"date": None, "subject": ""})
    found = fields_for(case, EN, reference="R", rule=None, reason=Reason.LABEL, due_at=None)
    assert {name for name, value in found.items() if not value} == {"earlier", "due", "sent", "quote"}
    assert found["subject"] == "(no subject)"


def test_every_field_has_its_value() -> None:
    """The list that templates are checked against is the list of what they get."""
    case = a_case(
        "serious_error",
        message={"body": Body(newest="Une erreur.")},
        facts={"authentication": Authentication.PASS},
        history={"answers": "DEL-2"},
    )
    found = fields_for(case, FR, reference="DEL-1", rule=None, reason=Reason.LABEL, due_at=NOW)
    assert dict(found) == {
        "office": "Delhi",
        "address": "manager@delhi.example",
        "reference": "DEL-1",
        "earlier": "DEL-2",
        "sorted_as": "ERREUR GRAVE",
        "why": "Votre message semble signaler une erreur du bureau.",
        "due": "mercredi 25 novembre 2026 à 11\u00a0h\u00a030 (heure locale, Delhi, UTC+05:30)",
        "subject": "Crew for the Pine River repair",
        "sent": "mardi 24 novembre 2026 à 15\u00a0h\u00a030 (heure locale, Delhi, UTC+05:30)",
        "quote": "> Une erreur.",
        "webform_url": "https://webform.example/enquiry",
    }
    assert found.keys() == FIELDS.keys()


def test_the_offices_name_is_in_the_readers_language() -> None:
    """An office is called differently in French."""
    case = a_case(office=replace(OFFICE, names={"en": "Mexico City", "fr": "Mexico"}))
    told = [
        fields_for(case, language, reference="R", rule=None, reason=Reason.LABEL, due_at=None)["office"]
        for language in (EN, FR)
    ]
    assert told == ["Mexico City", "Mexico"]
