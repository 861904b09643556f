"""Appeals: each answer counts for the reply that it answers, once, with what became of it."""

from datetime import UTC, datetime, timedelta
from io import StringIO

from rich.console import Console

from triage.ledger.appeals import Answer, SentReply
from triage.reports.appeals import appeals, as_json, show

START = datetime(2026, 11, 9, 15, tzinfo=UTC)


def sent(exchange: str, hour: int, rule: str = "webform", *, office: str = "delhi") -> SentReply:
    """A reply that went out."""
    template = "redirect-webform" if rule == "webform" else "acknowledge-answer"
    return SentReply(
        office=office, exchange=exchange, decided_at=START + timedelta(hours=hour), rule=rule, template=template
    )


def came(
    exchange: str, hour: int, rule: str = "answers-our-reply", verdict: str = "webform", office: str = "delhi"
) -> Answer:
    """An answer that came back."""
    return Answer(
        office=office, exchange=exchange, decided_at=START + timedelta(hours=hour), rule=rule, verdict=verdict
    )


def test_answers_are_counted_by_the_rule_that_they_answer() -> None:
    """Four redirects, two of them answered; the most often answered rule first."""
    replies = [sent("A", 0), sent("B", 1), sent("C", 2), sent("D", 3), sent("A", 5, "answers-our-reply")]
    back = [came("A", 4), came("B", 4, "urgent", "urgent"), came("A", 6)]
    assert as_json(appeals(replies, back)) == [
        {
            "rule": "answers-our-reply",
            "template": "acknowledge-answer",
            "sent": 1,
            "answered": 1,
            "share": 1.0,
            "became": [{"rule": "answers-our-reply", "sorted_as": "webform", "messages": 1}],
        },
        {
            "rule": "webform",
            "template": "redirect-webform",
            "sent": 4,
            "answered": 2,
            "share": 0.5,
            "became": [
                {"rule": "answers-our-reply", "sorted_as": "webform", "messages": 1},
                {"rule": "urgent", "sorted_as": "urgent", "messages": 1},
            ],
        },
    ]


def test_a_reply_answered_twice_is_one_appeal() -> None:
    """What became of the first counts."""
    (found,) = appeals([sent("A", 0)], [came("A", 1, "urgent", "urgent"), came("A", 2)])
    assert (found.answered, found.became) == (1, {("urgent", "urgent"): 1})


def test_only_what_came_after_a_reply_in_its_exchange_answers_it() -> None:
    """Not what came before, not another exchange, not another office's of the same number."""
    back = [came("A", 0), came("B", 2), came("A", 2, office="paris")]
    (found,) = appeals([sent("A", 1)], back)
    assert (found.sent, found.answered, found.share) == (1, 0, 0.0)


def test_nothing_sent_is_nothing_counted() -> None:
    """Answers to what was sent before the time asked for have no reply here."""
    assert appeals([], [came("A", 1)]) == []


def test_the_table_says_it_in_words() -> None:
    """Counts, the share, and what became of the answers."""
    out = StringIO()
    show(appeals([sent("A", 0), sent("B", 0)], [came("A", 1)]), Console(file=out, width=200))
    assert (
        "webform  redirect-webform  2     1         50.0%  1 by answers-our-reply, sorted as webform" in out.getvalue()
    )
