"""The page of a reply: the same words as its text, nothing run, nothing fetched, one link."""

import re

import pytest
from lxml import html as lxml_html

from triage.core.replies.html import Part, page

LINK = "https://webform.example/enquiry"
TEXT = f"""\
Hello,

WHAT HAPPENS NEXT
A person will read it.
It continues: DEL-2

    {LINK}

- one
- two

Your message:
> a subject
> a day"""


def shown(text: str, *, link: str = LINK) -> str:
    """The page of one text."""
    return page("Re: x", [Part(language="en", text=text, link=link)])


def test_each_form_of_a_line_has_its_element() -> None:
    """Headings, paragraphs, what stands out, lists, quotations."""
    body = shown(TEXT).partition("<body")[2]
    assert (
        '<h2 style="font-size: 1em">WHAT HAPPENS NEXT</h2>\n<p>A person will read it.<br>\nIt continues: DEL-2</p>'
        in body
    )
    assert f'<strong><a href="{LINK}">{LINK}</a></strong>' in body
    assert "<ul>\n<li>one</li>\n<li>two</li>\n</ul>" in body
    assert '<blockquote dir="auto">a subject<br>\na day</blockquote>' in body


def test_the_words_are_those_of_the_text() -> None:
    """Read without markup, in their order: no second text that could say something else."""
    words = re.sub(r"(?m)^(?:- |> )", "", TEXT).split()
    found = lxml_html.fromstring(shown(TEXT)).find("body").text_content().split()
    assert found == words


HOSTILE = {
    "markup": "<script>alert(1)</script><img src=https://evil.example/x>",
    "an end of the page": "</p></body></html>",
    "an attribute": '" onmouseover="x',
    "an entity": "&lt;b&gt; &#x3c;",
    "code": "{{ 7 * 7 }}{% raw %}",
    "another link": "https://evil.example/",
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("mark", ["", "> ", "- ", "    "])
def test_a_value_is_text_wherever_it_stands(value: str, mark: str) -> None:
    """Escaped in every form of a line, and in the title; it becomes neither element nor attribute nor link."""
    tree = lxml_html.fromstring(page(value, [Part(language="en", text=f"Hello\n\n{mark}{value}", link=LINK)]))
    assert {element.tag for element in tree.iter()} <= {
        *("html", "head", "meta", "title", "body", "div", "p", "blockquote", "ul", "li", "strong"),
    }
    assert " ".join(value.split()) in " ".join(tree.find("body").text_content().split())
    assert tree.findtext("head/title") == value


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "x"])
def test_only_web_addresses_become_links(link: str) -> None:
    """A wrong setting is shown, never followed."""
    assert "<a " not in shown(f"    {link}", link=link)


def test_nothing_is_fetched() -> None:
    """No picture, style sheet, script, font or frame: nobody learns that it was opened."""
    assert not re.search(r"src=|url\(|<link|<script|<img|<iframe|@import", shown(TEXT))


def test_both_languages_stand_in_one_page_each_told_as_its_own() -> None:
    """For screen readers, each part has its language; a line tells of the second at the top."""
    parts = [Part(language=one, text=f"In {one}.", link=LINK) for one in ("fr", "en")]
    found = page("Re: x", parts, [("en", "(English follows.)")])
    assert '<html lang="fr">' in found
    order = [
        found.index(words)
        for words in ('<p lang="en">(English follows.)', '<div lang="fr">', "<hr>", '<div lang="en">')
    ]
    assert order == sorted(order)
