"""Which date a letter's words name, in both languages, told from its own date."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from tests.unit.facts.letters import TORONTO, facts_of, gather, letter
from triage.core.message import Language

# The letters are written on Wednesday, 6 May 2026.
NAMED = [
    ("She flies on 12 May.", "2026-05-12"),
    ("She flies on May 12th, 2026.", "2026-05-12"),
    ("She flies on the 12th of May.", "2026-05-12"),
    ("She flies on the twelfth of May.", "2026-05-12"),
    ("She flies on Tuesday, May 12.", "2026-05-12"),
    ("She flies Tue 12 May at 6 am.", "2026-05-12"),
    ("She flies on 12-May-2026.", "2026-05-12"),
    ("She flies on 12/May/26.", "2026-05-12"),
    ("SHE FLIES ON 12MAY", "2026-05-12"),
    ("She flies on 2026-05-12T06:00.", "2026-05-12"),
    ("She flies on 2026/05/12.", "2026-05-12"),
    ("She flies on 12.05.2026.", "2026-05-12"),
    ("She flies on Sept. 3rd.", "2026-09-03"),
    ("She flies on 3 January.", "2027-01-03"),
    ("Her visa lapses on January 14, 2027.", "2027-01-14"),
    ("Elle part le 3 juin.", "2026-06-03"),
    ("Elle part le mercredi 3 juin 2026.", "2026-06-03"),
    ("Elle part mercredi le 3 juin.", "2026-06-03"),
    ("Elle part le 1er juillet.", "2026-07-01"),
    ("Elle part le premier juillet.", "2026-07-01"),
    ("Elle part le 12 août 2026 à 6 h.", "2026-08-12"),
    ("Elle part le 12 AOUT.", "2026-08-12"),
    ("Le permis expire le 3 févr.", "2027-02-03"),
]
RELATIVE = [
    ("Her flight is tomorrow.", "2026-05-07"),
    ("Her flight is tmrw", "2026-05-07"),
    ("Her flight leaves tonight at 23:55.", "2026-05-06"),
    ("Her flight is the day after tomorrow.", "2026-05-08"),
    ("Her flight is this Friday.", "2026-05-08"),
    ("Her flight is on Friday.", "2026-05-08"),
    ("Her flight is next Tuesday.", "2026-05-12"),
    ("Her flight is on Wednesday.", "2026-05-13"),
    ("Her flight is Tue 12th.", "2026-05-12"),
    ("Her flight is Thursday the 14th.", "2026-05-14"),
    ("Her flight is thursday 6am.", "2026-05-07"),
    ("Her flight is Thursday 6 am.", "2026-05-07"),
    ("Her flight is a week from tomorrow.", "2026-05-14"),
    ("Her flight is two weeks from Friday.", "2026-05-22"),
    ("Her flight is Friday week.", "2026-05-15"),
    ("Her flight is on Friday of next week.", "2026-05-15"),
    ("Her flight is on Monday next week.", "2026-05-11"),
    ("Son vol est vendredi de la semaine prochaine.", "2026-05-15"),
    ("Elle part le lundi prochain.", "2026-05-11"),
    ("He dies on the thirtieth of this month.", "2026-05-30"),
    ("Le camp est en juin, le 11.", "2026-06-11"),
    ("Her flight is in 48 hours.", "2026-05-08"),
    ("Her flight is in ten days.", "2026-05-16"),
    ("Her flight leaves in two weeks' time.", "2026-05-20"),
    ("The deadline ends within 3 days.", "2026-05-09"),
    ("The deadline ends in five (5) business days.", "2026-05-13"),
    ("The surgery is three days away.", "2026-05-09"),
    ("Her visa lapses on the 14th.", "2026-05-14"),
    ("Her visa lapses on the 4th.", "2026-06-04"),
    ("Her visa lapses on the 3rd of next month.", "2026-06-03"),
    ("The hearing of the 20th instant is at noon.", "2026-05-20"),
    ("Her visa lapses at the end of the month.", "2026-05-31"),
    ("Her visa lapses at the end of June.", "2026-06-30"),
    ("The wedding is this weekend.", "2026-05-09"),
    ("Her visa lapses at the end of this week.", "2026-05-08"),
    ("The wedding is on Christmas Eve.", "2026-12-24"),
    ("Son vol est demain.", "2026-05-07"),
    ("Son vol est après-demain.", "2026-05-08"),
    ("Son vol est ce soir.", "2026-05-06"),
    ("Son vol part dans 48 heures.", "2026-05-08"),
    ("Il nous reste dix jours avant le procès.", "2026-05-16"),
    ("Son vol est ce vendredi.", "2026-05-08"),
    ("Son vol est vendredi prochain.", "2026-05-08"),
    ("Son vol est lundi en huit.", "2026-05-18"),
    ("Son vol est jeudi le 14.", "2026-05-14"),
    ("Son visa expire le 14 courant.", "2026-05-14"),
    ("Son visa expire le 14.", "2026-05-14"),
    ("Son visa expire le 2 du mois prochain.", "2026-06-02"),
    ("Son visa expire d'ici la fin de la semaine.", "2026-05-08"),
    ("Son visa expire à la fin du mois.", "2026-05-31"),
    ("Son visa expire fin juin.", "2026-06-30"),
    ("Le délai prend fin dans une quinzaine.", "2026-05-21"),
]


@pytest.mark.parametrize(("words", "named"), NAMED + RELATIVE, ids=[words for words, _ in NAMED + RELATIVE])
def test_a_date_is_read(words: str, named: str) -> None:
    """Each way of writing a date gives that day, and no other date is seen."""
    assert [found.date.isoformat() for found in facts_of(words).dates] == [named]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("The competition runs from 15 to 19 June.", ["2026-06-15", "2026-06-19"]),
        ("The competition runs June 15-19, 2026.", ["2026-06-15", "2026-06-19"]),
        ("Le festival a lieu du 15 au 19 juin.", ["2026-06-15", "2026-06-19"]),
        ("I wrote by web form on 9 and 17 April.", ["2026-04-09", "2026-04-17"]),
        ("I wrote on the 3rd and again on the 5th.", ["2026-05-03", "2026-05-05"]),
        ("Du 1er mars au 6 avril, j'étais à l'hôpital.", ["2026-03-01", "2026-04-06"]),
        ("The decisions of 20 December and 3 January are attached.", ["2025-12-20", "2026-01-03"]),
    ],
)
def test_ranges_and_lists_give_each_day(words: str, named: list[str]) -> None:
    """Of a range both ends are read, and a date that goes on from another is past where that one is."""
    assert [found.date.isoformat() for found in facts_of(words).dates] == named


@pytest.mark.parametrize(
    "words",
    [
        "It may be that 12 may travel; they march, all 3.",
        "Section 5.3 of the Code, page 12, 24/7, 1/2, 98.5%",
        "Call me at 514-555-0123 or (613) 555-0199.",
        "UCI 11-2345-6789, file V123456789, receipt 4471-A",
        "She lives on the 3rd floor, 14, rue des Orangers.",
        "Elle habite au 27, rue des Érables; le 2e enfant a 7 ans.",
        "This is the 2nd time, and the 1st page is missing.",
        "He calls this office every Monday and Thursday.",
        "It costs $12.05 or 12,05 €, and took 14:30 hours.",
        "The 19th century; the 3rd Family Court.",
        "She was born in May and it is sunny; he sat and wed.",
        "31 February, 2026-13-45, 32/13/2026",
    ],
)
def test_what_is_no_date_is_not_read(words: str) -> None:
    """Numbers, verbs, streets, floors and habits are no dates."""
    assert facts_of(words).dates == ()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("You refused her on 3 March.", "2026-03-03"),
        ("You refused her on 3 November.", "2025-11-03"),
        ("On 20 December the officer called us.", "2025-12-20"),
        ("Her refusal of 12 September cites funds.", "2025-09-12"),
        ("We have waited since 14 October.", "2025-10-14"),
        ("She applied on Friday.", "2026-05-01"),
        ("She was moved to the hospice on Sunday.", "2026-05-03"),
        ("The passport went for stamping on the 20th and has not come back.", "2026-04-20"),
        ("We heard from you last Monday.", "2026-05-04"),
        ("J'ai rempli le formulaire web le 10, sans réponse.", "2026-04-10"),
        ("La demande a été déposée le 2 décembre.", "2025-12-02"),
        ("Payé le 11, quittance 4471-A.", "2026-04-11"),
        ("Depuis lundi, on ne lui donne plus rien.", "2026-05-04"),
        ("Mon père est mort samedi.", "2026-05-02"),
        ("By letter of the 5th instant you refused him.", "2026-05-05"),
        ("Your kind letter is of the 4th inst.", "2026-05-04"),
        ("Her passport came back today.", "2026-05-06"),
    ],
)
def test_what_is_told_as_past_is_past(words: str, named: str) -> None:
    """The words around tell which Friday, which 10th, which year; what is past is marked so."""
    (found,) = facts_of(words).dates
    assert (found.date.isoformat(), found.past) == (named, True)
    assert found.days_away <= 0


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("The hearing is on 20 December.", "2026-12-20"),
        ("He was told that Saturday is the last night.", "2026-05-09"),
        ("The hearing was moved to Friday.", "2026-05-08"),
        ("They have given him until the 12th.", "2026-05-12"),
        ("Her tickets were bought for the 4th.", "2026-06-04"),
        ("L'audience a été reportée au 3 juin.", "2026-06-03"),
        ("Stranded in Kumasi, son's operation Tuesday", "2026-05-12"),
    ],
)
def test_what_is_told_as_ahead_is_ahead(words: str, named: str) -> None:
    """A past verb somewhere in the sentence does not make a coming date past."""
    (found,) = facts_of(words).dates
    assert (found.date.isoformat(), found.past) == (named, False)


class TestNumbersInEitherOrder:
    """12/05/26: day or month first, as text, date and writer tell."""

    @pytest.mark.parametrize(
        ("words", "named"),
        [
            ("Her visa lapses on 13/05/26.", "2026-05-13"),
            ("Her visa lapses on 05/13/2026.", "2026-05-13"),
            ("Her visa lapses on 12/05/26.", "2026-05-12"),
            ("Her visa lapses on 05/12/26.", "2026-05-12"),
        ],
    )
    def test_the_reading_that_exists_and_is_near_is_taken(self, words: str, named: str) -> None:
        """Only one order gives a day near the message's date."""
        assert facts_of(words).dates[0].date.isoformat() == named

    def test_one_date_that_can_be_read_in_one_way_tells_for_all(self) -> None:
        """Who writes 25/04/2026 writes 06/07/2026 day first, and the other way round."""
        first = facts_of("Applied 25/04/2026. Her visa lapses on 10/08/2026.")
        second = facts_of("Applied 04/25/2026. Her visa lapses on 10/08/2026.")
        assert [found.dates[1].date.isoformat() for found in (first, second)] == ["2026-08-10", "2026-10-08"]

    def test_where_nothing_tells_a_north_american_puts_the_month_first(self) -> None:
        """The zone of an English message tells where its writer sits."""
        here = facts_of("The visa lapses on 10/08/2026.")
        there = facts_of(
            "The visa lapses on 10/08/2026.", written=datetime(2026, 5, 6, 9, tzinfo=ZoneInfo("Africa/Accra"))
        )
        assert [found.dates[0].date.isoformat() for found in (here, there)] == ["2026-10-08", "2026-08-10"]

    def test_french_puts_the_day_first_everywhere(self) -> None:
        """A French message from Montreal is read day first."""
        assert (
            facts_of("Le visa expire le 10/08/2026.", language=Language.FRENCH).dates[0].date.isoformat()
            == "2026-08-10"
        )

    def test_numbers_without_a_year_need_a_preposition(self) -> None:
        """`by 12/05` is a date, 12/05 in a table is not."""
        found = facts_of("Column 12/05 of the form. She flies by 12/05.", language=Language.FRENCH)
        assert [one.date.isoformat() for one in found.dates] == ["2026-05-12"]


class TestTheMessagesOwnDate:
    """What "tomorrow" is told from."""

    def test_tomorrow_is_told_in_the_zone_the_message_was_written_in(self) -> None:
        """Late on Wednesday in Toronto, when it is Thursday in Delhi and in UTC, tomorrow is Thursday."""
        late = letter("Her flight is tomorrow.", written=datetime(2026, 5, 6, 23, 30, tzinfo=TORONTO))
        assert gather(late, office="Asia/Kolkata").dates[0].date == date(2026, 5, 7)

    def test_without_a_date_header_the_office_tells_by_its_own_day(self) -> None:
        """INTERNALDATE is in UTC; the office in Delhi is half a day ahead."""
        undated = letter("Her flight is tomorrow.", written=None, received=datetime(2026, 5, 6, 20, tzinfo=UTC))
        assert gather(undated, office="Asia/Kolkata").dates[0].date == date(2026, 5, 8)
        assert gather(undated, office="America/Mexico_City").dates[0].date == date(2026, 5, 7)

    def test_without_any_date_nothing_is_told(self) -> None:
        """Even a full date is not judged near or far."""
        assert gather(letter("Her flight is on 12 May 2026.", written=None)).dates == ()

    def test_hours_are_counted_from_the_hour_of_writing(self) -> None:
        """36 hours after an evening is two days on; after a morning, one."""
        zone = timezone(timedelta(hours=2))
        evening = facts_of("Her flight is in 36 hours.", written=datetime(2026, 5, 6, 20, tzinfo=zone))
        morning = facts_of("Her flight is in 36 hours.", written=datetime(2026, 5, 6, 6, tzinfo=zone))
        assert [one.dates[0].days_away for one in (evening, morning)] == [2, 1]

    @pytest.mark.parametrize("year", [1, 9999])
    def test_the_ends_of_the_calendar_are_no_error(self, year: int) -> None:
        """A lying Date header costs dates, never an exception."""
        text = "Tomorrow, in 99 weeks, on 3 January, on 31/12/9999, last Friday, on the 14th, at the end of June."
        written = datetime(year, 12 if year == 9999 else 1, 31 if year == 9999 else 1, tzinfo=UTC)
        assert isinstance(facts_of(text, written=written).dates, tuple)


def test_a_bare_weekday_beside_its_date_is_that_date() -> None:
    """ "The Friday flight, 15 May" is not this Friday's."""
    found = facts_of("The crew has to be on the Friday flight, 15 May.").dates
    assert {one.date.isoformat() for one in found} == {"2026-05-15"}


def test_the_14th_is_of_the_month_that_was_named_before() -> None:
    """ "11 July … before the 9th" is 9 July, not this Saturday."""
    found = facts_of("The festival opens on 11 July. The tent is taken down on the 9th.").dates
    assert [one.date.isoformat() for one in found] == ["2026-07-11", "2026-07-09"]


def test_a_weekday_tells_the_year() -> None:
    """3 January falls on a Saturday in 2026 and on a Sunday in 2027."""
    found = facts_of("Classes: Saturday, 3 January. Term: Sunday, 3 January.").dates
    assert [one.date.isoformat() for one in found] == ["2026-01-03", "2027-01-03"]


def test_the_words_of_a_date_are_kept_where_they_stand() -> None:
    """The span is the text's own slice, also behind accents, wrapping and letters beyond Latin."""
    message = letter(
        "Надія – l’été dernier…\nSon vol est le mercredi 3 juin\n2026, à 6 h.", subject="Échéance le 1er juillet"
    )
    subject, body = gather(message).dates
    assert (subject.span.where, subject.span.text) == ("subject", "1er juillet")
    assert body.span.text == message.body.newest[body.span.start : body.span.end] == "le mercredi 3 juin\n2026"


def test_a_line_that_a_mail_program_wrapped_is_one_sentence() -> None:
    """The date goes on in the next line."""
    text = "We respectfully write to say that her flight from Manila leaves on Friday, 15\nMay at dawn."
    assert facts_of(text).dates[-1].date.isoformat() == "2026-05-15"


def test_relative_words_in_the_subject_of_a_reply_are_not_told_from_this_message() -> None:
    """ "Re: flight tonight" was written long before; a full date holds."""
    assert facts_of("Thank you, he got out.", subject="Re: FLIGHT TONIGHT").dates == ()
    assert len(facts_of("Any news?", subject="RE: flight on 12 May").dates) == 1
    assert len(facts_of("Please help.", subject="FLIGHT TONIGHT").dates) == 1


def test_quoted_history_names_no_dates() -> None:
    """Only the newest text and the subject do."""
    message = letter("Any news on the below?", quoted="> Her flight is on 12 May.", forwarded="It is on 13 May.")
    assert gather(message).dates == ()
