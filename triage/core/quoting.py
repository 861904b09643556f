"""Finds where earlier messages stand in a text: quoted line by line, or whole below, in the manner of each program.

Libraries were tried first: mail-parser-reply takes a sentence after "Regards," for a signature and needs minutes for
a line of 300,000 characters; quotequail takes answers between quotes for quotes. Here each line is looked at once,
and no further than LOOK; what is not clearly a program's work stays the sender's.
"""

import re
from dataclasses import dataclass, field

LOOK = 400  # characters of a line; a line of ten million costs nothing more

_QUOTED = re.compile(r"\s{0,3}>")
_RULE = re.compile(r"[\s_\-=*—]{5,}$")
_DASHES = r"[\s>]*[-_—]{2,}\s*"
# Senders all over the world write English and French in programs that speak their own language.
_SEPARATOR = re.compile(
    rf"{_DASHES}(?:original (?:message|e-?mail|appointment)|(?:message|courriel) d['’]origine"
    r"|message (?:original|initial)|reply message|r[ée]ponse"
    r"|mensaje original|mensagem original|messaggio originale|urspr[üu]ngliche nachricht"
    r"|original-nachricht|原始邮件|原始郵件|邮件原件|回复的原邮件|元のメッセージ|원본 메시지|исходное сообщение|thư gốc"
    r"|orijinal mesaj|الرسالة الأصلية|[^-\s].{0,200}?[\d@].{0,100}?\b(?:wrote|a [ée]crit)\s*:?)\s*[-_—]{2,}\s*$",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    rf"(?:{_DASHES}(?:forwarded (?:message|by\b.{{0,200}}?)"
    r"|(?:message|courriel) (?:transf[ée]r[ée]|r[ée]exp[ée]di[ée]))\s*[-_—]*|\s*begin forwarded message\s*:?"
    r"|\s*d[ée]but du (?:message|courriel) (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée])\s*:?)\s*$",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"[\s*]*(?:from|de|exp[ée]diteur|von|da|van|kimden|gönderen|от|từ|发件人|寄件者|寄件人|差出人|보낸 사람|من|از)"
    r"[\s*]*[:：][\s*]*\S",
    re.IGNORECASE,
)
_OTHER_FIELD = re.compile(
    r"[\s*]*(?:sent|date|to|subject|cc|envoy[ée](?: le| par)?|[àa]|objet|sujet|destinataires?|importance|reply-to"
    r"|r[ée]pondre [àa]|enviad[oa](?: el| em)?|fecha|data|para|assunto|asunto|gesendet|datum|an|betreff|inviato|oggetto"
    r"|gönderildi|gönderilen|tarih|kime|konu|отправлено|дата|кому|тема|đã gửi|ngày|tới|đến|chủ đề"
    r"|发送时间|发送日期|日期|收件人|抄送|主题|寄件日期|收件者|主旨|送信日時|宛先|件名|보낸 날짜|받는 사람|제목"
    r"|تاريخ الإرسال|التاريخ|إلى|الموضوع|تاریخ|به|موضوع)[\s*]*[:：]",
    re.IGNORECASE,
)
_WROTE = (
    r"(?:\b(?:wrote|writes|a\s+[ée]crit|[ée]crivait|schrieb|escribi[óo]|ha scritto|escreveu|schreef|skrev|đã viết"
    r"|yazdı|написала?|пишет|нап[иі]са(?:в|ла)|نوشت)|写道|寫道|님이 작성)\s*[:：]?\s*$"
)
_BEGINS_ATTRIBUTION = re.compile(r"(?:on|le|am|el|il|em|op|vào)\s.{0,60}?\d|[^<]{0,120}<[^<>\s]{1,80}@", re.IGNORECASE)
# A program writes the hour or the address just before "wrote:". A sender's own "On 3 May the officer wrote:" has
# neither, and even with an address in it, other sentences stand in between.
_SURE_ATTRIBUTION = re.compile(
    rf".{{0,300}}?(?:\d\s?[:h]\s?\d\d(?::\d\d)?(?:\s?[ap]\.?m\.?)?[^.]{{0,80}}|@[^\s@]{{1,120}}[^.]{{0,30}}?){_WROTE}"
    r"|.{0,200}\d.{0,200}<[^<>\s]{1,80}@[^<>\s]{1,120}>\s*:\s*$",
    re.IGNORECASE,
)
# Above marked lines less is enough: a date and "wrote:", or in any language figures, an address and a colon.
_LIKELY_ATTRIBUTION = re.compile(
    rf"(?:on|le|am|el|il|em)\s.{{0,60}}?\d.{{0,80}}{_WROTE}"
    r"|(?=.{0,300}?\d).{0,300}?<[^<>\s]{1,80}@[^<>\s]{1,120}>.{0,60}[:：]\s*$",
    re.IGNORECASE,
)
_ENDS_ATTRIBUTION = re.compile(r"[:etbo\u0080-\uffff]$", re.IGNORECASE)
_TIME_OR_ADDRESS = re.compile(r"\d{1,2}\s?[:h]\s?\d{2}|[^\s@]@[^\s@]", re.IGNORECASE)


@dataclass(slots=True)
class History:
    """A text parted by lines; each line of it stands in one of the three lists."""

    newest: list[str] = field(default_factory=list)
    between: list[str] = field(default_factory=list)  # quotes that the sender's own lines follow
    below: list[str] = field(default_factory=list)  # all that stands under the last of the sender's own lines
    passed_on: bool = False  # `below` begins as programs begin a forwarded message


def split_history(lines: list[str]) -> History:
    """Part the sender's own lines from earlier messages."""
    found = History()
    marked = [_is_marked(lines, number) for number in range(len(lines))]
    last = found.newest
    number = 0
    while number < len(lines):
        length = 1
        if not lines[number].strip():
            pass  # it belongs to whatever stands above it
        elif marked[number]:
            last = found.below
        elif _begins_history(lines, number, found):
            break
        elif length := _attribution(lines, number):
            following = _next_filled(lines, number + length)
            if not (following < len(lines) and marked[following]):
                break  # above an unmarked quote, as webmail makes it
            last = found.below
        else:
            length = 1
            found.between += found.below
            found.below.clear()
            last = found.newest
        last += lines[number : number + length]
        number += length
    if number < len(lines):
        found.below += [*_drawn_above(found), *lines[number:]]
    return found


def _is_marked(lines: list[str], number: int) -> bool:
    line = lines[number][:8]
    if not _QUOTED.match(line):
        return False
    if line.startswith(">From "):
        # A mailbox file puts the mark before each line that begins so (RFC 4155); no one was quoted.
        return any(_QUOTED.match(lines[n][:8]) for n in (number - 1, number + 1) if 0 <= n < len(lines))
    return True


def _begins_history(lines: list[str], number: int, found: History) -> bool:
    line = lines[number][:LOOK]
    if _FORWARD.match(line):
        found.passed_on = True
        return True
    return bool(_SEPARATOR.match(line)) or _header_block(lines, number, found.newest)


def _header_block(lines: list[str], number: int, above: list[str]) -> bool:
    """Whether a pasted header block begins here: From and two more fields, with an hour, an address or a drawn line.

    A memorandum's heading has the same words, but none of the three. A few programs begin with another field than
    From; so does whoever writes a heading at the top of a letter.
    """
    first = lines[number][:LOOK]
    begins, goes_on = _FROM.match(first), _OTHER_FIELD.match(first)
    if not (begins or goes_on):
        return False
    following = [line[:LOOK] for line in lines[number + 1 : number + 9] if line.strip()][:6]
    if not begins:
        is_heading = not any(line.strip() for line in above)
        if is_heading or not any(map(_FROM.match, following[:3])):
            return False
    if sum(bool(_OTHER_FIELD.match(line)) for line in [first, *following]) < 2:
        return False
    drawn = next((line for line in reversed(above[-3:]) if line.strip()), "")
    return bool(_RULE.match(drawn[:LOOK])) or any(map(_TIME_OR_ADDRESS.search, [first, *following]))


def _attribution(lines: list[str], number: int) -> int:
    """How many lines an "On … wrote:" takes at this place, wrapped over at most four; 0 where there is none."""
    first = lines[number][:LOOK].strip()
    if not _BEGINS_ATTRIBUTION.match(first):
        return 0
    if _LIKELY_ATTRIBUTION.match(first):
        following = _next_filled(lines, number + 1)
        if following < len(lines) and _is_marked(lines, following):
            return 1
    joined = ""
    for length, line in enumerate(lines[number : number + 4], 1):
        if not line.strip():
            break
        joined = f"{joined} {line[:LOOK].strip()}"[:LOOK].strip()
        if _ENDS_ATTRIBUTION.search(joined[-1:]) and _SURE_ATTRIBUTION.match(joined):
            return length
    return 0


def _drawn_above(found: History) -> list[str]:
    """Take back the line that Outlook draws above a header block."""
    if found.below:
        return []
    end = len(found.newest)
    while end and (not found.newest[end - 1].strip() or _RULE.match(found.newest[end - 1][:LOOK])):
        end -= 1
    drawn = found.newest[end:]
    del found.newest[end:]
    return drawn


def _next_filled(lines: list[str], number: int) -> int:
    while number < len(lines) and not lines[number].strip():
        number += 1
    return number
