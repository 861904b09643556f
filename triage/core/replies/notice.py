"""What a reply tells of the sorting itself: as what, and why (Directive on Automated Decision-Making, 6.2).

The words are ours, chosen by the facts; none is the sender's, and no date is repeated, since one that was misread
would be told to somebody who relies on it.
"""

from collections.abc import Mapping

from triage.core.facts.record import Act, DecisionKind, Facts, Harm, Topic
from triage.core.labels import Label
from triage.core.message import Language
from triage.core.policy.case import Case
from triage.core.policy.decision import Reason
from triage.core.policy.schema import Rule

VERDICTS: Mapping[str, Mapping[str, str]] = {
    "urgent": {"en": "urgent", "fr": "urgent"},
    "serious_error": {"en": "serious error", "fr": "erreur grave"},
    "reconsideration": {"en": "reconsideration", "fr": "réexamen"},
    "webform": {"en": "web form", "fr": "formulaire web"},
    "unsure": {"en": "unsure", "fr": "incertain"},
}

Words = tuple[str, str]  # English, French


def why(case: Case, rule: Rule | None, reason: Reason, language: Language) -> str:
    """Give the sentence that says why the message was treated so; English or French.

    It says what software seems to have read, since that can be wrong, and so that the sender can say where.
    """
    return _chosen(case, rule, reason)[language is Language.FRENCH]


def _chosen(case: Case, rule: Rule | None, reason: Reason) -> Words:
    if reason is Reason.LABEL and case.classification:
        return _BY_LABEL[case.classification.label](case.facts)
    if reason is Reason.ANSWERS_US and case.history.answers_our_reply:
        return (
            "Your message answers an automatic message of ours.",
            "Votre message répond à un de nos messages automatiques.",
        )
    if reason is Reason.FACT and (topic := _asked_topic(case, rule)):
        return (
            f"Your message seems to be about {topic[0]}, and a written rule of this inbox is for such messages.",
            f"Votre message semble porter sur {topic[1]}, et une règle écrite de cette boîte vise de tels messages.",
        )
    return _BY_REASON.get(reason, _BY_REASON[Reason.FACT])


def _urgent(facts: Facts) -> Words:
    harm = _bracketed(facts.harms[0].kind if facts.harms else None)
    if facts.deadline:
        return (
            f"Your message seems to name a harm{harm[0]} and a near date.",
            f"Votre message semble faire état d’un préjudice{harm[1]} et d’une date rapprochée.",
        )
    return (
        f"Your message seems to name a harm{harm[0]}, now or soon.",
        f"Votre message semble faire état d’un préjudice{harm[1]}, actuel ou prochain.",
    )


def _serious_error(facts: Facts) -> Words:
    act = _bracketed(facts.acts[0].kind if facts.acts else None)
    return (
        f"Your message seems to point to a mistake by the office{act[0]}.",
        f"Votre message semble signaler une erreur du bureau{act[1]}.",
    )


def _reconsideration(facts: Facts) -> Words:
    decision = _bracketed(facts.decisions[0].kind if facts.decisions else None)
    return (
        f"Your message seems to ask that a final decision{decision[0]} be looked at again.",
        f"Votre message semble demander qu’une décision finale{decision[1]} soit revue.",
    )


def _webform(facts: Facts) -> Words:
    """Say which of the things that this inbox is for were not found: the sender knows where they stand."""
    lacking = []
    if not facts.harms:
        lacking.append(("no harm on a near date", "d’aucun préjudice à une date rapprochée"))
    elif not facts.deadline:
        lacking.append(("no near date", "d’aucune date rapprochée"))
    if not facts.acts:
        lacking.append(("no mistake by the office", "d’aucune erreur du bureau"))
    if not facts.asks_to_reopen:
        lacking.append(("no request to look at a decision again", "d’aucune demande de revoir une décision"))
    if not lacking:
        return (
            "Your message seems to ask for something that the web form is for.",
            "Votre message semble demander ce à quoi sert le formulaire web.",
        )
    english, french = [words[0] for words in lacking], [words[1] for words in lacking]
    return (
        f"Your message seems to name {_listed(english, ' and ')}.",
        f"Votre message ne semble faire état {_listed(french, ' ni ')}.",
    )


def _listed(words: list[str], last: str) -> str:
    return last.join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _bracketed(kind: Harm | Act | DecisionKind | None) -> Words:
    # In brackets, since a French noun after « de » would have to change with its article.
    return (f" ({_NAMED[kind][0]})", f" ({_NAMED[kind][1]})") if kind else ("", "")


def _asked_topic(case: Case, rule: Rule | None) -> Words | None:
    """The topic that the winner asked about and the message has."""
    when = rule.when if rule else None
    asked = {name for condition in (*when.all, *when.any) for name in condition.topic or ()} if when else set()
    return next((_TOPIC[one.kind] for one in case.facts.topics if one.kind.value in asked), None)


_BY_LABEL = {
    Label.URGENT: _urgent,
    Label.SERIOUS_ERROR: _serious_error,
    Label.RECONSIDERATION: _reconsideration,
    Label.WEBFORM: _webform,
}
_BY_REASON: Mapping[Reason, Words] = {
    Reason.UNSURE: (
        "The software could not tell with certainty what your message asks for.",
        "Le logiciel n’a pas pu établir avec certitude ce que demande votre message.",
    ),
    Reason.NO_MODEL: (
        "The software could not tell what your message asks for.",
        "Le logiciel n’a pas pu établir ce que demande votre message.",
    ),
    Reason.UNPARSEABLE: (
        "The software could not read the whole of your message.",
        "Le logiciel n’a pas pu lire votre message en entier.",
    ),
    Reason.ANSWERS_US: (
        "Your message continues an exchange with this office.",
        "Votre message fait suite à un échange avec ce bureau.",
    ),
    Reason.FACT: (
        "A written rule of this inbox is for messages like yours.",
        "Une règle écrite de cette boîte vise les messages comme le vôtre.",
    ),
}
_NAMED: Mapping[Harm | Act | DecisionKind, Words] = {
    Harm.DEATH: ("a death or a funeral", "un décès ou des funérailles"),
    Harm.ILLNESS: ("an illness, an operation or a birth", "une maladie, une opération ou une naissance"),
    Harm.REMOVAL: ("a removal or a detention", "un renvoi ou une détention"),
    Harm.DANGER: ("a danger to somebody", "un danger pour quelqu’un"),
    Harm.CHILD_APART: ("a child away from those who care for it", "un enfant séparé des siens"),
    Harm.WORK_STOPPED: ("work that stops, or a job lost", "un travail qui s’arrête ou un emploi perdu"),
    Harm.STUDY_LOST: ("a place of study lost", "une place d’études perdue"),
    Harm.LAPSE: ("a document or a status that lapses", "un document ou un statut qui expire"),
    Harm.EVENT_MISSED: ("an event missed", "un événement manqué"),
    Harm.MONEY_LOST: ("money lost", "une perte d’argent"),
    Harm.STRANDED: ("somebody who cannot travel", "une personne qui ne peut voyager"),
    Act.WRONG_NAME: ("a wrong name or sex", "un nom ou un sexe erroné"),
    Act.WRONG_DATE: ("a wrong date", "une date erronée"),
    Act.WRONG_DOCUMENT: ("a wrong document", "un document erroné"),
    Act.LOST_DOCUMENT: ("a document lost", "un document perdu"),
    Act.OVERLOOKED_DOCUMENT: ("a document overlooked", "un document passé inaperçu"),
    Act.OTHER_PERSONS_LETTER: ("another person’s letter", "la lettre d’une autre personne"),
    Act.FEE: ("a fee charged or recorded wrongly", "des frais mal perçus ou mal inscrits"),
    Act.WRONG_STREAM: ("a wrong category", "une catégorie erronée"),
    Act.WRONG_PERSON: ("two people or files taken for one", "deux personnes ou dossiers confondus"),
    Act.RETURNED_THOUGH_COMPLETE: ("an application returned though complete", "une demande complète renvoyée"),
    Act.BIOMETRICS_MIXED_UP: ("a mix-up of biometrics", "une confusion de données biométriques"),
    Act.NOT_RECORDED: ("something told to the office and left out", "un renseignement donné et non inscrit"),
    Act.MISREAD_FACT: ("a fact of the file stated wrongly", "un fait du dossier mal rapporté"),
    DecisionKind.REFUSAL: ("a refusal", "un refus"),
    DecisionKind.RETURN: ("a returned application", "une demande renvoyée"),
    DecisionKind.CANCELLATION: ("a cancellation", "une annulation"),
    DecisionKind.FINDING: ("a finding", "une conclusion"),
}
_TOPIC: Mapping[Topic, Words] = {
    Topic.BIOMETRICS: ("biometrics", "les données biométriques"),
    Topic.PRIVACY_BREACH: ("a breach of privacy", "une atteinte à la vie privée"),
    Topic.MISCONDUCT: ("the conduct of staff", "la conduite du personnel"),
    Topic.LITIGATION: ("a matter before a court", "une affaire devant un tribunal"),
    Topic.MINISTER_OR_MP: ("a minister’s or member’s enquiry", "une demande de ministre ou de député"),
    Topic.MEDICAL: ("a medical matter", "une question médicale"),
    Topic.MINOR_CHILD: ("a child", "un enfant"),
}
