"""Bytes to text, whatever the charset's name claims: declared, else UTF-8, else detected, else one that cannot fail."""

import re
from encodings.aliases import aliases
from functools import lru_cache

from charset_normalizer import from_bytes

# Names seen in real mail that Python does not know or reads too strictly (pitfalls MIME 3).
_ALIASES = {
    "chinesebig5": "big5",
    "default_charset": "utf_8",
    "unknown_8bit": "utf_8",
    "unknown": "utf_8",
    "unicode": "utf_8",
    "utf8mb4": "utf_8",
    "ansi": "cp1252",
    "sjis": "cp932",
    "cp31j": "cp932",
    "iso_8859_1": "cp1252",  # as browsers do: the C1 controls of Latin-1 are never meant
    "latin1": "cp1252",
    "latin_1": "cp1252",
    "gb2312": "gb18030",  # its superset: one character beyond it must not cost the text
    "gbk": "gb18030",
    "ks_c_5601_1987": "cp949",
    "shift_jis": "cp932",
}
# Codecs that are no charsets, or whose reading takes the square of a text's length (punycode, idna).
_NO_CHARSETS = {
    *("base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"),
    *("idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"),
}
# Asked of this list and not of codecs.lookup, which takes 0.1 ms for each unknown name and remembers it for ever.
_KNOWN = (frozenset(aliases) | frozenset(aliases.values()) | {"utf_8_sig", "koi8_u", "cp874"}) - _NO_CHARSETS
_ONE_BYTE = ("ascii", "cp125", "iso8859", "latin_1", "mac_")
SAMPLE = 4_000  # bytes that the detection looks at: it is the slow part
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_LIKELY = ["cp1252", "cp1254", "cp1250", "cp1251", "cp1256", "koi8_r", "gb18030", "big5", "cp932", "cp949"]
# Of a few French words, detection makes Czech; where no other byte occurs, it is not asked.
_FRENCH = frozenset(char.encode("cp1252") for char in "éèêëàâùûüçîïôœæÉÈÊËÀÂÙÛÜÇÎÏÔŒÆ’‘“”«»–—…°€•\xa0")


def decode(data: bytes, charset: str | None, *, guess: bool = True) -> tuple[str, str]:
    """Give the text, and a sentence about what was wrong with its charset, empty where nothing was.

    `guess` False: header fields, too short for detection and too many for its cost.
    """
    declared = (charset or "utf-8").strip().strip("\"'").lower()
    codec = _codec(declared[:40])
    beyond_ascii = _BEYOND_ASCII.search(data)
    if beyond_ascii is None and (codec is None or (codec.startswith("utf_16") and data.count(0) * 8 < len(data))):
        # A lying charset: read as UTF-16, every pair of letters would be one Chinese character.
        return data.decode("ascii"), _wrong(declared, "us-ascii")
    if beyond_ascii and (codec is None or codec.startswith(_ONE_BYTE)) and (text := _try(data, "utf_8")) is not None:
        # Text in a one-byte charset that happens to be UTF-8 does not exist; UTF-8 under another name is common.
        return text, _wrong(declared, "utf-8")
    if codec and (text := _try(data, codec)) is not None:
        return text, ""
    if (text := _mostly_utf8(data)) is not None:
        return text, _wrong(declared, "utf-8")
    known = codec if codec and codec.startswith(_ONE_BYTE) and codec != "ascii" else None
    guessed = known or (_detected(data) if guess else "cp1252")
    return data.decode(guessed, "replace"), _wrong(declared, guessed)


@lru_cache(maxsize=256)
def _codec(declared: str) -> str | None:
    name = re.sub(r"[^a-z0-9]+", "_", re.split(r"[;,]", declared)[0]).strip("_")
    name = re.sub(r"^(?:windows|cp)_?(?=\d)", "cp", name.removeprefix("x_")).removesuffix("_i")
    name = _ALIASES.get(name, name)
    name = aliases.get(name, name)
    name = _ALIASES.get(name, name)
    return name if name in _KNOWN else None


def _try(data: bytes, codec: str) -> str | None:
    """Decode strictly; None where that fails or gives what is no text (some codecs let lone surrogates through)."""
    try:
        text = data.decode(codec)
        text.encode("utf-8")
    except (UnicodeError, LookupError, ValueError):
        return None
    return text


def _mostly_utf8(data: bytes) -> str | None:
    """UTF-8 with few broken places: one bad byte, or a text cut within a character, must not cost all accents."""
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    sound = len(text) - len(text.encode("ascii", "ignore")) - broken
    return text if not broken or sound > 3 * broken else None


def _detected(data: bytes) -> str:
    first = _BEYOND_ASCII.search(data)
    start = max(0, first.start() - SAMPLE // 2) if first else 0
    sample = data[start : start + SAMPLE]
    if _FRENCH.issuperset(_BEYOND_ASCII.findall(sample)):
        return "cp1252"
    best = from_bytes(sample, cp_isolation=_LIKELY).best()
    return best.encoding if best else "cp1252"


def _wrong(declared: str, read_as: str) -> str:
    return f"Its charset {declared[:40]!a} is wrong or unknown; it was read as {read_as}."
