"""What of the sender's own words a reply repeats: the subject, and the beginning of what was newly written.

A From can be forged, and a reply may then reach somebody who never wrote. So nothing is repeated that a mail program
would make a link of, or that could be a number of a file, a passport or a telephone; and the text itself is repeated
only to the very address whose domain vouches for it.
"""

import re
from collections.abc import Iterator

from triage.core.facts.record import Authentication, Facts
from triage.core.message import Message
from triage.core.replies.addressing import recipient_of
from triage.core.replies.fields import one_line

LONGEST_SUBJECT = 80
# Enough to know one's own message by; never the file in it.
MOST_LINES, LONGEST_QUOTE = 6, 300
LONGEST_WORD = 70  # what is longer would make a line too long
MARK, CUT = "> ", "[…]"
_REPLY_MARKS = re.compile(r"^(?:(?:re|ré|rép|réf|aw|sv|antw)\s?(?:\[\d{1,3}\])?\s?:\s?)+", re.IGNORECASE)
_OUR_MARK = re.compile(r"\[[^\[\]]{0,40}\b[0-9A-Z]{1,3}-[0-9A-Z]{4}-[0-9A-Z]{4}\]")
_LINK = re.compile(r"://|@|www\.|\w\.[a-z]{2}", re.IGNORECASE)
_NUMBER = re.compile(r"\d(?:[ .-]?\d){4,}")


def repeated_subject(subject: str) -> str:
    """The subject of what is answered, without "Re:", our own mark, links and numbers; cut; "" where it had none."""
    line = _REPLY_MARKS.sub("", one_line(_OUR_MARK.sub("", subject[:1000])))
    return cut(_harmless(line), LONGEST_SUBJECT)


def quoted(message: Message, facts: Facts) -> str:
    """The beginning of what the sender newly wrote, each line marked, and a mark where it is cut; "": not repeated.

    Only where the domain in From vouches for the message, and the reply goes to that very address: with a Reply-To in
    the same domain, anybody at a large provider could have their text sent to a stranger there.
    """
    if facts.authentication is not Authentication.PASS or message.from_ is None:
        return ""
    if recipient_of(message) != message.from_.addr:
        return ""
    return "\n".join(MARK + line for line in _beginning(message.body.newest))


def cut(line: str, longest: int) -> str:
    """The line, or its beginning with a mark."""
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _beginning(text: str) -> Iterator[str]:
    # Some more than can be shown, so that white space does not make a long text look short.
    start = text[: LONGEST_QUOTE * 10]
    lines = [line for line in map(one_line, start.split("\n")) if line]
    left = LONGEST_QUOTE
    for number, line in enumerate(lines):
        if number == MOST_LINES:
            yield CUT
            return
        shown = _harmless(line)
        if len(shown) > left:
            yield f"{shown[:left].rpartition(' ')[0] or shown[:left]} {CUT}"
            return
        yield shown
        left -= len(shown)
    if len(start) < len(text):
        yield CUT


def _harmless(line: str) -> str:
    words = " ".join(CUT if _LINK.search(word) else cut(word, LONGEST_WORD) for word in line.split(" "))
    return _NUMBER.sub(lambda run: run[0][:2] + "•" * (len(run[0]) - 2), words)
