"""Takes a message's text apart: what the sender newly wrote, and what is quoted, forwarded, signature, disclaimer.

Nothing is thrown away, and a line in doubt is newest: an urgent sentence hidden by a false cut is the worst that
can happen here.
"""

import re

from triage.core.message import Body, TextSource
from triage.core.quoting import split_history
from triage.core.signature import split_disclaimer, split_signature

# "Any news on the below?": the sender makes an earlier text their own. Only in a short text, or it is a turn of phrase.
_POINTS_BELOW = re.compile(
    r"\b(?:below|beneath|underneath|trailing|forward(?:ed|ing)?|fyi|follow(?:ing)?[- ]?up|reminder|resend(?:ing)?"
    r"|ci-dessous|ci-apr[èe]s|plus bas|transf[éeè]r\w{0,4}|transmet\w{0,4}|rappel|relance\w{0,2}|renvoie)\b",
    re.IGNORECASE,
)
_SHORT = 400
# The blank by which a program that wraps lines says that the next one goes on (RFC 3676 §4.1); "-- " is no such line.
_WRAPPED = re.compile(r"(?<=[^\s-]) (?=\n)")


def take_apart(text: str, source: TextSource = TextSource.PLAIN, *, is_forward: bool = False) -> Body:
    """Part a text (NFC, "\\n" line ends) into a Body; `is_forward`: the subject says that a message is forwarded.

    An earlier message counts as forwarded, not quoted, where the sender passes it on: by the subject, by writing
    nothing above it, or by pointing to it in a few words.
    """
    if not text.strip():
        return Body()
    history = split_history(text.split("\n"))
    own, disclaimer = split_disclaimer(history.newest)
    own, signature = split_signature(own)
    own, more = split_disclaimer(own)
    newest = _WRAPPED.sub("", _joined(own))
    passes_on = (
        history.passed_on or is_forward or not newest or (len(newest) < _SHORT and bool(_POINTS_BELOW.search(newest)))
    )
    return Body(
        newest=newest,
        quoted=_joined(history.between if passes_on else [*history.between, *history.below]),
        forwarded=_joined(history.below) if passes_on else "",
        signature=_joined(signature),
        disclaimer=_joined([*more, *disclaimer]),
        source=source,
    )


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n")
