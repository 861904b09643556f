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
        ("Those come off on Monday, 18 May.", None, "2026-05-18"),
    ],
)
def test_a_harm_on_a_coming_date_is_the_deadline(words: str, event: Event | None, day: str) -> None:
    """The sentence's words tell what happens; a full date ahead counts even where none does."""
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
    ],
)
def test_what_is_past_or_only_wished_is_no_deadline(words: str) -> None:
    """Birth dates, letters' dates, the sender's own demands, asks, absences, invitations, and what is far away."""
    assert facts_of(words).deadline is None


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
        found = facts_of("His permit expires on 21 May. The flight is on 12 May. Classes begin on 1 June.").deadline
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
        found = facts_of("The grace period ends in one week. The flight leaves on 20 May.").deadline
        assert found is not None
        assert found.date == date(2026, 5, 20)

    def test_a_held_seat_gives_way_to_what_it_leads_to(self) -> None:
        """The seat can be taken again; the funeral cannot."""
        found = facts_of("The funeral is on Saturday. A ticket is held for Thursday night.").deadline
        assert found is not None
        assert (found.date, found.event) == (date(2026, 5, 9), Event.DEATH)

    def test_a_fixed_flight_does_not(self) -> None:
        """Who misses the plane misses the ward."""
        found = facts_of("The plane is on Thursday and they need her on the ward on Friday.").deadline
        assert found is not None
        assert (found.date, found.event) == (date(2026, 5, 7), Event.TRAVEL)

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
