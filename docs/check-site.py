#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check-site.py <site>: whether what was made by doxygen is whole.

Every link leads to a file of the site and to an anchor that is there, every public class has a page, and the search
finds it; and it has a forwarding header, as the site promises. Prints what is wrong, and fails then.
"""
import html.parser
import json
import pathlib
import re
import sys
import urllib.parse


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.links = []
        self.anchors = {"", "top"}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value)


def scripted_links(site):
    """The entries of the tree and the results of the search, from the site's root."""
    for pattern, link in (("*.js", r'\[ ".*?", "(.*?)",'), ("search/*_*.js", r"\['\.\./(.*?)'")):
        for script in site.glob(pattern):
            yield from re.findall(link, script.read_text(encoding="utf-8"))


def public_classes(headers):
    pattern = r"^(?:class|struct) (?:\[\[nodiscard\]\] )?(?:ACTORIO_EXPORT )?(\w+)\b[^;]*?^\{|^ACTORIO_DECLARE_ERROR\((\w+)\)"
    for header in sorted(headers.glob("*.h")):
        text = re.sub(r"^namespace Detail \{.*?^\} // namespace Detail", "", header.read_text(), flags=re.M | re.S)
        for names in re.findall(pattern, text, flags=re.M):
            yield "".join(names)


def forwarding_headers(cmake):
    """The classes that have a header <Actorio/Class>."""
    lists = re.findall(r"^actorio_forwarding_headers\((.*?)\)", cmake.read_text(), flags=re.M | re.S)
    return {entry.split("=")[0] for entry in " ".join(lists).split()}


def main():
    site = pathlib.Path(sys.argv[1]).resolve()
    source = pathlib.Path(__file__).parent.parent
    headers = source / "include" / "Actorio"
    pages = {path: Page(path) for path in site.rglob("*.html")}
    links = [(path, link) for path, page in pages.items() for link in page.links]
    links += [(site / "tree or search", link) for link in scripted_links(site)]
    problems = set()
    checked = 0
    for path, link in links:
        parts = urllib.parse.urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        checked += 1
        target = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
        if not target.is_file():
            problems.add(f"{path.name}: no file for {link}")
        elif target in pages and urllib.parse.unquote(parts.fragment) not in pages[target].anchors:
            problems.add(f"{path.name}: no anchor for {link}")

    found = "".join(script.read_text(encoding="utf-8") for script in (site / "search").glob("classes_*.js"))
    classes = list(public_classes(headers))
    for name in set(classes) - forwarding_headers(source / "src" / "core" / "CMakeLists.txt"):
        problems.add(f"no header <Actorio/{name}>: src/core/CMakeLists.txt lists them")
    for name in classes:
        if not any((site / f"{kind}Actorio_1_1{name}.html").is_file() for kind in ("class", "struct")):
            problems.add(f"no page for the class {name}: it has no comment")
        if f"['{name}'" not in found:
            problems.add(f"the search does not find {name}")
    if len(classes) < 10 or checked < 1000:
        problems.add(f"only {len(classes)} classes and {checked} links: this check no longer sees what is there")
    print(*sorted(problems), sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


sys.exit(main())
