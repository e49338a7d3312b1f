"""Reads the declarations of include/scuttle.h: enough of C for that one file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Dict, List

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CONSTANT = re.compile(r"^#define (SCUTTLE_\w+) +\S", re.MULTILINE)
_STRUCT = re.compile(r"typedef struct \{(.*?)\} (\w+);", re.DOTALL)
_FUNCTION = re.compile(r"^[a-z][\w *]*?\b(scuttle_\w+)\(([^;]*)\);", re.MULTILINE)
_POINTER = re.compile(r"\(\*(\w+)\)\(")
_NAME = re.compile(r"(\w+)$")


class Header:
    """The declarations of a header."""

    def __init__(self, path: Path) -> None:
        text = _COMMENT.sub("", path.read_text(encoding="utf-8"))
        self.constants: List[str] = _CONSTANT.findall(text)
        self.structs: Dict[str, List[str]] = {name: _fields(body) for body, name in _STRUCT.findall(text)}
        #: The number of arguments of each function.
        self.functions: Dict[str, int] = {
            name: 0 if arguments == "void" else arguments.count(",") + 1 for name, arguments in _FUNCTION.findall(text)
        }


def _fields(body: str) -> List[str]:
    names = []
    for declaration in filter(None, map(str.strip, body.split(";"))):
        pointer = _POINTER.search(declaration)
        matches = [pointer] if pointer else [_NAME.search(part.strip()) for part in declaration.split(",")]
        for match in matches:
            assert match, declaration
            names.append(match[1])
    return names
