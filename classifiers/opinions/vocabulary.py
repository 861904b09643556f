"""Makes `vocabulary.txt`, the words that are no names: `python -m classifiers.opinions.vocabulary`.

A word that more than one hand of the corpus writes without a capital, and oftener so than with one, is a word.
"""

import re
from collections import Counter, defaultdict
from pathlib import Path

from classifiers.corpus_files import read_corpus
from triage.core.language import fold

FILE = Path(__file__).with_name("vocabulary.txt")
WORD = re.compile(r"[^\W\d_]+")
# Written with a capital, and needed to understand a message or standing before a name; names of nobody.
CAPITALISED = frozenset(
    """i monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun january february march
    april may june july august september october november december jan feb mar apr jun jul aug sep sept oct nov dec
    canada canadian english french christmas easter ramadan eid diwali
    mr mrs ms miss mx dr me mme mlle m monsieur madame mesdames messieurs madam sir sirs dear hi hello respected bonjour
    bonsoir cher chere veuillez priere pourriez cordialement regards god
    federal court cour division justice minister barrister services schedule subject re fw fwd forwarded whereas attendu
    imm uci iuc ircc cbsa rcmp iom vac pr copr lmia dli rcic cric aor pnp noc caq ime coo mp hr phd llp ltd ok covid
    the my our your his her a an and but if when for from to at in on since please as while because we he she they
    le la les mon ma notre votre son sa un une et mais si quand pour de du a au depuis comme nous il elle ils""".split()  # noqa: SIM905 - a list of words reads better so
)


def vocabulary() -> set[str]:
    """Give the words, folded."""
    hands: dict[str, set[str]] = defaultdict(set)
    small: Counter[str] = Counter()
    capital: Counter[str] = Counter()
    for record in read_corpus():
        for word in WORD.findall(f"{record.subject}\n{record.body}"):
            folded = fold(word)
            if word.islower():
                hands[folded].add(record.author)
                small[folded] += 1
            elif not word.isupper():
                capital[folded] += 1
    used = {word for word, authors in hands.items() if len(authors) > 1 and small[word] > capital[word] / 4}
    return used | CAPITALISED


if __name__ == "__main__":
    FILE.write_text("\n".join(sorted(vocabulary())) + "\n", encoding="utf-8")
