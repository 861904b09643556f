"""Parts a sender's own lines from their signature and from the disclaimers that servers and programs add.

Only what cannot be the message is cut: names, numbers, firms after a closing; paragraphs that say three things that
disclaimers say, and nothing of the writer. What is not cut is noise to a classifier; what is cut wrongly is a
request that nobody reads.
"""

import re

from triage.core.language import fold

LOOK = 400  # characters of a line
_LONGEST_SIGNATURE = 20  # lines
_LONGEST_FOOTER = 60  # lines

# All patterns here are for folded text: lower case, without accents.
_CLOSING = re.compile(
    r"\W*(?:(?:(?:best|kind|kindest|warm|warmest|with|many|sincere|respectful)\s+){0,3}"
    r"(?:regards|wishes|thanks|thank you|thx|rgds)"
    r"(?: (?:and (?:best |kind )?regards|in advance|again|so much|very much))?"
    r"|thanking you(?: in (?:advance|anticipation))?|sincerely(?: yours)?"
    r"|yours(?: (?:very )?(?:truly|sincerely|faithfully|respectfully))?|respectfully(?: (?:submitted|yours))?"
    r"|cheers|best|cordially|faithfully|(?:bien )?cordialement|bien a vous|(?:bien )?respectueusement|sincerement"
    r"|(?:(?:avec )?mes |nos )?(?:sinceres |meilleures |cordiales |respectueuses )?salutations"
    r"(?: (?:distinguees|cordiales|respectueuses|les meilleures))?|avec mes remerciements"
    r"|merci(?: (?:d'avance|beaucoup|encore|bien))?|en vous remerciant(?: (?:d'|par )avance)?"
    r"|(?:je vous prie d'agreer|nous vous prions d'agreer|veuillez agreer|veuillez recevoir|recevez)\b.{0,160}"
    r"(?:salutations|sentiments|consideration|hommages|respects?)\b.{0,40})\W*$"
)
_DELIMITER = re.compile(r"-- ?$")
_DEVICE = (
    r"(?:i-?phone|i-?pad|android|blackberry|mobile|phone|telephone|smartphone|tablet|tablette|galaxy|samsung|pixel"
    r"|huawei|xiaomi|device|appareil|cell|portable|yahoo mail|outlook|gmail|courrier|mail|proton ?mail|aol|apple"
    r"|windows(?: \d+)?|verizon|bell|rogers|telus|orange|t-mobile|wireless|network|4g|5g|lte|app)"
)
_PHONE_FOOTER = re.compile(
    r"(?:(?:sent|envoye|transmis) (?:from|via|with|using|de|depuis|avec|a partir d[eu'])"
    rf"(?: ?(?:my|the|mon|ma|l'application))?(?:,? ?{_DEVICE}){{1,4}}"
    rf"(?: (?:for|on|using|by|pour|sur|via|ios|mac|tapatalk|secure email|{_DEVICE})){{0,5}}"
    r"|(?:get|telecharger?|obtenez|obtenir) outlook (?:for|pour) (?:ios|android|mac)"
    r"|provenance : courrier pour windows(?: \d+)?"
    rf"|(?:enviado (?:desde|do|de|a partir do) (?:mi|meu|minha)|inviato da(?:l mio)?|von mein(?:em|er)|发自我的"
    rf"|发自|отправлено с|iphone'?umdan) ?(?:{_DEVICE}|gonderildi)(?: gesendet)?)"
    r"(?:[.,;]? (?:please )?(?:excuse|pardon) (?:any |the )?(?:typos?|brevity|errors?))?(?:\s*<https?://\S+>)?[\s.!]*$"
)
_SCANNER_FOOTER = re.compile(
    r"(?:please (?:consider|think of) the environment before printing.*|pensez a l'environnement avant d'imprimer.*"
    r"|virus-free\.?.{0,60}|sans virus\.?.{0,60}|this e-?mail has been (?:scanned|checked) (?:for|by) .{0,80}"
    r"|(?:l'absence de virus dans|ce courriel a ete (?:verifie|analyse)).{0,120})$"
)
_BANNER = re.compile(
    r"\W*(?:caution|external|attention|warning|avertissement|mise en garde|courriel externe)\W*$"
    r"|\W*(?:caution|external|attention|warning|avertissement|mise en garde)\b.{0,60}"
    r"(?:originated (?:from )?outside|external (?:e-?mail|sender|source)|provient de l'exterieur"
    r"|outside (?:of )?(?:the|your|our) (?:organi[sz]ation|company|network)"
    r"|(?:courriel|message|expediteur|source) externe).{0,300}$"
    r"|\W*external (?:e-?mail|sender)\W*$"
    r"|\W*(?:do not|don't|ne pas) (?:click|open|clique[rz]|ouvr(?:ir|ez)).{0,40}"
    r"\b(?:link|attachment|lien|piece)s?\b.{0,200}$"
)
_DISCLAIMER_HEADING = re.compile(
    r"\W*(?:(?:privileged (?:and|&) )?confidential(?:ity)?(?: (?:notice|note|warning|statement|communication))?"
    r"|(?:legal |privacy )?(?:notice|disclaimer)|avis (?:de confidentialite|important|juridique|legal)"
    r"|(?:mention|clause|note) de confidentialite|confidentialite)\W*(?:[:.*-]|$)"
)
_DISCLAIMER_OPENING = re.compile(
    r"[^a-z]*(?:(?:this|the) (?:e-?mail|message|communication|transmission|information|contents?|document)"
    r"|if you (?:are|have)|any (?:unauthori[sz]ed|review|disclosure|use)|notice|confidential(?:ity|ite)?|privileged"
    r"|disclaimer|legal|important|warning|ce (?:courriel|message|document)|cette (?:communication|transmission)"
    r"|cet (?:e-?mail|envoi)|le (?:present|contenu)|la presente|l'information|les (?:informations|renseignements)"
    r"|si vous|toute|avis|mention|clause|note)\b"
)
_CUES = tuple(
    re.compile(pattern)
    for pattern in (
        r"\bconfidential|\bconfidentiel|\bprivileged|\bprivilegie|secret professionnel",
        r"\bintended\b|\baddressee|\bdestinataire|\bdestine|usage exclusif|sole use",
        r"\bin error\b|by mistake|par erreur|par megarde|n'etes pas le",
        r"\bnotify|\badvise the|\binform the sender|\baviser|\binformer|\bavertir|\bprevenir",
        r"\bdelete|\bdestroy|\bdetruire|\bsupprimer|\beffacer",
        r"\bunauthori[sz]ed|\bprohibited|\bstrictly|\binterdit|non autorise|\bunlawful",
        r"\bdisclos|\bcopying|\bdistribut|\bdissemin|\bdivulg|\breproduction|\bdiffusion",
    )
)
# A person speaks of a file, a day or themselves: no disclaimer, whatever else it says. Somebody else's confidential
# letter, received in error, is a serious error of the office and not a disclaimer.
_SPEAKS = re.compile(
    r"\b(?:i|i'm|i've|my|me|we|our|he|she|his|her|him|they|je|mon|ma|mes|notre|nos|urgent(?:e|ly)?|urgence"
    # "Elle" may be the information that a notice speaks of.
    r"|elles?(?! (?:est|sont|peut|peuvent) (?:\w+ )?(?:destine|confiden|privileg|protege|adresse))"
    r"|visas?|permit|permis|flight|vol|airport|hospital|mother|father|mere|pere|applicant|application|letter|lettre"
    r"|dossier|decision|refus\w*|demandeur|portal|portail|passport|passeport|officer|agent|wrong|another|breach)\b"
    r"|\bj'|\?|\bnous (?:avons|sommes|demandons|n')|(?<!-)\bclient"
)

_SPOKEN = frozenset(
    """i i'm i've i'll me my mine we we're we've our ours you you're your yours he she his her hers they them their
    is are was were am be been has have had having do does did will would can't cannot could should must need needs
    please urgent urgently asap tomorrow today tonight yesterday soon deadline before until because since still yet
    not don't doesn't didn't won't never nothing help waiting want hope know flight flights surgery funeral dying dies
    died death dead expire expires expired stranded deported deportation removal refused denied passport
    je j'ai moi mon ma mes nous notre nos vous votre vos il elle ils elles leur leurs sommes avons avez ont etait
    doit dois faut svp s'il urgence urgente demain aujourd'hui hier avant depuis parce encore pas jamais rien
    aidez attends voudrais espere vol vols chirurgie operation funerailles obseques mourant mourante decede decedee
    deces mort expulsion renvoi refuse refusee passeport""".split()  # noqa: SIM905 - a list of words reads better so
)
_TOKEN = re.compile(r"[a-z0-9'@./&-]+")
_MONTH = (
    r"(?:jan(?:uary|vier|v)?|feb(?:ruary)?|fev(?:rier)?|mar(?:ch|s)?|apr(?:il)?|avr(?:il)?|may|mai|june?|juin|july?"
    r"|juil(?:let)?|aug(?:ust)?|aout|sept?(?:ember|embre)?|oct(?:ober|obre)?|nov(?:ember|embre)?|dec(?:ember|embre)?)"
)
_DAY = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\b"
    rf"|\b\d{{1,2}}(?:st|nd|rd|th|er)?\s+(?:of\s+)?{_MONTH}\b|\b{_MONTH}\s+\d"
)
# A telephone number with its word before it or in its usual groups, or an address: not the number of a file.
_REACHED_AT = re.compile(
    r"\b(?:t|p|m|f|d|o|tel|telephone|phone|cell|mobile|fax|telec|bur)\b[\s.:]{0,4}[+(]?\d"
    r"|(?<![\d-])(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]\d{3}[.-]\d{4}\b|\+\d{1,3}[ \d.()-]{7,18}|[^\s@]@[^\s@]+\.\w|\bwww\."
)
# "Me" before a name: Maître, a French lawyer or notary.
_MAITRE = re.compile(r"^Me (?=[A-ZÉÈ])")
# Words of titles and addresses that are written in lower case.
_TITLES = frozenset(
    """of and the for de du des la le les et en d a at in on by to au aux von van bin avocat avocate notaire associe
    associee directeur directrice consultant consultante conseiller conseillere juridique juridiques services service
    gestionnaire adjoint adjointe parajuriste technicienne lawyer barrister solicitor partner associate paralegal
    responsable coordonnateur coordonnatrice administrateur administratrice administratif administrative secretaire
    principal principale general generale chef cheffe president presidente ressources humaines affaires etudiants
    internationaux recrutement operations communications comptabilite pavillon local departement faculte mobilite
    manager director assistant counsel representative representant representante autorise autorisee authorized
    authorised member membre office bureau suite rue street avenue boulevard etage floor poste ext tel cell fax
    mobile phone telephone courriel email immigration law droit""".split()  # noqa: SIM905 - a list of words reads better so
)


def split_disclaimer(lines: list[str]) -> tuple[list[str], list[str]]:
    """Part from banners above, and from disclaimers and phone footers below, a sender's own lines."""
    start, end = 0, len(lines)
    while start < end and (not lines[start].strip() or _BANNER.match(fold(lines[start][:LOOK].strip()))):
        start += 1
    if not any(line.strip() for line in lines[:start]):
        start = 0
    while (cut := _footer(lines, start, end)) < end:
        end = cut
    return lines[start:end], [*lines[:start], *lines[end:]]


def split_signature(lines: list[str]) -> tuple[list[str], list[str]]:
    """Part at "-- " (RFC 3676 §4.3) or at a closing, where nothing but names, titles and addresses follows.

    Without either, a last paragraph is a signature where it is all that and gives a telephone number or an address.
    """
    filled = [number for number, line in enumerate(lines) if line.strip()]
    for position in range(max(1, len(filled) - _LONGEST_SIGNATURE), len(filled)):
        line = lines[filled[position]][:LOOK]
        if _DELIMITER.match(line) or _CLOSING.match(fold(line.strip())):
            following = filled[position + 1 :]
            if all(_is_contact_line(lines[number].strip()) for number in following):
                return lines[: filled[position]], lines[filled[position] :]
    begins = _contact_block(lines)
    return lines[:begins], lines[begins:]


def _contact_block(lines: list[str]) -> int:
    """Where a last paragraph of contact lines begins; the end where there is none, or nothing else."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    begins = end
    while begins and end - begins <= _LONGEST_SIGNATURE and lines[begins - 1].strip():
        begins -= 1
    block = [line.strip() for line in lines[begins:end]]
    is_signature = (
        2 <= len(block) <= _LONGEST_SIGNATURE
        and all(_is_contact_line(line) and not _SPEAKS.search(fold(line)) for line in block)
        and any(_REACHED_AT.search(fold(line)) for line in block)
        and any(line.strip() for line in lines[:begins])
    )
    return begins if is_signature else len(lines)


def _footer(lines: list[str], start: int, end: int) -> int:
    """Where the last disclaimer or program's footer begins; `end` where the last lines are none."""
    while end > start and not lines[end - 1].strip():
        end -= 1
    begins = end
    while begins > max(start, end - _LONGEST_FOOTER) and lines[begins - 1].strip():
        begins -= 1
    paragraph = [fold(line[: LOOK * 10].strip()) for line in lines[begins:end]]
    if not paragraph:
        return end
    if len(paragraph[-1]) < LOOK and (_PHONE_FOOTER.match(paragraph[-1]) or _SCANNER_FOOTER.match(paragraph[-1])):
        return end - 1
    for number, line in enumerate(paragraph):
        if _DISCLAIMER_OPENING.match(line) and _is_disclaimer(" ".join(paragraph[number:])):
            return begins + number
    return end


def _is_disclaimer(text: str) -> bool:
    if _SPEAKS.search(text):
        return False
    heading = _DISCLAIMER_HEADING.match(text)
    cues = sum(bool(cue.search(text)) for cue in _CUES)
    return cues >= 3 or (heading is not None and (cues >= 2 or heading.end() == len(text)))


def _is_contact_line(line: str) -> bool:
    """Names, titles, numbers and addresses: nothing that a person would say."""
    if len(line) > 120 or "?" in line or "!" in line:
        return False
    folded = fold(_MAITRE.sub("", line))
    tokens = [token.strip(".-'/&") for token in _TOKEN.findall(folded)]
    if _DAY.search(folded) or not _SPOKEN.isdisjoint(tokens):
        return False
    if "@" in line or "www." in folded or "http" in folded or sum(map(str.isdigit, line)) >= 7:
        return len(tokens) <= 14
    words = [word for word in line.split() if word[0].isalpha()]
    lower = [word for word in words if word[0].islower() and fold(word).strip(".,:;") not in _TITLES]
    return len(words) <= 10 and len(lower) <= 1
