"""Final decisions that a message speaks of, and whether it asks to have one looked at again."""

from itertools import islice

from triage.core.facts.passage import Pattern, passages
from triage.core.facts.record import DecisionKind, DecisionMentioned, Span
from triage.core.message import Message

MOST = 60  # places that are looked at in one part

_DECISION = Pattern(
    refusal=r"\b(?:refus(?:als?|ed|e|es|ee|ees|er|ant)?|reject(?:ed|ion|ions)|rejet(?:s|e|es|ee|ees)?|denied|denials?|turn(?:ed)? (?:me |us |him |her |it |them )?down"
    r"|negative decision|decision (?:is |was |est )?negative|not satisfied (?:that )?(?:you|the applicant|he|she|they)\b|(?:pas|n'etait pas|n'est pas) convaincue? que|said no|dit non)\b",
    returned=r"\b(?:incomplete|incomplete?t?e?s?|incomplets?"
    r"|(?:application|file|package|packet|sponsorship|submission)s? (?:[\w(),]+ ){0,6}(?:returned|sent back|came back|mailed back)|return of (?:the|my|our|his|her|their) (?:application|file|package)"
    r"|(?:sent|mailed|returned) (?:it|the whole thing|everything|the application|the file|our application|my application) back|(?:demande|dossier)s? (?:\w+,? ){0,4}(?:retournee?s?|renvoyee?s?|revenue?s?))\b",
    cancellation=r"\b(?:(?:visa|permit|eta|status|application|entry|file|authori[sz]ation|residen\w+|sponsorship)s? (?:\w+,? ){0,5}(?:cancel\w+|revoked|abandoned|voided|withdrawn|closed)"
    r"|cancel\w* (?:of )?(?:the |my |our |his |her |their |a |an )?(?:[\w-]+ ){0,2}(?:visa|permit|eta|status|file|application)|(?:closed|treated|deemed|declared|considered)(?: as)? (?:abandoned|withdrawn|closed)|revocation"
    r"|annulation|(?:visa|permis|ave|statut|demande|dossier)s? (?:\w+,? ){0,5}(?:annulee?s?|revoquee?s?|fermee?s?|close?s?|abandonnee?s?|retiree?s?)|(?:pour|en) abandon|desistement)\b",
    finding=r"\b(?:misrepresent\w*|misrep|inadmissib\w+|excessive demand|(?:five|5)[- ]year (?:bar|ban)|barred for|fausses? declarations?|presentations? erronees?|interdi(?:te?s?|ction) de territoire"
    r"|fardeau excessif|(?:section )?a40|40\(1\)\(a\))",
)
# Refused by nobody yet: "may be refused", "la demande sera refusée".
_NOT_YET = Pattern(
    r"\b(?:may|might|will|would|could|can|shall|should|must|to|if|not|never|isn't|wasn't|aren't|ne|sera|seront|serait|pourra|pourrait|risque|d')[ ]?(?:be|get|not be|then be|also be|etre|d'etre|pas ete)?[ ]$"
    r"|\b(?:will|may|might|would|could) (?:\w+ )?be (?:\w+ )?(?:considered |treated as |deemed |declared )?$|\b(?:sera|pourra etre|pourrait etre|serait|d'etre|soit|etre) (?:\w+ )?$"
)
_BOARDING = Pattern(r"^ (?:boarding|embarkation|l'embarquement)")
_AGAIN = r"again|anew|afresh|once more|one more time|a second time|over again|differently"
_REOPEN = Pattern(
    r"\b(?:reconsider\w*|reconsideration|re-?open\w*|set(?:ting)? aside|(?:look\w*|weigh\w*|assess\w*|decid\w*|consider\w*|think|read|seen|see|judge\w*|examine\w*|open|go)(?: at| over)?(?: (?:it|this|that|them|these|the|my|our|his|her|their|your|\w+)){0,5} "
    rf"(?:{_AGAIN})|(?:second|another|fresh|new|closer|one more|further) (?:look|opinion|review|assessment|decision|mind|eyes?|pair of eyes|consideration)|(?:with|by) (?:a )?fresh (?:eyes?|mind)"
    r"|review (?:of )?(?:the|this|that|these|those|your|my|our|his|her|their) (?:\w+ )?(?:decisions?|refusals?|finding|cancellation|three|two)|revisit\w*|re-?determin\w+|overturn\w*|revers(?:e|ed|al|ing) (?:of |the|this|your|that)|(?:be|is|are) (?:reversed|overturned|lifted|quashed|rescinded|put aside|undone)"
    r"|(?:refusals?|decisions?|cancellation|return|finding|bar|closure) (?:be |is |was )?(?:lifted|reviewed|undone|put aside|withdrawn|reinstated)|reinstat\w+"
    r"|(?:withdraw|rescind|lift|revive|undo|quash|vacate) (?:the|this|that|your|my|his|her) (?:\w+ )?(?:finding|refusal|decision|cancellation|bar|closure)|re-?exam\w*|re-?assess\w*|re-?evaluat\w*|change (?:the|this|your|that) decision"
    r"|(?:different|another|second|new|senior) (?:visa )?officer|take (?:it|the file|the application|the box) back|ask\w* for (?:a )?(?:review|discretion|grace))\b",
    r"\b(?:re-?examen|re-?exam\w+|reconsider\w+|re-?evalu\w+|rouvr\w+|re-?ouvr\w+|reouverture|revoir (?:la|cette|votre|sa|ma|notre|leur|le) (?:\w+ )?(?:decision|demande|dossier|refus)|(?:soit|soient|etre) (?:revue?s?|levee?s?|annulee?s?|cassee?s?|infirmee?s?|reprise?s?|rouverte?s?|reconsideree?s?|regardee?s?)"
    r"|annuler (?:la|cette|votre) decision|nouvel(?:le)? (?:examen|decision|etude|analyse|regard)|nouveau (?:regard|coup d'oeil)|(?:deuxieme|second|autre) (?:regard|examen|agent|agente|lecture)|revision de (?:la|cette|votre)|revis(?:er|ee?) (?:la|cette|votre|le)"
    r"|infirm(?:er|ee|ez)|reprendre (?:la|ma|sa|notre|le|l') ?(?:decision|demande|dossier|etude|examen)|remettre en question|(?:ecout|regard|examin|etudi|voi|revoi)\w* (?:le |la |les |mon |ma |notre )?(?:\w+ )?(?:encore|de nouveau)|a tete reposee|faire reexaminer)\b",
)
# "I am not asking you to reconsider", "he doesn't want it looked at again".
_NOT_ASKED = Pattern(
    r"(?:\bnot\b|n't\b|\bnever\b|\bnor\b|\bneither\b|\bno\b)[\w ',]{0,30}\b(?:ask\w*|want\w*|seek\w*|request\w*|wish\w*|need\w*|propos\w*|expect\w*|apply\w*|reason to|point in)\b[\w ',]{0,40}$",
    r"\bne (?:\w+ ){0,3}(?:demand\w*|sollicit\w*|veu\w*|souhait\w*|cherch\w*|contest\w*)(?: pas| point| aucun\w*)?[\w ',]{0,40}$|\b(?:was|been|etait|a ete) (?:already )?$",
)
_KINDS = {"returned": DecisionKind.RETURN}


def find_decisions(message: Message) -> tuple[DecisionMentioned, ...]:
    """The decisions of subject and newest text, each kind once, at its first place; threatened ones are none."""
    found: dict[DecisionKind, DecisionMentioned] = {}
    for passage in passages(message, "subject", "newest"):
        for hit in islice(_DECISION.find_all(passage.plain), MOST):
            kind = _KINDS.get(hit.name) or DecisionKind(hit.name)
            if kind in found or _NOT_YET.find(passage.plain[max(0, hit.start - 40) : hit.start]):
                continue
            if not _BOARDING.find(passage.plain[hit.end : hit.end + 20]):
                found[kind] = DecisionMentioned(kind=kind, span=passage.span(hit.start, hit.end))
    return tuple(found.values())


def find_ask_to_reopen(message: Message) -> Span | None:
    """The words that ask to have a decision looked at again."""
    for passage in passages(message, "newest", "subject"):
        for hit in islice(_REOPEN.find_all(passage.plain), MOST):
            begins, _ = passage.sentence(hit.start, hit.end)
            if not _NOT_ASKED.find(passage.plain[max(begins, hit.start - 90) : hit.start]):
                return passage.span(hit.start, hit.end)
    return None
