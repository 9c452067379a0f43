"""Languages of texts in tables, by their tags (BCP 47)."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator

#: The official languages of the Union; Basque, Catalan and Galician, in which Spanish regions write; and
#: those of other countries with statistical regions. `und` is a language that is not known.
LANGUAGES: Final = frozenset(
    (
        *("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "ga", "hr", "hu", "it", "lt", "lv"),
        *("mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv", "ca", "eu", "gl"),
        *("cnr", "is", "mk", "nb", "nn", "no", "sq", "sr", "tr", "uk", "und"),
    )
)


def _known(tag: str) -> str:
    if tag not in LANGUAGES:
        raise ValueError("write the tag of a language, such as en, sv or ca; leave it empty if not known")
    return tag


#: The language of a text; English where the cell is empty.
Language = Annotated[
    str, BeforeValidator(lambda value: "en" if value is None else value), AfterValidator(_known)
]
#: The language of a text; `und` where the cell is empty.
LanguageIfKnown = Annotated[
    str, BeforeValidator(lambda value: "und" if value is None else value), AfterValidator(_known)
]
