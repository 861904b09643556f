"""Messages that leave their ask to an attachment: which these are, what of it is to be read, what it then says.

What an attachment says is of second rank. It is looked at only where the newest text is short, points to it, and
names no deadline itself; then it stands below that text, for the facts and for the classifier.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from triage.core.facts.record import Facts
from triage.core.language import detect, fold
from triage.core.message import Attachment, Language, Message

SHORT = 30  # words, greeting and closing included
MOST_DOCUMENTS = 5  # of one message that are opened; a letter is among the first
TOO_MANY = f"only the first {MOST_DOCUMENTS} were opened"

_POINTS = re.compile(
    r"\b(?:attach\w*|enclos\w*|ci-?jointe?s?|pieces? jointes?|en annexe|see (?:the |our |my )?letter)\b"
)
_WORD = re.compile(r"[^\W\d_][\w'’-]+")
# Words of courtesy and of pointing, which say nothing of what is asked.
_SAYS_NOTHING = frozenset(
    """dear good morning afternoon day hello hi sir madam maam manager officer team all to whom it may concern the a an
    of for from in on at our my your you we us me i this that these those is are be as and or with which mr mrs ms dr
    please pls kindly find see read refer review look letter letters document documents file files doc docs pdf copy
    submission submissions correspondence request note page pages attached attachment attachments attach enclosed
    enclosure enclosures herewith hereto below above regarding re concerning about dated today date matter subject
    client clients case application attention consideration action information reference urgent urgently immediate
    thanks thank many much advance regards kind best sincerely faithfully truly yours respectfully acknowledge receipt
    reply bonjour bonsoir madame monsieur messieurs mesdames cher chere veuillez trouver svp s'il vous plait merci
    voir lire lettre lettres courrier demande ci-joint ci-jointe ci-joints ci-jointes joint jointe piece pieces
    jointes annexe le la les un une des du de au aux en et ou nous notre nos je mon ma mes votre vos ce cette ces que
    qui est sont dossier objet sujet concernant date attention cordialement salutations distinguees respectueuses
    agreer l'expression sentiments meilleurs d'avance accuser accusez reception""".split()  # noqa: SIM905 - a list of words reads better so
)
_MOST_OF_ITS_OWN = 1  # words beside those; names have capitals and do not count
_NO_LETTER = re.compile(r"(?:image|audio|video)/|text/(?:calendar|(?:x-)?vcard)|application/\w+-signature")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What became of opening a document."""

    text: str = ""  # clean
    unread: str = ""  # why there is none


# What each document says, in order; the edge does it (triage/attachments).
Opener = Callable[[Sequence[bytes]], Sequence[Opened]]


def points_to_attachment(text: str) -> bool:
    """Whether a text is short and speaks of an attachment."""
    return len(text.split()) <= SHORT and bool(_POINTS.search(fold(text)))


def only_points(text: str) -> bool:
    """Whether a text does nothing but point to an attachment: what is asked cannot be told from it."""
    if not points_to_attachment(text):
        return False
    words: list[str] = _WORD.findall(text.lower() if text.isupper() else text)
    return sum(word[0].islower() and fold(word) not in _SAYS_NOTHING for word in words) <= _MOST_OF_ITS_OWN


def leaves_ask_to_attachments(message: Message, facts: Facts) -> bool:
    """Whether what a message asks may stand in its attachments, and nowhere else."""
    body = message.body
    silent = not (body.newest.strip() or body.forwarded.strip())
    return facts.likely_deadline is None and (silent or points_to_attachment(body.newest)) and bool(candidates(message))


def candidates(message: Message) -> list[Attachment]:
    """The attachments that may be a letter."""
    return [one for one in message.attachments if not _NO_LETTER.match(one.content_type)]


def with_opened(message: Message, opened: Sequence[Opened]) -> Message:
    """Give the message with what its candidates say, as far as they were opened, in order."""
    found = iter(opened)
    asked = {id(one) for one in candidates(message)}
    attachments = [
        _with(one, next(found, Opened(unread=TOO_MANY))) if id(one) in asked else one for one in message.attachments
    ]
    message = replace(message, attachments=tuple(attachments))
    return replace(message, language=detect(message.attached)) if message.language is Language.UNKNOWN else message


def _with(attachment: Attachment, opened: Opened) -> Attachment:
    return replace(attachment, text=opened.text, unread=opened.unread)
