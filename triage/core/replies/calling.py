"""Composes what a webhook is told: which message needs a person, by reference; never a name, an address or a text."""

import json

from triage.core.effects import OutgoingCall
from triage.core.office import Office
from triage.core.replies.composing import Handover, derived_message_id

KIND = "message.needs-person"


def compose_call(office: Office, handover: Handover, *, contact: str, rule: str) -> OutgoingCall:
    """Give the call: the same bytes under the same key for the same message, contact and time of deciding."""
    told = {
        "type": KIND,
        "timestamp": handover.now.isoformat(),
        "data": {
            "reference": handover.reference,
            "office": office.id,
            "sorted_as": handover.verdict,
            "folder": handover.folder,
            "due_at": handover.due_at.isoformat() if handover.due_at else None,
            "rule": rule,
        },
    }
    key = derived_message_id(office, f"webhook-{contact}", handover.key).strip("<>").partition("@")[0]
    # Without the dots that part key, time and content where they are signed.
    return OutgoingCall(key=key.replace(".", "-"), content=json.dumps(told, ensure_ascii=False).encode())
