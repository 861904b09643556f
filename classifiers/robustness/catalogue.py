"""All perturbations by name, in the order in which they are reported."""

from classifiers.robustness import history, keyboard, layout, people, pressing
from classifiers.robustness.mail import Form, Perturbation
from classifiers.robustness.names import FIRMS, NAMES, PLACES

TYPED: dict[str, Perturbation] = {
    "in capitals": keyboard.in_capitals,
    "in small letters": keyboard.in_small_letters,
    "without accents": keyboard.without_accents,
    "typing errors": keyboard.mistyped,
}
SENT: dict[str, Perturbation] = {
    "signature": layout.with_signature,
    "disclaimer": layout.with_disclaimer,
    "phone footer": layout.with_phone_footer,
    "wrapped lines": layout.sent_as(Form.WRAPPED),
    "format=flowed": layout.sent_as(Form.FLOWED),
    "HTML as by Gmail": layout.sent_as(Form.GMAIL),
    "HTML as by Outlook": layout.sent_as(Form.OUTLOOK),
}
ANSWERED: dict[str, Perturbation] = {
    "old emergency below": history.quoting(history.urgent_of_old),
    "old emergency below, HTML": history.quoting_in_html(history.urgent_of_old),
    "old emergency below, third language": history.quoting_abroad(history.urgent_of_old),
    "office's reply below": history.quoting(history.office_called_it_urgent),
    "office's reply below, HTML": history.quoting_in_html(history.office_called_it_urgent),
    "web-form receipt below": history.quoting(history.acknowledged),
}
PRESSED: dict[str, Perturbation] = {
    "stuffed with alarm words": pressing.stuffed,
    "alarm words in the subject": pressing.stuffed_subject,
    "told to say urgent": pressing.steering,
    "the office said urgent": pressing.the_office_said_so,
}
SWAPPED: dict[str, Perturbation] = {
    **{f"names: {origin}": people.named(origin) for origin in NAMES},
    **{f"place: {place.country}": people.placed(place) for place in PLACES},
    "everybody a woman": people.all_women,
    "everybody a man": people.all_men,
    **{f"firm: {kind}": people.by_the_firm(kind) for kind in FIRMS},
}
PERTURBATIONS: dict[str, Perturbation] = {**TYPED, **SENT, **ANSWERED, **PRESSED, **SWAPPED}
