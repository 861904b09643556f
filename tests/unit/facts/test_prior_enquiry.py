"""Whether the sender says that the web form or the office's ordinary address was used before."""

import pytest

from tests.unit.facts.letters import facts_of, gather, letter


@pytest.mark.parametrize(
    "text",
    [
        "I used the web form on 28 April and got the automatic reply.",
        "Two web forms, 9 and 17 April. One auto-reply.",
        "Web form tried 15 January: no answer yet.",
        "My web form of 19 March was answered with processing times.",
        "Our case-specific enquiries of 3 March and 19 May were closed.",
        "I HAVE FILLED YOUR WEB FORM THREE TIMES.",
        "already write on your internet form, until now no reply",
        "I enquired online twice and heard nothing.",
        "We wrote to the office's general address on the 3rd, no answer.",
        "The office's address (3 and 17 July) has not replied.",
        "I wrote to your email 5 times.",
        "wrote to the office address Weds, zero.",
        "I asked Ankara's normal email on Sept 3.",
        "I wrote to the visa office last week without an answer.",
        "Our e-mail of 24 November had no answer.",
        "This is my fifth message. Nobody answers.",
        "J'ai rempli le formulaire Web le 10, sans réponse.",
        "Formulaire Web le 24 mars et le 16 avril.",
        "j'ai deja ecrit par le formulaire web dimanche soir",
        "La demande au formulaire en ligne est restée sans suite.",
        "Deux messages à l'adresse générale du bureau n'ont reçu que l'accusé.",
        "On l'a signalé au bureau par courriel le 6 mai.",
        "J'AI ECRIT PAR LE SITE INTERNET LE 15.",
        "Mon courriel du 3 mai n'a pas reçu de réponse.",
    ],
)
def test_use_of_the_ordinary_channel_is_read(text: str) -> None:
    """A deed, a date, a count or an answer makes of a channel that is named one that was used."""
    assert facts_of(text).prior_enquiry is not None


@pytest.mark.parametrize(
    "text",
    [
        "I know that the web form is the usual way.",
        "I have not used the web form yet.",
        "I haven't been able to use the web form on my phone.",
        "Should I use the web form for this?",
        "Where do I find the web form?",
        "Please send this to the manager and not to the web form, because web form is slow.",
        "I write to you instead of using the web form.",
        "Je sais que le formulaire web est la voie habituelle.",
        "Dois-je remplir le formulaire web?",
        "Je n'ai pas encore rempli le formulaire web.",
        "I called the office twice, and our MP asked about it.",
        "I sent my passport to the office on 3 May.",
        "Please send letters to this email from now on.",
        "My new e-mail address is below; the old address is dead.",
        "I ask that no letter go to the address on file.",
        "Form IMM 5406 was signed on 3 May.",
        "I wrote to you three times about Mr. Ighalo.",
        "La lettre émise par votre bureau le nomme autrement.",
    ],
)
def test_a_mention_without_use_is_none(text: str) -> None:
    """To know of the form, to ask about it, not to want it; calls, members of parliament; other forms and addresses."""
    assert facts_of(text).prior_enquiry is None


@pytest.mark.parametrize(
    "quoted",
    [
        "On 8 June 2025, enquiries@visa-office.example wrote:\n> We acknowledge receipt of your web form submission.",
        "> Thank you for contacting us. Processing times are published online.",
        "On Wed, 22 Jan 2025 Tamsin wrote:\n> To: São Paulo general enquiries\n> We ask that the refusal be reopened.",
        "> I already used the web form for this (Jan 9).",
    ],
)
def test_the_history_below_may_show_it(quoted: str) -> None:
    """The office's own answer, or an earlier letter to its address, is evidence (labelling guide)."""
    found = gather(letter("Any news on the below?", quoted=quoted)).prior_enquiry
    assert found is not None
    assert found.where == "quoted"


def test_the_words_are_those_of_the_sentence() -> None:
    """A person sees what it was read from."""
    found = facts_of("Good morning. I used the web form on 28 April. Nothing came.").prior_enquiry
    assert found is not None
    assert found.text == "I used the web form on 28 April"
