"""What a person can do about an effect that failed, from what was answered: one sentence for each kind of answer."""

import re

# RFC 3463 §3: what the second number of a status says the trouble is about; the longest that fits is taken.
_BY_STATUS = {
    "5.1": "The address takes no mail. Answer in another way, then drop it.",
    "5.2": "The mailbox there takes no mail now. Retry later, or answer in another way and drop it.",
    "5.2.3": "The mail is too large for the mailbox there. Pass it on by hand, then drop it.",
    "5.3": "The mail system there does not take it. Ask those who run the relay; retry when they have mended it.",
    "5.3.4": "The mail is too large for the relay. Pass it on by hand, then drop it.",
    "5.4": "The relay finds no way there. Ask those who run it; retry when they have mended it.",
    "5.6": "The relay cannot carry this mail or address as it is. Answer in another way, then drop it.",
    "5.7": "A rule of the relay or of the other side is against it. Ask those who run the relay; retry when mended.",
}
_BY_CODE = {
    "550": _BY_STATUS["5.1"],
    "551": _BY_STATUS["5.1"],
    "552": _BY_STATUS["5.3.4"],
    "553": _BY_STATUS["5.1"],
}
_ANSWER = re.compile(r" answered (?P<code>[2-5]\d\d)\b(?: (?P<status>[45]\.\d{1,3}\.\d{1,3})\b)?")


def advice(error: str, *, kept: bool, filing: bool = False) -> str:
    """Give a sentence about what to do; `error` is what the ledger keeps, `kept` whether trying again is possible."""
    if filing:
        return "Mend the folder on the server; it is tried again by itself. Or drop it, and the message stays in INBOX."
    if not kept:
        return "The composed mail is not kept any more. Answer by hand, then drop it."
    answer = _ANSWER.search(error)
    if answer is None:
        return "Mend what it says, then retry; or drop it."
    code, status = answer["code"], answer["status"] or ""
    if code.startswith("4"):
        return "The other side put it off for days. Retry, or answer in another way and drop it."
    for known in (status, status.rpartition(".")[0]):
        if known in _BY_STATUS:
            return _BY_STATUS[known]
    return _BY_CODE.get(code, "The relay refuses it. Ask those who run it; retry when they have mended it, or drop it.")
