"""What the office is said to have done wrong: a name misprinted, a document overlooked, a letter sent to a stranger.

Not the sender's own slip ("I typed the wrong year in my form"), and not disagreement with how an officer weighed things.
"""

from triage.core.facts.named import first_of_each, spoken
from triage.core.facts.passage import Hit, Passage, Pattern
from triage.core.facts.record import Act, ActComplainedOf
from triage.core.message import Message

_WRONG = (
    r"(?:wrong|incorrect|mistaken|misspel\w+|misspelt|misprint\w*|erroneous|mauvaise?s?|fausse|errone\w*|inexact\w*)"
)
_PRINT = r"(?:visas?|permits?|stickers?|counterfoils?|foil|copr|confirmations?|letters?|cards?|labels?|documents?|permis|vignettes?|lettres?|etiquettes?|cartes?)"
_SAYS = r"(?:says?|reads?|shows?|gives?|names?|states?|calls?|spells?|lists?|carr(?:y|ies)|bears?|made out|dit|indique\w*|porte\w*|nomme|appelle|designe|mentionne\w*|affiche)"
_ANOTHER = r"(?:(?:someone|somebody) else|(?:a )?next (?:man|woman|person)|another (?:\w+ ){0,2}?(?:person|man|woman|applicant|client|family|student|patient|lady|gentleman|child|traveller|candidate|worker)|other (?:person|people|man|woman|applicant|client|families|family)|(?:a )?(?:complete |total |perfect )?strangers?|third (?:person|party|parties))"
_AUTRUI = r"(?:quelqu'un d'autre|quelqu un d autre|une? autre (?:\w+ )?(?:personne|dame|homme|monsieur|femme|famille|client\w*|demandeur\w*|etudiant\w*|patient\w*|candidat\w*)|un tiers|autrui|une? inconnue?|un certain|une certaine|un monsieur|une dame)"
_PAPER = r"(?:letters?|e-?mails?|passports?|papers?|documents?|results?|refusals?|approvals?|decisions?|certificates?|medicals?|files?|x-?rays?|statements?|records?|details|data|information|visas?|envelopes?|notices?|reports?|diplomas?|lettres?|courriels?|courriers?|passeports?|papiers|resultats?|dossiers?|refus|certificats?|releves?|renseignements|visas?|avis|rapports?|radio\w*)"
_MISSING = (
    r"(?:you |your (?:client|son|wife|daughter|mother) )?(?:(?:have|had|has|did|do) not|didn't|haven't|hasn't|failed to|never) (?:been )?(?:provided?|submit(?:ted)?|includ(?:ed?)|furnish(?:ed)?|received|upload(?:ed)?|respond(?:ed)?|respond to|answer(?:ed)?|sent|demonstrated? payment|filed?)"
    r"|(?:was|were|is|are|has been) (?:not|never) (?:been )?(?:provided|submitted|received|included|uploaded|on (?:the )?file|furnished|shown|attached|there|enclosed)|no [\w ]{1,30} (?:was|were|has been|had been) (?:submitted|received|provided|included|uploaded|furnished)|no (?:proof|evidence|response|reply|answer|document\w*) (?:\w+ ){0,4}(?:received|provided|submitted|on file)|no (?:proof|evidence|valid result|record) of|no (?:\w+ ){1,4}on (?:the )?file|said to be missing|(?:form|letter|document|certificate|page|signature|schedule|proof|shown as|marked|recorded as|listed as) (?:\w+ ){0,3}(?:missing|absent|not received|not included)|missing (?:document|letter|certificate|form|page|proof)|for want of|(?:failure|failing) to (?:respond|submit|provide|answer)"
    r"|(?:n'a|n'avez|n'ai|n'avait|n'avaient|n'ont|n'aurait) (?:pas|jamais|rien|presente aucune?|fourni aucune?) ?(?:\w+ ){0,2}(?:fourni\w*|soumis\w*|presente\w*|produit\w*|recu\w*|depose\w*|joint\w*|repondu|transmis\w*|verse\w*)|(?:n'avez|n'a|n'ont|n'avait) pas donne suite|n'a (?:presente|fourni|produit) aucune?|(?:n'a|n'ont) pas ete (?:fourni|produit|recu|presente|joint|depose|transmis)\w*|(?:est|serait|etait|dit|declaree?|note) (?:absente?|manquante?|non recue?)s?|piece manquante|document manquant|faute de (?:reponse|preuve|document)|non (?:fournie?|recue?|produite?)s?|pretendument absente?"
)

# Of what was printed or issued.
_PRINTED = Pattern(
    document=rf"\b(?:(?:code|conditions?|employeur|etablissement|metier|province|pays|citoyennete|nationalite) (?:de \w+ )?(?:erronee?s?|inexacte?s?|fausse|incorrecte?s?)|{_WRONG} (?:\w+ )?(?:document|visa|permit|permis|sticker|vignette|type of visa|number of entries|entries|employer|employeur|occupation|noc|cnp|lmia|eimt|institution|school|college|dli|etablissement|condition|conditions|photo(?:graph)?|passport number|class of visa|province|job|birthplace|place of birth|workplace|place of work|offer|number|citizenship|nationality|nationalite|country|language|langue)|(?:employer|employeur|occupation|institution|school|lmia|eimt|noc|photo|citizenship|nationality|etablissement|metier|poste) (?:[\w,\"]+ ){{0,6}}(?:is not|isn't|n'est pas|not) (?:mine|ours|hers|his|theirs|le mien|le notre|a nous|la notre)"
    rf"|(?:visas?|sticker|label|counterfoil|stamped|printed|vignette|etiquette)[^.;\n]{{0,30}}(?:single[- ]entry|entree unique)|only one entry|une seule entree|(?:instead of|au lieu d'|au lieu de|rather than|not) (?:a |an |the |une? )?(?:multiple|mult|study permit|work permit|permanent resident|permis)|(?:issued|printed|stamped|delivree?|imprimee?|came back|came out) (?:\w+ ){{0,3}}(?:as|comme) (?:a |an |un |une )?(?:\w+ ){{0,2}}(?:visitor|visiteur|transit|tourist|single)|photo (?:\w+ )?n'est pas la (?:mienne|sienne|bonne)|photo is not (?:mine|hers|his)|(?:photo(?:graph)?|picture|face) (?:of|d'|de) (?:a |an |another|une? |someone|somebody|else)|face is not|{_PRINT} (?:[\w,]+ ){{0,5}}{_SAYS} (?:[\w,]+ ){{0,3}}(?:employer|employeur|occupation|noc|school|institution|lmia)|(?:passports?|passeports?) (?:\w+ ){{0,6}}(?:empty|with no visa|without (?:the|a|any) visa|sans (?:la )?(?:vignette|visa)|vides?)|with nothing in it|(?:birthplace|place of birth|lieu de naissance|nationality|nationalite|citizenship|citoyennete) (?:\w+ ){{0,2}}(?:is|as|reads|says|given|shown|indiquee?))\b",
    date=rf"\b(?:{_WRONG} (?:\w+ )?(?:date|birth ?date|birthday|year|birth ?year|birthyear|dob|age|validity|expiry|month|annee|lock-in)|(?:impossible|swapped) (?:dates?|validity)|(?:dates?|years?|birth ?year|dob|validity|ages?|annee|expiry) (?:\w+ ){{0,5}}(?:wrong|incorrect|impossible|swapped|transposed|inversee?s?|misprinted|erronee?|fausse|inexacte?)|erreur (?:de|dans la|sur la|sur ma|sur sa) (?:\w+ )?date|mauvaise annee|(?:expired?|expires?|lapsed?|expire) (?:\w+ ){{0,3}}(?:before|avant) (?:it|they|de|d'|even|meme|the day)|la bonne (?:annee|date)|(?:counterfoil|sticker|visa|copr|vignette|permit) ?: (?:[\w-]+ ){{0,4}}(?:19|20)\d\d|keystroke"
    rf"|{_PRINT} (?:[\w,():#-]+ ){{0,9}}(?:19|20)\d\d\b[^;.\n]{{0,60}}\b(?:born|nee?|instead|au lieu|should be|should read|not (?:19|20)\d\d|meant|passport says|passeport dit)|(?:born|nee?) (?:\w+ ){{0,4}}(?:19|20)\d\d[^\n]{{0,60}}\b(?:visa|sticker|copr|permit|letter|vignette|confirmation|lettre|permis|file|record|system)\b (?:\w+ ){{0,3}}{_SAYS}|(?:visa|sticker|counterfoil|copr|permit|vignette|confirmation) (?:\w+ ){{0,2}}{_SAYS} (?:\w+ ){{0,4}}(?:19|20)\d\d)\b",
)
_NAMED = Pattern(
    name=rf"\b(?:{_WRONG} (?:\w+ ){{0,2}}(?:name|surname|spelling|sex|gender|nom|prenom|sexe|patronyme)|(?:names?|surname|noms?|prenoms?|sexe?|gender|spelling) (?:\w+,? ){{0,5}}(?:wrong\w*|misspel\w*|misspelt|incorrect\w*|swapped|reversed|interchanged|missing a letter|inversee?s?|mal (?:ecrite?|orthographiee?)|errone\w*|inexact\w*|fautif)|(?:misspel\w+|misspelt) (?:\w+ ){{0,4}}name|erreur (?:de|dans le|sur le|sur mon|sur son) (?:\w+ )?(?:nom|prenom|sexe|genre)|(?:faute|coquille) (?:dans|a|au|sur) (?:\w+ )?(?:nom|prenom)|under (?:sex|gender)|(?:put|listed|recorded|printed|written|shown|down) (?:\w+ ){{0,3}}as (?:male|female|a (?:boy|girl|man|woman))|(?:visa|sticker|counterfoil|copr|letter|card|vignette|permit|paper) (?:says?|dit|reads?|shows?) [\"']?(?:m|f|male|female|homme|femme)|(?:wrote|printed|put|shows|have) (?:my |his |her )?(?:surname|given name|first name|family name)|sexe? ?: ?[mf]\b|[mf] (?:on|in|sur) (?:the|le|la) (?:sticker|visa|passport|passeport|vignette)|(?:visa|sticker|counterfoil|copr|vignette|confirmation|letter|lettre|certificate) (?:\w+ ){{0,4}}(?:spells?|calls?|l'appelle|la nomme|le nomme|me nomme|m'appelle|has (?:my|his|her|the) (?:\w+ )?name|in (?:another|the wrong) name)|(?:given|first) and (?:family|last) names? (?:\w+ )?(?:swapped|reversed)|(?:is|are) (?:written|spelled|spelt|printed) (?:as )?(?:\w+ )?(?:instead|and not|au lieu)|with (?:one|two|an?) (?:\w+ )?(?:letter|n|l|s|t) (?:missing|too)|(?:est )?(?:ecrit|orthographie) (?:\w+ ){{1,4}}au lieu)\b",
)
# Of what was there and not seen, or told and not written down.
_OVERLOOKED = Pattern(
    returned=r"\b(?:return\w*|sent back|sends? (?:\w+ ){0,5}back|came back|come back|mailed (?:\w+ )?back|retourn\w+|retour|renvoy\w+|renvoi|revenue?|m'est revenu) (?:[\w',]+ ){0,14}(?:as )?(?:incomplete|incomplet\w*|late|missing|not signed|unsigned|non signee?s?|absente?|manqu\w+)\b|\b(?:returned|renvoye\w*|retourne\w*) (?:though|although|alors qu|bien qu|a tort|in error|by mistake)|\b(?:incomplete|incomplet\w*|unsigned|not signed|non signee?)\b",
    overlooked=rf"\b(?:{_MISSING})\b",
    unseen=r"\b(?:overlook\w*|was (?:not|never) (?:seen|read|looked at|opened|counted|considered)|were (?:not|never) (?:seen|read|looked at|opened)|(?:did|could|cannot|can) not (?:have )?(?:seen|see|read|open|turn) (?:the|it|them|that|page)|not to have (?:seen|read)|failed to (?:see|notice|read|open)|refused (?:me |us |him |her )?for (?:a|the|want of a) (?:document|letter|page|paper)|n'a pas ete (?:vu|lu|regarde|ouvert|pris)\w*|n'a pas (?:vu|lu|ouvert|tourne)|passee? inapercue?|pas tournees)\b",
    recorded=r"\b(?:left off|left out|dropped (?:from|off)|(?:was|were) omitted|omitted (?:from|to)|not (?:undergone|done|completed) (?:the |your |his |her )?medical|oubliee?s?|forgotten|has vanished|had vanished|n'existe pas|ignored our|never (?:updated|entered|recorded|linked|added)|not (?:been )?(?:linked|updated|recorded|entered|added)|(?:is|was|are|were) not on (?:this|the) (?:file|list)|link (?:the|his|her|my|it|them)|put (?:\w+ ){1,3}back (?:on|in|into|where|as)|put (?:him|her|them|it|us) back|does(?: not|n't) list|ne figure pas|restore (?:the|her|him|it|them|my)|(?:old|former|previous|ancienne?|ex) (?:address|adresse|representative|representant\w*|consultant\w*|lawyer|avocate?|employer|passport|passeport)"
    r"|despite (?:the|my|our|its|your) (?:own )?(?:change|update|confirm\w*|request)|medical\w*:? (?:\w+ ){0,4}not (?:been )?(?:received|done|passed)|(?:keeps?|continues? to|still) (?:sending|writing|send|write|goes?|going) (?:\w+ ){0,4}to|(?:rattacher|rattachee?|retablir) (?:le|la|les|l'|au|a|cet|cette|mon|ma|notre)|pas (?:ete )?(?:rattache|enregistre|consigne|ajoute|mis a jour|modifie)\w*|manque (?:un|une|notre|mon|ma|l'|le |la )|for a family of|pour une famille de)\b",
)
# Of other people.
_STRANGERS = Pattern(
    other=rf"\b(?:{_ANOTHER})(?:'s|s'|') (?:\w+ ){{0,4}}{_PAPER}\b|\b{_PAPER} (?:\w+ ){{0,5}}(?:addressed to|meant for|belong\w* to|intended for|of|for|about|from|in the name of) {_ANOTHER}\b|\b{_PAPER} (?:\w+,? ){{0,5}}(?:meant for|intended for|addressed to|belonging to) (?:a |an |one |some |mr|mrs|ms)"
    rf"|\b{_PAPER} (?:[\w,]+ ){{0,6}}(?:(?:de|a|au nom de|chez|concernant|concerne|destinee?s? a|adressee?s? a) |d'){_AUTRUI}\b|\b(?:privacy breach|breach of (?:privacy|confidentiality)|atteinte a la (?:vie privee|confidentialite)|bris de confidentialite)\b|\b(?:passport|letter|envelope|refusal|document|passeport|lettre)\w* (?:[\w,]+ ){{0,6}}(?:is not|isn't|not|n'est pas|pas) (?:mine|ours|hers|his|me|theirs|le mien|la mienne|le notre|le sien|a moi|la notre)\b|\b(?:the wrong (?:person|address|man|woman|inbox|family|representative|consultant|client))\b|\b(?:somebody|someone) else'?s[:.,]|\b(?:pas|not) (?:mes|my|our|nos) (?:documents|papers|papiers|originaux|originals)\b|[.:!?] not (?:mine|hers|his|ours)\b|\b{_PAPER} of (?:one|a|some) (?:\w+ )?(?:woman|man|lady|girl|boy|person|gentleman|mr|mrs|ms)\b|\b(?:passport|diploma|visa|letter) of one\b|\b(?:return of|in|sent|got|received|came) (?:a |the |me |un |le )*(?:wrong|mauvais) (?:passport|passeport|envelope)\b|^(?:the )?wrong (?:passport|envelope) (?:in|came|was|sent|returned)\b|\bopen copy\b|\b{_PAPER} (?:\w+ ){{0,2}}for (?:some|a|one|somebody|someone) (?:mr|mrs|ms|called|named)\b|\b(?:sent|e-?mailed|mailed|copied|went|envoye\w*|parti\w*) (?:\w+ ){{0,5}}(?:to |a )(?:my (?:ex|former|old|employer)|{_ANOTHER}|mon ex|{_AUTRUI})",
    person=rf"\b(?:mistaken identity|identity mistake|homonym\w*|namesake|same name|meme nom|shares? (?:his|her|my|a) (?:\w+ )?name|partage (?:son|mon|le) nom|(?:there are|il y a) (?:two|deux|another|une autre|un autre) (?:\w+ )?(?:called|named|nommee?s?|appelee?s?|of (?:this|that) name)|(?:pour|avec|concern\w+) quelqu'un d'autre|because of another|never heard of|(?:do not|don't|does not|doesn't) know any|ne connais\w* (?:aucune?|pas ce|pas cette|pas ces)|identical twin|wrong (?:\w+ )?(?:man|woman|person|wife|husband|candidate|twin|applicant|client|child|people|family|file|application|brother|sister|passport holder)|mauvaise? (?:personne|candidate?|dossier|famille|client|monsieur|dame|conjointe?)|(?:two|deux|both) (?:files?|men|women|people|persons|clients|dossiers|hommes|personnes) (?:\w+ ){{0,5}}(?:mixed|crossed|confused|merged|swapped|confondus?|melangee?s?|croisee?s?|crois\w*|demeler)|(?:mixed|confused|muddled|confuse[sd]?|mistook|mistaken|merged|confond\w*|confondu\w*|melange\w*) (?:\w+ ){{0,5}}(?:up )?(?:with|for|together|avec)|mix(?:es|ed)? (?:the )?two|mix(?:es|ed)? (?:us|them|me|him|her|up)|merged? (?:two|the|our|both|these) files|separate them|(?:it is|it's|that is|that's|i am|he is|she is) not (?:me|this (?:man|woman|person|lady))|out of my file|(?:results?|files?|records?|names?|photos?|letters?|identities|dossiers|resultats) (?:\w+ ){{0,4}}(?:crossed|mixed up|swapped|interchanged|intervertis?|croisee?s?|melangee?s?|inversee?s?)"
    rf"|(?:facts|notes|paragraphs?|lines?|history|record|conviction|life|vie) (?:\w+ ){{0,5}}(?:belong\w* to|meant for|of) {_ANOTHER}|{_ANOTHER} of (?:that|the same) name|{_ANOTHER}'s (?:\w+ )?(?:files?|records?|application|notes|history|conviction|study|fee)|some other person|(?:fee|study|notes|history|facts|conviction) (?:\w+ )?of {_ANOTHER}|another (?:\w+ )?(?:of the same name|with the same name)|(?:c'est|il y a|d'|un|une) ?(?:un |une )?autre (?:monsieur|madame|personne)|n'est pas la meme personne|not the same (?:person|man|woman)|(?:never|nobody|no one|neither|not) (?:\w+ ){{0,5}}(?:asked|requested|ask) (?:\w+ ){{0,4}}(?:withdraw\w*)|(?:jamais|rien) (?:demande|retire)|withdrawal (?:we|i|he|she) never|about (?:a|some) (?:man|woman) (?:i|we) (?:have|do) (?:not|never))\b",
)
# Of money, ways and papers.
_HANDLED = Pattern(
    fee=r"\b(?:charged|paid|cut|debited|billed|taken?|took|payment|fees?|debite\w*|preleve\w*|percu\w*|payee?s?|facture\w*|prelevement|encaisse\w*) (?:[\w$,.]+ ){0,5}(?:twice|two times|double|three times|thrice|four times|both times|deux fois|trois fois|en double|en trop|de trop|a second time|une seconde fois|une deuxieme fois)\b|\b(?:double|triple|over)[- ]?(?:charg\w*|payment|debit\w*|billed|prelevement|paiement|facturation)|\b(?:wrong|incorrect) (?:fee|amount|tariff)\b|\bmauvais (?:tarif|montant)\b"
    r"|\b(?:fees?|payments?|frais|paiement|versement|droits?) (?:[\w,]+ ){0,6}(?:unpaid|not (?:been )?(?:paid|received|found)|outstanding|impaye\w*|non (?:paye|acquitt|regle|recu)\w*|pas (?:ete )?(?:paye|acquitt|recu|regle)\w*|n'apparait pas)|\b(?:recorded|shown|shows?|marked|listed) (?:as )?(?:unpaid|not paid)|\bimpayee?s?\b",
    stream=r"\b(?:wrong|mauvaise?|incorrect) (?:\w+ )?(?:stream|categor(?:y|ie)|class(?:e)?|program\w*|provision|exemption code|section|unit|filiere|volet|case|code|application type|type of application|visa office|kind of application)\b|\b(?:assess\w*|process\w*|treat\w*|consider\w*|opened|filed|put|placed|refused|evaluated?|classified|coded|decided|examine\w*|traite\w*|evalue\w*|classe\w*|etudie\w*|jugee?|range\w*|mis\w*|ouvert\w*|inscrite?) (?:\w+ ){0,5}(?:under|as|in|into|against|comme|dans|sous|selon|au titre de|en) (?:the |a |an |la |le |l'|une? )?(?:\w+ ){0,2}(?:wrong|different|another|ordinary|normal|mauvaise?|autre)\b"
    r"|\b(?:applied|apply|filed|application) (?:\w+ ){0,4}(?:as|for|under|in) [^.;]{3,70}\b(?:assessed|processed|treated|evaluated|handled) (?:\w+ ){0,4}(?:as|under|against)\b|\b(?:assessed|processed|treated|handled|classed|traitee?|classee?|evaluee?|ouverte?) (?:as|comme|under|en) (?:a |an |the |un |une |simple )?(?:\w+ ){0,2}(?:visitor|visiteur|seasonal|tourist\w*|conjugal|worker|student|skilled|agricult\w*|travailleur|etudiante?)\b"
    r"|\b(?:class|category|stream|program\w*|categorie|volet) (?:in |for |under |dans )?(?:which |which she |laquelle |lequel )?(?:he|she|i|we|they|il|elle|nous|je) (?:\w+ )?(?:did not|didn't|never|n'a jamais|n'ai jamais|n'a pas) (?:appl\w+|demand\w+|choisi)|\b(?:did not|didn't|never) appl\w+ (?:under|for|as|in)\b|\b(?:check|checked|assess|assessed|judged?) (?:me|us|him|her) (?:in|under|as)\b|\bnobody (?:\w+ )?applied (?:for|under)\b|\b(?:category|class|stream|categorie|volet) (?:applied for|he applied|she applied|it was made in|we applied)\b",
    lost=r"\b(?:you|your (?:\w+ )?(?:office|staff|section|registry|mail ?room|courier)|the (?:\w+ )?(?:office|embassy|mission|vac|centre)|they|embassy|vous|votre (?:bureau|service)|le (?:bureau|centre)) (?:seems? to |appears? to |must )?(?:have |has |had |avez |a |l'a |l'avez |ont )?(?:lost|misplaced|mislaid|cannot (?:find|locate)|can't (?:find|locate)|can not find|perdue?s?|egaree?s?|ne (?:le |la |les )?(?:retrouve|trouve)\w* (?:pas|plus))\b"
    r"|\b(?:passports?|files?|documents?|originals?|applications?|certificates?|diplomas?|package|envelope|box|birth certificates?|passeports?|dossiers?|originaux|pieces?|colis|enveloppe|diplomes?) (?:\w+ ){0,4}(?:(?:was|is|were|are|has been|have been|been|got|gone|went) (?:\w+ )?(?:lost|misplaced|mislaid|missing|astray)|(?:has |have )?(?:vanished|disappeared)|(?:a |ont |est |sont )?(?:ete )?(?:perdue?s?|egaree?s?|introuvables?|disparue?s?|(?:ont|a) disparu))\b|\b(?:lost|missing) (?:passport|original|document)s? (?:at|by|in) (?:your|the)\b|\b(?:documents|originaux|certificate|acte de naissance|jugement|diplome|passeport)\b[^.;\n]{{0,60}}\by sont pas\b|\b(?:not in the|n'est pas dans l'|nor in the) (?:envelope|enveloppe|package)|\bthey (?:have )?kept (?:my|his|her|our) original|\b(?:kept|keep|never returned|did not return|didn't return) (?:my|his|her|our|the) (?:original )?(?:diploma|certificate|documents?|originals)|\bnobody (?:\w+ )?(?:can find|knows where) (?:\w+ )?(?:passport|file|original|document)",
)
# Of what is said of somebody.
_STATED = Pattern(
    biometrics=rf"\b(?:biometrics?|finger ?-?prints?|(?:his|her|my|their|the|ten) prints|empreintes|biometri\w+|biometries?)\b[^.;]{{0,70}}\b(?:match\w*|belong\w*|mix(?:ed)?|mix-?up|{_ANOTHER}|not (?:been )?(?:enrolled|received|given|linked|recorded|found|done|taken)|unlink\w*|correspond\w*|attribu\w*|melang\w*|crossed|swapped|crois\w*|{_AUTRUI}|pas (?:ete )?(?:recu|donne|enregistr)\w*|non (?:recue?|enregistree?)s?)"
    r"|\b(?:false|wrong) (?:fingerprint |biometric )?match\b|\bhave not given your biometrics\b|\bno (?:biometrics|fingerprints) (?:\w+ )?(?:given|received|provided|taken|on file)\b",
    fact=r"\b(?:(?:factual|plain|clerical|arithmetic\w*|typing|data[- ]entry|keying|transcription|typographical) (?:error|mistake|slip)|error of fact|mis-?read\w*|mis-?count\w*|miscalculat\w*|misquot\w*|mis-?typed|mis-?keyed|mis-?stat\w*|mistook the|(?:took|taken|counted|entered|read it) (?:the )?(?:american|wrong) way|mal (?:lue?|comptee?|calculee?|saisie?|interpretee?|transcrite?)|erreur (?:de (?:fait|calcul|lecture|saisie|frappe|transcription|votre part|la part)|materielle|factuelle)|(?:counted|read|typed|keyed|entered) (?:\w+ ){0,6}(?:wrongly|wrong|incorrectly|as the)|(?:officer|someone|somebody|clerk) (?:\w+ )?(?:took|taken|read) (?:\w+ ){0,6}(?:for|as) (?:the|a|an)|you (?:have|had) (?:her|him|me|us|them) (?:down )?as|(?:digits?|chiffres?|lignes|numbers) (?:\w+ ){0,6}(?:swapped|reversed|transposed|permute\w*|inversee?s?)|inversion d(?:e|es|u)|(?:two|deux)(?: last| derniers)? (?:digits|chiffres)|finger slipped|doigt (?:a|qui a) gliss\w+|add(?:ed)? up (?:again|wrong)|recount\w*|refaire (?:le calcul|la soustraction|l'addition)"
    r"|(?:is|are|was|were) (?:simply |plainly |just )?(?:not true|untrue|not so|not correct|incorrect|false|not the case)|(?:isn't|wasn't) (?:true|so|correct)|n'est pas (?:vrai|exact|le cas)|c'est (?:faux|inexact)|est (?:faux|inexacte?|erronee?)|(?:over age|closed as deceased|recorded as (?:dead|deceased)|is alive|pas morte?|est bien vivante?)|(?:refusal|letter|officer|decision|notes?|office|portal|file|they) (?:\w+ ){0,3}(?:says?|said|states?|claims?|finds?|found|wrote|writes?)[^.\n]{1,140}\.[\"']? (?:but |in fact |actually |yet )?(?:he|she|i|we|they|it|there|that|our \w+|my \w+|his \w+|her \w+) (?:is|are|was|were|has|have|had|did|do|does) (?:not|never|no)\b|(?:lettre|refus|decision|agent|agente|notes?|dossier|bureau) (?:\w+ ){0,4}(?:dit|disent|affirme|indique|parle|reproche|declare|mentionne|ecrit|retient)[^.\n]{1,160}(?:\. |, |; )(?:or|pourtant|alors que|en fait|en realite|mais (?:je|il|elle|nous))\b)\b",
)
_ACTS = (_PRINTED, _NAMED, _OVERLOOKED, _STRANGERS, _HANDLED, _STATED)
_HAD_IT = Pattern(
    r"\b(?:(?:i|we|he|she|they|client|applicant|which|that|it|was|were|had|have) (?:had |have |has |was |were |been |did |already |both |all )?(?:uploaded|submitted|sent|included|provided|answered|responded|lodged|filed|gave|given|paid|did|attended|signed|done|couriered)|(?:it|they|form|document|signature|page|letter|receipt|certificate) (?:is|are|was|were) (?:there|in the|in your|on the|on file|signed|at page|at tab|on page|included|item)|(?:portal|system|receipt|acknowledg\w+|checklist|summary|confirmation|account|list)[^.]{0,30} (?:shows?|lists?|says|reads|bears|records|mentions|displays|cites)|received stamp|your (?:own )?stamp|stamped|page \d+|item \d+|receipt|proof of (?:payment|upload)|screen ?shots?|screen capture|acknowledg\w+|confirmation (?:no|number)"
    r"|televers\w+|deposee? le|soumise? le|envoyee? le|remise? le|payee?s? le|ai (?:paye|envoye|depose|fourni|donne)|acquitt\w+|figure\w*|tampon\w*|timbre|accuse de reception|capture d'ecran|piece \d|recu (?:no|n|numero|est|porte|joint|du|a mon|ci)|quittance|y est|y sont|y etait|y etaient|chargee?s? le|est la|est dans|l'ai pris|est signee?|est dans|a la page|au dossier)\b"
)
_OWN_SLIP = Pattern(
    r"\b(?:my|our|own) (?:own |clerical |typing |stupid |silly )*(?:mistakes?|errors?|fault|slips?|typos?|oversights?|carelessness|clumsiness)\b|\b(?:i|we|my (?:son|nephew|daughter|cousin|agent|friend|assistant|husband|wife|consultant|clerk)|our (?:clerk|office|agent|assistant)|the agent) (?:\w+ ){0,3}(?:typed|wrote|put|entered|filled|ticked|selected|chose|clicked|uploaded|gave|made|keyed|forgot|copied) (?:[\w']+ ){0,8}(?:wrong\w*|mistake\w*|error|by mistake|in error|incorrect\w*|instead|typo)\b|\b(?:i|we) (?:wrongly|mistakenly|accidentally|misspel\w*|mistyped|forgot to)\b|\bby (?:my )?mistake,? (?:i|we)\b|\b(?:it's|it is|this is|entirely|all) (?:me|us|ours|mine|my doing|on me)\b|\b(?:it's|this is|was|is|are) my (?:own )?(?:mistake|fault|doing)\b|\bmade in our office\b|\bmea culpa\b|\b(?:i|we) left out\b|\b(?:it's|so it is|and it is) (?:ours|me)\b|\b(?:i|we) put (?:\w+ ){1,6}(?:where|when|but|and) it (?:should|is|'s)\b"
    r"|\bje me suis trompe\w*|\b(?:nous nous sommes|on s'est|mon \w+ s'est|ma \w+ s'est|il s'est|elle s'est) trompe\w*|\b(?:j'ai|j ai|nous avons) (?:\w+ ){0,3}(?:fait une (?:erreur|faute)|commis une|mal (?:ecrit|rempli|coche|saisi|inscrit|tape|mis)|coche\w*|inverse\w*|oublie d|inscrit|mis le mauvais)[^.]{0,60}\b(?:erreur|lieu|faute|alors|mauvais\w*|tort|trompe\w*)|\bpar (?:mon )?(?:erreur|inadvertance|megarde),? (?:j'|nous|je)|\b(?:mon|notre|ma|de ma|de mon|de notre|de ma part|propre) (?:erreur|faute|bevue|etourderie|coquille|plume|cabinet|inattention)\b|\berreur de (?:ma|notre) part\b"
)
_NOT_MINE = Pattern(r"\b(?:not|n't|no|nor|pas|jamais) (?:\w+ )?$")
# Only feared, or denied: "if you have lost it", "I do not say that he misread it", "rien de cela n'est inexact".
_UNSURE = Pattern(
    r"\b(?:if|whether|in case|unless|si|au cas ou) (?:\w+ ){0,4}$",
    r"\b(?:not|n't|never) (?:say|saying|claim\w*|contend\w*|suggest\w*|argu\w*|alleg\w*)\b[^.;]*$",
    r"\bne (?:dis|pretends?|soutiens|reproche|dit|disons) pas\b[^.;]*$|\b(?:rien de|aucune?|nul) [^.;]{0,25}$",
)
_SAID = Pattern(
    r"\b(?:refus\w*|letter|officer|decision|return\w*|retourn\w*|renvoy\w*|you (?:say|said|wrote|write|state|told)|says?|closed|abandoned|portal|system|ground|reason|lettre|agent|motif|dit|bureau|systeme|portail|fermee?|rejet\w*|because)\b"
)
# An ask for a new print tells that the first was wrong, where nothing tells in what.
_REPRINT = Pattern(
    reprint=r"\b(?:reissue|re-?issued?|reprint\w*|reimpr\w+|reemettre|re-?emettre|corrected (?:letter|visa|permit|copr|document|copy)"
    r"|(?:lettre|vignette|confirmation) corrigee?)\b"
)
_KINDS = {
    "reprint": Act.WRONG_DOCUMENT,
    "returned": Act.RETURNED_THOUGH_COMPLETE,
    "biometrics": Act.BIOMETRICS_MIXED_UP,
    "fee": Act.FEE,
    "stream": Act.WRONG_STREAM,
    "lost": Act.LOST_DOCUMENT,
    "other": Act.OTHER_PERSONS_LETTER,
    "person": Act.WRONG_PERSON,
    "overlooked": Act.OVERLOOKED_DOCUMENT,
    "unseen": Act.OVERLOOKED_DOCUMENT,
    "recorded": Act.NOT_RECORDED,
    "document": Act.WRONG_DOCUMENT,
    "date": Act.WRONG_DATE,
    "name": Act.WRONG_NAME,
    "fact": Act.MISREAD_FACT,
}
# That something is not there is an act of the office only where the sender says that it was.
_DISPUTED = {Act.RETURNED_THOUGH_COMPLETE, Act.OVERLOOKED_DOCUMENT, Act.NOT_RECORDED}


def find_acts(message: Message) -> tuple[ActComplainedOf, ...]:
    """The office's acts that newest text and subject complain of, each kind once, at its first place."""
    found = first_of_each(message, _ACTS, _act_at) or first_of_each(message, (_REPRINT,), _act_at)
    if not found or any(_owns_up(passage) for passage in spoken(message)):
        return ()
    if not _DISPUTED.isdisjoint(found) and not _disputes(message):
        found = {kind: span for kind, span in found.items() if kind not in _DISPUTED}
    return tuple(ActComplainedOf(kind=kind, span=span) for kind, span in found.items())


def _act_at(passage: Passage, hit: Hit) -> Act | None:
    """The act that a hit names, unless it is only feared or denied."""
    return None if _UNSURE.find(passage.plain[max(0, hit.start - 60) : hit.start]) else _KINDS[hit.name]


def _disputes(message: Message) -> bool:
    """Whether the sender says that it was there, whatever the office said."""
    texts = [passage.plain for passage in spoken(message)]
    return any(map(_HAD_IT.find, texts)) and any(map(_SAID.find, texts))


def _owns_up(passage: Passage) -> bool:
    """Whether the sender speaks of a slip of his own: then what is wrong is not the office's doing."""
    return any(
        not _NOT_MINE.find(passage.plain[max(0, hit.start - 20) : hit.start])
        for hit in _OWN_SLIP.find_all(passage.plain)
    )
