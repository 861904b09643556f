"""Final decisions that a message speaks of, and whether it asks to have one looked at again."""

import re

from triage.core.facts.passage import first, passages
from triage.core.facts.record import DecisionKind, DecisionMentioned, Span
from triage.core.message import Message

_DECISION = re.compile(
    r"(?P<refusal>\b(?:refus(?:al|ed|e[se]?|er|ant)\b|refuse(?:e|es|s)?\b|reject(?:ed|ion)\b|rejet(?:ee?s?|te)?\b"
    r"|denied\b|denial\b|turned (?:me |us |him |her |it )?down\b|negative decision\b|decision negative\b"
    r"|not satisfied (?:that )?(?:you|the applicant|he|she)\b|pas convaincue? que))"
    r"|(?P<return>\b(?:returned (?:as |for being )?incomplete|(?:application|file|package) (?:was |has been )?returned"
    r"|return of (?:the|my|our) application|sent back (?:as )?incomplete|retournee? (?:comme |car |pour )?"
    r"(?:incomplete|parce)|(?:demande|dossier) (?:a ete |m'a ete |nous a ete )?(?:retournee?|renvoyee?)))"
    r"|(?P<cancellation>\b(?:(?:visa|permit|eta|status|application|entry) (?:was |has been |is )?(?:cancel\w+|revoked)"
    r"|cancellation of|revocation|treated as withdrawn|deemed (?:withdrawn|abandoned)|annulation|(?:visa|permis|ave)"
    r" (?:a ete |est )?(?:annulee?|revoquee?)))"
    r"|(?P<finding>\b(?:misrepresentation|inadmissib\w+|fausses? declarations?|interdi(?:te?|ction) de territoire|a40\b"
    r"|40\(1\)\(a\)|procedural fairness letter))"
)
_REOPEN = re.compile(
    r"\b(?:reconsider\w*|re-?open\w*|set(?:ting)? aside|look(?:ed)? at (?:it |this |the decision |the refusal )?again"
    r"|second look|fresh (?:look|decision|assessment)|review (?:of )?(?:the|this|that|your|my|our) (?:decision|refusal)"
    r"|revisit\w*|redetermin\w+|re-?determin\w+|overturn\w*|reverse (?:the|this|your) (?:decision|refusal)"
    r"|re-?exam[ei]n\w*|re-?consider\w*|reassess\w*|reconsiderat\w+|revoir (?:la|cette|votre|sa|ma) (?:decision|demande)"
    r"|re-?ouvr\w+|rouvr\w+|reouverture|annuler (?:la|cette) decision|nouvel examen|nouvelle decision|revision de (?:la|cette)"
    r"|nouveau regard|deuxieme regard|infirmer)\b"
)


def find_decisions(message: Message) -> tuple[DecisionMentioned, ...]:
    """The decisions of subject and newest text, each kind once, at its first place."""
    found: dict[DecisionKind, DecisionMentioned] = {}
    for passage in passages(message, "subject", "newest"):
        for match in _DECISION.finditer(passage.folded):
            kind = DecisionKind(str(match.lastgroup))
            span = passage.span(match.start(), match.end())
            found.setdefault(kind, DecisionMentioned(kind=kind, span=span))
    return tuple(found.values())


def find_ask_to_reopen(message: Message) -> Span | None:
    """The words that ask to have a decision looked at again."""
    return first(_REOPEN, message, "newest", "subject")
