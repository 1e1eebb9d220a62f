"""What a process of a campaign came to, so that those of several can be put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from conform62351.tooling.fuzz.campaign import Campaign
from conform62351.tooling.fuzz.state import Counts


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one process did, or several.

    ``errors`` are by case. ``gone`` says how the device was lost, or the process for good, empty if not;
    ``lost`` how the process ended before its time, each time.
    """

    seed: int
    counts: Counts
    corpus: int = 0
    not_tested: dict[str, str] = {}
    errors: dict[str, str] = {}
    gone: str = ""
    lost: tuple[str, ...] = ()

    @classmethod
    def of(cls, campaign: Campaign, seed: int) -> Part:
        """Return what ``campaign`` has done by now."""
        return cls(
            seed=seed,
            counts=campaign.counts,
            corpus=campaign.corpus,
            not_tested=campaign.not_tested,
            errors={f"case {number}": told for number, told in campaign.errors.items()},
            gone=campaign.gone,
        )


def joined(parts: Sequence[Part]) -> Part:
    """Return what several processes did together: sums, but for time and behaviour, which they share."""

    def added(name: str) -> dict[str, int]:
        total: Counter[str] = Counter()
        for part in parts:
            total.update(getattr(part.counts, name))
        return dict(total)

    counts = Counts(
        cases=sum(part.counts.cases for part in parts),
        seconds=max(part.counts.seconds for part in parts),
        undelivered=sum(part.counts.undelivered for part in parts),
        unavailable=sum(part.counts.unavailable for part in parts),
        resets=sum(part.counts.resets for part in parts),
        behaviours=max(part.counts.behaviours for part in parts),
        layers=added("layers"),
        bases=added("bases"),
        reactions=added("reactions"),
        seen=added("seen"),
    )
    return Part(
        seed=parts[0].seed,
        counts=counts,
        corpus=sum(part.corpus for part in parts),
        not_tested={name: why for part in parts for name, why in part.not_tested.items()},
        errors={
            f"worker {number}, {name}": why
            for number, part in enumerate(parts, start=1)
            for name, why in part.errors.items()
        },
        gone="; ".join(dict.fromkeys(part.gone for part in parts if part.gone)),
        lost=tuple(one for part in parts for one in part.lost),
    )
