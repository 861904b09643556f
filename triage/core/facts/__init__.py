"""What a message's text and headers say, each fact with the words it was read from."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from triage.core.facts.acts import find_acts
from triage.core.facts.authentication import authenticate
from triage.core.facts.deadlines import is_sure, likely_deadline, read_dates
from triage.core.facts.decisions import find_ask_to_reopen, find_decisions
from triage.core.facts.harms import find_harms
from triage.core.facts.identifiers import find_identifiers
from triage.core.facts.prior_enquiry import find_prior_enquiry
from triage.core.facts.record import Facts
from triage.core.facts.representative import find_representative
from triage.core.facts.topics import find_topics
from triage.core.message import Language, Message


def gather(message: Message, *, zone: ZoneInfo, languages: Sequence[Language], authserv_id: str | None) -> Facts:
    """Gather all facts of one message. `zone` and `languages` are the office's; see each finder for what it reads."""
    dates = read_dates(message, zone, languages)
    harms, acts = find_harms(message), find_acts(message)
    likely = likely_deadline(dates)
    return Facts(
        language=message.language,
        authentication=authenticate(message, authserv_id),
        identifiers=find_identifiers(message),
        dates=tuple(one.mention for one in dates),
        likely_deadline=likely.mention if likely else None,
        deadline=likely.mention if likely and is_sure(likely, dates) else None,
        decisions=find_decisions(message),
        asks_to_reopen=find_ask_to_reopen(message),
        prior_enquiry=find_prior_enquiry(message),
        representative=find_representative(message),
        harms=harms,
        acts=acts,
        topics=find_topics(message, harms, acts),
    )
