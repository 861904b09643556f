"""Topics that an operator may route a message by, whatever its label: biometrics, a privacy breach, staff, the courts."""

from collections.abc import Iterable

from triage.core.facts.named import first_of_each
from triage.core.facts.passage import Hit, Passage, Pattern
from triage.core.facts.record import Act, ActComplainedOf, Harm, HarmNamed, Span, Topic, TopicNamed
from triage.core.message import Message

_BY = r"(?:officers?|staff|guards?|employees?|clerks?|agents?|lady|man|woman|person|manager|counter|desk|consultant|interpreter|agente?s?|employee?s?|gardiens?|vigile|dame|monsieur|guichet|interprete)"
_CHILD = r"boy|girl|son|daughter|brother|sister|nephew|niece|grandson|granddaughter"
_YOUNG = r"(?:\d|1[0-7]|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)"
_ENFANT = r"fille|fils|garcon|frere|soeur|neveu|niece|petite?|ainee?|cadette?"
_JEUNE = r"(?:[1-9]|1[0-7]|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze|douze|treize|quatorze|quinze|seize)"

_TOPIC = Pattern(
    biometrics=r"\b(?:biometrics?|finger ?-?prints?|fingerprinted|empreintes(?: digitales)?|biometri(?:e|es|que|ques)|donnees biometriques)\b",
    privacy=r"\b(?:privacy (?:breach|commissioner|act|officer|people|incident|unit)|breach of (?:privacy|confidentiality)|data breach|privacy|personal (?:information|data|details) (?:\w+ ){0,6}(?:sent|shared|disclosed|exposed|leaked|seen)|(?:disclosed|leaked|exposed|shared) (?:\w+ ){0,5}(?:personal|private|confidential|my|our|his|her|their) (?:\w+ )?(?:information|data|details|file|address|documents)|open copy|(?:in|with) (?:everyone|every address|all (?:the )?addresses) (?:\w+ ){0,3}(?:to|cc|copy)"
    r"|atteinte a la (?:vie privee|confidentialite)|vie privee|bris de confidentialite|fuite de (?:donnees|renseignements)|renseignements personnels (?:\w+ ){0,5}(?:envoye|transmis|divulgue|communique|expose)\w*|commissaire a la protection)\b",
    misconduct=rf"\b(?:(?:was|were|is|are|been|very|so|and) (?:very |so |extremely )?rude|rudely|rudeness|insult\w*|insolen\w+|shout(?:ed|ing|s)? at|yelled|screamed at|humiliat\w+|bribes?|briber\w*|bribed|corrupt(?:ion)?|kickback|under the table|extort\w*|racis[tm]\w*|harass\w*|unprofessional\w*|disrespect\w*|(?:laughed|mocked|sneered|swore) at (?:me|us|her|him)|mocked|slammed|(?:not|never) (?:very )?(?:polite|courteous)|impolite|abusive|misconduct|(?:courtesy (?:at|of your)|lack of courtesy)|conduct of (?:the|your|an?) {_BY}|quality of (?:the )?service|complaint (?:about|against) (?:the |your |an? )?{_BY}|{_BY} (?:\w+ ){{0,4}}(?:asked|demanded|wanted|told) (?:\w+ ){{0,4}}(?:money|cash|pesos|dollars|naira|rupees|a (?:tip|gift|favou?r)|to pay)|told to pay [^.]{{1,40}}receipt|(?:stood|kept (?:standing|waiting)|made to (?:wait|stand)|wait outside) (?:\w+,? ){{0,4}}(?:sun|rain|cold|street)|(?:knows|connait) (?:someone|somebody|quelqu'un) (?:at|in|inside|chez|dans) (?:you|your|vous|votre)|how (?:people|we|i|they) (?:are|were|was) (?:treated|received|spoken to)"
    rf"|impoli\w*|grossier\w*|grossierete|insult\w*|injuri\w*|humili\w*|pots?[- ]de[- ]vin|bakchich|corruption|corrompu\w*|racis[tm]e\w*|meprisan\w*|mepris|harcel\w*|tutoy\w+|tutoie|{_BY} (?:\w+ ){{0,4}}(?:crie|hurle|ri au nez|moque)\w*|s'est moquee?|(?:qualite du|mauvais) (?:service|accueil)|inconduite|comment (?:les gens|on|nous) (?:sont|est|etions|sommes) (?:recus|traites|accueillis)|plainte contre (?:l'|un |une |votre |vos |le |la )?{_BY}|sous la table|manque de (?:courtoisie|respect))\b",
    litigation=r"\b(?:federal court|court of appeal|judicial review|mandamus|contempt of court|motion for contempt|show[- ]cause|certified (?:tribunal |copy of (?:the|its) )?record|tribunal record|leave (?:was )?granted|application for leave|(?:justice|department of justice|the court|judge) (?:\w+ )?(?:order(?:s|ed)|directed|ruled|agreed|counsel)|justice [\w' -]{1,30} order|order (?:of|dated) [^.]{0,30}(?:court|justice)|department of justice|consent(?:ed)? (?:judgment|to (?:redetermin\w+|judgment|discontinue))|redetermin\w+|imm-\d+-\d\d|statement of claim|class action|(?:take|taking|bring|commence|start) (?:\w+ )?(?:legal action|proceedings|to court)|sue (?:the|you)|lawsuit|(?:seek|sought|seeking) leave|trouble the court|(?:order|undertaking)[^.;]{0,40} the court|the court[^.;]{0,40} order|immigration appeal division"
    r"|cour federale|cour d'appel|controle judiciaire|ordonnance (?:de la cour federale|ci-jointe|federale)|outrage|dossier certifie|autorisation et de controle|jugement sur consentement|ministere de la justice|poursuites? (?:judiciaire|en justice)|recours (?:judiciaire|en justice)|devant (?:la cour federale|les tribunaux)|section d'appel|devant la sai|appel devant)\b",
    minister=r"\b(?:m\.?p\.?p?|members? of parliament|member for [a-z]|(?:office of|for) the member|constituenc(?:y|ies)|constituents?|(?:the |your |our |my )?(?:honou?rable )?(?:minister)(?:'s office|'s (?:riding )?office| of (?:immigration|citizenship))|office of the minister|(?:to|with|cc|copied|copy|copying|escalate to|write to|wrote to) the minister|minister, the media|honou?rable|senators?(?:'s)?|(?:the|our|your|this) riding|parliamentary (?:secretary|office|assistant)|house of commons"
    r"|deputee?s?|cabinet d(?:e la|u) ministre|bureau (?:de la|du) (?:ministre|deputee?)|ministre de l'immigration|(?:au|a la) ministre|senat(?:eur|rice)s?|commettante?s?|circonscription|bureau de circonscription|adjointe? (?:parlementaire|de circonscription))\b",
    medical=r"\b(?:medicals?|immigration medical|medical (?:exam\w*|results?|instructions?|surveillance|admissib\w+|inadmissib\w+|report|certificate|condition|evacuation|test)s?|panel (?:physician|doctor|clinic)s?|ime|e-?medical|x-?rays?|sputum|tuberculosis|tb|excessive demand|blood (?:test|pressure)|diagnos\w+|disease|hiv|hepatitis"
    r"|examens? medica(?:l|ux)|visites? medicales?|(?:resultats?|instructions?|dossier|rapport|avis|visa|surveillance|evacuation|inadmissibilite) medica\w+|medecin (?:designe|agree)|radiographies?|radio (?:des |pulmonaire)|tuberculose|fardeau excessif|serologie|maladie|diagnosti\w+)\b",
    child=r"\b(?:children|child|kids?|bab(?:y|ies)|infants?|toddlers?|newborns?|minors?|orphan\w*|unaccompanied|grandchild(?:ren)?|twins|adopt(?:ed|ion|ive)|little (?:boy|girl|one)|foster|(?:my|our|the|two|three|both|\d{1,2}) (?:little )?(?:boys|girls|boy|girl)"
    r"|enfants?|bebes?|nourrissons?|fillettes?|petite? (?:fille|garcon|frere|soeur)|mineure?s?|orphelin\w*|jume(?:aux|lles)|adopti(?:on|f|ve)\w*|adoptee?s?)\b"
    rf"|\b{_YOUNG}[- ](?:years?|months?)[- ]old\b|\b(?:{_CHILD}|she|he|who|aged),? (?:is |aged? |is only |of )?{_YOUNG}(?: years?| months?)?(?:[.,;)](?:\s|$)| and\b|$)|\b[a-z]{{3,}}, (?:[2-9]|1[0-7])(?:[.;)]\s|$)"
    rf"|\b(?:{_ENFANT}) (?:\w+ ){{0,2}}\(?(?:de |a |qui a |agee? de )?{_JEUNE} (?:ans|mois)\b|\bagee? de {_JEUNE} (?:ans|mois)\b|[,(] ?{_JEUNE} ans\b",
)
# Biometrics or a medical that somebody gave and that is over: told by the way.
_DONE_BEFORE = Pattern(
    r"\b(?:gave|given|did|done|passed|completed|provided|enrolled|submitted|took|had|donnee?s?|faite?s?|passee?s?|fournie?s?|soumise?s?|reussie?s?) (?:(?:his|her|my|our|their|the|all|ses|mes|leurs|les|la|nos|son|sa|leur)(?: upfront)? )?$"
)
_DONE_AFTER = Pattern(
    r"^(?:'? ?(?:exam\w*|results?|tests?|and (?:medicals?|biometrics|fees?|police certificates?)|et (?:visite medicale|biometrie)|digitales|for (?:all|the)[^.;,]{0,20}) ?)*,? ?(?:(?:all|both|were|was|have been|has been|had been|are|is|sont|ont ete|a ete|est|ete|etaient|already|deja|dates?) )*(?:done|given|complete[d]?|taken|enrolled|passed|submitted|on file|received|clear\w*|recorded|collected|in (?:january|february|march|april|may|june|july|august|september|october|november|december)|on (?:the )?(?:\d|\w+ \d)|early|by (?:\d|\w+ \d)|from|since|faite?s?|donnee?s?|prises?|passee?s?|recue?s?|fournie?s?|remise?s?|reussie?s?|le \d|du \d|en (?:janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre))\b"
)
# The family that somebody has at home: told as a tie, and none of them concerned.
_TIE = Pattern(r"\b(?:has|have|having|with|without|other|les|ses|a|ai|ont|avec|sans|et|et les|leave) (?:\w+[- ]){0,3}$")
_NOT_A_CHILD = Pattern(r"^'?s? (?:hospitals?|choirs?|theatre|fund|aid|foundation|festival)\b")
_NOT = Pattern(
    r"\b(?:no|not|never|without|pas|pas de|aucune?|sans|jamais)(?: a| an| any| of| de| d'| been| am| were)? $"
)
_PLURAL = {b"children", b"kids", b"enfants", b"child", b"grandchildren"}
_KINDS = {
    "biometrics": Topic.BIOMETRICS,
    "privacy": Topic.PRIVACY_BREACH,
    "misconduct": Topic.MISCONDUCT,
    "litigation": Topic.LITIGATION,
    "minister": Topic.MINISTER_OR_MP,
    "medical": Topic.MEDICAL,
    "child": Topic.MINOR_CHILD,
}
# What an act or a harm says of the topic, without a word of its own.
_BY_ACT = {Act.OTHER_PERSONS_LETTER: Topic.PRIVACY_BREACH, Act.BIOMETRICS_MIXED_UP: Topic.BIOMETRICS}
_BY_HARM = {Harm.ILLNESS: Topic.MEDICAL, Harm.CHILD_APART: Topic.MINOR_CHILD}


def find_topics(
    message: Message, harms: Iterable[HarmNamed], acts: Iterable[ActComplainedOf]
) -> tuple[TopicNamed, ...]:
    """The topics of newest text and subject, each once; some are told by the `harms` and `acts` found there."""
    implied = [(_BY_HARM.get(one.kind), one.span) for one in harms] + [
        (_BY_ACT.get(one.kind), one.span) for one in acts
    ]
    found: dict[Topic, Span] = {kind: span for kind, span in reversed(implied) if kind}
    found |= first_of_each(message, (_TOPIC,), _topic_at)
    return tuple(TopicNamed(kind=kind, span=span) for kind, span in found.items())


def _topic_at(passage: Passage, hit: Hit) -> Topic | None:
    """The topic that a hit stands for, unless it is denied, told as done, or only told of a family."""
    plain, name = passage.plain, hit.name
    before, after = plain[max(0, hit.start - 40) : hit.start], plain[hit.end : hit.end + 60]
    if name in {"biometrics", "medical"} and (_DONE_BEFORE.find(before) or _DONE_AFTER.find(after)):
        return None
    if name in {"misconduct", "child"} and _NOT.find(before):
        return None
    if name == "child" and (_NOT_A_CHILD.find(after) or (plain[hit.start : hit.end] in _PLURAL and _TIE.find(before))):
        return None
    return _KINDS[name]
