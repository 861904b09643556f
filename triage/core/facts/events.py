"""What happens on a date, by the words in its sentence."""

from dataclasses import dataclass

from triage.core.facts.passage import Hit, Passage, Pattern
from triage.core.facts.record import Event

EVENTS = Pattern(
    death=r"\b(?:funerals?|burial|buried|bury|burying|interment|cremat\w+|memorial|wake|janaza\w*|requiem|shiva|coffin|casket|dying|die|dies|days to live"
    r"|hospice|palliative|life[- ]support|ventilator|(?:off|stop|switch off|turn off) (?:the )?(?:vent|machines?)|tak(?:e|ing) (?:him|her|them) off|off life|pull the plug|assisted d(?:ying|eath)|euthanas\w+"
    r"|last rites|last days|say (?:good-?bye|farewell)|death ?bed|terminal\w*|passed away|(?:will not|won't|may not|might not) (?:last|live)|days left"
    r"|funerailles|obseques|enterr\w+|inhum\w+|mise en terre|cercueil|mourant\w*|mourir|meurt|soins palliatifs|veillee|respirateur|debranch\w+|(?:arret\w+|garder) (?:la|les) machines?|ne passera (?:pas|sans doute pas|vraisemblablement)|adieux?|deces|fin de vie)\b",
    surgery=r"\b(?:surger(?:y|ies)|surgeon|surgical|operations?|operated?|operating|operates?|opere\w*|transplant\w*|chemo\w*|radiotherapy|caesarean|cesarean"
    r"|c[- ]section|due date|gives? birth|give birth|giving birth|delivery date|induc(?:ed|tion)|(?:in|into) labou?r|labou?r pains|the theatre|procedure is|donor|bone marrow"
    r"|biopsy|dialysis|admitted|into (?:the )?hospital|under the knife|baby is due|amputat\w+"
    r"|chirurgi\w+|operation|greffe\w*|chimio\w*|cesarienne|accouch\w+|declenche\w*|hospitalis\w+|entr\w+(?: \w+(?:-meme)?){0,2} a l'hopital|intervention|bloc operatoire|donneu(?:r|se))\b",
    removal=r"\b(?:remov(?:al|ed)|deport\w*|repatriat\w+|expel\w*|expuls\w+|refoul\w+|evict\w*|renvoye?e?s?|renvoi|over the border|(?:departure|exclusion|deportation) order|(?:to |must )?(?:leave|quitter) (?:the country|canada|le (?:pays|canada|territoire))|send (?:him|her|them|us|me) back)\b",
    hearing=r"\b(?:hearings?|court|tribunal|judges?|trial|testif\w+|testimony|witness\w*|subpoena\w*|mandamus|arbitration|custody|inquest|oath"
    r"|audiences?|cour|juge|proces|temoign\w+|temoins?|comparu\w*|assignation|serment|assermentation)\b",
    # A step of the procedure, which presses nobody by itself.
    step=r"\b(?:interviews?|appointments?|entrevues?|entretiens?|rendez-vous)\b",
    shutdown=r"\b(?:shut-?downs?|outages?|turnaround|stoppage|furnace|kiln|boilers?|reline\w*|crews?|repairs?|breakdown|broken down|commission\w+|harvest\w*|picking|sowing"
    r"|perish\w*|spoil\w*|crops?|frost|freeze\w*|storm|vessel|berth|dry-?dock|sails|pumps?|mine|plant|reactor|turbines?|grid|flood\w*|inspector|overhaul|hoist"
    r"|arret (?:d|de|technique|planifie|programme|annuel)\w*|recoltes?|vendanges|cueillette|semis|gel|usine|equipes?|panne|pompes?|four|navire|reparations?|chantier|inspecteur)\b",
    ceremony=r"\b(?:weddings?|marry|marries|marriage|married|nuptials|nikah|graduat\w+|convocation|ceremon\w+|competit\w+|contest|tournaments?|championships?|finals?"
    r"|festivals?|concerts?|tour|premiere|opening night|conferences?|congress|games|match|exhibition|summit|recital|gala|performance|baptism|christening|bar mitzvah|qualif\w+"
    r"|ordain\w*|ordination|exams?|(?:last|only|next|final|exam) sitting|auditions?|shoots?|shooting|filming|on (?:set|stage)|parade|regatta|marathon"
    r"|mariages?|marie|marier|noces?|ceremonies?|concours|tournois?|championnats?|spectacles?|tournee|colloques?|congres|collation des grades|representations?|baptemes?|coupe du monde|salon|competitions?|remise des diplomes"
    r"|defile|tournage|soutenance|epreuves?|examen (?:de l'|du |d'|final|national)\w*|vernissage|course)\b",
    expiry=r"\b(?:(?:permits?|visas?|licen[cs]es?|grace|status|medicals?|offers?|letters?|residence|placement|funding|insurance|window)(?: \w+){0,3} (?:ends?|finish(?:es)?)|expir\w+|lapses?|lapsing|runs? out|running out|no longer valid|ceases?|valid (?:until|till?|to|through)|validity|out of status|overstay\w*|grace period"
    r"|turns? (?:18|19|21|22|eighteen|nineteen|twenty-two)|ages? out|ageing out|aging out|becomes? void|last (?:day|night)|window closes|(?:dead|void|no good|useless|not valid) after|hold\w* (?:his|her|my|our|their|the|a) (?:place|spot|seat at|job|post|position|offer)|(?:cannot|can't|not) be (?:renewed|extended)"
    r"|perim\w+|echeances?|echoi\w+|cadu[cq]\w*|prend fin|valables? jusqu|valides? jusqu|vaut jusqu|aura (?:18|19|22) ans|perd sa validite|arrive a (?:terme|echeance)|hors statut|derniere nuit|ne se (?:proroge|renouvelle)|(?:gard\w+|tient|tiennent) (?:la|sa|ma|leur|notre|cette) place|fenetre (?:de|d'|meteo)\w*)\b",
    # Of a permit as of a lunch break.
    end=r"\b(?:ends?|finish(?:es)?|se termine\w*|finit|finissent)\b",
    # The way there: held seats, the day to leave so as to arrive in time.
    journey=r"\b(?:(?:flights?|seats?|tickets?|bookings?) (?:is |are |has been |have been )?(?:being )?(?:held|on hold)|(?:vols?|billets?|places) (?:est |sont )?(?:retenue?s?|gardee?s?)"
    r"|depart(?:s|ure|ing|ed)?|tickets?|seats?|leaves|(?:to|must|will|should|they|we|i|can) leave|leaving|arriv\w+|landing|lands?|set out|hold(?:s|ing)? (?:a |the )?(?:seats?|tickets?)"
    r"|departs?|partir|part|partons|partent|pars|billets?|atterri\w+|arrivee)\b",
    travel=r"\b(?:flights?|fly|flies|flying|flown|planes?|travel\w*|trip|board\w*|sailing|cruise|charters?|airport|airlines?|itinerary"
    r"|vols?|decoll\w+|voyag\w+|avion|embarqu\w+|aeroport)\b",
    deadline=r"\b(?:deadlines?|due|no later than|final date|cut-?off|must (?:be )?(?:submit\w*|respond|file|reply|provide)|time limit|limitation"
    r"|within the time|order(?:s|ed)?|compliance|abandon\w*|closes?"
    r"|delais?|dates? limites?|au plus tard|dernier jour|doit etre (?:remis|depose|produit)\w*|prescription|forclusion|cloture|sous peine)\b",
    # What the office gives somebody time for.
    request=r"\b(?:failing which|faute de quoi|gives? (?:him|her|them|us|me|you) (?:until|till|\w+ days)|gave (?:him|her|them|us|me) (?:until|till)"
    r"|(?:your|office's|officer's|the) (?:letter|e-?mail|message|notice|request)s?[^.;]{0,30} (?:asks?|asked|wants?|wanted|requires?|required|gives?|gave|demands?|says?)"
    r"|you (?:ask|asked|want|wanted|gave|have given)(?: (?:him|her|them|us|me))? (?:for|until|till|up to)|(?:am|are|is|was|were|been) given (?:\w+ )?(?:days|weeks)"
    r"|(?:me|lui|nous|leur) (?:donne|accorde)\w* jusqu"
    r"|(?:votre|la|une) (?:lettre|demande)[^.;]{0,30} (?:demand|exig|reclam|accord|donn)\w+|vous (?:me |lui |nous |leur )?(?:demandez|demandiez|exigez|reclamez))\b",
    start=r"\b(?:starts?|starting|begins?|beginning|join\w*|report(?:s|ing)? (?:to|for)|takes? up|opens?|orientation|classes|semester|term|intake|enrol\w*|registration|first day|contract|commenc\w+"
    r"|debut\w*|rentree|session|entree en (?:poste|fonction)|prise de poste|ouvre|ouverture|cours|semestre|inscriptions?|trimestre)\b",
    other=r"\b(?:homeless|shelter|alone|by (?:him|her|them)sel(?:f|ves)|strand\w+|detain\w*|detention|arrest\w*|jail\w*|prison\w*|foster\w*|orphan\w*|institution|unsafe|safe house|lease|landlord|out on the street"
    r"|lose|loses|losing|forfeit\w*|cancel\w*|penalt\w+|seiz\w+|laid off|dismiss\w*|auction|seule?s?|abandonne\w*|a la rue|birthdays?|anniversaire|aura \d{2,3} ans|expulse\w*|detenue?s?|prison|foyer|perd|perdre|perdra\w*|annule\w*|bail|logement|saisi\w*|licenci\w*)\b",
)
_OUT_OF_PLACE = 200  # characters beyond which a word says nothing of a date
# Words that are said of many things: "the shutdown begins on Monday" is no beginning.
_GENERAL = {"start": 40, "deadline": 40, "other": 40, "end": 40, "step": 40}
_OTHERWISE_NAMED = {"journey": Event.TRAVEL, "end": Event.EXPIRY, "step": Event.HEARING, "request": Event.DEADLINE}
_MEANS = {"journey", "step"}
_SAYS_LITTLE = {"end", "step"}


@dataclass(frozen=True, slots=True)
class Happening:
    """What a sentence says will happen on a date."""

    event: Event
    is_means: bool  # only the way to something else that happens: a seat that is held, an appointment
    is_slight: bool  # told by a word that is said of harmless things, too
    distance: int  # characters between the date and the word that tells


# Said right behind a date: what comes then is told without a word of its own.
_AFTERWARDS = Pattern(
    r"\b(?:after (?:that|which)|(?:past|beyond) (?:that|it)|from that (?:day|date)|and then the"
    r"|apres quoi|apres (?:cela|ca)|apres,|au-dela|passe (?:cette date|ce jour)|a partir de ce jour)\b"
)
_OVER = Happening(Event.OTHER, False, True, 0)


def events_in(passage: Passage) -> list[Hit]:
    """Find all words of a passage that name an event."""
    return list(EVENTS.find_all(passage.plain))


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
    return Happening(event, name in _MEANS, name in _SAYS_LITTLE, distance)
