"""Whether the sender says that the ordinary channel was used before: the web form, or the office's own address."""

from itertools import islice

from triage.core.facts.passage import Hit, Passage, Pattern, passages
from triage.core.facts.record import Span
from triage.core.message import Message

MOST = 60  # places that are looked at in one part

# The channels. Written to "you" is none of them: that may be this inbox.
_INBOX = r"(?:\w+ )?(?:e-?mail|mail|address|mailbox|mail box|inbox|box|e-?mail address|account)(?:es|s)?"
_CHANNEL = Pattern(
    form=r"\b(?:web[- ]?(?:form|enquir|inquir|quer)\w*|(?:online|internet|on-line) (?:\w+ )?(?:forms?|enquir\w+|inquir\w+)"
    r"|case[- ]specific (?:\w+ )?(?:enquir|inquir|form)\w*|case (?:enquir|inquir)\w+|cse form|enquiry form|inquiry form|contact form"
    r"|(?:enquired|inquired|asked|wrote|applied again) online|(?:filled(?: in| out)?|used) your (?:\w+ )?form"
    r"|formulaires? (?:web|en ligne|internet|de (?:contact|demande de renseignements))|demandes? de renseignements (?:web|en ligne|sur un cas)\w*"
    r"|par (?:le|votre|son) formulaire|rempli votre formulaire)\b",
    address=rf"\b(?:ordinary|usual|general|regular|normal|generic|main|public|common|official|shared|office'?s?|mission'?s?|post'?s|embassy'?s?|consulate'?s) {_INBOX}\b"
    rf"|\b(?:to|at|through|via|by|on|using) (?:your|(?:the |your )?(?:immigration|enquiries|info|registry|resettlement|visa|[\w]+'s)) {_INBOX}\b"
    r"|\b(?:address|e-?mail|mailbox|inbox) (?:of|at) (?:the|your) (?:office|embassy|mission|post|consulate)\b"
    r"|\b(?:on|in|through|via|by|par|sur) (?:the |your |le |votre )(?:website|web ?site|web ?page|site(?: internet| web)?)\b"
    r"|\badresse (?:\w+ )?(?:generale|ordinaire|habituelle|usuelle|du bureau|generique|de l'ambassade|de votre bureau)\b|\b(?:boite|messagerie) (?:\w+ )?(?:generale|ordinaire|du bureau|de votre bureau)\b"
    r"|\b(?:a|sur|par|via) (?:votre |la |l')(?:adresse|boite|courriel|messagerie)\b|\bcourriels? (?:general|du bureau|de l'ambassade|ordinaire)\b",
    office=r"\b(?:to|with) (?:the|your|this) (?:visa |local |migration |immigration |same )?(?:office|section|mission|embassy|consulate|high commission|post)\b"
    r"|\b(?:contacted|emailed|e-mailed|asked|reminded) (?:the|your|this) (?:visa |migration |immigration )?(?:office|section|mission|embassy|consulate)\b"
    r"|\b(?:au|a|aupres du?|avec|contacte|relance|interroge) ?(?:le |la |votre |l'|ce |du )?(?:bureau|ambassade|service des visas|section des visas|consulat)\b|\ble bureau, (?:interroge|relance|contacte)",
    again=r"\b(?:my|our|this is the|mon|ma|notre) (?:second|third|fourth|fifth|sixth|seventh|tenth|\d{1,2}(?:nd|rd|th)|deuxieme|troisieme|quatrieme|cinquieme|sixieme|\d{1,2}i?e(?:me)?)"
    r" (?:message|e-?mail|letter|request|reminder|attempt|enquiry|inquiry|courriel|lettre|relance|rappel|demande)\b",
    # What was sent, where the sentence goes on to say that it was or was not answered.
    sent=r"\b(?:my|our|mon|mes|nos|notre) (?:\w+ ){0,2}?(?:e-?mails?|messages?|letters?|notes|reminders?|enquir(?:y|ies)|inquir(?:y|ies)|courriels?|lettres?|relances?|rappels?)\b",
)
_TOLD = (
    r"wrote|writ(?:e|ten|ing)|e-?mail(?:s|ed)?|ask(?:ed)?|report(?:ed)?|enquir\w+|inquir\w+|messag(?:e|es|ed)|letters?|notes|reminders?|reminded|follow(?:ed)?[- ]up|raised"
    r"|complain\w+|contacted|flagged|notified|said so|queried|quer(?:y|ies)|correspondence"
    r"|ecri\w*|courriels?|relanc\w+|signal\w+|contact\w+|interrog\w+|averti\w*|message\w*"
)
_TO_OFFICE = Pattern(rf"\b(?:{_TOLD})\b")
_TO_ADDRESS = Pattern(
    rf"\b(?:{_TOLD}|put|submissions|sent|send|envoy\w+|demand\w+|lettres?|question|soumis\w*|adress(?:e|ee|es|ees)|transmi\w+)\b"
)
_ANSWERS = Pattern(
    r"\b(?:repl(?:y|ied|ies)|unanswered|answer|answered|response|responded|acknowledg\w+|ignored|sans suite|repondu|reponse|reste\w*)\b"
)
# What makes of a form that is named one that was used: a deed, a date, a count, an answer.
_USED = Pattern(
    rf"\b(?:{_TOLD}|us(?:ed|ing)|fill(?:ed)?|filed|sent|submit\w*|tr(?:ied|y)|lodged|complet\w+|enter\w*|did|made|put|went (?:in|through)|told|repl(?:y|ied|ies)|answer\w*|respon\w+|gave|produced|elicited|came back|got|received"
    r"|returned|upload\w*|oblig\w+|copies|says? nothing|unanswered|no (?:news|update)|nothing|silence|acknowledg\w+|receipt|auto\w*|reference|confirmation|ticket|ref|number|twice|times|again|ago|since|last|yesterday|already"
    r"|previous\w*|earlier|january|february|march|april|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|\w+day"
    r"|rempli\w*|utilis\w+|depos\w+|envoy\w+|soumis\w*|transmi\w+|pass(?:e|ee|ant) par|fait|dit|repond\w*|repons\w+|renvoy\w+|close?|recu\w*|accuse|suite|reste\w*|sans|rien|numero|fois|deja|hier|dernier|derniere|valu|pose\w*|perdu\w*"
    r"|janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|\d{1,2}(?:st|nd|rd|th|er)?)\b",
    r"\b(?:my|our|two|three|four|five|several|both|mon|nos|notre|mes|deux|trois|plusieurs) (?:\w+ )?(?:web|form|enquir|inquir|formul|demande)",
)
# To know of the form, to be sent to it, to ask about it, not to want it: no use (labelling guide).
_NOT_USED = Pattern(
    r"\b(?:have|has|had|did|do|does|could|can|would|should|will|am|is|was) ?(?:n't|not)(?: yet| even)? (?:been able to |able to |want to |wish to |allowed to )?(?:us|fill|submit|sen[dt]|try|tried|go|went|access|open|find|work|write|wrote|complet|put|file|know|accept|tell|refer|direct|load)",
    r"\b(?:never|cannot|can't|unable to|couldn't) (?:yet )?(?:us|fill|submit|sen[dt]|try|tried|write|written|access|open|find|get|complet|put)",
    r"\b(?:not|instead of|rather than|without|before|avoid|skip|bypass|over) (?:to |through |via |by |use |using |filling (?:in |out )?|in |on |sending )?(?:the |a |your |this )?(?:web|online|case|ordinary|usual|general|regular)",
    r"\b(?:should|shall|can|may|must|could|do|does) (?:i|we|she|he|they) (?:\w+ )?(?:us|fill|submit|send|go|write|have)\b|\b(?:how|where) (?:do|can|should|to|is|are)\b",
    r"\b(?:i|we) (?:know|understand|realise|realize|am aware|are aware|appreciate|gather|accept)\b|\baware\b|\busual (?:way|route|channel)|\b(?:will|'ll|shall|going to) (?:\w+ )?(?:use|file|fill|submit|send|try|write)\b",
    r"\b(?:is|are|was) (?:slow|broken|down|useless|for|too slow|no use)\b|\btakes?\b|\bdo not|don't (?:send|tell|use|refer|direct|say|ask)\b",
    r"\b(?:n'ai|n'avons|n'a|n'ont|ne) (?:\w+ )?(?:pas|jamais) (?:encore )?(?:ecri|rempli|utilis|envoy|pass|pu|fait|reussi|acces)|\b(?:au lieu|plutot que|sans passer|eviter|dois-je|faut-il|puis-je|peut-on|doit-on|je sais|nous savons|sais bien|comment|ou se trouve|passer par)\b",
)
# What the office's own answers say, quoted below.
_ANSWERED = Pattern(
    r"\b(?:your|votre) (?:web ?form|enquiry|inquiry|case enquiry|formulaire|demande de renseignements)|\bthank you for (?:your (?:e-?mail|enquiry|inquiry|message)|contacting)|\bweb ?form (?:repl|submission)|\bformulaire web\b|(?:^|[\n>:])[> \t*]*(?:to|a) ?: [^\n]{0,60}(?:office|general|enquir|immigration|visa|bureau|ambassade|registry|embassy|consulate)|\bcase[- ](?:specific )?(?:enquir|inquir)\w+"
)


def find_prior_enquiry(message: Message) -> Span | None:
    """Give the words that say so, of the newest text, the subject, or the history below."""
    for passage in passages(message, "newest", "subject", "quoted", "forwarded"):
        for channel in islice(_CHANNEL.find_all(passage.plain), MOST):
            if _was_used(passage, channel):
                return passage.span(*_words_around(passage, channel))
        if passage.where in {"quoted", "forwarded"} and (answer := _ANSWERED.find(passage.plain)):
            return passage.span(answer.start, answer.end)
    return None


def _was_used(passage: Passage, channel: Hit) -> bool:
    begins, ends = passage.sentence(channel.start, channel.end)
    begins, ends = max(begins, channel.start - 160), min(ends, channel.end + 120)
    if _NOT_USED.find(passage.plain, max(begins, channel.start - 70), min(ends, channel.end + 30)):
        return False
    if channel.name == "form":
        return _USED.find(passage.plain, begins, ends) is not None
    if channel.name == "again":
        return True
    if channel.name in {"address", "sent"} and _ANSWERS.find(passage.plain, channel.end, ends):
        return True
    near = max(begins, channel.start - 90)
    if channel.name == "office":
        return _TO_OFFICE.find(passage.plain, near, channel.end) is not None
    return channel.name == "address" and _TO_ADDRESS.find(passage.plain, near, channel.start) is not None


def _words_around(passage: Passage, channel: Hit) -> tuple[int, int]:
    """The sentence, or what of it stands near."""
    begins, ends = passage.sentence(channel.start, channel.end)
    return max(begins, channel.start - 80), min(ends, channel.end + 80)
