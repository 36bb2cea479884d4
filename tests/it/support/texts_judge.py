"""Judges whether a text is read back from the files of new extensions.

usage: texts_judge.py (FOLDER TEXT)...

Prints one line for every file that says something else and exits with 1 if there is any.
"""

import pathlib
import sys
import tomllib
from html.parser import HTMLParser

from markdown_it import MarkdownIt


class Page(HTMLParser):
    """The texts of elements by their tags, and every tag that was seen."""

    def __init__(self, text):
        super().__init__()
        self.texts, self.open = {}, []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)


def heading(markdown):
    """The text of the first heading, without markup; `None` if it has any but what is text."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown)
    inline = next(token for token in tokens if token.type == "inline")
    if any(child.type not in ("text", "text_special") for child in inline.children):
        return None
    return "".join(child.content for child in inline.children)


def said(folder):
    """What each file says."""
    manifest = tomllib.loads((folder / "Cargo.toml").read_text())
    table = manifest.get("package", manifest["workspace"])["metadata"]["extension"]
    for key in ("title", "vendor", "description"):
        yield f"Cargo.toml {key}", table[key]
    page = Page((folder / "ui/index.html").read_text())
    yield "ui/index.html title", "".join(page.texts["title"])
    yield "ui/index.html h1", "".join(page.texts["h1"])
    description = Page((folder / "marketplace/description.html").read_text())
    yield "description.html", "".join(description.texts["p"])
    yield "README.md", heading((folder / "README.md").read_text())
    licence = (folder / "LICENSE").read_text().split("Copyright (c) ")[1]
    yield "LICENSE", licence.split("\n")[0]


faults = [
    f"{folder}: {what}: {found!r} is not {text!r}"
    for folder, text in zip(sys.argv[1::2], sys.argv[2::2])
    for what, found in said(pathlib.Path(folder))
    if found != text
]
print("\n".join(faults), end="")
sys.exit(1 if faults else 0)
