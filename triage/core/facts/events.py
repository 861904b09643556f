"""What happens on a date, by the words in its sentence."""

from dataclasses import dataclass

from triage.core.facts.passage import Hit, Passage, Pattern
from triage.core.facts.record import Event

EVENTS = Pattern(
    # What only sounds like one of the others; being found first, it hides them.
    nothing=r"\b(?:travel (?:documents?|history|agents?|agency|insurance|medical)|(?:refugee|parole|school|review|appeal) board|board of|on board|boarding school"
    r"|(?:d'une|d'autre|(?:de )?(?:la|ma|sa|notre|votre|leur|mon|a|nulle|quelque|autre|as|any|in|large|that|is|are|only|take|takes|taking|the)) part|part of|part[- ]time"
    r"|due to|in order|of course|a partir|(?:titres?|documents?|historique) de voyage|en cours|au cours|(?:une|la|ma|sa|votre) convocation|travel and tourism|birth certificate"
    r"|death certificate|marriage certificate|(?:actes?|certificats?) de (?:mariage|naissance|deces))\b",
    death=r"\b(?:funerals?|burial|buried|bury|burying|interment|cremat\w+|memorial|the wake|janaza\w*|requiem|shiva|coffin|casket|dying|die|dies|days to live"
    r"|hospice|palliative|life[- ]support|ventilator|(?:off|stop|switch off|turn off) (?:the )?(?:vent|machines?)|tak(?:e|ing) (?:him|her|them) off|off life"
    r"|pull the plug|assisted d(?:ying|eath)|euthanas\w+|last rites|last days|say (?:good-?bye|farewell)|death ?bed|terminal(?:ly)? (?:ill\w*|cancer|stage|phase)|is terminal"
    r"|passed away|(?:will not|won't|may not|might not) (?:last|live)|days left"
    r"|funerailles|obseques|enterr\w+|inhum\w+|mise en terre|cercueil|mourant\w*|mourir|meurt|soins palliatifs|phase terminale|veillee|respirateur|debranch\w+"
    r"|(?:arret\w+|garder) (?:la|les) machines?|ne passera (?:pas|sans doute pas|vraisemblablement)|adieux?|deces|fin de vie)\b",
    surgery=r"\b(?:surger(?:y|ies)|surgeon|surgical|operation|operated? on|operating (?:room|table|theatre)|transplant\w*|chemo\w*|radiotherapy|caesarean"
    r"|cesarean|c[- ]section|due date|gives? birth|give birth|giving birth|delivery date|induc(?:ed|tion)|(?:in|into) labou?r|labou?r pains|the theatre|procedure is"
    r"|donor|bone marrow|biopsy|dialysis|admitted to (?:the )?hospital|into (?:the )?hospital|under the knife|baby is due|amputat\w+"
    r"|chirurgi\w+|oper(?:e|ee?|es|er|ent|era|eront)|greffe\w*|chimio\w*|cesarienne|accouch\w+|declenche\w*|hospitalis\w+|entr\w+(?: \w+(?:-meme)?){0,2} a l'hopital"
    r"|(?:son|mon|leur) intervention|intervention chirurgicale|bloc operatoire|donneu(?:r|se))\b",
    removal=r"\b(?:removals?|(?:be|being|is) removed|deport\w*|repatriat\w+|expel\w*|expuls\w+|refoul\w+|evict\w*|(?:etre|sera|serai|serons|seront|est|sont) renvoye?e?s?|renvoi|over the border"
    r"|(?:departure|exclusion|deportation) order|(?:to |must )?(?:leave|quitter) (?:the country|canada|le (?:pays|canada|territoire))|send (?:him|her|them|us|me) back)\b",
    hearing=r"\b(?:hearings?|(?:the|in|federal|high|superior|family|supreme|provincial) court|court (?:date|of|in|at|hearing)|tribunal|judges?|trial|testif\w+|testimony|witness\w*"
    r"|subpoena\w*|mandamus|arbitration|custody|inquest|oath"
    r"|audiences?|cour|juge|proces|temoign\w+|temoins?|comparu\w*|comparaitre|assignation|serment|assermentation)\b",
    # A step of the procedure, which presses nobody by itself.
    step=r"\b(?:interviews?|appointments?|entrevues?|entretiens?|rendez-vous)\b",
    shutdown=r"\b(?:shut-?downs?|outages?|turnaround|stoppage|reline\w*|repairs?|breakdown|broken down|commissioning|harvest\w*|sowing"
    r"|picking (?:season|starts|begins)|perish\w*|spoil\w*|crops?|frost|freeze\w*|storm|berths?|dry-?dock|sails|flood\w*|overhaul"
    r"|arret (?:d|de|technique|planifie|programme|annuel)\w*|recoltes?|vendanges|cueillette|semis|le gel|panne"
    r"|reparations?)\b",
    # Where such things happen, and those whom they take.
    works=r"\b(?:furnace|kiln|boilers?|crews?|vessel|pumps?|(?:the|our|a|this) mine|mine (?:is|was|shaft)|plant|reactor|turbines?|grid|hoist"
    r"|(?:la|notre|une) mine|usine|equipes?|pompes?|(?:le|du|au|notre|un|les|des) fours?|navire|chantier)\b",
    ceremony=r"\b(?:weddings?|marry|marries|marriage|married|nuptials|nikah|graduation|graduates? on|graduating|convocation|ceremon\w+|competitions?|compet(?:es?|ing)|contest"
    r"|tournaments?|championships?|finals|(?:cup|grand|semi|quarter)[- ]?finals?|festivals?|concerts?|(?:on|concert|the|our|world|summer) tour|premiere of|world premiere|the premiere"
    r"|opening night|conferences?|congress|games|(?:the|a|our|first|football|hockey|soccer|cricket|le|du|un) match|exhibition|summit|recital|gala|performances?|baptism|christening"
    r"|bar mitzvah|qualifiers?|qualifying|qualification (?:tournament|round|match)|ordain\w*|ordination|exams?|(?:last|only|next|final|exam) sitting|auditions?|shoots?|shooting|filming"
    r"|on (?:set|stage)|opener|weigh-?in|keynote|parade|regatta|marathon"
    r"|mariages?|se marie\w*|marier|noces?|ceremonies?|concours|tournois?|championnats?|spectacles?|colloques?|congres|collation des grades|premiere representation|baptemes?"
    r"|coupe du monde|salon (?:du|de l'|international|mondial)|remise des diplomes|la premiere (?:est|a|aura|du|de la|mondiale)|(?:me|nous|vous) mari\w+|tourne\w*"
    r"|defile|tournage|soutenance|epreuves?|examen (?:de l'|du |d'|final|national)\w*|vernissage|la course)\b",
    expiry=r"\b(?:(?:permits?|visas?|licen[cs]es?|grace|status|medicals?|offers?|letters?|residence|placement|funding|insurance|window)(?: \w+){0,3} (?:ends?|finish(?:es)?)"
    r"|expir\w+|lapses?|lapsing|runs? out|running out|no longer valid|ceases?|offer stands|only (?:until|till?|up to)|valid (?:until|till?|to|through)|validity|out of status|overstay\w*|grace period"
    r"|turns? (?:18|19|21|22|eighteen|nineteen|twenty-two)|ages? out|ageing out|aging out|becomes? void|last (?:day|night)|window closes|(?:dead|void|no good|useless|not valid) after"
    r"|hold\w* (?:his|her|my|our|their|the|a) (?:place|spot|seat at|job|post|position|offer)|(?:cannot|can't|not) be (?:renewed|extended)"
    r"|perim\w+|echeances?|echoi\w+|cadu[cq]\w*|prend fin|(?:que|seulement) jusqu\w+|cesse d'etre|(?:bail|permis|visa|titre|statut|conge|mandat)(?: \w+){0,4} (?:finit|cesse|se termine)|valables? jusqu|valides? jusqu|vaut jusqu|aura (?:18|19|22) ans|perd sa validite|arrive a (?:terme|echeance)"
    r"|hors statut|derniere nuit|ne se (?:proroge|renouvelle)|(?:gard\w+|tient|tiennent) (?:la|sa|ma|leur|notre|cette) place|fenetre (?:de|d'|meteo)\w*)\b",
    # Of a permit as of a lunch break.
    end=r"\b(?:ends?|finish(?:es)?|se termine\w*|finit|finissent)\b",
    # The way there: held seats, the day to leave so as to arrive in time.
    journey=r"\b(?:(?:flights?|seats?|tickets?|bookings?) (?:is |are |has been |have been )?(?:being )?(?:held|on hold)|(?:vols?|billets?|places) (?:est |sont )?(?:retenue?s?|gardee?s?)"
    r"|depart(?:s|ure|ing|ed)?|tickets?|seats?|leaves|(?:to|must|will|should|they|we|i|can) leave|leaving|arriv\w+|landing|lands?|set out|hold(?:s|ing)? (?:a |the )?(?:seats?|tickets?)"
    r"|departs?|(?:doi\w+|devons|pour|de|va|vont|vais|allons|peu\w+|puisse\w*) partir|partons|partent|pars|billets?|atterri\w+|arrivee"
    r"|part)\b",
    travel=r"\b(?:flights?|fly|flies|flying|flown|planes?|travel\w*|trip|board(?:s|ed|ing)?|sailing|cruise|charters?|airport|airlines?|itinerary"
    r"|vols?|decoll\w+|voyag\w+|avion|embarqu\w+|aeroport)\b",
    deadline=r"\b(?:deadlines?|due|no later than|final date|cut-?off|must (?:be )?(?:submit\w*|respond|file|reply|provide)|time limit|limitation period"
    r"|within the time|(?:registration|enrol\w+|window|call|intake|offer|competition) closes"
    r"|delai (?:est|expire|tombe|que vous|fixe|imparti|accorde|prend fin|pour|de \d+ jours)|dates? limites?|au plus tard|dernier jour|demande de delai|doit etre (?:remis|depose|produit)\w*|forclusion|sous peine)\b",
    # What the office gives somebody time for.
    request=r"\b(?:failing which|faute de quoi|gives? (?:him|her|them|us|me|you) (?:until|till|\w+ days)|gave (?:him|her|them|us|me) (?:until|till)"
    r"|(?:your|office's|officer's|the) (?:letter|e-?mail|message|notice|request|order|judgment|ruling)s?[^.;]{0,30} (?:asks?|asked|wants?|wanted|requires?|required|gives?|gave|demands?|says?)"
    r"|you (?:ask|asked|want|wanted|gave|have given)(?: (?:him|her|them|us|me))? (?:for|until|till|up to)|(?:am|are|is|was|were|been) given (?:\w+ )?(?:days|weeks)"
    r"|(?:me|lui|nous|leur) (?:donne|accorde|laisse)\w* jusqu"
    r"|(?:votre|la|une) (?:lettre|demande)[^.;]{0,30} (?:demand|exig|reclam|accord|donn)\w+|vous (?:me |lui |nous |leur )?(?:demandez|demandiez|exigez|reclamez))\b",
    # What closes, or was ordered, need not concern the sender.
    rule=r"\b(?:(?:court|tribunal|judge's|compliance|this|the|an) orders?|ordered|compliance|abandon\w*|closes?|cloture)\b",
    start=r"\b(?:starts?|starting|begins?|beginning|joins?|joining|report(?:s|ing)? (?:to|for)|takes? up|opens|orientation|classes|semester|(?:the|fall|winter|spring|summer|school|next|new) term|intake|enrol\w*"
    r"|registration|registered by|first (?:day|shift|class|lecture)|contract|commenc\w+|debut\w*|rentree|session|entree en (?:poste|fonction)|prise de poste|ouvre|ouverture|(?:les|ses|mes|leurs|des) cours|semestre|inscriptions?|trimestre)\b",
    other=r"\b(?:homeless|shelter|alone|by (?:him|her|them)sel(?:f|ves)|strand\w+|detain\w*|detention|arrest\w*|jail\w*|prison\w*|foster\w*|orphan\w*|unsafe|safe house|lease|landlord"
    r"|out on the street|loses?|losing|laid off|auction"
    r"|(?:toute?|est|sera|seront|reste\w*|laisse\w*|vit) (?:toute? )?seule?s?|abandonne\w*|a la rue|expulse\w*|detenue?s?|prison|foyer)\b",
    loss=r"\b(?:forfeit\w*|cancels|cancell?ed|(?:will|would|to be) cancel\w*|penalt\w+|seiz\w+|dismiss\w*|birthdays?|anniversaire|aura \d{2,3} ans"
    r"|perd|perdre|perdra\w*|annule\w*|bail|saisi\w*|licenci\w*)\b",
)
_OUT_OF_PLACE = 200  # characters beyond which a word says nothing of a date
# Words that are said of many things: "the shutdown begins on Monday" is no beginning.
_GENERAL = {"start": 40, "deadline": 40, "other": 40, "end": 40, "step": 40, "rule": 40, "loss": 40}
_OTHERWISE_NAMED = {
    "journey": Event.TRAVEL,
    "end": Event.EXPIRY,
    "step": Event.HEARING,
    "request": Event.DEADLINE,
    "rule": Event.DEADLINE,
    "works": Event.SHUTDOWN,
    "loss": Event.OTHER,
}
_MEANS = {"journey", "step"}
_SAYS_LITTLE = {"end", "step", "rule", "loss"}


@dataclass(frozen=True, slots=True)
class Happening:
    """What a sentence says will happen on a date."""

    event: Event
    is_means: bool  # only the way to something else that happens: a seat that is held, an appointment
    is_slight: bool  # told by a word that is said of harmless things, too, or in a sentence that says it harms nobody
    distance: int  # characters between the date and the word that tells


# Words in a sentence that take the harm from its date: it is off, or nobody's loss, or what a document wrongly says, or
# comes some days after the day that matters.
_HARMLESS = Pattern(
    r"\b(?:(?:has|have) been cancell?ed|called off|put off|put (?:it|this|that) off|(?:moved|postponed|changed) from|(?:days?|week) (?:earlier|before|ahead)|beforehand|no longer (?:needed|necessary|required)|(?:can|could|will|may) (?:now )?go ahead"
    r"|no (?:hurry|rush)|not urgent|plenty of time|on (?:my |our |annual )?leave|on (?:\w+ )?(?:holidays?|vacation)|be travell?ing|my trip|fees?|rules|polic(?:y|ies)|processing times?"
    r"|tracking|courier|parcel|portal|doubted|did not (?:show|believe)|not (?:satisfied|convinced)|instead of|misprint\w*|printed|typo|should (?:read|say)|though you"
    r"|a(?:vait)? ete (?:annule|reporte)\w*|n'est plus (?:necessaire|requis\w*)|ne presse|(?:rien|pas) d'urgen\w+|pas urgent|vacances|conges?|frais|regles?|colis|au lieu d\w*|alors que|pas (?:demontre|convaincu\w*)|(?:jours?|semaine) (?:avant|plus tot)|la veille"
    r"|imprime\w*|coquille)\b"
)
_AROUND = 100  # characters
# Said right behind a date: what comes then is told without a word of its own.
_AFTERWARDS = Pattern(
    r"\b(?:after (?:that|which)|(?:past|beyond) (?:that|it)|from that (?:day|date)|and then the"
    r"|apres quoi|apres (?:cela|ca)|apres,|au-dela|passe (?:cette date|ce jour)|a partir de ce jour)\b"
)
_OVER = Happening(Event.OTHER, False, True, 0)


def events_in(passage: Passage) -> list[Hit]:
    """Find all words of a passage that name an event."""
    return [found for found in EVENTS.find_all(passage.plain) if found.name != "nothing"]


def event_at(passage: Passage, events: list[Hit], sentence: tuple[int, int], start: int, end: int) -> Happening | None:
    """Give what happens on the date between two places: the nearest of the sentence's words tells."""
    best: tuple[int, int, str] | None = None
    for found in events:
        if found.start < sentence[0] or found.end > sentence[1] or (found.start < end and found.end > start):
            continue
        distance = max(found.start - end, start - found.end)
        weighed = distance + _GENERAL.get(found.name, 0)
        if distance <= _OUT_OF_PLACE and (best is None or weighed < best[0]):
            best = (weighed, distance, found.name)
    if best is None:
        return _OVER if _AFTERWARDS.find(passage.plain, end, end + 90) else None
    _, distance, name = best
    event = _OTHERWISE_NAMED.get(name) or Event(name)
    begins, ends = max(sentence[0], start - _AROUND), min(sentence[1], end + _AROUND)
    is_slight = name in _SAYS_LITTLE or _HARMLESS.find(passage.plain, begins, ends) is not None
    return Happening(event, name in _MEANS, is_slight, distance)
