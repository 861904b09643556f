"""Dates that are only the sender's own: by which an answer is wanted or demanded, or on which somebody is away.

One that the sender set himself is not a near date (labelling guide, settled cases), nor is "could you send it tomorrow".
"""

from triage.core.facts.passage import Passage, Pattern

_ULTIMATUM = Pattern(
    r"\btake notice\b|\b(?:last|final) (?:deadline|notice|warning|chance)\b|\bgiv(?:e|ing) (?:you|your office|the office)\b"
    r"|\byou have (?:until|till|\w+ (?:days|hours))\b|\bmy (?:own )?deadline\b|\bma date limite\b",
    r"\b(?:we|i|my client|our client) (?:\w+ ){0,3}(?:demand|require|insist)\b|\b(?:reply|response|answer|action) (?:is )?required\b",
    r"\b(?:failing which|if not,?|otherwise,?|or else|should you fail|if (?:we|i) (?:do not|don't) (?:hear|receive|get))\b[^.]{0,20}"
    r"\b(?:i|we|my client)\b",
    r"\bfailing which,? (?:he|she|they|[\w ]{2,20}) (?:will|shall) (?:raise|take|ask|go|write|escalate|call|seek|apply|have to|be forced)\b"
    r"|\bnot (?:done|received|resolved|answered|remedied)\b[^.]{0,70}\b(?:i|we|my client) (?:shall|will)\b"
    r"|\bto be on (?:my|his|her|our) desk\b|\brequest for (?:a )?(?:reply|response|decision)\b",
    r"\b(?:nous|je|j'|on) ?(?:vous )?(?:\w+ )?(?:exige|somm)\w*|\b(?:mettons?|met|mise?s?) en demeure\b|\bvous avez jusqu'au?\b"
    r"|\bdernier (?:avis|rappel|delai)\b|\b(?:faute de quoi|a defaut(?: de quoi)?|sinon),? (?:tout recours|toute action|je|nous|j'|mon client)\b",
)
_ASK = Pattern(
    r"\b(?:we|i|my client|our client|the (?:family|company|client)) (?:\w+ ){0,2}?(?:expect|request|ask|want|need|like|appreciate"
    r"|grateful|look forward|hope|trust|wish|beg|propose|suggest|offer|undertake)s?\b",
    r"\b(?:please|pls|plz|grateful|appreciated|obliged|thankful|let me know|call me|phone me|if (?:someone|somebody|you|i|we) (?:can|could))\b",
    # "has kindly allowed us" asks nothing.
    r"\bkindly (?:\w+ )?(?:let|advise|confirm|ask|send|issue|release|arrange|make|have|see|tell|inform|treat|expedite|give|process"
    r"|reply|respond|print|return|look|help|assist|do|check|grant)\b",
    # "12 may the ..." is a month.
    r"\bmay (?:i|we|you|they|someone|somebody)\b|\b(?:can|could|would|might|shall) (?:you|someone|somebody|some one|anyone|any one|i"
    r"|we|it|this|they|(?:the|your|his|her|their) \w+)\b",
    r"\b(?:i|we|he|she|courier) (?:can|could|will|'ll|would|am able to|are able to) (?:\w+ ){0,2}?(?:send|bring|come|collect|pick"
    r"|courier|attend|call|be at|be there|drive|drop|wait)\b",
    r"\b(?:reply|response|answer|decision|action) (?:is |be )?(?:requested|expected|needed)\b",
    r"\b(?:nous|je|j'|on) ?(?:vous )?(?:demand|attend|requer|compt|souhait|voudr|aimer|appreci|sollicit|esper|propos|pri)\w*",
    r"\b(?:veuillez|merci de|priere de|pourriez|pouvez|pourrait|puis-je|peut-on|pouvons-nous|serait-il possible|ayez l'obligeance"
    r"|nous prions|reconnaissante?s?|saurais gre|je peux|nous pouvons|on peut|je pourrais)\b",
    r"\b(?:il (?:nous |me |la |le |les )*faut|avons besoin|ai besoin)\b",
)
# Directly before a date: where the sender is, how to reach him.
_PRESENCE = Pattern(
    r"\b(?:i'm|i am|i'll be|i will be|we are|we're|we'll be|je suis|je serai|nous serons|nous sommes)\b[\w ,'-]{0,40}"
    r"\b(?:until|till?|jusqu'a?u?) (?:the |le )?$",
    r"\b(?:any ?(?:day|time)|except|but not|sauf|hormis|n'importe quel jour)\b[\w ,]{0,30}$",
    r"\b(?:back|away|reachable|available|retires?|retirement|de retour|joignable|retraite|disponible)(?: at work| in the office)?"
    r"(?: on| in| from| until| till| le| a partir du)? ?$",
)
_INVITATION = Pattern(
    r"\b(?:invite|inviting) you\b|\byou(?: are|'re) (?:\w+ )?invited\b|\bjoin (?:us|our panel)\b|\bvous invit\w+|\br\.?s\.?v\.?p\b"
    r"|\bsave the date\b|\bwebinar\b|\binvitation (?:to (?:speak|join|attend)|for (?:you|your))\b"
)
_ASIDE = 150  # characters of a sentence around a date that may hold an ask for it
_NEAR = 60  # as near as this, a word that tells what happens then outweighs an ask: "print it before Monday's flight"


def is_invitation(passage: Passage) -> bool:
    """Whether somebody is invited to something: its date harms nobody."""
    return _INVITATION.find(passage.plain) is not None


def is_own_wish(
    passage: Passage, sentence: tuple[int, int], start: int, end: int, *, what_happens: int | None, vague: bool
) -> bool:
    """Whether the date between `start` and `end` is only the sender's own.

    `what_happens`: how many characters away a word stands that tells what happens then, if one does.
    """
    begins, ends = sentence
    if _PRESENCE.find(passage.plain[max(begins, start - 80) : start]) or _ULTIMATUM.find(passage.plain, begins, ends):
        return True
    if what_happens is not None and what_happens <= _NEAR and not vague:
        return False
    if passage.plain[ends : ends + 1] == b"?" and ends - end < _ASIDE:
        return True
    return _ASK.find(passage.plain, max(begins, start - _ASIDE), min(ends, end + _NEAR)) is not None
