"""Whether answers hold however a message is typed and sent and whoever it is about; on authors held out of training."""

import email
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from email.policy import default
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from classifiers.corpus_files import read_corpus
from classifiers.robustness import history, keyboard, people
from classifiers.robustness.catalogue import ANSWERED, PERTURBATIONS, PRESSED, SENT, TYPED
from classifiers.robustness.mail import Form, Mail, mail_of, perturbed, raw
from classifiers.robustness.measuring import Change, HeldOut, asked, changes, held, question_of, trained_without
from classifiers.robustness.names import NAMES, PLACES
from classifiers.robustness.pairs import languages, read_pairs, wordings
from tests.unit.policy.cases import OFFICE
from triage import pipeline
from triage.core.labels import UNSURE, Label
from triage.core.mime import read_message

AUTHORS = ("second-floor", "night-bus", "bay-street")
EVERY = 3  # of their messages one in so many is tried, which is 125
RECORDS = read_corpus()
# Short of 97 %: a slip in a word that counts moves a message over the limit where the model stops being sure, and so
# does the fact that the web form was tried, which the receipt below tells.
LEAST = {"typing errors": 0.93, "signature": 0.96}
# The corpus has "URGENT" mostly over what is none, so the model takes it for a sign against; should be 2 % throughout.
MOST_LOST = {"stuffed with alarm words": 0.02}

Earlier = Callable[[Mail], history.Earlier]
Changes = Callable[[str], list[Change]]


@pytest.fixture(scope="module")
def held_out() -> HeldOut:
    """Some messages of three authors, and a model of all the others."""
    own = [record for record in RECORDS if record.author in AUTHORS]
    return asked(own[::EVERY], trained_without(RECORDS, AUTHORS))


@pytest.fixture(scope="module")
def changed(held_out: HeldOut) -> Changes:
    """What becomes of these messages by the name of a perturbation; each measured once."""
    return cache(lambda name: changes(held_out, PERTURBATIONS[name]))


def mail(text: str, *, lang: str = "en", subject: str = "", form: Form = Form.PLAIN) -> Mail:
    """A mail as its sender typed it."""
    record = RECORDS[0]
    return Mail(
        id="m",
        lang=lang,
        subject=subject,
        text=text,
        from_name="Odile Farrant",
        from_addr="o@farrant.example",
        to="accra-manager@visa-office.example",
        date=record.date,
        form=form,
    )


@pytest.mark.parametrize("name", sorted({**TYPED, **SENT, **ANSWERED}))
def test_an_answer_does_not_hang_on_how_a_message_is_typed_and_sent(name: str, changed: Changes) -> None:
    """At least 97 % of the decisions are the same, and no emergency is lost."""
    found = held(changed(name))
    assert found.messages > 20
    assert found.same_decision >= LEAST.get(name, 0.97), found.moved
    assert found.same_label >= LEAST.get(name, 0.97), found.moved
    assert found.no_longer_caught == 0, found.moved


@pytest.mark.parametrize("name", sorted({**SENT, **ANSWERED}))
def test_what_programs_add_is_not_read_as_the_senders_words(name: str, changed: Changes) -> None:
    """The newest text is the same, word for word; a signature may stay where nothing shows that it is one."""
    found = held(changed(name))
    assert found.words_kept >= (0.75 if name == "signature" else 0.99)


@pytest.mark.parametrize("name", sorted(PRESSED))
def test_words_that_press_make_no_webform_message_urgent(name: str, changed: Changes) -> None:
    """Alarm, an order to the sorter and the office's own "your case is urgent" name no harm."""
    found = [one for one in changed(name) if one.truly is Label.WEBFORM]
    assert len(found) > 10
    assert held(found).became_urgent <= 1 / len(found)  # one near the border may cross: 0.9 % of all do


@pytest.mark.parametrize("name", sorted(PRESSED))
def test_an_emergency_that_shouts_is_still_caught(name: str, held_out: HeldOut) -> None:
    """Of the messages that are truly urgent at most one of fifty is lost when alarm words stand around it."""
    urgent = [one for one in RECORDS if one.author in AUTHORS and one.label is Label.URGENT]
    found = held(changes(asked(urgent, held_out.classifier), PERTURBATIONS[name]))
    assert found.messages > 80
    assert found.no_longer_caught <= MOST_LOST.get(name, 0.02), found.moved


SOMEBODY_ELSE = [
    *("names: Arabic", "names: Chinese", "names: English", "names: South Asian", "names: West African"),
    *("place: India", "place: Nigeria", "place: Germany", "everybody a woman", "everybody a man", "firm: small"),
]


@pytest.mark.parametrize("name", SOMEBODY_ELSE)
def test_it_does_not_matter_who_writes_or_is_written_about(name: str, changed: Changes) -> None:
    """Same facts, same treatment: another name, country, gender or firm moves no more than chance typing errors do.

    One message more or less is no finding.
    """
    found, noise = held(changed(name)), held(changed("typing errors"))
    assert found.messages
    moved_by_noise = (1 - noise.same_decision) * found.messages
    assert len(found.moved) <= moved_by_noise + 1, found.moved
    assert abs(found.urgent_shift) < 0.02
    assert found.no_longer_caught == 0, found.moved


def test_french_is_answered_as_english_is(held_out: HeldOut) -> None:
    """Forty messages by hand in both: languages part answers no more than other English words do, and a margin."""
    pairs = read_pairs()
    between = languages(pairs, held_out.classifier)
    noise = wordings(pairs, held_out.classifier)
    assert (between.pairs, noise.pairs) == (40, 23)
    assert min(between.right) >= 36
    assert 1 - between.same_label / between.pairs <= 1 - noise.same_label / noise.pairs + 0.05
    assert between.urgent_apart < 0.05


def test_the_pairs_are_ten_of_each_label_by_invented_people() -> None:
    """They stand where training does not look."""
    pairs = read_pairs()
    assert Counter(pair.label for pair in pairs) == dict.fromkeys(Label, 10)
    assert all(pair.english.from_addr.endswith(".example") for pair in pairs)
    known = {record.body for record in RECORDS}
    assert all(one.text not in known for pair in pairs for one in (pair.english, pair.french, pair.again) if one)


def test_what_is_measured_is_what_the_service_asks(held_out: HeldOut) -> None:
    """Bytes, parsing, screening and facts are the pipeline's own."""
    office = replace(OFFICE, zone=ZoneInfo("UTC"))
    for record in held_out.records[:10]:
        given = mail_of(record)
        reading = pipeline.examine(read_message(raw(given)), office, frozenset())
        assert question_of(given) == pipeline.question(reading)


def test_mail_that_is_taken_for_a_machines_counts_as_changed(held_out: HeldOut) -> None:
    """A perturbation that got a person's message set aside would be the worst of all."""
    found = changes(held_out, lambda one, _: replace(one, from_addr=one.to))
    assert question_of(replace(mail_of(held_out.records[0]), from_addr=held_out.records[0].to)) is None
    assert {one.after.decision for one in found} == {UNSURE}


FORMS = {
    Form.FLOWED: ("text/plain", "one two \nthree"),
    Form.WRAPPED: ("text/plain", "one two\nthree"),
    Form.GMAIL: ("text/html", "<br>"),
    Form.OUTLOOK: ("text/html", "MsoNormal"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_what_a_program_sends(form: Form) -> None:
    """And the words arrive."""
    long = "x" * 62
    sent = email.message_from_bytes(raw(mail(f"{long} one two three four\nfive", form=form)), policy=default)
    kind, sign = FORMS[form]
    content = sent.get_content().replace("\r\n", "\n")
    assert sent.get_content_type() == kind
    assert sign in content
    assert read_message(sent.as_bytes()).body.newest.split() == [long, "one", "two", "three", "four", "five"]


@pytest.mark.parametrize("program", sorted(history.PROGRAMS))
@pytest.mark.parametrize("french", [False, True])
@pytest.mark.parametrize("earlier", [history.urgent_of_old, history.office_called_it_urgent, history.acknowledged])
def test_a_program_quotes_the_whole_earlier_message(program: str, french: bool, earlier: Earlier) -> None:
    """And the service reads it as quoted."""
    given = mail("Just a question about the fee, thank you.", lang="fr" if french else "en")
    old = earlier(given)
    body = read_message(raw(replace(given, text=f"{given.text}\n\n{history.PROGRAMS[program](old, french)}"))).body
    assert body.newest == given.text
    assert set(old.text.split()) <= set(body.quoted.split())


def test_typing_errors_are_the_same_each_time_and_leave_figures_alone() -> None:
    """About one word in fifteen."""
    given = mail("please hurry because everything depends on file V300812345 today " * 60)
    once = perturbed(given, keyboard.mistyped)
    assert once == perturbed(given, keyboard.mistyped)
    assert once.text.count("V300812345") == 60
    wrong = sum(one != other for one, other in zip(once.text.split(), given.text.split(), strict=True))
    assert 10 <= wrong <= 60


def test_names_are_swapped_wherever_they_stand_and_as_they_were_written() -> None:
    """The sender's, those after a title or a relation; in capitals where they were."""
    given = mail(
        "I represent Mr. Rashad Karimli. KARIMLI, RASHAD has a brother Samir.\n\nOdile Farrant",
        subject="Karimli - visa",
    )
    found = perturbed(given, people.named("Filipino"))
    family = NAMES["Filipino"].family
    assert not re.search("karimli|rashad|samir|odile|farrant", f"{found.subject}{found.text}{found.from_name}", re.I)
    assert any(name.upper() in found.text for name in family)
    assert found.text.startswith("I represent Mr. ")
    assert found.from_name in found.text


def test_a_place_changes_with_its_people_and_its_city() -> None:
    """And what was there before comes here."""
    given = mail("An Indian passport, from Delhi, INDIA; my wife is in Kenya.")
    kenya = next(place for place in PLACES if place.country == "Kenya")
    found = perturbed(given, people.placed(kenya)).text
    assert found == "An Kenyan passport, from Nairobi, KENYA; my wife is in India."


def test_french_places_keep_their_prepositions() -> None:
    """En Inde, au Kenya."""
    given = mail("Je vis en Inde; le visa de l'Inde, les gens d'Inde.", lang="fr")
    kenya = next(place for place in PLACES if place.country == "Kenya")
    assert perturbed(given, people.placed(kenya)).text == "Je vis au Kenya; le visa du Kenya, les gens du Kenya."


def test_gender_changes_with_its_pronouns() -> None:
    """Her is him or his; a message about a birth stays, since it makes no sense otherwise."""
    given = mail("My mother is ill. She asked for her son; I must see her. Her husband is gone.")
    assert perturbed(given, people.all_men).text == (
        "My father is ill. He asked for his son; I must see him. His husband is gone."
    )
    french = mail("Mon père est là; il attend.", lang="fr")
    assert perturbed(french, people.all_women).text == "Ma mère est là; elle attend."
    birth = mail("She is pregnant.")
    assert perturbed(birth, people.all_men) == birth


def test_a_firm_gets_another_name_and_domain() -> None:
    """What kind of firm it is stays."""
    found = perturbed(mail("We act for the family.\n\nFarrant Pike LLP"), people.by_the_firm("small"))
    assert "Farrant" not in found.text
    assert found.text.endswith(" LLP")
    assert not found.from_addr.endswith("farrant.example")
