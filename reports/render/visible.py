"""Text that came from a device, made safe to look at."""

from __future__ import annotations


def visible(text: str, *, lines: bool = False) -> str:
    """Return ``text`` with every character that cannot be seen written as an escape such as ``\\x1b``.

    Control characters drive terminals, direction marks and joiners make text look like another. With
    ``lines`` line feeds and tabs stay what they are.
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or (lines and character in "\n\t")
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )
