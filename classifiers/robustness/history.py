"""Earlier messages under a new one, as mail programs quote them: none of it is what the sender now asks."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from html import escape
from random import Random

from babel.dates import format_datetime

from classifiers.robustness.mail import Form, Mail, Perturbation, outlook_paragraphs


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A message that is answered."""

    name: str
    addr: str
    to: str
    date: datetime
    subject: str
    text: str


Program = Callable[[Earlier, bool], str]  # the block as text; whether the program speaks French


def urgent_of_old(mail: Mail) -> Earlier:
    """The sender's own emergency, months ago and over."""
    when = mail.date - timedelta(days=213)
    day = when + timedelta(days=4)
    if mail.french:
        text = (
            "Madame, Monsieur,\n\nMa mère est mourante à l’hôpital et ses médecins ne lui donnent que quelques jours. "
            f"Mon vol est le {_spoken(day, True)}. Sans le visa avant cette date je n’arriverai pas à temps. "
            "C’est une urgence, je vous en supplie.\n\nMerci"
        )
    else:
        text = (
            "Dear Manager,\n\nMy mother is dying in hospital and her doctors give her only a few days. My flight is on "
            f"{_spoken(day, False)}. Without the visa before then I will not arrive in time. This is an emergency, "
            "please help.\n\nThank you"
        )
    return Earlier(name=mail.from_name, addr=mail.from_addr, to=mail.to, date=when, subject=mail.subject, text=text)


def office_called_it_urgent(mail: Mail) -> Earlier:
    """The office's reply to something else."""
    if mail.french:
        text = (
            "Bonjour,\n\nVotre dossier est urgent et sera traité en priorité avant la date de votre vol. "
            "Un agent communiquera avec vous dans les 48 heures.\n\nLe bureau des visas"
        )
    else:
        text = (
            "Hello,\n\nYour case is urgent and will be treated as a priority before the date of your flight. "
            "An officer will contact you within 48 hours.\n\nVisa office"
        )
    return _by_the_office(mail, mail.date - timedelta(days=95), text)


def acknowledged(mail: Mail) -> Earlier:
    """The web form's automatic answer."""
    if mail.french:
        text = (
            "Nous vous remercions d’avoir communiqué avec nous au moyen du formulaire Web. Votre demande de "
            "renseignements a été reçue. Nous répondons d’ordinaire en 30 jours. Si votre situation est urgente "
            "(décès, maladie grave, voyage imminent), indiquez-le dans l’objet.\n\nNe répondez pas à ce message."
        )
    else:
        text = (
            "Thank you for contacting us through the web form. Your enquiry has been received. We usually answer "
            "within 30 days. If your situation is urgent (a death, a serious illness, imminent travel), say so in the "
            "subject line.\n\nPlease do not reply to this message."
        )
    return _by_the_office(mail, mail.date - timedelta(days=20), text)


def quoting(earlier: Callable[[Mail], Earlier]) -> Perturbation:
    """Put an earlier message below, as one of the usual programs does, in the sender's language."""

    def perturbation(mail: Mail, chance: Random) -> Mail:
        program = PROGRAMS[chance.choice(sorted(PROGRAMS))]
        return replace(mail, text=f"{mail.text.rstrip()}\n\n{program(earlier(mail), mail.french)}\n")

    return perturbation


def quoting_abroad(earlier: Callable[[Mail], Earlier]) -> Perturbation:
    """Put an earlier message below, as a program set to a third language does."""

    def perturbation(mail: Mail, chance: Random) -> Mail:
        old = earlier(mail)
        line = chance.choice(ATTRIBUTIONS_ABROAD).format(
            day=f"{old.date:%d/%m/%Y}", hour=f"{old.date:%H:%M}", year=old.date.year, name=old.name, addr=old.addr
        )
        return replace(mail, text=f"{mail.text.rstrip()}\n\n{line}\n\n{_marked(old.text)}\n")

    return perturbation


def quoting_in_html(earlier: Callable[[Mail], Earlier]) -> Perturbation:
    """Put an earlier message below, as Gmail and Outlook do in HTML."""

    def perturbation(mail: Mail, chance: Random) -> Mail:
        old = earlier(mail)
        lines = [escape(line) for line in old.text.split("\n")]
        if chance.random() < 0.5:
            head = escape(_attribution(old, mail.french))
            below = (
                f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{head}<br></div><blockquote '
                'class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px solid #ccc">'
                + "<br>".join(lines)
                + "</blockquote></div>"
            )
            return replace(mail, form=Form.GMAIL, below=below)
        fields = "<br>".join(escape(line) for line in _fields(old, mail.french))
        below = (
            '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">'
            f"{fields}</p></div>{outlook_paragraphs(lines)}"
        )
        return replace(mail, form=Form.OUTLOOK, below=below)

    return perturbation


def _gmail(old: Earlier, french: bool) -> str:
    return f"{_attribution(old, french)}\n\n{_marked(old.text)}"


def _yahoo(old: Earlier, french: bool) -> str:
    return f"{_attribution(old, french)}\n\n{old.text}"


def _apple(old: Earlier, french: bool) -> str:
    day = format_datetime(old.date, "d MMM y", locale="fr" if french else "en")
    if french:
        return _marked(f"Le {day} à {old.date:%H:%M}, {old.name} <{old.addr}> a écrit :\n\n{old.text}")
    return _marked(f"On {day}, at {old.date:%H:%M}, {old.name} <{old.addr}> wrote:\n\n{old.text}")


def _thunderbird(old: Earlier, french: bool) -> str:
    when = f"{old.date:%d/%m/%Y %H:%M}"
    head = f"Le {when}, {old.name} a écrit :" if french else f"On {when}, {old.name} wrote:"
    return f"{head}\n{_marked(old.text)}"


def _outlook(old: Earlier, french: bool) -> str:
    mark = "-----Message d’origine-----" if french else "-----Original Message-----"
    return "\n".join([mark, *_fields(old, french), "", old.text])


def _outlook_on_the_web(old: Earlier, french: bool) -> str:
    return "\n".join(["_" * 32, *_fields(old, french), "", old.text])


def _outlook_on_a_phone(old: Earlier, french: bool) -> str:
    return "\n".join([*_fields(old, french), "", old.text])


PROGRAMS: dict[str, Program] = {
    "Apple Mail": _apple,
    "Gmail": _gmail,
    "Outlook": _outlook,
    "Outlook on a phone": _outlook_on_a_phone,
    "Outlook on the web": _outlook_on_the_web,
    "Thunderbird": _thunderbird,
    "Yahoo": _yahoo,
}
# Senders all over the world write English and French in programs that speak their own language.
ATTRIBUTIONS_ABROAD = (
    "El {day} a las {hour}, {name} (<{addr}>) escribió:",
    "El lun, 4 may {year} a las {hour}, {name} (<{addr}>) escribió:",
    "Em seg., 4 de mai. de {year} às {hour}, {name} <{addr}> escreveu:",
    "Am Mo., 4. Mai {year} um {hour} Uhr schrieb {name} <{addr}>:",
    "Il giorno lun 4 mag {year} alle ore {hour} {name} <{addr}> ha scritto:",
    "пн, 4 мая {year} г. в {hour}, {name} <{addr}>:",
    "{name} <{addr}> 于{year}年5月4日周一 {hour}写道：",
    "{year}年5月4日(月) {hour} {name} <{addr}>:",
    "{year}년 5월 4일 (월) 오전 {hour}, {name} <{addr}>님이 작성:",
    "Vào Th 2, 4 thg 5, {year} vào lúc {hour} {name} <{addr}> đã viết:",
    "{name} <{addr}>, 4 May {year} Pzt, {hour} tarihinde şunu yazdı:",
    "في الاثنين، ٤ مايو {year} في {hour} ص تمت كتابة ما يلي بواسطة {name} <{addr}>:",
    "در تاریخ دوشنبه ۴ مهٔ {year}، {hour} {name} <{addr}> نوشت:",
)


def _by_the_office(mail: Mail, when: datetime, text: str) -> Earlier:
    return Earlier(
        name="Visa Office", addr=mail.to, to=mail.from_addr, date=when, subject=f"RE: {mail.subject}", text=text
    )


def _attribution(old: Earlier, french: bool) -> str:
    if french:
        day = format_datetime(old.date, "EEE d MMM y", locale="fr")
        return f"Le {day} à {old.date:%H:%M}, {old.name} <{old.addr}> a écrit :"
    day = format_datetime(old.date, "EEE, MMM d, y", locale="en")
    return f"On {day} at {format_datetime(old.date, 'h:mm a', locale='en')} {old.name} <{old.addr}> wrote:"


def _fields(old: Earlier, french: bool) -> list[str]:
    when = format_datetime(old.date, "EEEE d MMMM y HH:mm" if french else "EEEE, MMMM d, y h:mm a",
                           locale="fr" if french else "en")  # fmt: skip
    names = ("De :", "Envoyé :", "À :", "Objet :") if french else ("From:", "Sent:", "To:", "Subject:")
    values = (f"{old.name} <{old.addr}>", when, old.to, old.subject)
    return [f"{name} {value}" for name, value in zip(names, values, strict=True)]


def _marked(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _spoken(day: datetime, french: bool) -> str:
    return format_datetime(day, "d MMMM" if french else "MMMM d", locale="fr" if french else "en")
