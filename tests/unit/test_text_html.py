"""HTML to text: what a reader sees, in reading order, whatever the HTML is like."""

import pytest

from triage.core.html import MOST, html_to_text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("<p>One</p><p>Two<br>three</p>", "One\n\nTwo\nthree"),
        ("<div>One</div><div><br></div><div>Two</div>", "One\n\nTwo"),
        ('<p class="MsoNormal">One</p><p class="MsoNormal">&nbsp;</p><p class="MsoNormal">Two</p>', "One\n\nTwo"),
        ('<p class="MsoNormal">One</p><p class="MsoNormal">Two</p>', "One\nTwo"),
        ('<p style="margin:0">One</p><p style="margin: 0cm">Two</p>', "One\nTwo"),
        ("a  <b>b</b>\n c&nbsp;d", "a b c d"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        (
            "<table><tr><td>UCI</td><td>11-2345-6789</td></tr><tr><td>Name</td><td>Ana</td></tr></table>",
            "UCI\t11-2345-6789\nName\tAna",
        ),
        ("<pre>a\n  b\n\nc</pre>", "a\n  b\n\nc"),
        ('<div style="white-space: pre-wrap">a\nb</div>', "a\nb"),
        ("above<hr>below", "above\n______________________________\nbelow"),
        ("3 < 4 &amp; 5 > 2 &eacute; &#233; &unknown;", "3 < 4 & 5 > 2 é é &unknown;"),
        ("plain text, no tags", "plain text, no tags"),
        ("", ""),
        ("<br><br>", ""),
        ("<b>never closed", "never closed"),
        ("</div></p>stray", "stray"),
        ("a\0b", "ab"),
        ("<p>été ✈ \U0001f600</p>", "été ✈ \U0001f600"),
    ],
)
def test_text_comes_in_lines_as_it_is_shown(source: str, expected: str) -> None:
    """Blocks, breaks, lists, tables, white space and entities."""
    assert html_to_text(source) == (expected, True)


@pytest.mark.parametrize(
    "source",
    [
        "<head><title>t</title><style>p{}</style></head><p>seen</p>",
        "<script>if (a < b) {}</script>seen",
        '<div style="display:none">preheader</div>seen',
        '<div style="DISPLAY : NONE"><p>one</p><p>two</p></div>seen',
        '<p style="mso-hide:all">x</p>seen',
        "<!-- comment -->seen",
        "<!--[if mso]>Outlook only<![endif]-->seen",
        "<![if !mso]>seen<![endif]>",
    ],
)
def test_what_a_reader_does_not_see_is_left_out(source: str) -> None:
    """Newsletters hide a second beginning; style sheets are no letter."""
    assert html_to_text(source)[0] == "seen"


@pytest.mark.parametrize(
    "source",
    ['<div style="display:none">help me</div>', "<p></p><!-- <p>help me</p>", "<style>p{}</style><!-- help me"],
)
def test_hidden_text_is_read_where_there_is_no_other(source: str) -> None:
    """What a sender wrote must not be lost by a slip in the HTML."""
    assert html_to_text(source)[0] == "help me"


@pytest.mark.parametrize(
    "attributes",
    ['type="cite"', 'class="gmail_quote"', 'cite="mid:x"', 'style="border:none;border-left:solid #ccc 1pt"'],
)
def test_quotations_are_marked_as_mail_programs_do(attributes: str) -> None:
    """So that one reader of quotes is enough, for HTML and plain text."""
    older = f"<blockquote {attributes}>older</blockquote>"
    source = f"<p>mine</p><blockquote {attributes}><p>old</p>{older}</blockquote>mine too"
    assert html_to_text(source)[0] == "mine\n\n> old\n\n> > older\n\nmine too"


@pytest.mark.parametrize("attributes", ["", 'style="margin:0 0 0 40px;border:none;padding:0px"'])
def test_indented_words_are_the_senders(attributes: str) -> None:
    """Writers use the same element to indent; in doubt it is no quotation."""
    assert html_to_text(f"<blockquote {attributes}>my own words</blockquote>")[0] == "my own words"


def test_depth_loses_no_text() -> None:
    """libxml2's tree stops at 256 levels and drops what is below, which lost letters without a word."""
    source = "<div>" * 10_000 + "deep" + "</div>" * 10_000 + "<p>and after</p>"
    assert html_to_text(source) == ("deep\n\nand after", True)


def test_pictures_inside_the_html_do_not_count() -> None:
    """Phones put photographs of megabytes into the text; the words after them must be read."""
    source = f'<img src="data:image/png;base64,{"A" * (MOST + 10)}"><p>after the picture</p>'
    assert html_to_text(source) == ("after the picture", True)


def test_html_beyond_the_limit_is_said_to_be_cut() -> None:
    """The caller sends the message to a person."""
    text, whole = html_to_text("<p>x</p>" * (MOST // 8 + 1))
    assert not whole
    assert text.startswith("x\n\nx")


@pytest.mark.timeout(20)  # some took minutes, or gigabytes, in inscriptis or in a first version
@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 400_000,
        "<font size=1>x" * 140_000,
        "<blockquote type=cite>x" * 80_000,
        "<blockquote type=cite>x</blockquote>y" * 50_000,
        "<p style='display:none'></p>y" * 60_000,
        "<table><tr><td>"
        + "x" * 500_000
        + "</td><td>y</td></tr>"
        + "<tr><td>a</td><td>b</td></tr>" * 2_000
        + "</table>",
        "<td> " * 400_000,
        "<table><tr><td>x" * 3_000,
        "<" * 2_000_000,
        "<a " + "x=y " * 490_000,
        "<!--" * 490_000,
        "&nbsp;<p>" * 200_000,
        "<pre>" + "\n" * 1_900_000,
        "<p style='" + "margin " * 200_000 + "'>x",
        "data:" * 400_000 + "base64,",
    ],
    ids=lambda source: source[:30],
)
def test_no_html_takes_long(source: str) -> None:
    """The timeout is the claim: each is read in about a second."""
    text, _ = html_to_text(source)
    assert len(text) < 4 * MOST
