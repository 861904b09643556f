"""Whom the office's own mail server vouched for (RFC 8601), and that nobody else is believed."""

import pytest

from tests.unit.facts.letters import gather, letter
from triage.core.facts.record import Authentication

OURS = "mx.visa-office.example"
IN = (
    "received",
    f"from relay.firm.example (relay.firm.example [192.0.2.7]) by {OURS} with ESMTPS; Wed, 6 May 2026 09:14",
)
ELSEWHERE = ("received", "from pc.firm.example by relay.firm.example with ESMTP; Wed, 6 May 2026 09:13")


def _told(*headers: tuple[str, str], sender: str = "imani@firm.example", server: str | None = OURS) -> Authentication:
    return gather(letter("Hello", headers=headers, sender=sender), authserv_id=server).authentication


def _results(said: str, server: str = OURS) -> tuple[str, str]:
    return "authentication-results", f"{server}; {said}"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("dmarc=pass header.from=firm.example", Authentication.PASS),
        (
            "dmarc=pass (p=reject dis=none) header.from=firm.example; spf=fail smtp.mailfrom=x.example",
            Authentication.PASS,
        ),
        ("dmarc=fail header.from=firm.example; spf=pass smtp.mailfrom=other.example", Authentication.FAIL),
        ("dmarc=fail header.from=firm.example; dkim=pass header.d=other.example", Authentication.FAIL),
        ("spf=pass smtp.mailfrom=bounce@firm.example", Authentication.PASS),
        ("spf=pass smtp.mailfrom=bounce@mail.firm.example", Authentication.PASS),
        ("spf=pass smtp.mailfrom=bounce@other.example", Authentication.NONE),
        ("dkim=pass header.d=firm.example", Authentication.PASS),
        ("dkim=pass header.i=@firm.example", Authentication.PASS),
        ("dkim=pass header.d=notfirm.example", Authentication.NONE),
        ("dkim=pass header.d=example", Authentication.NONE),
        ("dkim=fail header.d=firm.example; dkim=pass header.d=firm.example", Authentication.PASS),
        ("spf=fail smtp.mailfrom=firm.example; dkim=fail header.d=firm.example", Authentication.FAIL),
        ("spf=softfail smtp.mailfrom=firm.example; dkim=fail header.d=firm.example", Authentication.FAIL),
        (
            "dmarc=none header.from=firm.example; spf=fail smtp.mailfrom=x.example; dkim=fail header.d=x.example",
            Authentication.FAIL,
        ),
        ("spf=fail smtp.mailfrom=firm.example; dkim=none", Authentication.NONE),
        ("spf=fail smtp.mailfrom=firm.example", Authentication.NONE),
        ("spf=fail smtp.mailfrom=firm.example; dkim=pass header.d=list.example", Authentication.NONE),
        ("dmarc=temperror header.from=firm.example; spf=temperror; dkim=temperror", Authentication.NONE),
        (
            "dmarc=bestguesspass header.from=firm.example; spf=fail smtp.mailfrom=x.example; dkim=fail",
            Authentication.NONE,
        ),
        ("none", Authentication.NONE),
    ],
)
def test_results_of_our_server(said: str, told: Authentication) -> None:
    """DMARC decides; where it tells nothing, SPF and DKIM for the From domain do."""
    assert _told(_results(said), IN, ELSEWHERE) is told


def test_dmarc_for_another_from_domain_vouches_for_nobody() -> None:
    """What passed was another header.from than the one that a reader sees."""
    assert _told(_results("dmarc=pass header.from=other.example"), IN) is Authentication.NONE


def test_without_a_server_to_believe_nothing_is_told() -> None:
    """An office that names none believes none."""
    assert _told(_results("dmarc=pass header.from=firm.example"), IN, server=None) is Authentication.NONE


@pytest.mark.parametrize("server", ["mx.evil.example", "visa-office.example", f"{OURS}.evil.example"])
def test_another_servers_results_are_not_believed(server: str) -> None:
    """Only the authserv-id that the office named counts, whole (RFC 8601 §5)."""
    assert _told(_results("dmarc=pass header.from=firm.example", server), IN) is Authentication.NONE


def test_the_name_of_our_server_is_read_in_any_case() -> None:
    """A domain has no case."""
    assert _told(_results("dmarc=fail header.from=firm.example", OURS.upper()), IN) is Authentication.FAIL


class TestForged:
    """A sender can write anything below what our server wrote."""

    FORGED = _results("dmarc=pass header.from=firm.example")

    def test_below_our_received_after_our_results(self) -> None:
        """Ours stand above our Received, as milters write them."""
        assert _told(_results("dmarc=fail header.from=firm.example"), IN, self.FORGED) is Authentication.FAIL

    def test_below_a_received_that_is_not_ours(self) -> None:
        """Even where our server wrote nothing."""
        assert _told(IN, ELSEWHERE, self.FORGED) is Authentication.NONE

    def test_directly_below_ours(self) -> None:
        """Ours stand below our Received, as Gmail writes them: the upper one is believed."""
        assert _told(IN, _results("dmarc=fail header.from=firm.example"), self.FORGED) is Authentication.FAIL

    def test_below_a_forged_received_of_ours(self) -> None:
        """What was told above cannot be told again below any Received."""
        assert _told(IN, _results("spf=fail; dkim=fail"), ELSEWHERE, IN, self.FORGED) is Authentication.FAIL


def test_results_below_our_own_hops_are_ours() -> None:
    """The message went through two of our servers after the one that judged it."""
    hops = [
        ("received", "from localhost by localhost (Dovecot) with LMTP; Wed, 6 May 2026"),
        ("received", "from mx by store.visa-office.example with LMTP; Wed, 6 May 2026"),
        ("received", "by 2002:a05:6a10:1234:b0:5a:0:1 with SMTP id q18; Wed, 6 May 2026"),
    ]
    assert _told(*hops, IN, _results("dmarc=pass header.from=firm.example"), ELSEWHERE) is Authentication.PASS


def test_several_headers_of_our_server_are_read_together() -> None:
    """One milter tells of SPF, the next of DKIM."""
    spf, dkim = _results("spf=fail smtp.mailfrom=x.example"), _results("dkim=fail header.d=x.example")
    assert _told(spf, dkim, IN) is Authentication.FAIL


@pytest.mark.parametrize(
    "said",
    [
        "",
        ";;;",
        "dmarc",
        "dmarc=",
        "=pass",
        "(" * 5000,
        "dmarc=pass " + "(a" * 3000,
        "spf=pass smtp.mailfrom=<>",
        "\udcff",
        "a.b=c " * 999,
    ],
)
def test_a_broken_header_is_no_error(said: str) -> None:
    """It tells nothing, and costs little."""
    assert _told(_results(said), IN) is Authentication.NONE


def test_without_a_sender_nothing_passes() -> None:
    """No From: SPF vouches for a domain that no reader sees."""
    assert _told(_results("spf=pass smtp.mailfrom=firm.example"), IN, sender="") is Authentication.NONE
