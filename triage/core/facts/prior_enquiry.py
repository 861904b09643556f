"""Whether the sender says that the ordinary channel was used before: the web form, or the office's own address."""

import re

from triage.core.facts.passage import passages
from triage.core.facts.record import Span
from triage.core.message import Message

_USED = re.compile(
    # "we submitted a web form on 3 May", "web form reference 12345", "three web forms, no reply"
    r"\b(?:submit\w*|sent|sending|filed|used|using|filled|completed|put in|made|tried|lodged|through|via|by|with|did)\b"
    r"[^.?!]{0,50}\b(?:web-?\s?forms?|online (?:form|enquir\w+|inquir\w+)|case[- ]specific (?:e|i)nquir\w+|cse\b)"
    r"|\bweb-?\s?forms?\b[^.?!]{0,60}\b(?:submitted|sent|filed|unanswered|no (?:reply|answer|response)|without (?:a )?"
    r"(?:reply|answer|response)|reference|ref|confirmation|ago|since|auto(?:matic)?|receipt|on (?:the )?\d|#|number)"
    r"|\b(?:two|three|four|five|six|several|\d+|our|my|previous|earlier|last|first|second) (?:unanswered )?"
    r"(?:web-?\s?forms?|enquiries|inquiries)\b"
    r"|\b(?:i|we|she|he|our office|my office) (?:have |had |has )?(?:already |also |previously )?(?:emailed|e-mailed|written"
    r"|wrote|asked|enquired|inquired|contacted) (?:to )?(?:you|your office|the office|this office|the visa office|twice|before"
    r"|in |on |last|three|several|already|already)"
    r"|\bmy (?:e-?mails?|messages?|letters?) (?:of|dated|from|sent|on|to (?:you|your|the office))|\b(?:our|my) (?:previous|earlier|last|first|"
    r"two|three) (?:e-?mails?|messages?|enquir\w+|inquir\w+|letters?)"
    r"|\b(?:no|without|never (?:had|got|received)|not (?:had|received)|nor) (?:any |an |a )?(?:answer|reply|response|acknowledge?ment)"
    r"[^.?!]{0,40}\b(?:to|from) (?:my|our|your office|the office|the web|any)"
    r"|\b(?:follow(?:ing)?[- ]?up|further) (?:to|on) (?:my|our) (?:e-?mail|message|enquiry|inquiry|web)"
    r"|\b(?:formulaires? (?:web|en ligne))\b[^.?!]{0,60}\b(?:sans (?:reponse|suite)|envoye|soumis|rempli|depose|transmis"
    r"|reste|du \d|le \d|numero|reference|accuse)"
    r"|\b(?:envoye|soumis|rempli|depose|transmis|passe|utilise|fait|ecrit)\w*\b[^.?!]{0,50}\b(?:formulaires? (?:web|en ligne)"
    r"|demandes? de renseignements)"
    r"|\b(?:j'ai|nous avons|on a|avons|ai) (?:deja |aussi )?(?:ecrit|envoye|relance|contacte)\w*[^.?!]{0,40}"
    r"(?:votre bureau|au bureau|a votre|courriel|l'ambassade|votre adresse|fois|le \d)"
    r"|\b(?:mes|nos|mon|notre) (?:\w+ )?(?:courriels?|messages?|relances?|demandes? de renseignements)[^.?!]{0,50}"
    r"(?:sans (?:reponse|suite)|du \d|restee?s?|precedent)"
)
_NOT_USED = re.compile(
    r"\b(?:have not|haven't|did not|didn't|never|not yet|cannot|can't|could not|couldn't|instead of|rather than|should i|do i"
    r"|know (?:that )?the web|usual way|n'ai pas|n'avons pas|pas encore|jamais|au lieu|plutot que)\b[^.?!]{0,40}$"
)


def find_prior_enquiry(message: Message) -> Span | None:
    """The words that say so. To know of the web form, or to be told of it, is not to have used it (guide)."""
    for passage in passages(message, "newest", "subject", "quoted", "forwarded"):
        for match in _USED.finditer(passage.folded):
            if not _NOT_USED.search(passage.folded[max(0, match.start() - 60) : match.start()]):
                return passage.span(match.start(), match.end())
    return None
