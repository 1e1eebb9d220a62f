"""Our verdicts on chains, beside those of OpenSSL and pyhanko-certvalidator: where they differ, and why."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from conform62351.fixtures.pki.naming import common_name
from conform62351.suites.selfcheck.pki_oracles import Question, ask_openssl, ask_pyhanko, ask_us
from conform62351.suites.selfcheck.pki_samples import (
    DAY,
    NOW,
    SERIAL,
    UNKNOWN_EXTENSION,
    Authority,
    authority,
    crl_of,
    entity,
)

LEAF = common_name("leaf")
"""OpenSSL loads no certificate whose subject is an OBJECT IDENTIFIER: these leaves have a common name."""

BOTH = {"openssl", "pyhanko"}


@dataclass(frozen=True)
class Chain:
    """A root, an intermediate CA, a leaf: what is changed of each, and who judges otherwise and why.

    ``crl`` changes the intermediate's list, None stands for no lists at all; ``revoked`` and ``forged`` name
    ``leaf`` or ``middle``. ``other`` names the validators that judge otherwise than ``accepted``.
    """

    name: str
    accepted: bool = True
    root: Mapping[str, Any] = field(default_factory=dict)
    middle: Mapping[str, Any] = field(default_factory=dict)
    leaf: Mapping[str, Any] = field(default_factory=dict)
    crl: Mapping[str, Any] | None = None
    revoked: str = ""
    forged: str = ""
    other: frozenset[str] = frozenset()
    why: str = ""


def differing(why: str, other: set[str], chains: tuple[Chain, ...]) -> Iterator[Chain]:
    """Yield the chains, on which the validators called ``other`` judge otherwise than we do."""
    for chain in chains:
        yield replace(chain, other=frozenset(other), why=why)


EXPIRED = {"not_after": NOW - DAY}
FUTURE = {"not_before": NOW + DAY}
CRITICAL = {"critical": UNKNOWN_EXTENSION}
SHA1 = {"digest": "sha1"}
LISTS: Mapping[str, Any] = {}

CHAINS = (
    Chain("good"),
    Chain("good with lists", crl=LISTS),
    Chain("CA without identifiers", middle={"identifiers": False}),
    Chain("CA without keyUsage", middle={"usage": ()}),
    Chain("CA with a negative serial number", middle={"serial": -5}),
    Chain("leaf of version 1", leaf={"version": "v1"}),
    Chain("leaf with unique identifiers", leaf={"unique_ids": True}),
    Chain("CA expired", False, middle=EXPIRED),
    Chain("CA not yet valid", False, middle=FUTURE),
    Chain("CA without the flag", False, middle={"ca": False}),
    Chain("CA without basicConstraints", False, middle={"ca": None}),
    Chain("CA without keyCertSign", False, middle={"usage": ("crl_sign",)}),
    Chain("CA with an unknown critical extension", False, middle=CRITICAL),
    Chain("leaf expired", False, leaf=EXPIRED),
    Chain("leaf not yet valid", False, leaf=FUTURE),
    Chain("leaf revoked", False, crl=LISTS, revoked="leaf"),
    Chain("CA revoked", False, crl=LISTS, revoked="middle"),
    Chain("leaf revoked by an old list", False, crl={"days": (-5, -1)}, revoked="leaf"),
    Chain("leaf forged", False, forged="leaf"),
    Chain("CA forged", False, forged="middle"),
    Chain("root signed with SHA-1", root=SHA1),
    *differing("Annex G has the rule, and Annex G is judged by itself", {"pyhanko"}, (
        Chain("leaf signed with SHA-1", leaf=SHA1),
    )),
    *differing("Annex G has the rule, and Annex G is judged by itself", BOTH, (
        Chain("leaf with an unknown critical extension", leaf=CRITICAL),
    )),
    *differing("Annex G has the rule for leaves, and decision 38 has it not for CAs", {"openssl"}, (
        Chain("leaf with another algorithm inside", leaf={"inner_digest": "sha512"}),
        Chain("CA with another algorithm inside", middle={"inner_digest": "sha512"}),
    )),
    *differing("decision 38 wants SHA-256, OpenSSL's default level does not", {"openssl"}, (
        Chain("CA signed with SHA-1", False, middle=SHA1),
    )),
    *differing("decision 39: used or done without, with a warning", BOTH, (
        Chain("lists out of date", crl={"days": (-5, -1)}),
        Chain("lists of tomorrow", crl={"days": (1, 2)}),
        Chain("list of the CA missing", crl={"missing": True}),
    )),
    *differing("decision 39: trusted as configured, and reported", BOTH, (
        Chain("list with a false signature", crl={"forged": True}),
        Chain("CA that may not sign lists", middle={"usage": ("key_cert_sign",)}, crl=LISTS),
    )),
    *differing("decisions 25 and 38 hold for every CA; RFC 5280 takes an anchor as it is", {"pyhanko"}, (
        Chain("root expired", False, root=EXPIRED),
        Chain("root without the flag", False, root={"ca": False}),
        Chain("root without keyCertSign", False, root={"usage": ("crl_sign",)}),
        Chain("root of path length 0", False, root={"path_length": 0}),
        Chain("root with an unknown critical extension", False, root=CRITICAL),
    )),
)  # fmt: skip


def question_of(chain: Chain) -> Question:
    root = authority("Oracle root", **chain.root)
    signer = Authority(root.name, "forger", root.certificate) if chain.forged == "middle" else root
    middle = authority("Oracle CA", signer, **chain.middle)
    signer = Authority(middle.name, "forger", middle.certificate) if chain.forged == "leaf" else middle
    leaf = entity(signer, subject=LEAF, **chain.leaf)
    lists: tuple[bytes, ...] = ()
    if chain.crl is not None:
        changes = dict(chain.crl)
        missing = changes.pop("missing", False)
        forger = Authority(middle.name, "forger", middle.certificate)
        lister = forger if changes.pop("forged", False) else middle
        own = [middle.certificate.serial] if chain.revoked == "middle" else []
        below = [SERIAL] if chain.revoked == "leaf" else []
        lists = (crl_of(root, *own), *(() if missing else (crl_of(lister, *below, **changes),)))
    return Question(leaf.octets, (root.certificate.octets,), (middle.certificate.octets,), lists, NOW)


@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.name)
def test_verdicts_agree_but_where_a_decision_differs(chain: Chain, tmp_path: Path) -> None:
    question = question_of(chain)
    verdicts = {"openssl": ask_openssl(question, tmp_path), "pyhanko": ask_pyhanko(question)}
    assert ask_us(question) is chain.accepted
    assert {name for name, verdict in verdicts.items() if verdict is not chain.accepted} == chain.other


CA_CHANGES: tuple[Mapping[str, Any], ...] = (
    *({} for _ in range(20)),
    EXPIRED,
    FUTURE,
    CRITICAL,
    {"ca": False},
    {"usage": ("crl_sign",)},
    {"usage": ()},
    {"path_length": 0},
    {"path_length": 1},
)
LEAF_CHANGES: tuple[Mapping[str, Any], ...] = (*({} for _ in range(4)), EXPIRED, FUTURE, {"ca": False})


@pytest.mark.parametrize("seed", range(40))
def test_verdicts_agree_on_chains_of_any_length_and_faults(seed: int, tmp_path: Path) -> None:
    """Each draws a chain of up to five CAs below the root, and a namesake of one with another key."""
    chance = random.Random(seed)
    cas = [authority("Drawn root")]
    for number in range(chance.randint(0, 5)):
        above = cas[-1]
        if chance.random() < 0.05:
            above = Authority(above.name, "forger", above.certificate)
        cas.append(authority(f"Drawn {number}", above, **chance.choice(CA_CHANGES)))
    leaf = entity(cas[-1], subject=LEAF, **chance.choice(LEAF_CHANGES))
    namesake = authority(chance.choice(cas).name, cas[0], key_name="namesake", serial=77)
    others = [ca.certificate.octets for ca in (*cas[1:], namesake)]
    if chance.random() < 0.1:
        others.pop(0)
    chance.shuffle(others)
    lists: tuple[bytes, ...] = ()
    if chance.random() < 0.5:
        revoked = chance.choice([[], [], [SERIAL], [ca.certificate.serial for ca in cas[1:][-1:]]])
        lists = tuple(crl_of(ca, *revoked) for ca in cas)
    moment = NOW if chance.random() < 0.9 else NOW + 60 * DAY
    question = Question(leaf.octets, (cas[0].certificate.octets,), tuple(others), lists, moment)
    verdicts = (ask_us(question), ask_openssl(question, tmp_path), ask_pyhanko(question))
    assert len(set(verdicts)) == 1, verdicts
