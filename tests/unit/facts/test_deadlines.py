"""Which date is the message's deadline, what happens then, and which dates are none; written on 6 May 2026."""

from datetime import date

import pytest

from tests.unit.facts.letters import facts_of
from triage.core.facts.record import Event


@pytest.mark.parametrize(
    ("words", "event", "day"),
    [
        ("Her flight to Halifax is on 12 May.", Event.TRAVEL, "2026-05-12"),
        ("Son vol part le 12 mai.", Event.TRAVEL, "2026-05-12"),
        ("Her visa lapses on 14 May.", Event.EXPIRY, "2026-05-14"),
        ("Son examen médical échoit le 14 mai.", Event.EXPIRY, "2026-05-14"),
        ("The plant shutdown begins Monday, 18 May.", Event.SHUTDOWN, "2026-05-18"),
        ("L'arrêt de l'usine est prévu pour le 18 mai.", Event.SHUTDOWN, "2026-05-18"),
        ("Her surgery is on May 20.", Event.SURGERY, "2026-05-20"),
        ("On l'opère du cœur le 20 mai.", Event.SURGERY, "2026-05-20"),
        ("The funeral is on Saturday.", Event.DEATH, "2026-05-09"),
        ("Les obsèques auront lieu samedi.", Event.DEATH, "2026-05-09"),
        ("The hearing before the Federal Court is on 19 May.", Event.HEARING, "2026-05-19"),
        ("L'audience est le 19 mai.", Event.HEARING, "2026-05-19"),
        ("He is to be removed from Canada on 11 May.", Event.REMOVAL, "2026-05-11"),
        ("Son renvoi est fixé au 11 mai.", Event.REMOVAL, "2026-05-11"),
        ("Classes begin on 1 June.", Event.START, "2026-06-01"),
        ("La rentrée est le 1er juin.", Event.START, "2026-06-01"),
        ("Our wedding is on Saturday, 30 May.", Event.CEREMONY, "2026-05-30"),
        ("Le tournoi a lieu le 30 mai.", Event.CEREMONY, "2026-05-30"),
        ("His answer to the fairness letter is due on the 15th.", Event.DEADLINE, "2026-05-15"),
        ("La date limite de votre lettre est le 15 mai.", Event.DEADLINE, "2026-05-15"),
        ("After Sunday the child is alone.", Event.OTHER, "2026-05-10"),
        ("They take him off the ventilator on Wednesday.", Event.DEATH, "2026-05-13"),
        ("On le débranche lundi.", Event.DEATH, "2026-05-11"),
        ("They will stop the machines on Saturday, 9 May.", Event.DEATH, "2026-05-09"),
        ("Her foster mother goes into hospital on 14 May.", Event.SURGERY, "2026-05-14"),
        ("He was ordered to leave the country by 20 May.", Event.REMOVAL, "2026-05-20"),
        ("The frost is forecast for Friday night, the 8th.", Event.SHUTDOWN, "2026-05-08"),
        ("Our son is ordained on Saturday, 30 May.", Event.CEREMONY, "2026-05-30"),
        ("Le tournage est le jeudi 14 mai.", Event.CEREMONY, "2026-05-14"),
        ("The foster licence ends on Friday, 22 May.", Event.EXPIRY, "2026-05-22"),
        ("Ils me gardent la place jusqu'au 30 juin.", Event.EXPIRY, "2026-06-30"),
        ("Your letter asks for bank statements by 30 May.", Event.DEADLINE, "2026-05-30"),
        ("Her operation has been brought forward to Monday.", Event.SURGERY, "2026-05-11"),
        ("He is being put on a plane to Bogota on Thursday.", Event.TRAVEL, "2026-05-07"),
        ("Votre courriel me laisse jusqu'au 20 mai.", Event.DEADLINE, "2026-05-20"),
        ("Registration closes on 30 June.", Event.DEADLINE, "2026-06-30"),
        ("The order requires the record to be filed by 15 June.", Event.DEADLINE, "2026-06-15"),
        ("You gave us until 22 May for the police certificate.", Event.DEADLINE, "2026-05-22"),
        ("In the letter I am given 30 days, up to 27 May, for it.", Event.DEADLINE, "2026-05-27"),
        ("Votre lettre du 2 avril demande l'acte d'ici le 29 mai.", Event.DEADLINE, "2026-05-29"),
        ("The station opens on Saturday, 30 May.", Event.START, "2026-05-30"),
        ("The festival is on 6 February 2027.", Event.CEREMONY, "2027-02-06"),
        ("My flight is on 2 December 2026.", Event.TRAVEL, "2026-12-02"),
    ],
)
def test_a_harm_on_a_coming_date_is_the_deadline(words: str, event: Event, day: str) -> None:
    """A clear word in the date's sentence tells what happens then."""
    deadline = facts_of(words).deadline
    assert deadline is not None
    assert (deadline.event, deadline.date.isoformat()) == (event, day)


@pytest.mark.parametrize(
    "words",
    [
        "You refused her on 3 March.",
        "She was born on 12 May 2019 and her visa is dated 2 April.",
        "I wrote by web form on 28 April and on Monday, without an answer.",
        "The funeral was on Saturday. I watched it on a phone.",
        "Her passport came back today.",
        "IF IT IS NOT DONE BY CLOSE OF BUSINESS ON FRIDAY 15 MAY WE SHALL TAKE INSTRUCTIONS.",
        "The member wants an answer on Friday, failing which he will raise it in the House.",
        "I missed my sister's wedding on Saturday because of you.",
        "L'audience s'est tenue lundi.",
        "No answer till today, while her courses begin.",
        "I attach today's receipt; there is no news till today.",
        "J'ai déposé la demande le 2 avril et les empreintes le 10.",
        "We demand a decision within ten days, failing which we will go to the Federal Court.",
        "I require your reply by May 14, failing which I will write to the Minister.",
        "We hereby give you until 15 May, otherwise we will go to the press.",
        "Nous exigeons une réponse d'ici le 15 mai.",
        "À défaut, nous saisirons la Cour le 15 mai.",
        "Could you send it to the centre tomorrow?",
        "Could you release it by Friday? Friday at noon, that is.",
        "Is there any chance of a word from the desk on Friday?",
        "Please let me know by Friday if there is news of the file, which has been slow, as my mother fears surgery.",
        "Tickets and today's receipts: see attached.",
        "Please confirm by Friday that you received it.",
        "Pourriez-vous me répondre avant lundi?",
        "Merci de me rappeler vendredi.",
        "I am on trial in Brampton until the 12th.",
        "Boarding now, back Monday.",
        "You are warmly invited: on Saturday, 23 May, they are all cooking.",
        "Her passport is valid until 12 May 2031.",
        "The permit starts on 4 January 2027, so there is no hurry.",
        "Processing takes 30 days; I was told to wait 60 days.",
        "He calls every Monday and Thursday.",
        "Mes enfants mangent chez moi le dimanche.",
        "Call me on any day next week except Wednesday.",
        "My deadline is Friday and the page is held.",
        "Vous êtes mis en demeure d'agir dans les dix jours, à défaut de quoi tout recours sera exercé.",
        "I am the representative (IMM 5476 of 30 August).",
        "I wrote on 2 April, on the web form on the 9th, and once more on the 14th.",
    ],
)
def test_what_is_past_or_only_wished_is_no_deadline(words: str) -> None:
    """Birth dates, letters' dates, the sender's own demands, asks, absences, invitations, and what is far away."""
    facts = facts_of(words)
    assert (facts.deadline, facts.likely_deadline) == (None, None)


@pytest.mark.parametrize(
    ("words", "day"),
    [
        ("Those come off on Monday, 18 May.", "2026-05-18"),
        ("My leave ends on Monday, 18 May.", "2026-05-18"),
        ("My appointment is on 18 May.", "2026-05-18"),
        ("Rehearsals start on the 14th. The Passion is sung on 17 May.", "2026-05-14"),
        ("After 12 May nobody takes her. The surgery is on 20 May.", "2026-05-20"),
        ("The show is on Saturday night, and the flight is today.", "2026-05-09"),
        ("They keep the hall until Monday, 18 May. After that it is another crew's.", "2026-05-18"),
        ("The hearing is on 19 May. The other hearing is on 26 May.", "2026-05-19"),
        ("I see that in three weeks the term opens.", "2026-05-27"),
        ("The shutdown planned for 18 May has been cancelled.", "2026-05-18"),
        ("The visas came on time and the wedding on 30 May can go ahead.", "2026-05-30"),
        ("Her flight is on 12 May but there is no hurry.", "2026-05-12"),
        ("Je pars en vacances le 12 mai.", "2026-05-12"),
        ("The new fees start on 1 June, right?", "2026-06-01"),
        ("Her birthday is 3 June and not 11 March.", "2026-06-03"),
        ("The magazine closes on Thursday.", "2026-05-07"),
        ("The officer doubted that I would leave after the festival on 20 June.", "2026-06-20"),
        ("The operation is on 20 May and she is wanted there four days earlier.", "2026-05-20"),
        ("The plane is on Thursday night. I have the mooring only till the 8th.", "2026-05-07"),
        ("The visa that you printed is valid until 20 June instead of 2028.", "2026-06-20"),
    ],
)
def test_a_date_that_only_may_matter_is_no_deadline(words: str, day: str) -> None:
    """Nothing clear is said to happen, or another day may matter more: it is likely, for the classifier to weigh."""
    facts = facts_of(words)
    assert facts.deadline is None
    assert facts.likely_deadline is not None
    assert facts.likely_deadline.date.isoformat() == day


@pytest.mark.parametrize(
    "words",
    [
        "The surgery is on 12 May and the second one on 20 May.",
        "The shutdown is from 12 to 14 May.",
        "The permit expires on 12 May. A ticket is held for 20 May.",
        "The visa lapses on 12 May; we land on 12 May; the contract starts on 20 May.",
        "The funeral is on Tuesday, 12 May. The tickets home are for 20 May.",
        "Your letter asks for a certificate by 12 May. My appointment for it is on 8 May.",
    ],
)
def test_other_days_leave_a_deadline_sure_where_it_comes_first_whatever_they_are(words: str) -> None:
    """What cannot be had again, a day named twice, the end of a range, the way back, an appointment before it."""
    deadline = facts_of(words).deadline
    assert deadline is not None
    assert deadline.date == date(2026, 5, 12)


def test_a_day_in_the_subject_that_is_another_makes_it_unsure() -> None:
    """The sender says there what the matter is."""
    facts = facts_of("The hearing of his removal: removal is on 12 May.", subject="Funeral on 15 June")
    assert facts.deadline is None
    assert facts.likely_deadline is not None
    assert facts_of("Her flight is on 12 May.", subject="Flight on 12 May").deadline is not None


def test_what_comes_after_a_day_may_tell_what_happens_on_it() -> None:
    """ "After that" needs no word for it, and is not clear."""
    facts = facts_of("They keep the hall until Monday, 18 May. After that it is another crew's.")
    assert facts.likely_deadline is not None
    assert facts.likely_deadline.event is Event.OTHER


def test_a_fixed_flight_gives_way_to_what_the_subject_names() -> None:
    """But not to what expires: missing the plane is the harm then."""
    funeral = facts_of("Her flight is on 12 May.", subject="Funeral on 14 May").likely_deadline
    medical = facts_of("Her flight is on 12 May.", subject="Medical expires on 14 May").likely_deadline
    assert funeral is not None
    assert medical is not None
    assert (funeral.date.day, medical.date.day) == (14, 12)


def test_the_senders_own_date_is_kept_and_marked() -> None:
    """It stands among the dates, so that a person sees that it was read and why it does not count."""
    (found,) = facts_of("I require your reply by May 14.").dates
    assert (found.date, found.demanded) == (date(2026, 5, 14), True)


@pytest.mark.parametrize(
    "words",
    [
        "Could someone print it before Monday's flight?",
        "Please release the passport: she flies on Monday.",
        "Pourriez-vous le délivrer avant son vol de lundi?",
    ],
)
def test_an_ask_that_names_the_harm_holds_a_deadline(words: str) -> None:
    """The date belongs to the flight, not to the ask."""
    deadline = facts_of(words).deadline
    assert deadline is not None
    assert deadline.date == date(2026, 5, 11)


def test_the_same_day_named_beside_a_demand_and_a_harm_is_a_deadline() -> None:
    """That the sender also wants it by then does not take the harm away."""
    found = facts_of("I need an answer by 14 May. Her visa lapses on 14 May.").deadline
    assert found is not None
    assert (found.date, found.event) == (date(2026, 5, 14), Event.EXPIRY)


class TestChoosing:
    """Of several coming dates, which is the deadline."""

    def test_the_nearest(self) -> None:
        """The first harm is the one to prevent."""
        found = facts_of(
            "His permit expires on 21 May. The flight is on 12 May. Classes begin on 1 June."
        ).likely_deadline
        assert found is not None
        assert found.date == date(2026, 5, 12)

    def test_a_full_date_goes_before_a_bare_weekday(self) -> None:
        """Nothing is said to happen on Thursday."""
        found = facts_of(
            "Fingerprints can be had in Muscat, where there are places Thursday. The letters expire 23 May."
        )
        assert found.deadline is not None
        assert found.deadline.date == date(2026, 5, 23)

    def test_a_day_goes_before_a_time_of_some_days(self) -> None:
        """In two weeks is not a day."""
        found = facts_of("The grace period ends in one week. The flight leaves on 20 May.").likely_deadline
        assert found is not None
        assert found.date == date(2026, 5, 20)

    def test_a_held_seat_gives_way_to_what_it_leads_to(self) -> None:
        """The seat can be taken again; the funeral cannot."""
        facts = facts_of("The funeral is on Saturday. A ticket is held for Thursday night.")
        found = facts.likely_deadline
        assert facts.deadline is None, "it may be the last one"
        assert found is not None
        assert (found.date, found.event) == (date(2026, 5, 9), Event.DEATH)

    def test_a_fixed_flight_does_not(self) -> None:
        """Who misses the plane misses the ward."""
        found = facts_of("The plane is on Thursday and they need her on the ward on Friday.").likely_deadline
        assert found is not None
        assert (found.date, found.event) == (date(2026, 5, 7), Event.TRAVEL)

    def test_a_ticket_that_cannot_be_changed_does_not_either(self) -> None:
        """It is no seat that is only held."""
        found = facts_of("The premiere of the play is on 15 May. Seats on the 12th, non-refundable.").likely_deadline
        assert found is not None
        assert found.date == date(2026, 5, 12)

    def test_the_subject_alone_is_enough(self) -> None:
        """Many write the date only there."""
        found = facts_of(
            "Please see the letter attached.", subject="Funeral on 9 May - passport still with you"
        ).deadline
        assert found is not None
        assert found.span.where == "subject"


def test_a_point_in_an_abbreviation_ends_no_sentence() -> None:
    """ "Mr. A. Okoye" and "Dr. Bedi" stand between the harm and its date."""
    found = facts_of("The operation of Mr. A. Okoye by Dr. Bedi is on 20 May.").deadline
    assert found is not None
    assert found.event is Event.SURGERY


def test_another_sentence_says_nothing_of_a_date() -> None:
    """The word for what happens must stand in the date's own sentence or line."""
    found = facts_of("- Surgery went well\n- Courses: see attached\n- Rent due: Monday, 18 May").dates
    assert [one.event for one in found] == [Event.DEADLINE]


@pytest.mark.parametrize(
    "words",
    [
        "Due to the holiday on 18 May, nobody was there.",
        "In order to answer by 18 May I need the form.",
        "A friend of mine and four others wrote from Lima; 18 May is the feast there.",
        "My travel document number is on the sheet of 18 May.",
        "Voir la pièce ci-jointe du 18 mai, en cours d'examen.",
        "Le registre va, pour ma part, du 3 au 18 mai.",
        "L'assureur attend votre intervention pour le 18 mai.",
        "Of course 18 May is the final word.",
        "J'ai reçu une convocation pour le 18 mai, au nom d'un autre.",
    ],
)
def test_words_that_only_sound_like_an_event_tell_none(words: str) -> None:
    """Each has a homograph among the words that name one."""
    assert {one.event for one in facts_of(words).dates} == {None}
