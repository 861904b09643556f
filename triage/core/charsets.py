"""Bytes to text, whatever the charset's name claims: declared, else detected, else one that cannot fail."""

import codecs
from functools import cache

from charset_normalizer import from_bytes

# Names seen in real mail that Python does not know (pitfalls MIME 3).
_ALIASES = {
    "x-mac-cyrillic": "mac-cyrillic",
    "x-gbk": "gbk",
    "chinesebig5": "big5",
    "default_charset": "utf-8",
    "unknown-8bit": "utf-8",
    "x-unknown": "utf-8",
    "ansi": "cp1252",
    "us-ascii": "utf-8",  # ASCII is UTF-8; what calls itself ASCII and is not, mostly is UTF-8 (pitfalls IMAP 32)
    "ascii": "utf-8",
    "iso-8859-1": "cp1252",  # as browsers do: the C1 controls of Latin-1 are never meant
    "latin1": "cp1252",
    "latin-1": "cp1252",
}
SAMPLE = 4_000


def decode(data: bytes, charset: str | None) -> tuple[str, str]:
    """Give the text, and a sentence about what was wrong with its charset, empty where nothing was."""
    declared = (charset or "utf-8").strip().strip("\"'").lower()
    codec = _codec(_ALIASES.get(declared, declared))
    if codec:
        try:
            return data.decode(codec), ""
        except (UnicodeDecodeError, ValueError):
            pass
    try:
        text = data.decode("utf-8")
        return text, f"declared charset {declared[:40]!r} is wrong or unknown; read as utf-8"
    except UnicodeDecodeError:
        pass
    guessed = _detected(data)
    return data.decode(guessed, "replace"), f"declared charset {declared[:40]!r} is wrong or unknown; read as {guessed}"


@cache
def _codec(name: str) -> str | None:
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError, UnicodeError):
        return None
    # base64, rot13 and their like are codecs too, but not charsets.
    return info.name if info._is_text_encoding else None


def _detected(data: bytes) -> str:
    beyond_ascii = next((at for at, byte in enumerate(data[:1_000_000]) if byte > 127), 0)
    best = from_bytes(data[max(0, beyond_ascii - SAMPLE // 2) :][:SAMPLE], cp_isolation=_LIKELY).best()
    return best.encoding if best else "latin-1"


_LIKELY = ["cp1252", "cp1250", "cp1251", "cp1256", "gb18030", "big5", "shift_jis", "euc_kr", "koi8_r", "iso8859_15"]
