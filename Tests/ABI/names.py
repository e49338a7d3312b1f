#!/usr/bin/env python3
"""Compares the names and numbers of the error codes in one place with those of the header.

    Tests/ABI/names.py HEADER PLACE      PLACE: core, swift, python-numbers, python, node or docs

One rule makes the name in a language from the name in the header, so a code that is missing, has another number, or has the name of
another code is a fault:

    SCUTTLE_E_VERSION_JUMP    Swift: .versionJump    Python: VersionJumpError    Node: 'SCUTTLE_E_VERSION_JUMP'

The exceptions stand below, each with its reason.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Callable

ROOT = Path(__file__).resolve().parent.parent.parent

SWIFT_EXCEPTIONS = {
    "PROTOCOL": "protocolVersion",  # `protocol` is a keyword of Swift
    "TTL": "timeToLive",  # Swift's guidelines: no abbreviation that is not a term of art
}
PYTHON_EXCEPTIONS = {
    # Python has an exception of the rule's name, and `except` of the builtin one must not look like ours.
    "MEMORY": "OutOfMemoryError",
    "KEY": "EmptyKeyError",
    # Python spells acronyms in names as json.JSONEncoder does; the rule would make it JsonError.
    "JSON": "JSONError",
    # An exception says what is wrong; SizeError and KeysError would name the thing alone.
    "MESSAGE_SIZE": "MessageTooLongError",
    "KEY_SIZE": "KeyTooLongError",
    "VALUE_SIZE": "ValueTooLongError",
    "SOURCES": "TooManySourcesError",
    "LINKS": "TooManyLinksError",
    "KEYS": "TooManyKeysError",
    "BYTES": "TooManyBytesError",
    # The word of the header is an abbreviation.
    "TTL": "TimeToLiveError",
}

Numbers = dict[str, int]  # name → number


def numbers_of(pairs: list[tuple[str, int]]) -> Numbers:
    """The pairs as a dict; a name that stands twice is an error."""
    numbers = dict(pairs)
    if len(numbers) < len(pairs):
        raise ValueError(f"a name stands twice: {sorted(name for name, _ in pairs)}")
    return numbers


# ------------------------------------------------------------------------------------------------------ the rule --


def words_of(code: str) -> list[str]:
    return code.lower().split("_")


def swift_name(code: str) -> str:
    return SWIFT_EXCEPTIONS.get(code, by_rule_in_swift(code))


def python_name(code: str) -> str:
    return PYTHON_EXCEPTIONS.get(code, by_rule_in_python(code))


def by_rule_in_swift(code: str) -> str:
    first, *others = words_of(code)
    return first + "".join(word.capitalize() for word in others)


def by_rule_in_python(code: str) -> str:
    return "".join(word.capitalize() for word in words_of(code)) + "Error"


def header_name(code: str) -> str:
    return f"SCUTTLE_E_{code}"


def number_name(code: str) -> str:
    return f"E_{code}"


# ---------------------------------------------------------------------------------------------------- the places --


def header_codes(header: Path) -> Numbers:
    """The codes of the header, without SCUTTLE_E_."""
    text = header.read_text()
    found = re.findall(r"^#define SCUTTLE_E_(\w+) \((-\d+)\)", text, re.MULTILINE)
    if not found or len(found) < len(re.findall("#define SCUTTLE_E_", text)):
        raise ValueError(f"{header} has a code that is not defined as (-N)")
    return numbers_of([(code, int(number)) for code, number in found])


def swift_cases(path: str) -> Numbers:
    """The cases of `enum Code` in a Swift file."""
    enum = re.search(r"^( *)public enum Code: Int32.*?^\1\}", (ROOT / path).read_text(), re.MULTILINE | re.DOTALL)
    if enum is None:
        raise ValueError(f"{path} has no enum Code")
    return numbers_of([(name, int(number)) for name, number in re.findall(r"^ *case (\w+) = (-\d+)$", enum[0], re.MULTILINE)])


def python_numbers() -> Numbers:
    """The constants E_… of the package."""
    text = (ROOT / "bindings/python/scuttle/_abi.py").read_text()
    return numbers_of([(name, int(number)) for name, number in re.findall(r"^(E_\w+) = (-\d+)$", text, re.MULTILINE)])


def python_classes() -> Numbers:
    """The exceptions of the package that have a code: `code = _abi.E_…` in the body of the class."""
    numbers = python_numbers()
    tree = ast.parse((ROOT / "bindings/python/scuttle/errors.py").read_text())
    pairs = []
    for kind in tree.body:
        for line in kind.body if isinstance(kind, ast.ClassDef) else []:
            if isinstance(line, (ast.Assign, ast.AnnAssign)) and isinstance(line.value, ast.Attribute):
                pairs.append((kind.name, numbers[line.value.attr]))  # type: ignore[union-attr]
    return numbers_of(pairs)


def node_names(codes: Numbers) -> Numbers:
    """The strings of the addon's table; the constant beside each one has the number."""
    text = (ROOT / "bindings/node/src/codes.c").read_text()
    found = re.findall(r'\{"(SCUTTLE_E_\w+)", \(int\)SCUTTLE_E_(\w+)\}', text)
    return numbers_of([(name, codes[code]) for name, code in found])


def documented() -> tuple[Numbers, Numbers]:
    """The names of the header, and those of Python, in the table of docs/reference/errors.md."""
    text = (ROOT / "docs/reference/errors.md").read_text()
    rows = re.findall(r"^\| `(SCUTTLE_E_\w+)` \| (-\d+) \| `(\w+)` \|", text, re.MULTILINE)
    return (
        numbers_of([(name, int(number)) for name, number, _ in rows]),
        numbers_of([(kind, int(number)) for _, number, kind in rows]),
    )


# ------------------------------------------------------------------------------------------------ the comparison --


def differences(codes: Numbers, name_of: Callable[[str], str], found: Numbers) -> list[str]:
    """A line for each code that has no name or another number in a place, and for each name there that is no code."""
    expected = numbers_of([(name_of(code), number) for code, number in codes.items()])
    missing = [f"{name} = {number} is missing" for name, number in expected.items() if name not in found]
    foreign = [f"{name} = {number} is no code of the header" for name, number in found.items() if name not in expected]
    wrong = [
        f"{name} is {found[name]}, and {number} in the header"
        for name, number in expected.items()
        if found.get(name, number) != number
    ]
    return missing + foreign + wrong


def idle(exceptions: dict[str, str], by_rule: Callable[[str], str], codes: Numbers) -> list[str]:
    """A line for each exception from the rule that is none."""
    unknown = [f"{code} is no code of the header" for code in exceptions if code not in codes]
    same = [f"{name} is the name by the rule" for code, name in exceptions.items() if name == by_rule(code)]
    return unknown + same


def faults(codes: Numbers, place: str) -> list[str]:
    if place == "core":
        return differences(codes, swift_name, swift_cases("Sources/ScuttleCore/Primitives/Failure.swift"))
    if place == "swift":
        cases = swift_cases("Sources/Scuttle/ScuttleError.swift")
        return idle(SWIFT_EXCEPTIONS, by_rule_in_swift, codes) + differences(codes, swift_name, cases)
    if place == "python-numbers":
        return differences(codes, number_name, python_numbers())
    if place == "python":
        return idle(PYTHON_EXCEPTIONS, by_rule_in_python, codes) + differences(codes, python_name, python_classes())
    if place == "node":
        return differences(codes, header_name, node_names(codes))
    if place == "docs":
        names, kinds = documented()
        return differences(codes, header_name, names) + differences(codes, python_name, kinds)
    raise ValueError(f"no such place: {place}")


def main(header: str, place: str) -> int:
    found = faults(header_codes(Path(header)), place)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
