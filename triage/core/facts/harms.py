"""Harms that a message names, come or to come, whatever the date: dying, surgery, removal, a crew that is missing."""

from triage.core.facts.named import first_of_each
from triage.core.facts.passage import Hit, Passage, Pattern
from triage.core.facts.record import Harm, HarmNamed
from triage.core.facts.wishes import is_invitation
from triage.core.message import Message

_DAY = r"(?:on |this |last |early |late )?(?:yesterday|today|night|morning|\w+day|the \d|\d|hier|ce matin|cette nuit|avant-hier|dimanche|lundi|mardi|mercredi|jeudi|vendredi|samedi|le \d)"
_CHILD = r"(?:child|children|kids?|boys?|girls?|sons?|daughters?|bab(?:y|ies)|infant|twins|toddler|brothers?|sisters?|siblings|minors?|grand(?:son|daughter|child(?:ren)?)s?|niece|nephew|\w+-year-old)"
_ENFANT = (
    r"(?:enfants?|petite?s?|gars|filles?|fils|bebes?|jumeaux|jumelles|garcons?|fillettes?|mineure?s?|freres?|soeurs?)"
)
_HIS = r"(?:his|her|their|my|our|the|this|its|that)"
_SON = r"(?:son|sa|ses|ma|mon|mes|leurs?|notre|nos|la|le|les|l'|cette|une?)"

_TO_PEOPLE = Pattern(
    death=r"\b(?:funerals?|burials?|bury(?:ing)?|be buried|cremat\w+|memorial service|the wake|wake is|janaza\w*|requiem|shiva|dying|hospice|palliative|life[- ]support|ventilator|the vent"
    r"|last rites|(?:his|her) last days|days to live|(?:weeks|days|months|hours) to live|death ?bed|terminal(?:ly)? (?:ill|cancer|stage)|terminal cancer|about to die|before (?:he|she|i) dies?|(?:he|she|father|mother|dad|mum|mom|papa|mama|brother|sister|grandmother|grandfather|husband|wife|uncle|aunt|lolo|lola) (?:will|may|might|could|is going to) die|passed away"
    rf"|(?:say|saying) (?:good-?bye|farewell)|while (?:he|she) (?:is still|still) (?:alive|knows|breath\w+)|(?:died|has died|just died|was killed) {_DAY}"
    r"|funerailles|obseques|enterr(?:e|er|ons|ement|ements)|inhum(?:er|ee?|ation)|mourant\w*|mourir|meurt|se meurt|soins palliatifs|veillee funebre|respirateur|derniers (?:jours|instants|moments|adieux|sacrements)"
    rf"|s'est eteinte?|nous a quittes|fin de vie|debranch\w+|(?:off|unplug|stop) (?:the )?machines?|(?:breathing|oxygen) mask off|ses jours sont comptes|(?:est|vient de) (?:morte?|decedee?|mourir|deceder) {_DAY}|passera (?:\w+ )?pas (?:\w+ )?(?:nuit|semaine|journee|mois|week-end))\b",
    illness=r"\b(?:surger(?:y|ies)|surgeons?|operating (?:theatre|room|table)|operations? (?:is|on|at|will|has)|(?:heart|brain|hip|eye|kidney|back|her|his|my) operation|operated (?:on|upon)|be operated|transplant\w*|donor|bone marrow|chemo\w*|radiotherapy|dialysis|ca?esarean|c[- ]section|biopsy|tumou?r|cancer|leuk\w+"
    r"|stroke|heart attack|intensive care|icu|coma|in (?:the )?hospital|hospitali[sz]ed|admitted to hospital|critically ill|seriously ill|gravely ill|very (?:ill|sick)|amputat\w+|insulin|gives? birth|giving birth|(?:baby|twins|child) (?:is|are) due|due (?:date|to give)|high[- ]risk pregnan\w+|pregnan\w+|in labou?r|weeks pregnant|obstetric\w*|maternity ward|(?:baby|child) (?:is|will be) born|birth of|radiation|proton therapy|treatment (?:begins|starts)|bypass"
    r"|chirurgi\w+|operera|operee?|se fait operer|operation (?:\w+ )?(?:est|du|le|au|a coeur)|greffee? (?:du |d'un |de |un )(?:\w+ )?(?:rein|foie|coeur|moelle|poumon)|transplant\w*|chimio\w*|cesarienne|accouch\w+|hospitalis\w+|a l'hopital|bloc operatoire|tumeur|dialyse|soins intensifs|gravement malade|tres malade|avc|infarctus|enceinte|leucemie|donneu(?:r|se))\b",
    removal=rf"\b(?:removal (?:order|date|is|from canada|on|to|has|was|{_DAY})|removal|to be removed|be removed from (?:canada|the country)|deport(?:ed|ation|ing)?|repatriat\w+|expel(?:led)?|refoul\w+|(?:agency|cbsa|police|army|agence|officers) (?:\w+ ){{0,2}}(?:removes?|removing|deports?|(?:la|le|les|l'|nous|me) ?renvoie|renvoie)|(?:take|takes|taken|send|sends|sent|returned) (?:us |him |her |them |me )?back to \w+|(?:a ete|ont ete|fut) (?:arrete|renvoye|expulse|refoule)e?s?|order to leave|ordre de quitter|(?:in|into|under) (?:detention|custody)|detention (?:cent\w+|camp|cell|hearing)|detained|arrest(?:ed)?|in jail|in prison|jailed|imprison\w+"
    r"|(?:send|sends|sent|bus|taken|put|transfer\w*|driven) (?:\w+ ){0,5}(?:across|over|to) the border|forced (?:back|return)|renvoi (?:prevu|vers|fixe|le|est|de force)|mesure de renvoi|sera (?:renvoye|expulse|refoule|deporte)e?s?|seront (?:renvoye|expulse|refoule)e?s?|expuls(?:ion|e|er|ee)|en (?:detention|retention|prison)|centre de (?:retention|renvoi|detention)|detenue?s?)\b",
    danger=r"\b(?:threat(?:s|en|ens|ened|ening)|kill(?:ed|s|ing)?|murder\w*|in hiding|hiding|safe house|women's shelter|rap(?:ed|ists?)|beat(?:s|en|ing)? (?:her|him|me|them|up)|been beaten|shell(?:ed|ing)|gunmen|militia|bomb\w*|armed men|unsafe|not safe|in danger|danger (?:to|of|for)|life is (?:in|at) (?:danger|risk)|at risk of|persecut\w+|tortur\w+|abus(?:ed|ive|er)|violen(?:t|ce)"
    r"|evict\w*|homeless|on the street|out on the street|(?:has|have) nowhere|(?:men|brothers|family|husband|people) (?:\w+ ){0,5}(?:come|came) (?:at|to|every|again|for) |nowhere (?:to (?:go|sleep|live|stay)|else to go)|no (?:roof|place to (?:stay|sleep|live))|shelter (?:ends|closes)|landlord (?:wants|has|will|is)|(?:found|came to|come to|knocked at) (?:the|her|his|their) (?:house|door|home)|been round asking|looking for (?:him|her|them|me)|kidnap\w*|ransom|police (?:came|come|take|took|put|stopped|called on|have been)|(?:a man|men|men with guns) (?:came|come|were asking|have been asking)|robbed|padlock"
    r"|menac\w+|tu(?:er|ee?s?) (?:par|si|le|la|son|sa|les|des)|le tuer|la tuer|nous tuer|se cachent?|cachee?s? (?:chez|dans|depuis)|en danger|battue?s?|violences?|violent|bombard\w+|persecut\w+|a la rue|sans[- ]abri|proprietaire (?:\w+ ){0,2}(?:a dit|veut|exige|reprend)|a tue (?:son|sa|mon|ma|le|la)|sans toit|agress\w+|viol(?:ee|ees|eur)|milice|hommes armes|assassin\w*|refuge ferme|nulle part ou)\b",
    event=r"\b(?:weddings?|(?:get(?:s|ting)?|be) married|nuptials|marr(?:y|ies)(?:ing)? (?:on|in|this|next|his|her)|graduation|graduat(?:es|ing) (?:on|in|from|this|next)|convocation (?:ceremony|day|is|on)|ordain\w*|ordination|enthronement|(?:citizenship|graduation|vows|final) ceremony|competitions?|competition day|carnival|dedication of|tournaments?|championships?|qualifi(?:er|ers|cation|ers)|world cup|olymp\w+|finals|(?:quarter|semi|grand)[- ]?final|the final (?:is|round|match)|festivals?|concerts?|opening night|(?:world|gala) premiere|recital|gala|baptism|christening|bar mitzvah|perpetual vows|audition|shooting|first night"
    r"|(?:annual|world|international) (?:conference|congress|assembly|summit)|exhibition opens|board exam|licensing exam|exam (?:is|on|date)|(?:sings?|performs?|competes?|plays|shoots?) (?:\w+ ){0,2}(?:on|at|in|before|this) (?:the |a )?\w|(?:show|performance|shoot|match|game|race) (?:is|are|on|opens|closes)|receives? (?:\w+ ){0,3}degree|examination (?:is|on|date)"
    r"|(?:au|le|du|mon|son|leur|notre|ce) mariage (?:est|a lieu|aura|de|prevu|le \d|du \d|religieux|civil|coutumier|samedi|vendredi|dimanche)|jour (?:du|de (?:mon|son|notre|leur)) mariage|noces|nous nous marions|se marie|ordonn(?:e|er) pretre|voeux perpetuels|ceremonies?|concours|tournois?|championnats?|coupe (?:du monde|a |d')|spectacles?|la premiere (?:a|est|du spectacle)|tournee|colloques?|congres|collation des grades|remise des diplomes|baptemes?|premiere communion|ordonnee? (?:pasteure?|pretre|diacre)|dedicace|examen de l'ordre)\b",
)
_LOSSES = Pattern(
    child=rf"\b{_CHILD} (?:\w+,? ){{0,5}}(?:alone|by (?:him|her|them)sel(?:f|ves)|unaccompanied|without (?:a |any |his |her |their )?(?:parents?|mother|father|guardian|adult))\b|\balone (?:\w+ ){{0,4}}{_CHILD}\b|\b(?:no ?one|nobody|no (?:other )?(?:adult|guardian|relative)) (?:\w+ ){{0,4}}(?:look after|care for|take care of|mind|keep|for|after|left) (?:\w+ ){{0,3}}{_CHILD}\b"
    rf"|\b{_CHILD} (?:\w+,? ){{0,6}}(?:has|have|had) (?:no ?one|nobody)\b|\bunaccompanied (?:minor|child)|\bchez (?:une|la|un|le) voisine?\b|\bapres,? (?:\w+ ){{0,2}}(?:il n'y a|y'a|y a|c'est)(?: plus)? personne\b|\b(?:foster (?:care|mother|home|placement|family)|orphanage|orphan(?:ed|s)?|reception (?:home|centre)|juvenile facility|state home|in an institution|cannot leave (?:her|him|them) (?:alone|with|there|in)|children'?s home|left with (?:a |the )?neighbou?rs?)\b|\b{_CHILD} (?:\w+ ){{0,6}}(?:left behind|nobody|no ?one else|separated)\b|\bseparated from (?:his|her|their|my|our) (?:\w+ )?(?:mother|father|parents?|{_CHILD})\b|\bthere is nobody (?:else|after)\b"
    rf"|\b{_ENFANT} (?:\w+,? ){{0,5}}(?:(?:tout |toute |toutes |tous )?seule?s?|sans (?:ses |leurs |sa |son )?(?:parents|mere|pere|personne)|livree?s? a (?:lui|elle|eux))\b|\b(?:sont|est|seront|sera|reste\w*) (?:tout|toute|tous|toutes) seule?s?\b|\bsont seuls dans\b|\bfoyer d'accueil\b|\bfamille d'accueil\b|\borphelin\w*\b|\bseparee?s? de (?:sa|son|ses|ma|leurs?) (?:mere|pere|parents|fille|fils|enfants?)\b|\bpersonne (?:\w+ ){{0,3}}(?:pour|ne peut) (?:les |la |le )?(?:garder|s'en occuper|s'occuper)\b",
    work=rf"\b(?:shut-?downs?|shuts? down|outages?|turnaround|stoppage|stand(?:s|ing)? idle|(?:plant|line|mine|furnace|kiln|boiler|mill|ward|theatre|unit|ship|vessel|rig|clinic|department|reactor|pumps?|hoist) (?:\w+ ){{0,3}}(?:stops?|goes down|comes down|is down|is stopped|closes|will close|must close|shuts|cannot (?:sail|run|open|leave|restart)|can't (?:sail|run|open|leave)|floods?|cools?|freezes)|(?:locks?|seals?|closes?) the (?:shaft|mine|lift|line|wing|ward|plant)|(?:semis|saison) (?:\w+ )?(?:commence|debute|ouvre)\w*|a sec|met(?:tra)? (?:\w+ )?scelles|fires? (?:are |is )?(?:already |still )?(?:burning|out of control)|(?:can't|cannot|can not|cant) (?:seed|plant|pick|harvest|milk|restart|run the|open the)|(?:seeding|planting|thinning|picking|lambing|calving|season) (?:starts?|begins?|window|opens)|(?:boat|ship|season|crop|fruit|grass|plants?) (?:\w+ ){{0,4}}(?:will not|won't|wont|does not|doesn't) wait|(?:give|gives|gave|giving) (?:{_HIS} )?(?:truck|job|post|position|shift|work|contract) to|(?:no|lose|loses) (?:\w+ )?(?:sailing|safe manning|certificate)|safe manning|effectif minimal|(?:mis|mise|nous a mis|est|sont) (?:\w+ )?en arret|year gone|cannot sail|can't sail"
    rf"|(?:job|post|contract|season) (?:is |will be )?gone|(?:plant|mill|mine|line) is shut|laid off|lay(?:ing)? off|layoffs?|sent home without pay|repair crew|fire crew|crew change|(?:harvest|crop|fruit|berries|cherries|grapes|apples|fish|catch|seedlings|plants|cattle|herd) (?:\w+ ){{0,4}}(?:rots?|spoils?|freezes?|dies?|is lost|are lost|will be lost|splits?|perish\w*|on the (?:vine|tree|bush)|waits?|begins?|starts?)|(?:start|begin|finish) (?:picking|the harvest)|lose (?:the|our|a) (?:crop|harvest|season|contract|berries|fruit|vintage)|wildfires?"
    rf"|(?:lose|loses|lost|losing) (?:{_HIS} |a )?(?:job|position|post|employment|contract|work|residency|licen[cs]e)|(?:job|post|position|offer) (?:\w+ ){{0,3}}(?:is withdrawn|will be withdrawn|be given|goes to|will go to|not be held|won't be held|will not be held)|(?:without|short of) (?:them|him|her) (?:\w+ ){{0,3}}(?:we|the|our) (?:\w+ )?(?:close|stop|cannot|can't|shut|lose)|(?:theatre|obstetrics|emergency|ward|wing) (?:\w+ ){{0,4}}(?:close[sd]?|emptied)"
    rf"|arret (?:technique|planifie|programme|annuel|de (?:la )?production)|(?:recoltes?|vendanges|cueillette|fraises|pommes|bleuets|raisins?) (?:\w+ ){{0,4}}(?:commenc\w+|debut\w*|perdue?s?|pourri\w*|gel\w*|attend\w*|tomb\w*)|sera (?:noyee?|perdue?|arretee?)|en panne|mis(?:es)? a pied|mises? au chomage|perd(?:re|ra|s|rait|ons|rons)? (?:{_SON} )?(?:emploi|poste|contrat|travail|recolte|saison|production)|(?:usine|four|mine|navire|chaine|bloc|urgence) (?:\w+ ){{0,3}}(?:ferm\w+|arret\w*|s'arrete|immobilis\w*|refroidit))\b",
    study=rf"\b(?:(?:lose|loses|lost|losing|forfeits?|miss|misses) (?:{_HIS} |a )?(?:\w+ )?(?:place|seat|spot|scholarship|bursary|semester|term|year|intake|admission|enrolment|enrollment|fellowship|internship|placement|orientation)|(?:place|seat|scholarship|bursary|admission|offer of admission|enrolment|fellowship|bursary) (?:\w+ ){{0,5}}(?:lost|forfeit\w*|withdrawn|cancel\w*|revoked|lapses?|expires?|goes to|will go|given away|given to|falls|ends)|(?:enrol\w*|registration) (?:\w+ ){{0,2}}(?:closes?|ends|cancel\w*)"
    r"|(?:place|seat|scholarship|bursary)s? (?:\w+ ){{0,4}}goe?s? to (?:the |an)?(?:next|other|waiting|someone)|last (?:day|date) (?:for|of|to) (?:late )?(?:arrivals?|registration|enrol\w*|register)|latest (?:arrival|date to arrive)|no (?:further )?deferral|cannot (?:be )?defer\w*"
    rf"|perd(?:re|ra|s|rait|ons)? (?:{_SON} )?(?:\w+ )?(?:place|bourse|annee|session|semestre|trimestre|inscription|admission|rentree)|(?:bourse|place|inscription|admission) (?:\w+ ){{0,5}}(?:tombe\w*|annulee?s?|perdue?s?|retiree?s?|ira a|caduque|donnee a)|(?:donne|donnera|perd) (?:ma|sa) place|(?:rate|manque|rater|manquer) (?:la|ma|sa) rentree|desinscrite?s?|l'annulation de l'inscription|derniere? (?:jour|date|delai) (?:\w+ )?(?:d'inscription|d'arrivee|pour s'inscrire)|inscriptions? (?:\w+ ){{0,3}}(?:ferm\w+|clos\w*|close)|ferme les inscriptions)\b",
    lapse=r"\b(?:expir(?:es?|ing|e|era|ent)|will (?:\w+ )?expire|laps(?:es?|ing)|will lapse|runs? out|running out|run out|ceases? to be (?:valid|good)|no longer (?:be )?valid|out of status|lose (?:\w+ )?status|overstayers?|grace period|ages? out|aging out|ageing out|turns (?:18|19|21|22|eighteen|twenty-two)|becomes? void|are void|is void|considered abandoned|treated as abandoned|deemed abandoned|will be (?:closed|refused|abandoned)|(?:may|will|could) be refused|failing which (?:the|your|my|his|her) application|dead visa|(?:permits?|letter|visa|status|copr) (?:will |does )?die[sd]?|(?:permits?|permission|visas?|status|medicals?|licen[cs]e|certificate|leave|lease|insurance|pass) (?:\w+ ){{0,5}}(?:ends?|finish(?:es|ed)?|dies?)|(?:medicals?|copr|confirmation\w*|exit permits?) (?:\w+ ){{0,5}}valid (?:until|to|till|through)|(?:permis|titre de sejour|visa|autorisation|bail|statut|assurance) (?:\w+ ){{0,5}}(?:finit|finissent|se termine|s'acheve)|(?:faute|a defaut) de quoi|pourra (?:\w+ )?etre refusee?"
    r"|echoi\w+|echeance|arrive a (?:terme|echeance)|prend fin|perime\w*|caduc\w*|perd (?:\w+ )?validite|hors statut|sans statut|vaut jusqu|valables? jusqu|valides? jusqu|aura (?:18|19|22) ans|sera (?:refusee?|close?|fermee?|abandonnee?|consideree? comme abandonnee?))\b",
    money=rf"\b(?:(?:lose|loses|losing|forfeits?|lost) (?:{_HIS} |a |about |some )?(?:\w+ )?(?:deposit|money|tickets?|fare|savings|\$ ?\d[\d,.]*|\d[\d,.]* ?(?:dollars|euros|\$))|non-?refundable|not refundable|no refund|daily fines?|be fined|fined (?:daily|for)|fines? of|penalt(?:y|ies)|(?:\$ ?|\d )[\d,.]*\d (?:a|per) (?:day|week|hour)|costs? (?:us|(?:the|our) \w+ (?:\w+ ){{0,3}}(?:\$ ?)?\d)|bankrupt\w*|insolven\w+|demurrage|liquidated damages"
    rf"|non[- ]remboursables?|pas remboursables?|perd(?:re|ra|ons|rons|rait|s)? (?:{_SON} )?(?:\w+ )?(?:argent|acompte|arrhes|billets?|subvention|caution|\d[\d ]* ?(?:\$|dollars|euros|francs))|amendes?|penalites?|dedit|\d ?\$ par jour|faillite|loses the grant|lose (?:the|its|our) (?:grant|funding))\b",
)
_ON_THE_WAY = Pattern(
    boarding=r"\b(?:(?:will|would|won't|wont|didn't|didnt|doesn't|does|did|do|can|could|cannot|can't|cant|refus\w+|denied|deny|not|to) (?:not )?(?:\w+ )?(?:board(?:ing)?|let (?:her|him|them|me|us) (?:on|board|fly|through|in))(?: (?:her|him|them|me|us))?|strand(?:ed|s)|(?:at|in) the airport since|keeping (?:her|him|them|us) in|stuck (?:at|here|there|outside|abroad)|(?:cannot|can't|can not|could not|unable to|no way to|not able to|not allowed to) (?:\w+ )?(?:travel|fly|return|go home|come home|leave|go back|get home|get back|come back|re-?enter)|passports? (?:\w+ ){0,3}stuck|nothing to (?:fly|travel) (?:on|with)"
    r"|(?:ne (?:peut|peux|pourra|peuvent|pourrai|pouvons|pourront) (?:pas |plus )?|impossible de |incapable de |empeche\w* de |sans pouvoir |pas pu |pu )(?:re)?(?:partir|voyager|rentrer|embarquer|quitter|revenir|decoller)|ne (?:la|le|les|nous|me) laissera? (?:pas )?(?:monter|embarquer|passer)|refus\w* (?:d'|l')embarque\w*|bloquee?s? (?:a|au|en|ici|dans|depuis)|coincee?s? (?:a|au|en|ici|la|dans))\b",
    held=r"\bpassports? (?:[\w,'-]+ ){0,6}(?:is|are|has been|have been|was|were|'s|sits?|stuck|still|held|kept|remains?|went|been) (?:[\w,'-]+ ){0,4}(?:with|at|in|inside|to) (?:you|yours?|ur|the (?:office|embassy|mission|registry|visa (?:office|section)|high|vac|consulate|post)|canada)\b|\bpassports? (?:with|at) (?:you|ur|your)\b|\b(?:at|in) (?:ur|your) (?:\w+ )?(?:office|place|building|cabinet|registry|counter)\b|\b(?:has|have|had) been with (?:you|your office)\b|\bnot come (?:back )?from (?:the )?(?:embassy|office)\b|\b(?:say|says) ['\"]?at the (?:embassy|mission|visa office)\b|\bpasseports? (?:\w+ ){0,2}vous (?:a|ont) ete (?:remis|envoyes?)|\b(?:you|u|(?:your|ur|the) (?:office|embassy|section)) (?:still )?(?:have|has|hold|holds|had|are holding) (?:\w+ ){0,2}passports?\b|\bpassport\w*,? (?:\w+ ){0,4}(?:not (?:been )?(?:returned|released|sent back|back)|ready for dispatch)\b|\b(?:release|return) (?:of )?(?:the|his|her|their|my|our|said) passports?\b|\bpassport\w* (?:\w+ ){0,3}be (?:returned|released)\b"
    r"|\bpasseports? (?:[\w,'-]+ ){0,5}(?:chez vous|a votre (?:bureau|guichet|comptoir|ambassade)|au bureau|dans vos|entre vos|retenue?s?|reste\w*)|\b(?:rendre|rende|rendez|remettre|recuperer|liberer|restituer) (?:[\w'-]+ ){0,6}passeports?\b|\bpasseports? (?:\w+ ){0,3}(?:etre |soit |soient )(?:rendu|remis|restitue)s?\b",
)
_HARMS = (_TO_PEOPLE, _LOSSES, _ON_THE_WAY)
_JOURNEY = Pattern(
    r"\b(?:flights?|fl(?:y|ies|ying)|planes?|travel\w*|trip|board\w*|sail(?:s|ing)?|airport|tickets?|departs?|leaves? (?:on|at|in)|at the gate|needed|lands?"
    r"|vols?|avion|voyag\w+|embarqu\w+|billets?|decoll\w+|part(?:ir|ons|ent|s)?|rentrer|aeroport)\b"
)
# What happened in a year gone by is told of somebody's past: "a man deported in 2011".
_LONG_AGO = Pattern(r"^[^.;]{0,50}?\b(?:in|en|since|depuis|of|de|du|back in) (?:\w+ ){0,2}(?:19|20)\d\d\b")
_IN_A_YEAR = {"event", "death", "illness", "removal", "danger"}
_NOT = Pattern(
    r"\b(?:no|not|never|without|nor|neither|isn't|aren't|wasn't|not yet|pas|pas de|aucune?|sans|jamais|ni|if|si)(?: a| an| any| of| de| in| been| to)?(?: | d')$"
)
# What somebody came to and went from: nothing is missed any more.
_BEEN_THERE = Pattern(r"\b(?:was at|were at|attended|came to|went to|after|since)(?: the| my| his| her| our)? $")
_FEES = Pattern(r"\b(?:fees?|payments?|frais|paiements?|droits)\b")
_KINDS = {
    "death": Harm.DEATH,
    "illness": Harm.ILLNESS,
    "removal": Harm.REMOVAL,
    "danger": Harm.DANGER,
    "child": Harm.CHILD_APART,
    "work": Harm.WORK_STOPPED,
    "study": Harm.STUDY_LOST,
    "lapse": Harm.LAPSE,
    "event": Harm.EVENT_MISSED,
    "money": Harm.MONEY_LOST,
    "boarding": Harm.STRANDED,
    "held": Harm.STRANDED,
}


def find_harms(message: Message) -> tuple[HarmNamed, ...]:
    """The harms of newest text and subject, each kind once, at its first place."""
    found = first_of_each(message, _HARMS, _harm_at)
    return tuple(HarmNamed(kind=kind, span=span) for kind, span in found.items())


def _harm_at(passage: Passage, hit: Hit) -> Harm | None:
    """The harm that a hit names, unless the words around it say that it is none."""
    return None if _is_no_harm(passage, hit, passage.plain) else _KINDS[hit.name]


def _is_no_harm(passage: Passage, hit: Hit, plain: bytes) -> bool:
    """Whether it is denied, long past, come to and gone from, or harmless where it stands."""
    name, before = hit.name, plain[max(0, hit.start - 60) : hit.start]
    if name in {"child", "boarding"}:
        return False
    if name == "held":  # a passport at the office harms who has to travel
        return not _JOURNEY.find(plain)
    return bool(
        _NOT.find(before)
        or (name == "money" and _FEES.find(before))
        or (name == "event" and is_invitation(passage))
        or (name in {"event", "death"} and _BEEN_THERE.find(before))
        or (name in _IN_A_YEAR and _LONG_AGO.find(plain[hit.end : hit.end + 70]))
    )
