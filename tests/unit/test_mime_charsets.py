"""Bytes to text: the declared charset where it holds, and what most likely was meant where it does not."""

import pytest

from triage.core.charsets import decode

FRENCH = "L’été dernier, ma mère est décédée à l’hôpital."


@pytest.mark.parametrize(
    ("text", "codec", "declared"),
    [
        (FRENCH, "utf-8", "UTF-8"),
        (FRENCH, "utf-8", '"utf-8"'),
        (FRENCH, "utf-8", "utf-8;format=flowed"),
        (FRENCH, "utf-8", None),
        (FRENCH, "utf-8", ""),
        (FRENCH, "cp1252", "windows-1252"),
        (FRENCH, "cp1252", "cp-1252"),
        (FRENCH, "cp1252", "iso-8859-1"),
        ("déjà", "latin-1", "Latin1"),
        ("“quoted”", "cp1252", "ISO-8859-1"),
        ("Прошу визу", "mac-cyrillic", "x-mac-cyrillic"),
        ("签证", "gbk", "X-GBK"),
        ("签证", "gb18030", "gb2312"),
        ("簽證", "big5", "CHINESEBIG5"),
        ("ビザ", "iso2022_jp", "ISO-2022-JP"),
        ("ビザ①", "cp932", "shift_jis"),
        ("비자", "cp949", "ks_c_5601-1987"),
        ("ąęś", "iso8859_2", "iso-8859-2"),
        ("วีซ่า", "cp874", "windows-874"),
        ("שלום", "iso8859_8", "iso-8859-8-i"),
        ("hello", "utf-16", "utf-16"),
        ("été", "utf-7", "utf-7"),
    ],
)
def test_a_charset_that_holds_is_used_under_all_its_names(text: str, codec: str, declared: str | None) -> None:
    """Without complaint; the names are those that real mail carries (pitfalls MIME 3)."""
    assert decode(text.encode(codec), declared) == (text, "")


@pytest.mark.parametrize(
    ("data", "declared", "expected"),
    [
        (FRENCH.encode(), "us-ascii", FRENCH),
        (FRENCH.encode(), "iso-8859-1", FRENCH),
        (FRENCH.encode(), "windows-1252", FRENCH),
        (FRENCH.encode(), "DEFAULT_CHARSET_x", FRENCH),
        (FRENCH.encode("cp1252"), "us-ascii", FRENCH),
        (FRENCH.encode("cp1252"), "utf-8", FRENCH),
        (FRENCH.encode("cp1252"), "no-such-charset", FRENCH),
        (b"plain words", "utf-16", "plain words"),
        (b"plain words", "utf\0-32", "plain words"),
        (b"plain words", "base64", "plain words"),
        (b"plain-words", "punycode", "plain-words"),
        (b"plain words", "unicode_escape", "plain words"),
        (FRENCH.encode()[:-60] + b"\xff" + FRENCH.encode(), "utf-8", None),
        (("Bonjour, ma mère est décédée à l’hôpital. " * 3).encode()[:-3] + b"\xc3", "utf-8", None),
    ],
)
def test_a_lying_or_unknown_charset_gives_way_and_is_noted(data: bytes, declared: str, expected: str | None) -> None:
    """UTF-8 is seen under any name; French is read as French; one bad byte does not cost all accents."""
    text, defect = decode(data, declared)
    assert "charset" in defect
    assert text == expected or (expected is None and "décédée à l’hôpital" in text and "Ã" not in text)


def test_other_scripts_are_detected_where_nothing_declares_them() -> None:
    """A page of Russian in its own charset, under a name nobody knows."""
    russian = "Уважаемый господин, прошу вас выдать визу моей матери до пятницы. Она тяжело больна." * 3
    assert decode(russian.encode("cp1251"), "x-none")[0] == russian


@pytest.mark.parametrize(
    "declared", [None, "utf-8", "us-ascii", "x-none", "gbk", "utf-16", "utf-7", "iso-2022-jp", "cp1252", "\0"]
)
def test_any_bytes_give_text_that_can_be_written(declared: str | None) -> None:
    """No exception and no lone surrogate, or the ledger could not store it."""
    for data in (bytes(range(256)), b"\xed\xa0\x80", b"+2AA-", b"\x80" * 99, b""):
        for guess in (True, False):
            decode(data, declared, guess=guess)[0].encode("utf-8")


@pytest.mark.timeout(20)  # each unknown name cost 0.1 ms, and was remembered for ever
def test_unknown_names_cost_nothing() -> None:
    """A header can name thousands of charsets."""
    for number in range(100_000):
        decode(b"\xe9", f"x-{number}", guess=False)
