"""Reading pages back: their links, and everything in them that could run or fetch something."""

from __future__ import annotations

from html.parser import HTMLParser


class Document(HTMLParser):
    """A page's links, element names, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.fetched: list[str] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "href" and tag == "a" and value is not None:
                self.links.append(value)
            if (name == "href" and tag == "link") or name in ("src", "action"):
                self.fetched.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data
