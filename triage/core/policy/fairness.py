"""Same needs, same treatment: a rule that looks at who the sender is must say why, and is listed in every report.

What is known here is what a rule asks, not what it means: a pattern on Subject that names a firm looks like any other.
"""

from collections.abc import Iterator, Sequence

from triage.core.policy.checks import Finding
from triage.core.policy.possibilities import GROUPS
from triage.core.policy.schema import Condition, Rule, When

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
ASKED = "a rule that looks at who the sender is, not at what they need, says why: write 'justification: …' (a sentence)"


def personal(condition: Condition) -> str:
    """What the condition asks about who the sender is: "the header From"; empty where it asks about the message."""
    if condition.header is not None:
        name = condition.header.name
        about_message = name.lower() in NEUTRAL or name.lower().startswith(NEUTRAL_PREFIX)
        return "" if about_message else f"the header {name}"
    if condition.language is not None:
        return "the language"
    return "whether somebody acts for them" if PERSONAL_FACT in (condition.has or ()) else ""


def personal_parts(when: When | None) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each condition that asks who the sender is, with its place under `when`; one under `none` does so too."""
    for group in GROUPS if when else ():
        for place, condition in enumerate(getattr(when, group)):
            if asked := personal(condition):
                yield (group, place), asked


def unjustified(rules: Sequence[Rule]) -> list[Finding]:
    """Rules that treat people by who they are, and do not say why; each once, at the first such condition."""
    found = []
    for number, rule in enumerate(rules):
        parts = list(personal_parts(rule.when))
        if parts and rule.justification is None:
            asked = ", ".join(dict.fromkeys(what for _, what in parts))
            message = f"asks about the sender ({asked}): {ASKED}"
            found.append(Finding(rule=number, path=("when", *parts[0][0]), message=message))
    return found


def needless(rules: Sequence[Rule]) -> list[Finding]:
    """Justifications of rules that ask nothing about the sender: they would hide among those that matter."""
    message = "justifies nothing: this rule asks nothing about who the sender is; leave it out"
    return [
        Finding(rule=number, path=("justification",), message=message)
        for number, rule in enumerate(rules)
        if rule.justification is not None and not any(personal_parts(rule.when))
    ]


def justified(rules: Sequence[Rule]) -> list[Rule]:
    """The rules that treat people by who they are and say why: what every report lists."""
    return [rule for rule in rules if rule.justification is not None and any(personal_parts(rule.when))]
