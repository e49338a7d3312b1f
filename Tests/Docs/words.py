"""The words that documents and comments do not use: words.toml says which, in which files, and what to write instead."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

RULES = Path(__file__).with_name("words.toml")

FENCE = re.compile(r"^( *)```.*?^\1```[ ]*$", re.MULTILINE | re.DOTALL)
NOT_PROSE = {
    ".py": [re.compile(r"^ {8,}\w+: (?=[A-Z])", re.MULTILINE)],  # the name of an argument
    ".md": [
        FENCE,
        re.compile(r"<!-- (\w+): begin -->.*?<!-- \1: end -->", re.DOTALL),  # written by a program
        re.compile(r"<!--.*?-->", re.DOTALL),
        re.compile(r"(?<=\])\([^)]*\)|^\[\w+\]: .*$", re.MULTILINE),
        re.compile(r"^\| \d+ \| [^|]*\|", re.MULTILINE),  # a numbered sentence of the seed, in docs/reference/compatibility.md
    ],
    ".h": [re.compile(r"(?<=^ \*\n)(?: \* {5}.*\n)+(?= \*$)", re.MULTILINE)],  # the program at the head of scuttle.h
}
CODE_SPAN = re.compile(r"``[^`]*``|`[^`\n]*`")
C_COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", re.DOTALL)
# The title of a test, and the sentence of an error.
SWIFT_SENTENCE = re.compile(r'(?:@(?:Test|Suite)\(|Failure\(\s*\.\w+,)\s*"((?:[^"\\\n]|\\.)*)"')
SHELL_COMMENT = re.compile(r"(?m)^\s*#[^\n]*")


@dataclass
class Rule:
    files: list[str]
    banned: re.Pattern[str]
    unless: re.Pattern[str] | None
    write: str
    bad: str
    good: str

    def faults(self, prose: str) -> Iterator[re.Match[str]]:
        """The banned words in a text, but for those inside a match of `unless`."""
        excused = [found.span() for found in self.unless.finditer(prose)] if self.unless else []
        for found in self.banned.finditer(prose):
            if not any(begin <= found.start() and found.end() <= end for begin, end in excused):
                yield found


def rules(root: Path) -> list[tuple[Rule, list[Path]]]:
    """Each rule, and the files that follow it."""
    table = tomllib.loads(RULES.read_text(encoding="utf-8"))
    return [(rule(entry), files(root, table["files"], entry["files"])) for entry in table["word"]]


def rule(entry: dict[str, str]) -> Rule:
    unless = expression(entry["unless"]) if "unless" in entry else None
    return Rule(entry["files"], expression(entry["banned"]), unless, entry["write"], entry["bad"], entry["good"])  # type: ignore[arg-type]


def expression(text: str) -> re.Pattern[str]:
    """A space stands for the end of a line in a comment, too."""
    return re.compile(text.replace(" ", r"(?:\s+(?:[*#]\s+|///?\s*)?)"))


def files(root: Path, groups: dict[str, list[str]], names: list[str]) -> list[Path]:
    patterns = [pattern for name in names for pattern in groups[name]]
    found = [path for pattern in patterns for path in sorted(root.glob(pattern)) if path.is_file()]
    for pattern in patterns:
        if not any(root.glob(pattern)):
            raise ValueError(f"{RULES.name}: no file is called {pattern}")
    return found


def prose(path: Path) -> str:
    """A file with blanks in place of all that is no prose, so that a place in it is the same place."""
    text = path.read_text(encoding="utf-8")
    kind = path.suffix or (".py" if text.startswith("#!/usr/bin/env python3") else ".sh")
    if kind == ".py":
        kept = python_spans(text)
    elif kind == ".md":
        kept = [(0, len(text))]
    else:
        comment = SHELL_COMMENT if kind == ".sh" else C_COMMENT
        kept = [found.span() for found in comment.finditer(text)]
        if kind == ".swift":
            kept += [found.span(1) for found in SWIFT_SENTENCE.finditer(text)]
    shown = re.sub(r"[^\n]", " ", text)
    for begin, end in kept:
        shown = shown[:begin] + text[begin:end] + shown[end:]
    for pattern in [*NOT_PROSE.get(kind, []), CODE_SPAN]:
        shown = pattern.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), shown)
    return shown


def python_spans(text: str) -> list[tuple[int, int]]:
    """Where comments and docstrings stand."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    spans = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            spans.append((starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1]))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
                # Whole lines: a docstring has its lines to itself, and columns of `ast` count bytes.
                spans.append((starts[first.lineno - 1], starts[first.end_lineno or first.lineno]))
    return spans


def check_rule(rule: Rule) -> list[str]:
    """Whether a rule finds its bad sentence and passes its good one."""
    faults = []
    if not list(rule.faults(rule.bad)):
        faults.append(f"{rule.banned.pattern} does not find “{rule.bad}”")
    if list(rule.faults(CODE_SPAN.sub("", rule.good))):
        faults.append(f"{rule.banned.pattern} finds a fault in “{rule.good}”")
    return faults


def check_file(path: Path, followed: list[Rule]) -> list[str]:
    """A line for each banned word in a file."""
    text = prose(path)
    faults = [
        (text.count("\n", 0, found.start()) + 1, f"“{found[0]}”; write {rule.write}")
        for rule in followed
        for found in rule.faults(text)
    ]
    return [f"line {line}: {fault}" for line, fault in sorted(faults)]
