"""A text taken apart: what the sender newly wrote, and what must never be mistaken for anything else."""

import pytest

from triage.core.message import Body, TextSource
from triage.core.text import take_apart

URGENT = "My mother is dying and my flight is on Friday."


def test_a_blank_text_has_no_parts() -> None:
    """Nothing to read is no source either."""
    assert take_apart(" \n\t\n") == Body()
    assert take_apart("").source is TextSource.NONE


# How programs begin the message that is answered. Each stands under the sender's words, and the old text below it.
HISTORIES = {
    "Gmail": "On Mon, May 4, 2026 at 10:12 AM Delhi Office <delhi@visa.example> wrote:\n\n> old text",
    "Gmail, wrapped": "On Mon, May 4, 2026 at 10:12 AM Delhi Office <\ndelhi@visa.example> wrote:\n> old text",
    "Gmail, wrapped twice": "On Mon, May 4, 2026 at 10:12 AM The\nOffice <delhi@visa.example>\nwrote:\n> old text",
    "Gmail, French": "Le lun. 4 mai 2026 à 10:12, Bureau <b@visa.example> a écrit :\n> old text",
    "Gmail, French, wrapped": "Le lun. 4 mai 2026 à 10:12, Bureau <b@visa.example> a\nécrit\u00a0:\n> old text",
    "Gmail, Quebec": "Le lun. 4 mai 2026, à 10 h 12, Bureau <b@visa.example> a écrit :\n> old text",
    "Gmail, unmarked": "On Mon, May 4, 2026 at 10:12 AM Delhi Office <delhi@visa.example> wrote:\n\nold text\n\nmore",
    "Apple Mail": "> On 4 May 2026, at 10:12, Office <o@visa.example> wrote:\n> \n> old text",
    "Apple Mail, French": "Le 4 mai 2026 à 10:12, Bureau <b@visa.example> a écrit :\n\n> old text",
    "Thunderbird": "On 04/05/2026 10:12, Office wrote:\n> old text",
    "Thunderbird, French": "Le 04/05/2026 à 10:12, Bureau a écrit :\n> old text",
    "Yahoo": "On Monday, May 4, 2026 at 10:12:14 AM EDT, Office <o@visa.example> wrote:\n\nold text",
    "Yahoo, French": "Le lundi 4 mai 2026 à 10:12:14 UTC+2, Bureau <b@visa.example> a écrit :\n\nold text",
    "old Gmail": "2026-05-04 10:12 GMT-04:00 Office <o@visa.example>:\n> old text",
    "no hour": "On May 4, 2026, Office wrote:\n> old text",
    "Outlook": "-----Original Message-----\nFrom: Office\nSent: Monday\n\nold text",
    "Outlook, French": "-----Message d’origine-----\nDe : Bureau\nEnvoyé : lundi\n\nold text",
    "Outlook, no separator": "From: Office <o@visa.example>\nSent: Monday 10:12 AM\nTo: Ana\nSubject: x\n\nold text",
    "Outlook, bold": "*From:* Office\n*Sent:* Monday 4 May 10:12\n*To:* Ana\n*Subject:* x\n\nold text",
    "Outlook, French, no separator": "De : Bureau\nEnvoyé : lundi 4 mai 2026 10:12\nÀ : Ana\nObjet : x\n\nold text",
    "Outlook, drawn line": "____________________\nFrom: Office\nSent: Monday\nTo: Ana\nSubject: x\n\nold text",
    "Outlook, in a table": "From:\tOffice\nSent:\tMonday, May 4, 2026 10:12 AM\nTo:\tAna\n\nold text",
    "Outlook, unaccented": "De: Bureau\nEnvoye: 4 mai 2026 10h12\nA: Ana\nObjet: x\n\nold text",
    "Gmail, Spanish": "El lun, 4 may 2026 a las 10:12, Oficina (<o@visa.example>) escribió:\n\n> old text",
    "Gmail, Portuguese": "Em seg., 4 de mai. de 2026 às 10:12, Office <o@visa.example> escreveu:\n\n> old text",
    "Gmail, Portuguese, unmarked": "Em seg., 4 de mai. de 2026 às 10:12, A <a@visa.example> escreveu:\n\nold text",
    "Gmail, German": "Am Mo., 4. Mai 2026 um 10:12 Uhr schrieb Office <o@visa.example>:\n\n> old text",
    "Gmail, Russian": "пн, 4 мая 2026 г. в 10:12, Office <o@visa.example>:\n\n> old text",
    "Gmail, Chinese": "Office <o@visa.example> 于2026年5月4日周一 10:12写道：\n\n> old text",
    "Gmail, Chinese, unmarked": "Office <o@visa.example> 于2026年5月4日周一 10:12写道：\n\nold text",
    "Gmail, Korean": "2026년 5월 4일 (월) 오전 10:12, Office <o@visa.example>님이 작성:\n\n> old text",
    "Gmail, Vietnamese": "Vào Th 2, 4 thg 5, 2026 vào lúc 10:12 Office <o@visa.example> đã viết:\n\n> old text",
    "Gmail, Turkish": "Office <o@visa.example>, 4 May 2026 Pzt, 10:12 tarihinde şunu yazdı:\n\n> old text",
    "Gmail, Arabic": "في الاثنين، ٤ مايو 2026 في 10:12 ص تمت كتابة ما يلي بواسطة O <o@visa.example>:\n\n> old text",
    "Gmail, Persian": "در تاریخ دوشنبه ۴ مهٔ 2026، 10:12 Office <o@visa.example> نوشت:\n\n> old text",
    "Outlook, Spanish": "De: Oficina\nEnviado el: lunes, 4 de mayo de 2026 10:12\nPara: Ana\nAsunto: x\n\nold text",
    "Outlook, Spanish, separator": "-----Mensaje original-----\nDe: Oficina\n\nold text",
    "Outlook, Portuguese": "De: Office\nEnviada em: segunda-feira 10:12\nPara: Ana\nAssunto: x\n\nold text",
    "Outlook, German": "Von: Office\nGesendet: Montag, 4. Mai 2026 10:12\nAn: Ana\nBetreff: x\n\nold text",
    "Outlook, Turkish": "Kimden: Office\nGönderildi: 4 Mayıs 2026 10:12\nKime: Ana\nKonu: x\n\nold text",
    "Outlook, Russian": "От: Office\nОтправлено: 4 мая 2026 г. 10:12\nКому: Ana\nТема: x\n\nold text",
    "Outlook, Chinese": "发件人: Office\n发送时间: 2026年5月4日 10:12\n收件人: Ana\n主题: x\n\nold text",
    "Outlook, Arabic": "من: Office\nتاريخ الإرسال: 10:12 2026\nإلى: Ana\nالموضوع: x\n\nold text",
    "QQ": "------------------ 原始邮件 ------------------\n发件人: Office\n\nold text",
    "Zoho": "---- On Mon, 04 May 2026 10:12:00 -0400 Office <o@visa.example> wrote ----\n\nold text",
    "Notes": "-----Office <o@visa.example> wrote: -----\nTo: Ana\nFrom: Office\nDate: 05/04/2026 10:12AM\n\nold text",
    "Samsung, French": "-------- Courriel d'origine --------\nDe : Office\n\nold text",
    "NetEase": "---- 回复的原邮件 ----\n| 发件人 | Office<o@visa.example> |\n\nold text",
    "marks alone": "> old text\n> more",
    "marks of marks": ">> older\n> old text",
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
def test_what_a_program_quotes_is_quoted(history: str) -> None:
    """Nothing of the old text speaks for the sender, and nothing of the sender's is lost."""
    body = take_apart(f"{URGENT}\n\n{history}\n")
    assert body.newest == URGENT
    assert body.quoted == history
    assert body.forwarded == ""


@pytest.mark.parametrize(
    "history",
    [
        pytest.param(
            "Date: Mon, 4 May 2026 10:12:00 -0400\nFrom: o@visa.example\nTo: ana@post.example\n\nold text", id="Hotmail"
        ),
        pytest.param(
            "Gesendet: Montag, 04. Mai 2026 um 10:12 Uhr\nVon: O <o@visa.example>\nAn: Ana\nBetreff: x\n\nold text",
            id="GMX",
        ),
    ],
)
def test_a_header_block_may_begin_with_another_field_than_from(history: str) -> None:
    """Below a text only: at its top, it may be a letter's heading."""
    body = take_apart(f"{URGENT}\n\n{history}\n")
    assert (body.newest, body.quoted) == (URGENT, history)


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
def test_a_message_with_nothing_above_its_history_passes_it_on(history: str) -> None:
    """Sent again without a word: then the old text is what the sender has to say."""
    body = take_apart(history)
    assert (body.newest, body.quoted, body.forwarded) == ("", "", history)


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES.keys())
def test_a_forwarding_subject_makes_the_history_forwarded(history: str) -> None:
    """ "Fwd:" says so, whatever the block looks like."""
    body = take_apart(f"{URGENT}\n\n{history}", is_forward=True)
    assert (body.newest, body.quoted, body.forwarded) == (URGENT, "", history)


@pytest.mark.parametrize(
    "words",
    [
        "Any news on the below?",
        "See below, no answer for 40 days.",
        "Voir ci-dessous svp.",
        "FYI",
        "Je vous transfère ceci.",
    ],
)
def test_a_short_text_that_points_below_passes_the_history_on(words: str) -> None:
    """The sender makes the earlier text their own (labelling guide: follow-ups)."""
    body = take_apart(f"{words}\n\n{HISTORIES['Outlook, no separator']}")
    assert (body.newest, body.forwarded) == (words, HISTORIES["Outlook, no separator"])


def test_pointing_below_in_a_long_text_is_a_turn_of_phrase() -> None:
    """Who writes a page speaks for themselves."""
    body = take_apart(f"{URGENT * 10} As I said below.\n\n{HISTORIES['Outlook, no separator']}")
    assert body.quoted == HISTORIES["Outlook, no separator"]


@pytest.mark.parametrize(
    "marker",
    [
        "---------- Forwarded message ---------",
        "---------- Forwarded message ----------",
        "-------- Forwarded Message --------",
        "---------- Message transféré ---------",
        "-------- Message transféré --------",
        "-------- Message reexpedie --------",
        "----- Forwarded by Ana Lim/Office on 05/04/2026 10:12 AM -----",
        "Begin forwarded message:",
        "Début du message transféré :",
        "Début du message réexpédié :",
    ],
)
def test_a_forwarded_message_stands_apart_to_its_end(marker: str) -> None:
    """With its own history and quotes; under any subject."""
    forwarded = f"{marker}\nFrom: Kofi <k@post.example>\n\nthey refused me\n\n> older"
    body = take_apart(f"Please help my client.\n\n{forwarded}")
    assert (body.newest, body.forwarded, body.quoted) == ("Please help my client.", forwarded, "")


def test_answers_between_quotes_are_the_senders() -> None:
    """In order, however many; the quotes are kept apart."""
    text = "Two answers.\n\n> When?\n\nOn Friday.\n> > deeper\n> With whom?\nAlone: he is six.\n\nAna"
    body = take_apart(text)
    assert body.newest == "Two answers.\n\nOn Friday.\nAlone: he is six.\n\nAna"
    assert body.quoted == "> When?\n\n> > deeper\n> With whom?"


# The sender's own words, which look like something else at a glance.
OWN_WORDS = {
    "a memorandum's heading": "MEMO\nFrom: Julie Roy\nTo: The Manager\nDate: 4 May 2026\nSubject: Crew\n\n" + URGENT,
    "From at the start of a sentence": "From: the start, our firm said that the fee was paid.\nTo: nobody's surprise.\n"
    + URGENT,
    "their own attribution": "On 3 May your officer wrote:\n\nthe file is closed.\n\n" + URGENT,
    "their own attribution, with an address": "On 3 May I wrote to d@visa.example. She is ill. He wrote:\nno.\n"
    + URGENT,
    "their own attribution, with an hour": "On 3 May at 10:30 my mother fell. She is ill. The doctor wrote:\nhospice.\n"
    + URGENT,
    "Le at the start": "Le 3 mai à 10:30, ma mère est tombée. Elle va mourir. Son médecin écrit :\nsoins palliatifs.",
    "a mark that a mailbox file put there": ">From my side all is ready.\n" + URGENT,
    "a table": "| Name | UCI |\n| Ana | 1123-4567 |\n" + URGENT,
    "rules and stars": "*****\n" + URGENT + "\n-----",
    "thanks before more": "Thank you for reading.\n" + URGENT,
    "a closing that sentences follow": "Regards,\nAna\n\nP.S. " + URGENT,
    "a closing that a cry follows": "Dear officer,\nThanks\nMOTHER DYING\nPLEASE HURRY",
    "a closing that a day follows": "Dear officer,\nThank you\nAna\nFlight Friday 8 May",
    "a closing that a date follows": "Dear officer,\nThank you\nAna\nFlight 8 May",
    "a closing that a question follows": "Bonjour,\nMerci\nAna\nDes nouvelles ?",
    "a closing that a whisper follows": "Dear officer,\nThanks\nvisa gone missing again",
    "a closing that a long line follows": "Bonjour,\nMerci\n" + "Jean Ana Luc Marie Paul " * 5,
    "a closing alone": "Thank you",
    "a delimiter before a text": "Dear officer,\n--\n" + URGENT,
    "a delimiter before a French text": "Bonjour,\n-- \nMon père est mourant.",
    "a phone's words, in a hospital": "Please decide.\n\nSent from my hospital bed, my phone is dying",
    "a phone's words, with more": "Please decide.\n\nSent from my phone at the airport where they hold me",
    "an officer's words, in another language": "Le 3 mai à 10:30 votre agent m'a écrit. El oficial escribió:\nno.\n"
    + URGENT,
    "a letter's heading, with addresses": "Date: 4 May 2026\nTo: d@visa.example\nFrom: ana@post.example\n\n" + URGENT,
    "what was sent, and when": URGENT + "\n\nDate: 4 May, 10:12\nTo: your portal\nReceipt: 8841",
    "rules around one's own": "--- on 3 May the officer wrote a note, and no more was said ---\n" + URGENT,
    "a heading in Spanish": "De: mi parte todo está listo.\nPara: nadie.\n" + URGENT,
    "numbers of files, last": URGENT + "\n\nPriya Nair\nV300812345\nUCI 11-2222-3333",
    "where the harm is, with a number": "Dear officer,\n\nMy mother is at\nSt Anne Hospital, call 514-555-0100",
    "where the harm is, and whom to ask": URGENT + "\n\nSt Anne Hospital\nWard 3, Dr. Lee, 514-555-0100",
    "nothing but a name and a number": "Ana Lim\n514-555-0100",
    "a letter received in error": URGENT + "\n\nCette lettre confidentielle, elle a été envoyée par erreur à un autre"
    " destinataire, avisez-le.",
    "a warning": "Warning: my passport is outside Canada and I fly tonight.\n" + URGENT,
    "attention": "Attention : ma mère est à l'extérieur du pays.\nAidez-nous.",
    "a confidential letter of somebody else": (
        "I received by mistake a confidential letter intended for another person.\n"
        "Should it be destroyed, and who will notify that person of the disclosure?"
    ),
    "the same, told coldly": (
        "Dear Sir,\n\nThe information was disclosed to the wrong applicant by mistake. It is confidential and intended"
        " for the applicant only; the letter must be destroyed, and the distribution is prohibited."
    ),
    "la même chose": (
        "Bonjour,\n\nCe message contient un renseignement confidentiel destiné à un autre, reçu par erreur dans"
        " mon portail ; faut-il le détruire et aviser le destinataire ?"
    ),
    "a confidential urgency": (
        "This email contains confidential medical information intended only for the officer: my client has surgery"
        " on Friday, and any disclosure is prohibited."
    ),
}


@pytest.mark.parametrize("text", OWN_WORDS.values(), ids=OWN_WORDS.keys())
def test_the_senders_own_words_stay_newest(text: str) -> None:
    """In doubt a text is newest: hidden by a false cut, an urgent sentence is lost."""
    assert take_apart(text).newest == text


SIGNATURES = [
    "Regards,\nAna Lim",
    "Kind regards\n\nAna",
    "Best,\nA.",
    "Thanks so much,\nCorey",
    "Thanking you,\nRajinder Singh Bhullar\nLudhiana\nMob. 555-0172",
    "Yours truly,\n\nJulie Roy\nBarrister & Solicitor\nRoy LLP | 12 Main Street\nT: 613-555-0100 | j@roy.example",
    "Cordialement,\nMe Julie Roy\nAvocate associée, droit de l'immigration\nTél. : 514 555-0101",
    "Bien à vous,\n\nJean-Marc de La Tour\n12, rue Notre-Dame Est",
    "CORDIALEMENT\nJEAN AUBIN",
    "Veuillez agréer, Madame, Monsieur, l’expression de mes sentiments distingués.\n\nHabiba Chérif-Lenoir",
    "Je vous prie d'agréer, Monsieur, mes salutations distinguées.\nH. Chérif",
    "-- \nAna Lim\nhttps://www.lim.example",
    "--\nDana Whitfield\nInternational Admissions, Lakeview College\n+1 705 555 0166",
    "-- \nAnge-Marie Kouadio\nDirectrice des ressources humaines\nCell. : +1 819 555 0119",
    "Dr. Anselm Okwuosa, P.Eng.\nDirector of Operations\nMobile: +1 905 555 0119",
    "Denis Farquharson\nArea Superintendent, Norfalls Smelting\n705-555-0142",
    "Zuzana\nz.kral@firm.example",
    "Respectfully submitted,\nM. Varghese-Cole\nRCIC R598377\nBanyan Visa Desk, Kochi",
]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_closing_with_names_and_addresses_is_a_signature(signature: str) -> None:
    """It says who writes, not what is asked."""
    body = take_apart(f"{URGENT}\n\n{signature}\n")
    assert (body.newest, body.signature) == (URGENT, signature)


DISCLAIMERS = [
    "CONFIDENTIALITY NOTICE: This e-mail is privileged and intended only for the person to whom it is addressed.\n"
    "If you have received it in error, please delete it and tell the sender.",
    "This communication is privileged and confidential. If you have received it in error please destroy it.",
    "This e-mail and any files transmitted with it are confidential and intended solely for the addressee.\n"
    "Any unauthorised copying or distribution is prohibited. Solicitor-client privilege is not waived.",
    "Ce courriel et ses pièces jointes sont confidentiels et destinés exclusivement à leur destinataire. Si vous l'avez"
    " reçu par erreur, veuillez nous en aviser et le détruire.",
    "AVIS DE CONFIDENTIALITÉ : Ce message est privilégié. S'il vous est parvenu par erreur, veuillez le supprimer.",
    "AVIS DE CONFIDENTIALITÉ : L’information contenue dans ce message est de nature privilégiée et confidentielle. Elle"
    " est destinée à l’usage exclusif du destinataire. Si vous n’êtes pas le destinataire visé, prière de prévenir"
    " l’expéditeur sans délai et de supprimer ce message.",
    "Enviado desde mi iPhone",
    "Enviado do meu iPhone",
    "Von meinem iPhone gesendet",
    "Inviato da iPhone",
    "发自我的iPhone",
    "Отправлено с iPhone",
    "Sent from my iPhone",
    "Sent from my Samsung Galaxy smartphone.",
    "Sent from my mobile device; please excuse any typos",
    "Sent from Yahoo Mail on Android",
    "Sent from Outlook for iOS",
    "Get Outlook for iOS<https://aka.example/o0ukef>",
    "Envoyé de mon iPhone",
    "Envoyé à partir de mon appareil Samsung",
    "Provenance : Courrier pour Windows",
    "Please consider the environment before printing this e-mail.",
    "Virus-free. www.scanner.example",
]


@pytest.mark.parametrize("disclaimer", DISCLAIMERS)
def test_what_servers_and_programs_add_is_a_disclaimer(disclaimer: str) -> None:
    """Below the signature or above it; the letter and its signature stay whole."""
    below = take_apart(f"{URGENT}\n\nRegards,\nAna\n\n{disclaimer}")
    assert (below.newest, below.signature, below.disclaimer) == (URGENT, "Regards,\nAna", disclaimer)
    alone = take_apart(f"{URGENT}\n\n{disclaimer}")
    assert (alone.newest, alone.disclaimer) == (URGENT, disclaimer)


@pytest.mark.parametrize(
    "banner",
    [
        "[EXTERNAL]",
        "[External email]",
        "CAUTION: This email originated from outside of the organization. Do not click links unless you trust them.",
        "CAUTION: External email.\nDo not click links or open attachments unless you recognize the sender.",
        "ATTENTION : ce courriel provient de l'extérieur.\nNe pas cliquer sur les liens.",
        "Attention : courriel externe | external email",
    ],
)
def test_a_servers_banner_above_the_letter_is_a_disclaimer(banner: str) -> None:
    """It stands in the first lines, and the letter may follow at once."""
    body = take_apart(f"{banner}\n\n{URGENT}")
    assert body.newest == URGENT
    glued = take_apart(f"{banner}\n{URGENT}")
    assert glued.newest == URGENT


def test_blanks_that_programs_leave_where_they_wrap_lines_are_gone() -> None:
    """RFC 3676 §4.1; what was one sentence has one blank or line end between its words."""
    assert (
        take_apart("My flight is on \nFriday 8 \nMay.\n-- \nno more").newest
        == "My flight is on\nFriday 8\nMay.\n-- \nno more"
    )


def test_a_disclaimer_in_the_middle_of_a_letter_stays() -> None:
    """Only what stands last, or first, is a program's."""
    text = f"{DISCLAIMERS[1]}\n\n{URGENT}"
    assert take_apart(text).newest == text


def test_a_sentence_glued_above_a_disclaimer_stays() -> None:
    """No empty line parts them, but the disclaimer begins a line of its own."""
    body = take_apart(f"Dear Sir,\n\n{URGENT}\n{DISCLAIMERS[1]}")
    assert body.newest == f"Dear Sir,\n\n{URGENT}"
    assert body.disclaimer == DISCLAIMERS[1]


def test_a_signature_longer_than_any_is_none() -> None:
    """Twenty lines are looked at; a list of names that follows thanks is the message."""
    text = "Dear all,\nThanks\n" + "\n".join(f"Person {n}" for n in range(30))
    assert take_apart(text).newest == text


@pytest.mark.timeout(20)  # each took from half a minute to hours in one of the libraries tried, or in a first version
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x " * 5_000_000, id="one line of 10 million characters"),
        pytest.param("On " * 300_000, id="a line that begins as an attribution for ever"),
        pytest.param("a\n" * 100_000, id="short lines"),
        pytest.param((">" * 200 + " a\n") * 5_000, id="deep quotes"),
        pytest.param("On 3 May 2026 at 10:12, J <a@b.example> wrote:\n" * 20_000 + "> x", id="attributions"),
        pytest.param("On 3 May 2026 at 10:12, J <a@b.example>\n" * 20_000, id="attributions that never end"),
        pytest.param("From: a\nTo: b\n" * 50_000, id="header blocks without an hour"),
        pytest.param(("_" * 20 + "\n") * 40_000 + "From: a\nSent: b\nTo: c\n", id="drawn lines"),
        pytest.param("Thanks\n" * 100_000, id="closings"),
        pytest.param("a\n-- \n" * 100_000, id="delimiters"),
        pytest.param(
            "this message is confidential, intended, in error, delete\n" * 20_000, id="disclaimers in one paragraph"
        ),
        pytest.param("this message is confidential, intended, in error\n\n" * 20_000, id="disclaimers in paragraphs"),
        pytest.param("sent from my " + "iphone " * 100_000, id="a phone's footer for ever"),
        pytest.param("-" * 1_000_000, id="a separator for ever"),
    ],
)
def test_no_text_takes_long(text: str) -> None:
    """The timeout is the claim: each is read in well under a second."""
    take_apart(text)
