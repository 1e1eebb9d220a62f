"""Text that came from a device, made safe to look at."""

from __future__ import annotations

import unicodedata

# Control characters drive terminals; format characters (direction marks, joiners) make text look like
# another; neither surrogates nor unassigned characters are text.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})


def visible(text: str, *, lines: bool = False) -> str:
    """Return ``text`` with every character that cannot be seen written as an escape such as ``\\x1b``.

    With ``lines`` line feeds and tabs stay what they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        if unicodedata.category(character) not in _HIDDEN or (lines and character in "\n\t")
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )
