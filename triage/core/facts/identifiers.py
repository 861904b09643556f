"""Application numbers and UCIs, checked on form: what a file can be found by, and what no screen may show whole."""

import re

from triage.core.facts.passage import passages
from triage.core.facts.record import Identifier
from triage.core.message import Message

_APPLICATION = re.compile(
    r"(?<![a-z0-9])(?:v[ -]?\d{3}[ -]?\d{3}[ -]?\d{3}|e0\d{8}|e[ -]?0\d{2}[ -]?\d{3}[ -]?\d{3}|[wsfcb][ -]?[0-9]\d{8}"
    r"|[wsfcb]\d{3}[ -]\d{3}[ -]\d{3})(?![a-z0-9])"
)
# With hyphens the form itself tells; eight or ten bare digits are a UCI only where the text says so.
_UCI_FORM = re.compile(r"(?<![\d/-])(?:\d{2}-\d{4}-\d{4}|\d{4}-\d{4})(?![\d/-])")
_UCI_NAMED = re.compile(
    r"\b(?:uci|iuc|client id(?:entifier)?|unique client identifier|identifiant unique(?: du client| de client)?)"
    r"(?: (?:no|number|numero|n°|#))?[ .:#°(-]{0,4}(?P<digits>\d{2}[ -]?\d{4}[ -]?\d{4}|\d{4}[ -]?\d{4})(?!\d)"
)
_PHONE = re.compile(r"(?:tel|phone|fax|cell|mobile|whatsapp|call|\+\d{0,3})[ .:()\d-]{0,12}$")


def find_identifiers(message: Message) -> tuple[Identifier, ...]:
    """All identifiers of subject, newest text, signature and quoted history, each once, the newest first."""
    found: dict[tuple[str, str], Identifier] = {}
    for passage in passages(message, "subject", "newest", "signature", "forwarded", "quoted"):
        for match in _APPLICATION.finditer(passage.folded):
            value = re.sub(r"[ -]", "", match.group()).upper()
            span = passage.span(match.start(), match.end())
            found.setdefault(("application", value), Identifier(kind="application", value=value, span=span))
        for match in (*_UCI_NAMED.finditer(passage.folded), *_UCI_FORM.finditer(passage.folded)):
            digits = "digits" if "digits" in match.re.groupindex else 0
            if not digits and _PHONE.search(passage.folded[max(0, match.start() - 30) : match.start()]):
                continue
            value = re.sub(r"[ -]", "", match.group(digits))
            span = passage.span(match.start(digits), match.end(digits))
            found.setdefault(("uci", value), Identifier(kind="uci", value=value, span=span))
    return tuple(found.values())
