"""The values of a template's fields for one message, in words of the reader's language."""

from collections.abc import Mapping
from datetime import datetime

from triage.core.message import Language
from triage.core.policy.case import Case
from triage.core.policy.decision import Reason
from triage.core.policy.schema import Rule
from triage.core.replies.notice import VERDICTS, why
from triage.core.replies.repeating import quoted, repeated_subject
from triage.core.replies.spelling import spelled

NO_SUBJECT = {Language.ENGLISH: "(no subject)", Language.FRENCH: "(sans objet)"}


def fields_for(
    case: Case,
    language: Language,
    *,
    reference: str,
    rule: Rule | None,
    reason: Reason,
    due_at: datetime | None,
) -> Mapping[str, str]:
    """Give a text for each of FIELDS, in `language` (English or French) and the office's time."""
    message, office = case.message, case.office
    return {
        "office": office.name(language),
        "address": office.address,
        "reference": reference,
        "earlier": case.history.answers or "",
        "sorted_as": VERDICTS[case.verdict][language.value].upper(),
        "why": why(case, rule, reason, language),
        "due": spelled(due_at, office, language) if due_at else "",
        "subject": repeated_subject(message.subject) or NO_SUBJECT[language],
        "sent": spelled(message.date, office, language) if message.date else "",
        "quote": quoted(message, case.facts),
        "webform_url": office.webform_url,
    }
