"""From bytes to decisions, in one readable function: the only place that joins the parts of the core.

The daemon, `explain`, `classify`, `check` and the tests all run this same code. It is pure but for the classifier,
the history and the opener of attachments that are handed in: no clock, no mailbox, no ledger.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from itertools import islice

from classifiers.opinions import Advice
from classifiers.opinions.redaction import redacted
from triage.core import attached, classification, facts, mime, screening
from triage.core.attached import Opener
from triage.core.classification import Classification, Classifier, Question
from triage.core.effects import Reply
from triage.core.facts.record import Facts
from triage.core.labels import UNSURE
from triage.core.message import Message
from triage.core.office import Office
from triage.core.policy.deciding import Case, decide, fail_open
from triage.core.policy.decision import NO_HISTORY, THIS_WEEK, History
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
    """All that decisions depend on besides the message and the model; swapped whole on reload, never changed."""

    office: Office
    own_addresses: frozenset[str]  # of every office, lower case
    rule_set: RuleSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A message read, before anything is decided about it."""

    message: Message
    screening: Screening
    facts: Facts
    classification: Classification | None = None  # None: machine mail, unreadable, or no usable model
    trouble: str = ""  # what went wrong inside the service while reading it; empty: nothing


def no_history(batch: Sequence[tuple[Message, tuple[str, ...]]]) -> list[History]:
    """Know nothing of the past: for files, and for looking without a ledger."""
    return [NO_HISTORY for _ in batch]


def triage(
    incoming: Sequence[Incoming],
    setup: Setup,
    classifier: Classifier | None,
    *,
    now: datetime,
    history_of: HistoryOf = no_history,
    advice: Advice | None = None,
    opener: Opener | None = None,
) -> list[Triaged]:
    """Read and decide a batch, with all that a person may ask of it; one result for each message, in order.

    `now` is aware. A message that any step fails on goes to a person; it never fails the batch.
    """
    readings = read(incoming, setup.office, setup.own_addresses, classifier, advice, opener)
    weighed = [weigh(reading, classifier) for reading in readings]
    return decide_all(incoming, weighed, setup, now=now, history_of=history_of)


def read(
    incoming: Sequence[Incoming],
    office: Office,
    own_addresses: frozenset[str],
    classifier: Classifier | None,
    advice: Advice | None = None,
    opener: Opener | None = None,
) -> list[Reading]:
    """Parse, screen, find facts and classify: all that needs no rules and no past, and may be done in any process."""
    messages = [
        mime.read_message(one.raw, received_at=one.received_at, size=one.size, truncated=one.truncated)
        for one in incoming
    ]
    readings = [examine(message, office, own_addresses) for message in messages]
    if opener and office.read_attachments:
        readings = open_attachments([one.raw for one in incoming], readings, office, own_addresses, opener)
    return classify(readings, classifier, advice)


def examine(message: Message, office: Office, own_addresses: frozenset[str]) -> Reading:
    """Tell machine mail, and gather the facts of a message that is parsed already."""
    try:
        return Reading(
            message=message,
            screening=screening.screen(message, own_addresses=own_addresses),
            facts=facts.gather(message, zone=office.zone, languages=office.languages, authserv_id=office.authserv_id),
        )
    except Exception as error:  # noqa: BLE001 - whatever a sender wrote, the message goes to a person
        return unread(message, f"reading failed inside the service: {type(error).__name__}")


def open_attachments(
    raws: Sequence[bytes], readings: Sequence[Reading], office: Office, own_addresses: frozenset[str], opener: Opener
) -> list[Reading]:
    """Have those attachments read that messages of people leave their ask to, and look at these messages again."""
    result = list(readings)
    documents: dict[int, list[bytes]] = {}
    for number, reading in enumerate(readings):
        if _for_people(reading) and attached.leaves_ask_to_attachments(reading.message, reading.facts):
            wanted = [one.sha256 for one in attached.candidates(reading.message)[: attached.MOST_DOCUMENTS]]
            found = mime.attached_bytes(raws[number], wanted)
            documents[number] = [found.get(digest, b"") for digest in wanted]
    opened = iter(opener([document for each in documents.values() for document in each]) if documents else ())
    for number, each in documents.items():
        message = attached.with_opened(readings[number].message, list(islice(opened, len(each))))
        result[number] = examine(message, office, own_addresses)
    return result


def unread(message: Message, trouble: str) -> Reading:
    """Give a message that could not be examined; it goes to a person."""
    return Reading(message=message, screening=Screening(kind=None), facts=Facts(), trouble=trouble)


def classify(readings: Sequence[Reading], classifier: Classifier | None, advice: Advice | None = None) -> list[Reading]:
    """Ask the classifier about what people wrote, in one go; then advice, if any, about what it is unsure of."""
    asked = [number for number, reading in enumerate(readings) if _for_people(reading)]
    answered = list(readings)
    if classifier is not None and asked:
        answers = _ask(classifier, [question(readings[number]) for number in asked])
        for number, answer in zip(asked, answers, strict=True):
            answered[number] = replace(readings[number], classification=answer)
    return _advised(answered, advice) if advice else answered


def weigh(reading: Reading, classifier: Classifier | None) -> Reading:
    """Add what carried the classifier's answer, for a person who asks why."""
    found = reading.classification
    if found is None or classifier is None:
        return reading
    carried = classifier.evidence(question(reading), found.label)
    return replace(reading, classification=replace(found, evidence=(*found.evidence, *carried)))


def decide_all(
    incoming: Sequence[Incoming],
    readings: Sequence[Reading],
    setup: Setup,
    *,
    now: datetime,
    history_of: HistoryOf = no_history,
) -> list[Triaged]:
    """Decide a batch that is read; one result for each message, in order."""
    histories = history_of([(r.message, screening.refers_to(r.message)) for r in readings])
    histories = with_batch(histories, readings, now)
    results: list[Triaged] = []
    answered: Counter[str] = Counter()  # by sender: the limit on replies holds within a batch too
    for one, reading, history in zip(incoming, readings, histories, strict=True):
        sender = reading.message.from_.addr.lower() if reading.message.from_ else ""
        counted = replace(history, replies_today=history.replies_today + answered[sender])
        result = _decided(one, reading, counted, setup, now)
        answered[sender] += any(isinstance(effect, Reply) for effect in result.decision.plan)
        results.append(result)
    return results


def with_batch(histories: Sequence[History], readings: Sequence[Reading], now: datetime) -> list[History]:
    """Add to what the ledger knows of each sender the earlier messages of this batch, each once."""
    written: dict[str, set[str]] = {}
    found: list[History] = []
    for history, reading in zip(histories, readings, strict=True):
        message, known = reading.message, history.messages_this_week
        earlier = written.setdefault(message.from_.addr.lower() if message.from_ else "", set())
        # Two copies of one message, as of mail to two of an inbox's addresses, are one.
        own = message.message_id or message.digest
        found.append(history if known is None else replace(history, messages_this_week=known + len(earlier - {own})))
        is_recent = message.received_at is None or message.received_at >= now - THIS_WEEK
        if is_recent and reading.screening.kind is None:
            earlier.add(own)
    return found


def question(reading: Reading) -> Question:
    """Give what a classifier may look at: the words and the facts, never the sender."""
    return classification.question(reading.message, reading.facts)


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


def case_for(incoming: Incoming, reading: Reading, history: History, office: Office, now: datetime) -> Case:
    """Give what rules are asked about a message that is read; `now` is aware."""
    return Case(
        message=reading.message,
        raw=incoming.raw,
        screening=reading.screening,
        facts=reading.facts,
        classification=reading.classification,
        office=office,
        history=history,
        now=now,
    )


def _for_people(reading: Reading) -> bool:
    return not (reading.trouble or reading.screening.kind or reading.message.unparseable)


def _ask(classifier: Classifier, questions: list[Question]) -> list[Classification | None]:
    try:
        return list(classifier.classify(questions))
    except Exception:  # noqa: BLE001 - one odd message must not cost the others their answers
        if len(questions) == 1:
            return [None]
        return [answer for one in questions for answer in _ask(classifier, [one])]


def _advised(readings: list[Reading], advice: Advice) -> list[Reading]:
    doubtful = [
        (number, reading, reading.classification)
        for number, reading in enumerate(readings)
        if reading.classification and reading.classification.decision == UNSURE and _tells_its_ask(reading.message)
    ]
    if doubtful:
        questions = [redacted(reading.message, reading.facts) for _, reading, _ in doubtful]
        answers = advice(questions, [unsure for _, _, unsure in doubtful])
        for (number, reading, _), answer in zip(doubtful, answers, strict=True):
            readings[number] = replace(reading, classification=answer)
    return readings


def _tells_its_ask(message: Message) -> bool:
    """Whether all that may hold the ask was read: what nobody read, no opinion can judge."""
    if message.attached:
        return not any(one.unread for one in message.attachments)
    body = message.body
    return bool(body.newest.strip() or body.forwarded.strip()) and not attached.points_to_attachment(body.newest)


def _decided(incoming: Incoming, reading: Reading, history: History, setup: Setup, now: datetime) -> Triaged:
    message, office = reading.message, setup.office
    try:
        if reading.trouble:
            decision = fail_open(message, office, reading.trouble)
        else:
            decision = decide(setup.rule_set, case_for(incoming, reading, history, office, now))
    except Exception as error:  # noqa: BLE001 - fail open to people (invariant 5)
        decision = fail_open(message, office, f"deciding failed inside the service: {type(error).__name__}")
    return Triaged(
        message=message,
        screening=reading.screening,
        facts=reading.facts,
        classification=reading.classification,
        decision=replace(decision, rule_set=setup.rule_set.digest),
        history=history,
    )
