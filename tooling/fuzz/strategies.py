"""Hypothesis strategies over the fuzzer's own generator, so that its shrinker works on local targets."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from hypothesis import strategies as st

from conform62351.tooling.engine.mutating import Reissue
from conform62351.tooling.fuzz.bases import Base
from conform62351.tooling.fuzz.case import Case
from conform62351.tooling.fuzz.generating import Generator
from conform62351.tooling.fuzz.layers import Layer
from conform62351.tooling.fuzz.places import Place

MOST_MUTATIONS = 4


def cases(
    base: Base,
    places: Sequence[Place],
    layers: Collection[Layer] = (),
    *,
    reissue: Reissue | None = None,
) -> st.SearchStrategy[Case]:
    """Return the strategy of all cases that :class:`Generator` makes of a base.

    Hypothesis decides in place of chance (``randoms(use_true_random=False)``), and so shrinks: to fewer
    mutations, and to the first choices of each mutator.
    """
    generator = Generator(base, places, layers, reissue=reissue)
    return st.builds(generator.case, st.randoms(use_true_random=False), st.integers(1, MOST_MUTATIONS))
