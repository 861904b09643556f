"""Composes a draft that corrects an automatic reply; a person looks it over and sends it, never the service."""

from collections.abc import Sequence

from triage.core.message import Language, Message
from triage.core.office import Office
from triage.core.replies.composing import is_usable_id
from triage.core.replies.fields import mailbox_field, text_field, text_part, words_field
from triage.core.replies.rendering import FIELDS, Templates
from triage.core.replies.values import known_anyway

TEMPLATE = "correction"


def compose_correction(
    message: Message,
    office: Office,
    templates: Templates,
    *,
    recipient: str,
    reference: str,
    languages: Sequence[Language],
) -> bytes:
    """The draft as a file; X-Unsent lets mail programs open it for writing (MS-OXCMAIL's own use).

    Without Date, Message-ID and Auto-Submitted: the mail will be a person's own.
    """
    fields = {language: _fields(message, office, language, reference) for language in languages}
    rendered = templates.render(TEMPLATE, languages, fields)
    head = [
        mailbox_field("From", display=office.name(languages[0]), addr=office.address),
        words_field("To", [recipient]),
        text_field("Subject", rendered.subject),
        words_field("X-Unsent", ["1"]),
        b"MIME-Version: 1.0\r\n",
    ]
    parent = message.message_id
    if parent and is_usable_id(parent):
        head += [words_field("In-Reply-To", [parent]), words_field("References", [parent])]
    return b"".join((*head, text_part(rendered.text, language=", ".join(one.value for one in languages))))


def _fields(message: Message, office: Office, language: Language, reference: str) -> dict[str, str]:
    # The ledger keeps neither due times in words nor what else the reply said: the template may not ask for it.
    known = known_anyway(message, office, language, reference)
    return {name: known.get(name, "") for name in FIELDS}
