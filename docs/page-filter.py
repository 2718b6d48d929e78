#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What doxygen reads in place of a page of Markdown.

The pages are written for whoever reads them in the repository. Here their headings get the anchors that a repository's
viewer would give them, and their links to other files lead to places of the site.
"""
import glob
import os
import re
import sys

INDEX = "docs/guide/README.md"  # its links to pages of its directory make the tree of the site


def page_id(path):
    """The name of a page in the site, by its path in the repository."""
    name = path.removesuffix(".md").removesuffix("/README").removeprefix("docs/")
    return "mainpage" if name == "README" else re.sub(r"[^a-z0-9]+", "-", name.lower())


def anchor(page, heading):
    """The anchor of a heading, as repository viewers make it, with the page before it: doxygen's are global."""
    words = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
    return page_id(page) + "-" + words


def link(page, match):
    text, target = " ".join(match[1].split()), match[2]  # doxygen takes no text over two lines
    path, _, heading = target.partition("#")
    path = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
    if path == "LICENSE" or not os.path.exists(path):
        return match.group()
    if path == "include/Actorio":
        return f"[{text}](annotated.html)"
    if os.path.isdir(path):  # stands for the first page in it
        path = min(glob.glob(path + "/**/README.md", recursive=True), default="")
    if not path.endswith(".md"):
        return text  # a file that is not in the site
    if heading:
        return f"[{text}](@ref {anchor(path, heading)})"
    if page == INDEX and os.path.dirname(path) == os.path.dirname(page):
        return f'@subpage {page_id(path)} "{text}"'
    return f"[{text}](@ref {page_id(path).replace('mainpage', 'index')})"


def main():
    page = os.path.relpath(sys.argv[1])
    is_code = False
    is_first = True
    text = ""
    for line in open(page, encoding="utf-8").read().split("\n"):
        if line.lstrip().startswith("```"):
            is_code = not is_code
        heading = None if is_code else re.match(r"(#+) (.+)", line)
        if heading:
            where = page_id(page) if is_first else anchor(page, heading[2])
            is_first = False
            line = line.replace("`", "") + f" {{#{where}}}"  # doxygen has no code in headings
        text += line + "\n"
    parts = re.split(r"(^ *```.*?^ *```)", text, flags=re.M | re.S)
    for i in range(0, len(parts), 2):  # what is no code
        parts[i] = re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", lambda match: link(page, match), parts[i])
        parts[i] = re.sub(r"(`[^`]*`)|\bActorio(?=[ ,.])", lambda match: match[1] or "%Actorio", parts[i])  # no link
    sys.stdout.write("".join(parts))


main()
