"""Sphinx: the pages of the project as a site, and with `-t man` a man page for each function of the headers. `make docs` runs it.

The source folder is the project's own, so that a link between two pages is the same in a checkout and on the site.
"""

import re
import sys
from pathlib import Path

from docutils import nodes

ROOT = Path(__file__).resolve().parent.parent.parent
HEADER = (ROOT / "include/scuttle.h").read_text(encoding="utf-8")
sys.path.insert(0, str(ROOT / "bindings/python"))

project = "libscuttle"
version = release = re.search(r'SCUTTLE_VERSION_STRING "(.*)"', HEADER)[1]
author = copyright = "the authors of libscuttle"

extensions = ["breathe", "myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "docs/README"
include_patterns = ["*.md", "docs/**.md", "bindings/*/README.md"]
exclude_patterns = [".*", "build"]

breathe_projects = {"scuttle": str(ROOT / "build/doxygen/xml")}
breathe_default_project = "scuttle"
breathe_domain_by_extension = {"h": "c"}
breathe_show_include = False

autodoc_default_options = {"members": True, "show-inheritance": True}
autoclass_content = "both"
autodoc_member_order = "bysource"
autodoc_mock_imports = ["hypothesis"]

myst_heading_anchors = 4
myst_enable_extensions = ["fieldlist"]
highlight_language = "text"

html_theme = "furo"
html_title = f"libscuttle {version}"
html_extra_path = ["index.html"]
html_copy_source = False
html_show_sphinx = False

if tags.has("man"):  # noqa: F821: Sphinx defines it
    root_doc = "build/man-pages/scuttle"
    include_patterns, exclude_patterns = ["build/man-pages/*.md"], []
    man_pages = [
        (f"build/man-pages/{page.stem}", page.stem, re.search("^brief: (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)[1], [], 3)
        for page in sorted((ROOT / "build/man-pages").glob("*.md"))
    ]


def setup(app):
    app.connect("autodoc-process-docstring", lambda app, kind, name, thing, options, lines: to_rst(lines))
    app.connect("source-read", unlink_folders)
    app.connect("doctree-resolved", unlink_man_pages)


def to_rst(lines):
    """Docstrings are laid out for people who read them in Python: names in backticks, and indented code. Napoleon has read the rest."""
    parts = re.split(r"\n\s*\n", "\n".join(lines))
    lines[:] = "\n\n".join(map(part_to_rst, parts)).split("\n")


def part_to_rst(part):
    if part.startswith("    "):
        return "::\n\n" + part
    part = re.sub(r"(?<![`:])`([^`\n]+)`(?!`)", r"``\1``", part)
    return re.sub(r"\*|_(?=\W)", r"\\\g<0>", part)


def unlink_folders(app, name, source):
    """A link to a folder, or to a page that is not on the site, is its text there."""
    folder = Path(app.env.doc2path(name)).parent

    def is_elsewhere(target):
        path = (folder / target).resolve()
        page = path.relative_to(ROOT).with_suffix("").as_posix() if path.is_relative_to(ROOT) else ""
        return path.is_dir() or (path.suffix == ".md" and path.exists() and page not in app.env.found_docs)

    source[0] = re.sub(
        r"\[([^\]]+)\]\(([^):#]+)\)",
        lambda link: link[1] if is_elsewhere(link[2]) else link[0],
        source[0],
    )


def unlink_man_pages(app, tree, name):
    """A link is its text in a man page."""
    if app.builder.name == "man":
        for reference in list(tree.findall(nodes.reference)):
            reference.replace_self(reference.children)
