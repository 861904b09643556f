"""The values of a template's fields for one message, in words of the reader's language."""

from collections.abc import Mapping
from datetime import datetime

from triage.core.message import Language, Message
from triage.core.office import Office
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
        **known_anyway(message, office, language, reference),
        "earlier": case.history.answers or "",
        "sorted_as": VERDICTS[case.verdict][language.value].upper(),
        "why": why(case, rule, reason, language),
        "due": spelled(due_at, office, language) if due_at else "",
        "quote": quoted(message, case.facts),
    }


def known_anyway(message: Message, office: Office, language: Language, reference: str) -> dict[str, str]:
    """The values that need no decision, so that a mail written long after it can say them too."""
    return {
        "office": office.name(language),
        "address": office.address,
        "reference": reference,
        "subject": repeated_subject(message.subject) or NO_SUBJECT[language],
        "sent": spelled(message.date, office, language) if message.date else "",
        "webform_url": office.webform_url,
    }
