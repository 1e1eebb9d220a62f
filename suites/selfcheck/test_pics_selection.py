"""Selectors: what they pick, and what is no selector."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conform62351.pics.selection import Selector


@dataclass
class Facts:
    id: str = "E2E/SRV/HSREQ/BI-signature-altered"
    clause: str = "11.2 / X.227 7.1"
    role: str = "server"
    pics_codes: tuple[str, ...] = ("T13.aes256-GCM.server", "T7.native.server", "ROLE.server")
    requirements: tuple[str, ...] = ("R-TPKT-version",)
    events: tuple[str, ...] = ("IEC62351-4:1.3",)


@pytest.mark.parametrize(
    "text",
    [
        "E2E", "E2E/", "E2E/SRV", "E2E/SRV/HSREQ", "E2E/SRV/HSREQ/BI", "E2E/SRV/HSREQ/BI-signature",
        "E2E/SRV/HSREQ/BI-signature-altered", "table:13/aes256-GCM", "table:13/aes256-GCM.server", "table:13",
        "table:7", "table:7/native", "table:ROLE", "clause:11", "clause:11.2", "role:server",
        "event:IEC62351-4:1.3", "requirement:R-TPKT-version",
    ],
)  # fmt: skip
def test_what_matches(text: str) -> None:
    assert Selector.parse(text).matches(Facts())


@pytest.mark.parametrize(
    "text",
    [
        "E2", "E2E/SRV/HSREQ/BI-sig", "SRV", "E2E/CLI", "table:1", "table:13/aes256", "table:6", "table:LOG",
        "table:ROLE/server", "table:13/aes256-GCM.client", "clause:1", "clause:11.20", "clause:11.2.1",
        "clause:7.1", "clause:X", "role:client", "role:both", "event:IEC62351-4:1.30", "event:IEC62351-4:1",
        "requirement:R-TPKT",
    ],
)  # fmt: skip
def test_what_does_not_match(text: str) -> None:
    assert not Selector.parse(text).matches(Facts())


def test_a_case_may_rest_on_several_clauses_and_annexes() -> None:
    facts = Facts(clause="6.3.4.2, 11")
    assert Selector.parse("clause:11").matches(facts)
    assert Selector.parse("clause:6.3").matches(facts)
    assert not Selector.parse("clause:3").matches(facts)
    assert Selector.parse("clause:H").matches(Facts(clause="H.3 / RFC 1006 6"))
    assert not Selector.parse("clause:1006").matches(Facts(clause="H.3 / RFC 1006 6"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing stands behind it"),
        ("clause:", "nothing stands behind it"),
        ("tabel:13", "there is no selector tabel:; did you mean table?"),
        ("id:E2E", "there is no selector id:"),
        ("role:peer", "a role is client, server or both"),
        ("clause:eleven", "a clause is written as 11.2 or G.6"),
        ("table:13/", "a table is written as"),
        ("table:T13.x", "a table is written as"),
        ("E2E SRV", "an identifier holds"),
        ("x" * 1000, "more than 200 characters"),
    ],
)
def test_what_is_no_selector(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        Selector.parse(text)


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=30) | st.text(alphabet="abcdeilrtuv:/.-13HR", max_size=30))
def test_anything_is_a_selector_or_a_value_error(text: str) -> None:
    try:
        selector = Selector.parse(text)
    except ValueError:
        return
    assert selector.text == text
    assert selector.matches(Facts()) in (True, False)
