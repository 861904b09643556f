"""Whether the sender states authority to represent: counsel, a licence, a form; "my client" alone does not (guide)."""

import re

from triage.core.facts.passage import first
from triage.core.facts.record import Span
from triage.core.message import Message

_STATED = re.compile(
    r"\b(?:counsel (?:for|of record|to)|(?:solicitor|attorney|lawyer|avocate?|procureure?)s? (?:for|of record|au dossier|de (?:m|l'|la|"
    r"monsieur|madame))"
    r"|(?:i|we|our (?:firm|office)|this (?:firm|office)) (?:also |still |now )?(?:represent|act (?:for|on behalf)|am (?:the |her |his |their |an? )?"
    r"(?:authori[sz]ed |legal )?(?:representative|counsel|lawyer|rcic|consultant)|are (?:the |retained|counsel|authori[sz]ed))"
    r"|(?:firm|office) represents|acting (?:for|on behalf of)|retained by|"
    r"authori[sz]ed (?:legal )?representatives?|representatives? (?:of record|on (?:file|record))|on record for|"
    r"imm ?5476|use of (?:a )?representative|signed (?:5476|use of)"
    r"|rcic(?:-irb)?[ #:.-]{0,4}(?:no\.? ?|n° ?)?r?\d{6}|\br\d{6}\b|rcic\b|cric\b|college of immigration"
    r"|regulated (?:canadian )?immigration consultant|consultante? reglementee?"
    r"|law society|l\.?s\.?o\.? ?(?:#|no|p\d)|barreau|chambre des notaires|barrister|licensed paralegal|parajuriste"
    r"|(?:je|nous) (?:la |le |les |l')?(?:represent|agi(?:s|ssons) (?:pour|au nom))\w*|represent(?:ante?|ons|e) (?:autorisee?|legale?|de)"
    r"|mandatee?s? (?:par|pour)|notre cabinet represente|(?:formulaire|form) 5476|procuration|me representons)"
)


def find_representative(message: Message) -> Span | None:
    """The words that state it, in the newest text, the signature, or the history below."""
    return first(_STATED, message, "newest", "signature", "subject", "quoted")
