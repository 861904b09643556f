"""Whether the words around a date say that it lies behind or ahead: of Fridays there are two, of 3rds of March too."""

from enum import Enum

from triage.core.facts.passage import Passage, Pattern


class Tense(Enum):
    """What the words around a date say of it."""

    PAST = "past"
    FUTURE = "future"
    OPEN = "open"


# The stems of French participles, after "a", "est", "ont": "a été refusée", "est arrivé".
_PARTICIPLES = (
    r"refus|rejet|soumi|depos|envoy|recu|transmi|pay|deliv|emis|ecri|rempli|fait|donn|pass|perdu|vu|dit|eu|ete|sign"
    r"|demand|appel|repondu|obten|accueil|annul|ferm|quitt|arriv|part|mort|deced|commenc|inform|accept|accord|approuv"
    r"|televers|ajout|corrig|clos|clot|retourn|renvoy|reclam|mari|demenag|relanc|contact|joint|fourni|termin|atteint"
    r"|vers|interrog|rendu|vendu|achet|tomb|venu|rest|entr|sorti|enten|convoqu|examin|confirm|signal|cre|epous|enter"
    r"|pris|mis|trouv|ouver|decouv|hospital|oper|bless|vol|arret|suspend|revoqu|constat|revenu|revu"
)
_CUES = Pattern(
    # Said of what is to come as well as of what was: they tell nothing.
    neutral=r"\b(?:scheduled|booked|planned|needed|expected|required|supposed|fixed|set|arranged|reserved|timed|confirmed for"
    r"|slated|invited|indeed|need|allowed"
    r"|prevue?s?|fixee?s?|programmee?s?|reservee?s?|annoncee?s?|convoquee?s?|reportee?s?|prolongee?s?|attendue?s?"
    r"|\w+rait|parfait|forfait|souhait|united|limited|related|hundred|unused|licensed)\b",
    future=r"\b(?:will|shall|must|won't|(?:is|are|am) being(?: \w+)?|going to|to be|has to|have to|needs to|about to|is|are|am"
    r"|due|upcoming|coming|next|starts?|begins?|opens?|leaves?|departs?|fl(?:y|ies)|travels|expires?|lapses?|ends?"
    r"|runs out|closes?|arrives?|returns?|lands?|marr(?:y|ies)|deadline|no later|unless|if|in time for"
    r"|au plus tard|doit|doivent|devra\w*|expire|echoit|echeance|aura lieu|auront lieu|part|partons"
    r"|partent|pars|commence|debute|ferme|ouvre|prochaine?|il reste|a partir|si|va|vont|allons"
    r"|sera|seront|serons|aura|auront|\w{3,}(?:era|eront|irai|irons|iront))\b|'ll\b|\b(?:he|she|it|that|there|what)'s\b",
    # What is mostly told while it is ahead; a verb behind the date may still say that it is over.
    noun=r"\b(?:flights?|funeral|burial|wedding|surgery|operation|hearing|removal|shutdown|deadline|ceremony|festival"
    r"|appointment|vol|obseques|funerailles|enterrement|mariage|chirurgie|audience|renvoi|rendez-vous)\b",
    past=r"\b(?:(?:missed|manque|rate) (?:[\w']+ ){1,4}(?:flight|wedding|funeral|burial|hearing|ceremony|vol|mariage|obseques|enterrement|audience)"
    r"|(?:s'est|se sont) tenu\w*|would(?: \w+)? have|was|were|had|did|went|came|got|gave|sent|wrote|told|said|put|took|made|paid|left|flew|met|saw|found"
    r"|began|became|died|won|lost|sold|bought|brought|thought|heard|spoke|fell|broke|knew|began|stole|drove|ran|sat|wore|kept|spent|built|stood|understood|felt|forgot"
    r"|chose|woke|rose|threw|drew|rang|led|fled|struck|caught|taught|fought|shook|grew"
    r"|since|ago|last|born|dob|birth|earlier|previously|yesterday|been|have had|instant|ult"
    r"|[a-z]{3,}ed"
    r"|depuis|hier|nee?s? le|naissance|datee?s?|derniere?s?|il y a"
    r"|(?:a|ai|as|ont|avons|avez|est|es|sont|suis|sommes|avait|etait|ete|m'a|l'a|n'a|j'ai)[ ](?:deja |aussi |bien |donc |pas |tous |toutes |ensuite |alors )?"
    rf"(?:ete )?(?:{_PARTICIPLES})\w*|(?:{_PARTICIPLES})(?:ee?s?|ue?s?|ie?s?|it|is|ert)|etaient|\w{{2,}}(?:ait|aient)|fut|furent|eut|\w{(2,)}erent|recut|dut|prit|vint|rendit|repondit|refusa|rejeta|demanda|envoya|deposa|presenta|arriva|invita)\b",
)
# Directly before a date, these are stronger than any verb.
_POINTS_AHEAD = Pattern(
    r"\b(?:by|before|until|till?|for|no later than|prior to|come|effective|d'ici(?: a| au| le)?|avant(?: le)?|jusqu'a?u?"
    r"|pour(?: le)?|au plus tard(?: le)?|reportee? au|portee? au|(?:moved|postponed|extended|adjourned|rescheduled|changed"
    r"|pushed|prolonged|brought forward|put back|deferred)(?: \w+){0,2} to)[ ](?:the |this |next |le |ce )?$"
)
_POINTS_BACK = Pattern(
    r"\b(?:since|depuis(?: le)?|dated?|datee?s? du|en date du|born(?: on)?|nee? le|as of|back (?:in|on)"
    r"|(?:letters?|refusals?|decisions?|e-?mails?|messages?|requests?|notices?|reply|replies|enquir(?:y|ies)|orders?|forms?"
    r"|ruling|judgments?|response|report|note|instructions?|consent|minutes|medical|biometrics|imm ?\d{4}|use of a representative(?: form)?)(?: of| from| dated| on|,)?"
    r"|(?:lettre|refus|decision|courriel|message|demande|avis|reponse|jugement|formulaire(?: web)?|accuse|rapport|ordonnance)s?(?: datee?)? du"
    r"|(?:of|from) last)[ ](?:the |le )?$"
)
_SENTENCE = r"[.;!?:][)\"'\xbb]*\s|\n|\s-\s"
# What begins a clause that may have a tense of its own, and what begins one that surely has.
_CLAUSE = Pattern(_SENTENCE + r"|[()]|\b(?:that|que|qu')|, (?:but|and|so|or|mais|et|ou|alors|donc)\b")
_BREAK = Pattern(_SENTENCE + r"|, (?:but|so|mais|alors|donc)\b")


def tense_of(passage: Passage, start: int, end: int) -> Tense:
    """Judge by the clause around a date: what stands directly before it, then the nearest word, before or behind."""
    plain = passage.plain
    near = plain[max(0, start - 40) : start]
    if _POINTS_AHEAD.find(near):
        return Tense.FUTURE
    if _POINTS_BACK.find(near):
        return Tense.PAST
    far = max(0, start - 90)
    before = _words(passage, _after_last(_CLAUSE, plain, far, start), start)
    if before and before[-1] != "noun":
        return Tense(before[-1])
    last = min(len(plain), end + 70)
    clause_end = _BREAK.find(plain, end, last)
    behind = [word for word in _words(passage, end, clause_end.start if clause_end else last) if word != "noun"]
    if behind:
        return Tense(behind[0])
    if before:
        return Tense.FUTURE
    whole = [word for word in _words(passage, _after_last(_BREAK, plain, far, start), start) if word != "noun"]
    return Tense(whole[-1]) if whole else Tense.OPEN


def _words(passage: Passage, start: int, end: int) -> list[str]:
    return [cue.name for cue in _CUES.find_all(passage.plain, start, end) if cue.name != "neutral"]


def _after_last(pattern: Pattern, plain: bytes, start: int, end: int) -> int:
    for found in pattern.find_all(plain, start, end):
        start = found.end
    return start
