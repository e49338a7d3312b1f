"""Reads Swift sources, for the stages that hold them to a rule."""

from __future__ import annotations

import re


def split(text: str) -> tuple[str, list[tuple[int, str]]]:
    """The code of a Swift file without comments and literals, and its literals as they are spelled, each with its line.

    The text of an interpolation is code.
    """
    code: list[str] = []
    literals: list[tuple[int, str]] = []
    at = 0

    def interpolation(start: int) -> int:
        nonlocal at
        at, depth = start, 1
        while at < len(text) and depth > 0:
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            step()
        return at

    def literal(hashes: str, quotes: str) -> None:
        nonlocal at
        line, begin = text.count("\n", 0, at) + 1, at + len(hashes) + len(quotes)
        end, escape, parts, at = quotes + hashes, "\\" + hashes, [], begin
        while at < len(text) and not text.startswith(end, at):
            if text.startswith(escape + "(", at):
                at = interpolation(at + len(escape) + 1)
            elif text.startswith(escape, at):
                # An escape of a character that cannot stand in a literal, such as \n, is none of JSON's.
                letter = text[at + len(escape)]
                parts.append(letter if letter in '"\\' else " ")
                at += len(escape) + 1
            else:
                parts.append(text[at])
                at += 1
        at += len(end)
        literals.append((line, "".join(parts)))
        code.append(" ")

    def step() -> None:
        nonlocal at
        opening = re.compile(r'(#*)("""|")').match(text, at)
        if text.startswith("//", at):
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
        elif text.startswith("/*", at):
            at = text.index("*/", at) + 2
        elif opening:
            literal(opening[1], opening[2])
        else:
            code.append(text[at])
            at += 1

    while at < len(text):
        step()
    return "".join(code), literals
