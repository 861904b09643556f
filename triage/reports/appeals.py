"""How often each rule's automatic replies were answered, and what became of the answers.

Every reply says that a person looks if it is answered. So an answer to a redirect is an appeal of the rule that sent
it: a rule with many is one to look at.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from triage.ledger.appeals import Answer, SentReply


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeals:
    """The replies of one rule with one template."""

    rule: str
    template: str
    sent: int
    answered: int  # of those sent: each once, however often it was answered
    became: Mapping[tuple[str, str], int]  # by the rule that took the first answer, and what it was sorted as

    @property
    def share(self) -> float:
        """Of the replies that were answered."""
        return self.answered / self.sent


def appeals(sent: Sequence[SentReply], answers: Sequence[Answer]) -> list[Appeals]:
    """Count by rule and template, most often answered first; both are ordered by time.

    An answer belongs to the last reply of its exchange before it: the ledger keeps which exchange a message belongs
    to, not which mail in it was answered.
    """
    first = _first_answers(sent, answers)
    by_rule: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for number, reply in enumerate(sent):
        by_rule[reply.rule, reply.template].append(number)
    found = []
    for (rule, template), numbers in by_rule.items():
        became = Counter((first[number].rule, first[number].verdict) for number in numbers if number in first)
        counted = Appeals(rule=rule, template=template, sent=len(numbers), answered=became.total(), became=became)
        found.append(counted)
    return sorted(found, key=lambda one: (-one.share, -one.sent, one.rule, one.template))


def _first_answers(sent: Sequence[SentReply], answers: Sequence[Answer]) -> Mapping[int, Answer]:
    """By the reply's number: what answered it first."""
    waiting: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for number, reply in enumerate(sent):
        waiting[reply.office, reply.exchange].append(number)
    found: dict[int, Answer] = {}
    for answer in answers:
        before = [
            number for number in waiting[answer.office, answer.exchange] if sent[number].decided_at < answer.decided_at
        ]
        if before:
            found.setdefault(before[-1], answer)
    return found


def as_json(found: Iterable[Appeals]) -> list[Mapping[str, Any]]:
    """JSON-ready values."""
    return [
        {
            "rule": one.rule,
            "template": one.template,
            "sent": one.sent,
            "answered": one.answered,
            "share": round(one.share, 4),
            "became": [
                {"rule": rule, "sorted_as": verdict, "messages": count} for (rule, verdict), count in _ordered(one)
            ],
        }
        for one in found
    ]


def show(found: Sequence[Appeals], console: Console) -> None:
    """Print the counts of each rule."""
    table = Table(box=None, header_style="bold")
    for column in ("rule", "reply", "sent", "answered", "share", "what became of the answers"):
        table.add_column(column)
    for one in found:
        became = "; ".join(f"{count} by {rule}, sorted as {verdict}" for (rule, verdict), count in _ordered(one))
        told = (Text(one.rule), Text(one.template), str(one.sent), str(one.answered), f"{one.share:.1%}", Text(became))
        table.add_row(*told)
    console.print(table)


def _ordered(one: Appeals) -> list[tuple[tuple[str, str], int]]:
    return sorted(one.became.items(), key=lambda item: (-item[1], item[0]))
