"""Same needs, same treatment: a rule that looks at who the sender is must say why, and is listed in every report.

What is known here is what a rule asks, not what it means: a pattern on Subject that names a firm looks like any other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from triage.core.policy.checks import Finding
from triage.core.policy.loading import Part, Rulebook
from triage.core.policy.possibilities import GROUPS
from triage.core.policy.schema import Condition, Matching, When

# Header fields about the message. All others are taken to be about the sender: who wrote, for whom, from where, by what
# program. So is Date, whose zone tells where, and Content-Language; message-ids name the sender's domain.
NEUTRAL = frozenset(
    {
        "subject", "importance", "priority", "x-priority", "x-msmail-priority", "sensitivity", "auto-submitted",
        "precedence", "x-auto-response-suppress", "mime-version", "content-type", "content-disposition",
        "content-transfer-encoding", "content-class",
    }
)  # fmt: skip
NEUTRAL_PREFIX = "list-"  # RFC 2369, RFC 2919
# A represented person gets no faster path than one who writes alone.
PERSONAL_FACT = "representative"
# Conditions that ask about the message, its treatment so far, or the office. A kind that is not here is taken to ask
# about the sender, so that one which is added to the schema needs a justification until somebody says here that it
# does not. How often somebody wrote is what they did, not who they are.
NEUTRAL_KINDS = frozenset(
    {
        "label", "probability", "machine", "unparseable", "authentication", "deadline_within_days",
        "deadline_within_working_days", "topic", "harm", "office_error", "decision", "time", "office", "answers",
        "sender_messages_this_week",
    }
)  # fmt: skip
ASKED = "a rule that looks at who the sender is, not at what they need, says why: write 'justification: …' (a sentence)"


def personal(condition: Condition) -> str:
    """What the condition asks about who the sender is: "the header From"; empty where it asks about the message."""
    if condition.header is not None:
        name = condition.header.name
        about_message = name.lower() in NEUTRAL or name.lower().startswith(NEUTRAL_PREFIX)
        return "" if about_message else f"the header {name}"
    if condition.has is not None:
        return "whether somebody acts for them" if PERSONAL_FACT in condition.has else ""
    return "" if condition.kind in NEUTRAL_KINDS else f"the {condition.kind.replace('_', ' ')}"


def personal_parts(when: When | None) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each condition that asks who the sender is, with its place under `when`; one under `none` does so too."""
    for group in GROUPS if when else ():
        for place, condition in enumerate(getattr(when, group)):
            if asked := personal(condition):
                yield (group, place), asked


def unjustified(rules: Sequence[Matching], *, before: Sequence[Matching] = (), part: Part = "rules") -> list[Finding]:
    """Rules that treat people by who they are, and do not say why; each once, at the first such condition.

    `before` are rules of which these were made: what justified other conditions does not justify these.
    """
    found = []
    was = {rule.id: rule for rule in before}
    for number, rule in enumerate(rules):
        parts = list(personal_parts(rule.when))
        if not parts:
            continue
        message = f"asks about the sender ({_asks(rule)}): {ASKED}"
        old = was.get(rule.id)
        if old and rule.justification == old.justification and rule.when != old.when:
            message += "; the default's was for other conditions"
        elif rule.justification is not None:
            continue
        found.append(Finding(part=part, rule=number, path=("when", *parts[0][0]), message=message))
    return found


def _asks(rule: Matching) -> str:
    return ", ".join(dict.fromkeys(what for _, what in personal_parts(rule.when)))


def needless(rules: Sequence[Matching], *, part: Part = "rules") -> list[Finding]:
    """Justifications of rules that ask nothing about the sender: they would hide among those that matter."""
    message = "justifies nothing: this rule asks nothing about who the sender is; leave it out"
    return [
        Finding(part=part, rule=number, path=("justification",), message=message)
        for number, rule in enumerate(rules)
        if rule.justification is not None and not any(personal_parts(rule.when))
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Justified:
    """A rule that treats people by who they are, and says why."""

    rule: str  # id
    asks: str  # what about the sender: "the header From, the language"
    justification: str
    place: str  # file:line of the justification
    offices: tuple[str, ...] = ()  # that have it by a layer of their own; none: all that have the default's rule


def justified(book: Rulebook) -> list[Justified]:
    """All rules of this kind, of the default and of offices: what each report lists, so that they are read again."""
    found: dict[Justified, list[str]] = {}
    for office, rule_set in book.by_layer():
        for part, number, rule in rule_set.parts():
            if rule.justification is not None and (asks := _asks(rule)):
                written = rule_set.problem(number, ("justification",), "", part=part)
                place = f"{written.file}:{written.line}"
                one = Justified(rule=rule.id, asks=asks, justification=rule.justification, place=place)
                found.setdefault(one, []).append(office)
    return [replace(one, offices=() if "" in offices else tuple(offices)) for one, offices in found.items()]
