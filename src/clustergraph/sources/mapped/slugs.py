"""Texts as parts of identifiers."""

from __future__ import annotations

import re

from anyascii import anyascii


def slug(text: str) -> str:
    """A text in lower-case ASCII with hyphens between its words; Greek and Cyrillic are transliterated.

    Empty where nothing of the text can be written so.
    """
    return re.sub(r"[^a-z0-9]+", "-", anyascii(text).lower()).strip("-")
