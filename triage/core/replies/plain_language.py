"""Whether a reply is short and in short sentences: people read it in fear, in haste, or in their third language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# Clauses that a colon or semicolon divides are read one by one; so are headings and lines.
_END = re.compile(r"[.!?:;](?=\s)|\n")
_WORD = re.compile(r"\w[\w'’.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a reply may be."""

    words: int  # in all
    sentence: int  # words of the longest one
    mean: float  # words of a sentence, of those with a verb's chance: five words and more


# Canada's style guide asks for some 20 words a sentence at most. French says the same in a fifth more words.
LIMITS: Mapping[str, Limits] = {
    "en": Limits(words=320, sentence=30, mean=16),
    "fr": Limits(words=380, sentence=36, mean=19),
}
_FEWEST = 5  # less is a heading, a greeting or a number, and would make long sentences look short


def too_long(text: str, language: str) -> list[str]:
    """Say in what a text goes beyond the limits; the sender's own words, marked with ">", do not count."""
    limits = LIMITS[language]
    own = "\n".join(line for line in text.split("\n") if not line.startswith(">"))
    sentences = [words for part in _END.split(own) if (words := _WORD.findall(part))]
    lengths = sorted(len(words) for words in sentences)
    whole = [length for length in lengths if length >= _FEWEST]
    found = []
    if sum(lengths) > limits.words:
        found.append(f"{sum(lengths)} words; at most {limits.words}")
    if lengths and lengths[-1] > limits.sentence:
        longest = " ".join(max(sentences, key=len)[:8])
        found.append(f"a sentence of {lengths[-1]} words; at most {limits.sentence}: “{longest} …”")
    if whole and sum(whole) / len(whole) > limits.mean:
        found.append(f"{sum(whole) / len(whole):.1f} words a sentence; at most {limits.mean:g}")
    return found
