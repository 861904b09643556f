"""Whether the sender states authority to represent: counsel, a form, a licence; "my client" alone does not (guide)."""

from itertools import islice

from triage.core.facts.passage import Hit, Passage, Pattern, passages
from triage.core.facts.record import Span
from triage.core.message import Message

MOST = 60  # places that are looked at in one part

# Towards whom: "for Mr.", "of record", "on the file", "au dossier", "de Mme".
_FOR = (
    r"(?: here)?(?: and [\w ]{3,30})?(?: for\b| of record\b"
    r"| on (?:the |his |her |their |this )?(?:file|record|5476|use of rep|v\d|e0|w\d|s\d|f0|c0|b0|all)"
    r"| of (?:mr|mrs|ms|dr|the|m\.)| to (?:the |mr|mrs|ms|dr|madam|both)| by imm"
    r"| au(?:x)? dossiers?| (?:inscrite?|commise?|autorisee?)| (?:legale? |autorisee? )?(?:de|du|des|d'|pour) ?"
    r"(?:m\.|mm\.|mme|mlle|me|m |monsieur|madame|la famille|l'|la |le |deux |trois |mon|ces |cette |requerant|demandeur|repondant|v\d))"
)
_ROLE = Pattern(
    towards=r"\b(?:(?:legal |authori[sz]ed |appointed |licen[cs]ed )*(?:counsel|solicitors?|attorneys?|lawyers?|barristers?|paralegals?"
    r"|consultants?|rcic|representatives?|reps?)"
    rf"|(?:avocate?s?|notaires?|procureure?s?|mandataires?|representante?s?|consultante?s?)){_FOR}",
    # Always towards somebody, even where it does not say whom.
    bare=r"\b(?:authori[sz]ed |legal |appointed )?(?:counsel|representatives?|reps?|representante?s?(?: autorisee?s?| legale?s?)?)\b",
    # A trade, unless it is "his lawyer".
    title=r"\b(?:solicitors?|attorneys?|lawyers?|paralegals?|consultants?|avocate?s?|notaires?|procureure?s?|mandataires?)\b",
    form=r"\b(?:imm[- ]?5476e?|form 5476|formulaire 5476|5476|use[- ]of[- ](?:a )?rep(?:resentative)?(?: form)?"
    r"|recours aux services d'un representant)\b",
)
# What must stand before a role, or around it.
_FIRST_PERSON = Pattern(
    r"\b(?:i am|i'm|im|i was|we are|we're|i act as|we act as|acting as|i write as|we write as|writing as|as|which this firm is"
    r"|this firm is|our (?:firm|office) is|we remain|i remain|still am|me (?:down )?as|naming me as|appointed me"
    r"|je suis|nous sommes|j'agis (?:comme|en|a)|j'ecris|comme|en tant que|a titre de|en (?:ma )?qualite de|dont je suis"
    r"|me constituant|m'inscrire comme)\b[\w ,.'()\xab\xbb-]{0,40}$"
)
_POSSESSIVE = Pattern(r"(?:\b(?:his|her|their|the|your client's|son|sa|leur)|'s|s') (?:\w+ )?$")
_ANOTHERS = Pattern(
    r"\b(?:my|our|your|his|her|their|a|an|any|no|another|previous|former|old|new|employer'?s?|justice|not"
    r"|mon|ma|notre|votre|son|sa|leur|un|une|aucune?|ancien(?:ne)?|nouve(?:au|lle)|pas)(?: \w+)? $"
)
_OTHER_TRADE = Pattern(
    r"\b(?:general|corporate|in-house|sales|service|hr|company|union|student|elected|medical|press|field|crown|state) $"
)
_NOT = Pattern(r"n't\b|\b(?:not|never|nor|no longer|without|cannot|pas|jamais|plus|aucun|sans)\b")
_ON_FILE = Pattern(
    r"\b(?:on (?:the |his |her |their )?(?:file|record|imm|form|5476)|file|attached|enclosed|signed|dated|naming|appoint\w+"
    r"|designat\w+|put me|my name|i am|i'm|submitted|filed|uploaded|went in|herewith|here|au dossier|ci-joint\w*|joint\w*"
    r"|signee?|datee?|deposee?|soumise?|transmise?|versee?|me designant|je suis|mon nom)\b|\d{4}\)|^[\W]*$"
)
_STATED = Pattern(
    # "I represent Mr. X", not "I represent the riding".
    r"\b(?:i|we|our (?:firm|office)|this (?:firm|office)|i've|we've)(?: have| had| now| also| still| currently| presently| do"
    r"| continue to|'ve)* represent(?:ed)? (?:mr|mrs|ms|miss|dr|mx|him|her|them|both|this|these|all|two|three|four|five|a family"
    r"|the (?:applicants?|above|principal|family|sponsor|spouse|couple|\w+ family|[a-z]+s\b)"
    r"|[a-z]+ [a-z-]+ ?[(,;.]|[a-z]+ [a-z-]+ (?:in|on|before|whose|who|and))",
    r"\b(?:(?:i|we) act|acting) (?:for|on behalf of) (?:mr|mrs|ms|miss|dr|the (?:applicants?|above|principal|family|sponsor|spouse))"
    r"|\b(?:i|we) (?:have been|was|were|am|are) (?:duly )?(?:retained|instructed|mandated|appointed|engaged) by\b",
    r"\b(?:je|nous|j'ai|nous avons) (?:la |le |les |l')?represent(?:e|ons|ee?s?)\b"
    r"|\b(?:j'agis|nous agissons) (?:pour|au nom|comme|en qualite|a titre)\b"
    r"|\b(?:mandatee?s? par|notre cabinet represente|dont j'ai le mandat)\b",
    # Licences: the College's, the law societies', the Barreau's, the Chambre's.
    r"\b(?:rcic|cric|college|licen[cs]e|member|permis|membre)(?:-irb)?\b[^\n]{0,30}\br\d{6}\b|\br5\d{5}\b|\brcic(?:-irb)?[ #:.no-]{0,8}r?\d{6}\b",
    r"\b(?:law society|l\.?s\.?o\.?|lsuc|lsbc|barreau|chambre des notaires|bar of)\b[^\n]{0,40}"
    r"(?:#|\bno\b\.?|n\xb0|number|numero|licen[cs]e|matricule|member)[^\n\d]{0,12}[a-z]?\d{4,6}|\b(?:lso|lsuc|lsbc)[ #:.no-]{0,8}p?\d{4,6}\w?\b",
)
_LEAD = 60  # characters of greeting and name before a role that stands alone


def find_representative(message: Message) -> Span | None:
    """Give the words that state it, of the newest text, the signature, the subject, or the history below."""
    for passage in passages(message, "newest", "signature", "subject", "quoted"):
        if stated := _STATED.find(passage.plain):
            return passage.span(stated.start, stated.end)
        for role in islice(_ROLE.find_all(passage.plain), MOST):
            if _is_own(passage, role):
                return passage.span(role.start, role.end)
    return None


def _is_own(passage: Passage, role: Hit) -> bool:
    """Whether the role is the sender's: said of himself, or standing alone, as "Counsel for the applicant." does."""
    begins, ends = passage.sentence(role.start, role.end)
    before = passage.plain[max(begins, role.start - 90) : role.start]
    if role.name == "form":
        is_question = passage.plain[ends : ends + 1] == b"?"
        around = before + passage.plain[role.start : min(ends, role.end + 60)]
        return not is_question and not _NOT.find(around) and _ON_FILE.find(around) is not None
    if _OTHER_TRADE.find(before):
        return False
    if said := _FIRST_PERSON.find(before):
        is_role = role.name != "title" or _POSSESSIVE.find(before) is not None
        return is_role and not _NOT.find(before, said.start)
    words = passage.plain[role.start : role.end]
    stands_alone = role.name == "towards" or (role.name == "bare" and b"autho" in words) or b"autor" in words
    return stands_alone and len(before.strip()) < _LEAD and not _ANOTHERS.find(before) and not _NOT.find(before)
