"""What happens on a date, by the words in its sentence."""

from dataclasses import dataclass

from triage.core.facts.passage import Hit, Passage, Pattern
from triage.core.facts.record import Event

EVENTS = Pattern(
    death=r"\b(?:funerals?|burial|buried|bury|burying|cremat\w+|memorial|wake|janaza\w*|requiem|shiva|dying|die|dies|days to live|hospice"
    r"|palliative|life[- ]support|ventilator|last rites|last days|say (?:good-?bye|farewell)|death ?bed|terminal\w*|passed away"
    r"|funerailles|obseques|enterr\w+|inhum\w+|mourant\w*|mourir|meurt|soins palliatifs|veillee|respirateur|adieux?|deces|fin de vie)\b",
    surgery=r"\b(?:surger(?:y|ies)|surgeon|surgical|operations?|operated?|operating|operates?|opere\w*|transplant\w*|chemo\w*|radiotherapy|caesarean|cesarean"
    r"|c[- ]section|due date|gives? birth|give birth|giving birth|delivery date|induc(?:ed|tion)|labou?r|the theatre|procedure is|donor|bone marrow"
    r"|biopsy|dialysis|admitted|baby is due|amputat\w+"
    r"|chirurgi\w+|operation|greffe\w*|chimio\w*|cesarienne|accouch\w+|hospitalis\w+|intervention|bloc operatoire|donneu(?:r|se))\b",
    removal=r"\b(?:remov(?:al|ed)|deport\w*|repatriat\w+|expel\w*|expuls\w+|refoul\w+|evict\w*|renvoye?e?s?|renvoi|over the border|send (?:him|her|them|us|me) back)\b",
    hearing=r"\b(?:hearings?|court|tribunal|judges?|trial|testif\w+|testimony|witness\w*|subpoena\w*|mandamus|arbitration|custody|inquest|oath|interview"
    r"|audiences?|cour|juge|proces|temoign\w+|temoins?|comparu\w*|assignation|entrevue|entretien|serment|assermentation)\b",
    shutdown=r"\b(?:shut-?downs?|outages?|turnaround|stoppage|furnace|kiln|boilers?|reline\w*|crews?|repairs?|breakdown|broken down|commission\w+|harvest\w*"
    r"|perish\w*|spoil\w*|crops?|vessel|berth|dry-?dock|sails|pumps?|mine|plant|reactor|turbines?|grid|flood\w*"
    r"|arret (?:d|de|technique|planifie|programme|annuel)\w*|recoltes?|vendanges|usine|equipes?|panne|pompes?|four|navire|reparations?|chantier)\b",
    ceremony=r"\b(?:weddings?|marry|marries|marriage|married|nuptials|graduat\w+|convocation|ceremon\w+|competit\w+|contest|tournaments?|championships?|finals?"
    r"|festivals?|concerts?|tour|premiere|opening night|conferences?|congress|games|match|exhibition|summit|recital|gala|performance|baptism|christening|bar mitzvah|qualif\w+"
    r"|mariages?|marie|marier|noces?|ceremonies?|concours|tournois?|championnats?|spectacles?|tournee|colloques?|congres|collation des grades|representations?|baptemes?|coupe du monde|salon|competitions?|remise des diplomes)\b",
    expiry=r"\b(?:expir\w+|lapses?|lapsing|runs? out|running out|no longer valid|ceases?|valid (?:until|till?|to|through)|validity|ends?|finish(?:es)?|out of status|overstay\w*|grace period"
    r"|turns? (?:18|19|21|22|eighteen|nineteen|twenty-two)|ages? out|ageing out|aging out|becomes? void|last day|window closes"
    r"|perim\w+|echeances?|echoi\w+|caduc\w*|prend fin|valables? jusqu|valides? jusqu|vaut jusqu|aura (?:18|19|22) ans|se termine|perd sa validite|arrive a (?:terme|echeance)|hors statut)\b",
    # The way there: held seats, the day to leave so as to arrive in time.
    journey=r"\b(?:(?:flights?|seats?|tickets?|bookings?) (?:is |are |has been |have been )?(?:being )?(?:held|on hold)|(?:vols?|billets?|places) (?:est |sont )?(?:retenue?s?|gardee?s?)"
    r"|depart(?:s|ure|ing|ed)?|tickets?|seats?|leaves?|leaving|arriv\w+|landing|lands?|set out|hold(?:s|ing)? (?:a |the )?(?:seats?|tickets?)"
    r"|departs?|partir|part|partons|partent|pars|billets?|atterri\w+|arrivee)\b",
    travel=r"\b(?:flights?|fly|flies|flying|flown|planes?|travel\w*|trip|board\w*|sailing|cruise|airport|airlines?|itinerary"
    r"|vols?|decoll\w+|voyag\w+|avion|embarqu\w+|aeroport)\b",
    deadline=r"\b(?:deadlines?|due|no later than|final date|cut-?off|must (?:be )?(?:submit\w*|respond|file|reply|provide)|time limit|limitation"
    r"|gives? (?:him|her|them|us|me|you) (?:until|till|\w+ days)|gave (?:him|her|them|us|me) (?:until|till)|within the time|order(?:s|ed)?|compliance|abandon\w*|closes?"
    r"|delais?|dates? limites?|au plus tard|dernier jour|doit etre (?:remis|depose|produit)\w*|prescription|forclusion|cloture|me donne jusqu|lui donne jusqu|faute de quoi|sous peine)\b",
    start=r"\b(?:starts?|starting|begins?|beginning|join\w*|report(?:s|ing)? (?:to|for)|orientation|classes|semester|term|intake|enrol\w*|registration|first day|contract|commenc\w+"
    r"|debut\w*|rentree|session|entree en (?:poste|fonction)|prise de poste|cours|semestre|inscriptions?|trimestre)\b",
    other=r"\b(?:homeless|shelter|alone|by (?:him|her|them)sel(?:f|ves)|strand\w+|detain\w*|detention|arrest\w*|jail\w*|prison\w*|foster\w*|orphan\w*|institution|unsafe|safe house|lease|landlord|out on the street"
    r"|lose|loses|losing|forfeit\w*|cancel\w*|penalt\w+|seule?s?|abandonne\w*|a la rue|expulse\w*|detenue?s?|prison|foyer|perd|perdre|perdra\w*|annule\w*|bail|logement)\b",
)
_OUT_OF_PLACE = 200  # characters beyond which a word says nothing of a date
# Words that are said of many things: "the shutdown begins on Monday" is no beginning.
_GENERAL = {"start": 40, "deadline": 40, "other": 40}


@dataclass(frozen=True, slots=True)
class Happening:
    """What a sentence says will happen on a date."""

    event: Event
    is_means: bool  # only the way to something else that happens
    distance: int  # characters between the date and the word that tells


def events_in(passage: Passage) -> list[Hit]:
    """Find all words of a passage that name an event."""
    return list(EVENTS.find_all(passage.plain))


def event_at(events: list[Hit], sentence: tuple[int, int], start: int, end: int) -> Happening | None:
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
        return None
    _, distance, name = best
    return Happening(Event.TRAVEL if name == "journey" else Event(name), name == "journey", distance)
