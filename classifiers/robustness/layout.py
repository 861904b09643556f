"""What programs and firms do to a message: forms, signatures, disclaimers, footers."""

from dataclasses import replace
from random import Random

from classifiers.robustness.mail import Form, Mail, Perturbation

SIGNATURES = {
    False: (
        "Ottoline Brandvold\nSenior Associate, Global Mobility\nBrandvold Achterberg\n1200 Lakeshore Road, Suite 410\n"
        "T +1 416 555 0142 | F +1 416 555 0143\no.brandvold@achterberg.example | www.achterberg.example",
        "P. Quillfeather\nOffice Manager\nTel: (204) 555-0177\nEmergency line (24 h): (204) 555-0178",
        "Dr. Anselm Okwuosa, P.Eng.\nDirector of Operations\nNorthgate Rolling Mills\nMobile: +1 905 555 0119",
        "Teodora V.\nInternational Students Office\nHarrowgate University College\nBuilding 7, Room 212",
    ),
    True: (
        "Me Philomène Grandchamp-Roy\nAvocate associée\nGrandchamp Roy avocats\n455, rue du Marché, bureau 900\n"
        "Tél. : 514 555-0142 | Téléc. : 514 555-0143\np.roy@grandchamp.example | www.grandchamp.example",
        "Gaspard Lheureux\nAdjoint administratif\nTél. : 418 555-0177\nLigne d’urgence (24 h) : 418 555-0178",
        "Ange-Marie Kouadio\nDirectrice des ressources humaines\nAciéries du Nord\nCell. : +1 819 555 0119",
        "Léonie B.\nBureau des étudiants internationaux\nCollège Harrowgate\nPavillon 7, local 212",
    ),
}
DISCLAIMERS = {
    False: (
        "This e-mail and any attachments are confidential and intended solely for the use of the addressee. If you "
        "have received this message in error, please notify the sender immediately and delete it. Any unauthorized "
        "copying, disclosure or distribution is strictly prohibited.",
        "CONFIDENTIALITY NOTICE: The contents of this email message and any attachments are intended solely for the "
        "addressee(s) and may contain confidential and/or privileged information and may be legally protected from "
        "disclosure. If you are not the intended recipient, please immediately alert the sender by reply email and "
        "then delete this message and any attachments.",
        "This communication may contain information that is privileged, confidential or exempt from disclosure.\n"
        "If you are not the intended recipient, any dissemination or copying is unlawful.\n"
        "Please notify us immediately by telephone and destroy all copies.",
    ),
    True: (
        "Ce courriel et ses pièces jointes sont confidentiels et destinés exclusivement à leur destinataire. Si vous "
        "l’avez reçu par erreur, veuillez en aviser immédiatement l’expéditeur et le détruire. Toute diffusion ou "
        "reproduction non autorisée est strictement interdite.",
        "AVIS DE CONFIDENTIALITÉ : L’information contenue dans ce message est de nature privilégiée et confidentielle. "
        "Elle est destinée à l’usage exclusif du destinataire. Si vous n’êtes pas le destinataire visé, prière de "
        "prévenir l’expéditeur sans délai et de supprimer ce message.",
        "Le présent message peut contenir des renseignements protégés par le secret professionnel.\n"
        "Si vous n’êtes pas le destinataire, toute divulgation est interdite.\n"
        "Veuillez nous aviser par téléphone et détruire toutes les copies.",
    ),
}
PHONE_FOOTERS = {
    False: ("Sent from my iPhone", "Get Outlook for Android", "Sent from Yahoo Mail on Android", "Sent from my Galaxy"),
    True: (
        "Envoyé de mon iPhone",
        "Télécharger Outlook pour Android",
        "Envoyé de mon appareil mobile Samsung",
        "Envoyé à partir de Yahoo Mail pour iPhone",
    ),
}


def sent_as(form: Form) -> Perturbation:
    """Send the same words in another form."""
    return lambda mail, _: replace(mail, form=form)


def with_signature(mail: Mail, chance: Random) -> Mail:
    """A block of names, titles and numbers below the text, in half of the cases under the mark of RFC 3676 §4.3."""
    mark = "-- \n" if chance.random() < 0.5 else ""
    return _followed_by(mail, mark + chance.choice(SIGNATURES[mail.french]))


def with_disclaimer(mail: Mail, chance: Random) -> Mail:
    """What a firm's server puts under every message."""
    return _followed_by(mail, chance.choice(DISCLAIMERS[mail.french]))


def with_phone_footer(mail: Mail, chance: Random) -> Mail:
    """What a telephone puts under every message."""
    return _followed_by(mail, chance.choice(PHONE_FOOTERS[mail.french]))


def _followed_by(mail: Mail, below: str) -> Mail:
    return replace(mail, text=f"{mail.text.rstrip()}\n\n{below}")
