"""Takes a message's text apart: what the sender newly wrote, and what is quoted, forwarded, signature, disclaimer.

Nothing is thrown away, and a line in doubt is newest: an urgent sentence hidden by a false cut is the worst that
can happen here. Libraries were tried first: mail-parser-reply takes a sentence after "Regards," for a signature and
needs minutes for a line of 300,000 characters; quotequail takes answers between quotes for quotes.
"""

import re

from triage.core.message import Body, TextSource

# No pattern below looks further into a line than this: a line of ten million characters costs nothing more.
LOOK = 400

_ATTRIBUTION = re.compile(
    r"^[>\s]*(?:on|le|el|am|em|op|il)\b.{6,300}?\b(?:wrote|writes|a\s+[ée]crit|[ée]crit|ecrivait|[ée]crivait)\s*:?\s*$",
    re.IGNORECASE,
)
_ATTRIBUTION_START = re.compile(
    r"^(?:on|le)\s.*\d|^(?:on|le)\s+(?:mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|jeu|ven|sam|dim)", re.I
)
_SEPARATOR = re.compile(
    r"^[\s>]*[-_—]{2,}\s*(?:original message|message d['’]origine|message original|reply message"
    r"|message initial)\s*[-_—]{2,}\s*$",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    r"^[\s>]*(?:[-_—]{2,}\s*(?:forwarded message|message transf[ée]r[ée]|message r[ée]exp[ée]di[ée]|forwarded by\b.*"
    r"|courriel transf[ée]r[ée])\s*[-_—]*|begin forwarded message\s*:?"
    r"|d[ée]but du message (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée])\s*:?)\s*$",
    re.IGNORECASE,
)
_HEADER_FIRST = re.compile(r"^[\s>*]*(?:from|de|exp[ée]diteur|von)\s*\*?\s*:\s*\*?\s*\S", re.IGNORECASE)
_HEADER_NEXT = re.compile(
    r"^[\s>*]*(?:sent|date|to|subject|cc|envoy[ée](?: le)?|[àa]|objet|sujet|destinataires?|importance|reply-to)"
    r"\s*\*?\s*:",
    re.IGNORECASE,
)
_RULE = re.compile(r"^[\s_\-=*—]{5,}$")
_QUOTED = re.compile(r"^\s{0,3}(?:>|\|\s)")

_CLOSING = re.compile(
    r"^\W*(?:(?:best|kind|warm|with|many|sincere|kindest|warmest)\s+)?"
    r"(?:regards|thanks|thank you|thanks again|sincerely|yours (?:truly|sincerely|faithfully)|respectfully"
    r"|respectfully submitted|cheers|best|best wishes|cordially|faithfully"
    r"|cordialement|bien cordialement|bien à vous|salutations|salutations distinguées|sincères salutations"
    r"|meilleures salutations|cordiales salutations|merci|merci d['’]avance|respectueusement|avec mes remerciements"
    r"|veuillez agréer.{0,120})(?: (?:regards|and regards|in advance|again|to you))?\W*$",
    re.IGNORECASE,
)
_PHONE_FOOTER = re.compile(
    r"^(?:sent from (?:my|outlook|yahoo|mail|gmail|samsung)|get outlook for|envoy[ée] (?:de|depuis|à partir de)"
    r" (?:mon|ma|outlook|yahoo)|t[ée]l[ée]charger? outlook|obtenez outlook|envoy[ée] à partir d['’]outlook)",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"^[\W_]*(?:(?:confidential(?:ity)?|privileged|legal|privacy)\b[\w ,/&-]{0,40}"
    r"(?:notice|communication|warning|disclaimer|:)"
    r"|avis (?:de|important|juridique)\b.{0,30}(?:confidentialit|juridique|:)"
    r"|confidentialit[ée]\s*:"
    r"|(?:this|the (?:information|contents?)) (?:in |of )?(?:this )?(?:e-?mail|message|communication|transmission)?"
    r".{0,80}(?:confidential|privileged|intended (?:only|solely)|for the (?:sole|exclusive) use)"
    r"|(?:ce|le pr[ée]sent|cet) (?:courriel|message|e-?mail|communiqu[ée]).{0,120}"
    r"(?:confidentiel|destin[ée]|privil[ée]gi[ée])"
    r"|if you (?:are not|have received).{0,60}(?:intended recipient|in error|by mistake)"
    r"|si vous (?:n['’][êe]tes pas|avez re[çc]u).{0,60}(?:destinataire|erreur)"
    r"|please consider the environment|pensez à l['’]environnement|avant d['’]imprimer"
    r"|(?:caution|external|attention|warning|avertissement)\W{1,4}(?:this|external|e-?mail|ce|courriel).{0,60}"
    r"(?:outside|external|originated|externe|ext[ée]rieur)"
    r"|\[?external(?: e-?mail)?\]?\s*$"
    r"|virus-free|sans virus|this e-?mail has been (?:scanned|checked))",
    re.IGNORECASE,
)
_POSTSCRIPT = re.compile(r"^\W*p\.?\s?-?s\.?\b", re.IGNORECASE)


def take_apart(plain: str | None, html_newest: str = "", html_quoted: str = "", *, is_forward: bool = False) -> Body:
    """Part a text into a Body. Input is NFC with "\\n" line ends.

    `plain` is the plain-text part, None where there is none to use: then the two halves of the HTML, as text, are
    taken. `is_forward`: the subject says that a message is forwarded, so a bare header block begins a forwarded
    text and not a quoted one.
    """
    if plain is not None:
        source, text, quoted_before = TextSource.PLAIN, plain, ""
    elif html_newest.strip() or html_quoted.strip():
        source, text, quoted_before = TextSource.HTML, html_newest, html_quoted
    else:
        return Body()
    newest, quoted, forwarded = _split_history(text.split("\n"), is_forward=is_forward)
    if is_forward and not forwarded and not "".join(newest).strip():
        quoted_before, forwarded = "", quoted_before.split("\n")
    newest, disclaimer = _split_disclaimer(newest)
    newest, signature = _split_signature(newest)
    return Body(
        newest=_joined(newest),
        quoted=_joined([*quoted, *quoted_before.split("\n")]),
        forwarded=_joined(forwarded),
        signature=_joined(signature),
        disclaimer=_joined(disclaimer),
        source=source,
    )


def _split_history(lines: list[str], *, is_forward: bool) -> tuple[list[str], list[str], list[str]]:
    """Part newest text from quoted and forwarded messages."""
    newest: list[str] = []
    quoted: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number][:LOOK]
        if _FORWARD.match(line):
            return newest, quoted, lines[number:]
        header = _header_block(lines, number)
        if _SEPARATOR.match(line) or header:
            rest = lines[number:]
            while newest and _RULE.match(newest[-1][:LOOK]):
                rest.insert(0, newest.pop())  # the line that Outlook draws above the header block
            if is_forward:
                return newest, quoted, rest
            return newest, quoted + rest, []
        length = _attribution(lines, number)
        if length:
            rest = lines[number + length :]
            quoted += lines[number : number + length]
            if not any(_QUOTED.match(after[:4]) for after in rest):
                # Top-posted above an unmarked quote, as webmail makes it when HTML becomes text.
                return newest, quoted + rest, []
            number += length
            continue
        (quoted if _QUOTED.match(line[:4]) else newest).append(lines[number])
        number += 1
    return newest, quoted, []


def _attribution(lines: list[str], number: int) -> int:
    """How many lines an "On … wrote:" takes at this place, wrapped over at most three; 0 where there is none."""
    first = lines[number][:LOOK].strip()
    if not first[:3].lower().startswith(("on ", "le ", "> ")) and not _ATTRIBUTION.match(first):
        return 0
    joined = ""
    for length in (1, 2, 3):
        if number + length > len(lines) or (length > 1 and not lines[number + length - 1].strip()):
            return 0
        joined = f"{joined} {lines[number + length - 1][:LOOK].strip()}".strip()
        if _ATTRIBUTION.match(joined[:LOOK]):
            return length if length == 1 or _ATTRIBUTION_START.match(first) else 0
    return 0


def _header_block(lines: list[str], number: int) -> bool:
    """Whether a pasted header block begins here: From/De and at least two of Sent, To, Subject and their like."""
    if not _HEADER_FIRST.match(lines[number][:LOOK]):
        return False
    following = [line[:LOOK] for line in lines[number + 1 : number + 9] if line.strip()]
    return sum(bool(_HEADER_NEXT.match(line)) for line in following[:6]) >= 2


def _split_disclaimer(lines: list[str]) -> tuple[list[str], list[str]]:
    """Take out whole paragraphs that begin as a disclaimer does, and phone footers."""
    kept: list[str] = []
    taken: list[str] = []
    taking = False
    for number, line in enumerate(lines):
        start = line[:LOOK].strip()
        if not start:
            taking = False
        elif _PHONE_FOOTER.match(start) and len(start) < 80:
            taken.append(line)
            continue
        elif (number == 0 or not lines[number - 1].strip()) and _DISCLAIMER.match(start):
            taking = True
        (taken if taking else kept).append(line)
    return kept, taken


def _split_signature(lines: list[str]) -> tuple[list[str], list[str]]:
    """Part at "-- " (RFC 3676 §4.3), else at a closing that only short lines follow."""
    for number, line in enumerate(lines):
        if line.rstrip("\r\n") in {"-- ", "--"} and number > 0:
            return lines[:number], lines[number:]
    filled = [number for number, line in enumerate(lines) if line.strip()]
    for number in filled[-14:]:
        if number != filled[0] and _CLOSING.match(lines[number][:160].strip()):
            rest = [line for line in lines[number + 1 :] if line.strip()]
            if all(_is_contact_line(line) for line in rest):
                return lines[:number], lines[number:]
    return lines, []


def _is_contact_line(line: str) -> bool:
    """Names, titles, numbers and addresses: short, and not a sentence."""
    text = line.strip()
    words = text.split()
    if len(text) > 90 or _POSTSCRIPT.match(text):
        return False
    return not (text.endswith((".", "?", "!")) and len(words) > 6) and len(words) <= 14


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n")
