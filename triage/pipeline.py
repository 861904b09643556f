"""From bytes to decisions, in one readable function: the only place that joins the parts of the core.

The daemon, `explain`, `classify`, `check` and the tests all run this same code. It is pure but for the classifier
and the history that are handed in: no clock, no mailbox, no ledger.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from triage.core import facts, mime, screening
from triage.core.classification import Classification, Classifier, Question
from triage.core.effects import Reply
from triage.core.facts.record import Facts
from triage.core.message import Message
from triage.core.office import Office
from triage.core.policy.deciding import Case, decide, fail_open
from triage.core.policy.decision import NO_HISTORY, History
from triage.core.policy.loading import RuleSet
from triage.core.screening import Screening
from triage.core.triaged import Triaged

# For each message, with the message-ids it answers: what is known of its sender and thread.
HistoryOf = Callable[[Sequence[tuple[Message, tuple[str, ...]]]], Sequence[History]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A message as it was fetched or read from a file."""

    raw: bytes
    received_at: datetime | None = None  # INTERNALDATE, aware
    size: int | None = None  # on the server, where more than `raw`
    truncated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """All that decisions depend on besides the message; swapped whole on reload, never changed."""

    office: Office
    own_addresses: frozenset[str]  # of every office, lower case
    rule_set: RuleSet
    classifier: Classifier | None  # None: no usable model, so everything goes to a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A message read, before anything is decided about it."""

    message: Message
    screening: Screening
    facts: Facts
    trouble: str = ""  # what went wrong inside the service while reading it; empty: nothing


def no_history(batch: Sequence[tuple[Message, tuple[str, ...]]]) -> list[History]:
    """Know nothing of the past: for files, and for looking without a ledger."""
    return [NO_HISTORY for _ in batch]


def triage(
    incoming: Sequence[Incoming], setup: Setup, *, now: datetime, history_of: HistoryOf = no_history
) -> list[Triaged]:
    """Read, screen, find facts, classify and decide a batch; one result for each message, in order.

    `now` is aware. A message that any step fails on goes to a person; it never fails the batch.
    """
    readings = [read(message, setup) for message in incoming]
    classifications = classify(readings, setup.classifier)
    histories = history_of([(r.message, screening.refers_to(r.message)) for r in readings])
    results: list[Triaged] = []
    answered: Counter[str] = Counter()  # by sender: the limit on replies holds within a batch too
    for one, reading, classification, history in zip(incoming, readings, classifications, histories, strict=True):
        sender = reading.message.from_.addr.lower() if reading.message.from_ else ""
        counted = replace(history, replies_today=history.replies_today + answered[sender])
        result = _decided(one, reading, classification, counted, setup, now)
        answered[sender] += any(isinstance(effect, Reply) for effect in result.decision.plan)
        results.append(result)
    return results


def read(incoming: Incoming, setup: Setup) -> Reading:
    """Parse one message, tell machine mail, and gather the facts."""
    message = mime.read_message(
        incoming.raw, received_at=incoming.received_at, size=incoming.size, truncated=incoming.truncated
    )
    return examine(message, setup)


def examine(message: Message, setup: Setup) -> Reading:
    """Tell machine mail, and gather the facts of a message that is parsed already."""
    office = setup.office
    try:
        return Reading(
            message=message,
            screening=screening.screen(message, own_addresses=setup.own_addresses),
            facts=facts.gather(message, zone=office.zone, languages=office.languages, authserv_id=office.authserv_id),
        )
    except Exception as error:  # noqa: BLE001 - whatever a sender wrote, the message goes to a person
        trouble = f"reading failed inside the service: {type(error).__name__}"
        return Reading(message=message, screening=Screening(kind=None), facts=Facts(), trouble=trouble)


def classify(readings: Sequence[Reading], classifier: Classifier | None) -> list[Classification | None]:
    """Ask the classifier about what people wrote, in one go; None for machine mail and where there is no answer."""
    asked = [number for number, reading in enumerate(readings) if _for_people(reading)]
    answers: list[Classification | None] = [None] * len(readings)
    if classifier is None or not asked:
        return answers
    for number, answer in zip(asked, _ask(classifier, [question(readings[n]) for n in asked]), strict=True):
        answers[number] = answer
    return answers


def question(reading: Reading) -> Question:
    """Give what a classifier may look at: the words and the facts, never the sender."""
    body = reading.message.body
    return Question(subject=reading.message.subject, newest=body.newest, forwarded=body.forwarded, facts=reading.facts)


def content_digest(message: Message) -> str:
    """SHA-256 of what a message says, without what servers add on its way.

    The same mail delivered twice, or put anew into the mailbox by a scanner, has the same one (pitfalls IMAP 28).
    """
    if message.unparseable:
        return message.digest
    said = (
        message.message_id,
        message.from_.addr if message.from_ else None,
        message.subject,
        message.date.isoformat() if message.date else None,
        message.body,
        [attachment.sha256 for attachment in message.attachments],
    )
    return sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()


def _for_people(reading: Reading) -> bool:
    return not (reading.trouble or reading.screening.kind or reading.message.unparseable)


def _ask(classifier: Classifier, questions: list[Question]) -> list[Classification | None]:
    try:
        return list(classifier.classify(questions))
    except Exception:  # noqa: BLE001 - one odd message must not cost the others their answers
        if len(questions) == 1:
            return [None]
        return [answer for one in questions for answer in _ask(classifier, [one])]


def _decided(
    incoming: Incoming,
    reading: Reading,
    classification: Classification | None,
    history: History,
    setup: Setup,
    now: datetime,
) -> Triaged:
    message, office = reading.message, setup.office
    try:
        if reading.trouble:
            decision = fail_open(message, office, reading.trouble)
        else:
            case = Case(
                message=message,
                raw=incoming.raw,
                screening=reading.screening,
                facts=reading.facts,
                classification=classification,
                office=office,
                history=history,
                now=now,
            )
            decision = decide(setup.rule_set, case)
    except Exception as error:  # noqa: BLE001 - fail open to people (invariant 5)
        decision = fail_open(message, office, f"deciding failed inside the service: {type(error).__name__}")
    return Triaged(
        message=message,
        screening=reading.screening,
        facts=reading.facts,
        classification=classification,
        decision=replace(decision, rule_set=setup.rule_set.digest),
    )
