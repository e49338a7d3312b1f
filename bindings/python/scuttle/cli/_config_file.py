"""The configuration file of a node, in TOML: docs/how-to/run-a-node.md has a sample."""

from __future__ import annotations

import difflib
import os
import re
import sys
from typing import Any, Callable, Dict, Mapping, NoReturn, Optional, Tuple

from .._config import Limits
from ._errors import CommandError, Exit
from ._settings import Settings
from ._values import MAX_SECONDS, duration

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

#: The sections of the file, "" for the keys in front of all of them. Each key has the setting that it sets, and its type.
_KEYS: Dict[str, Dict[str, Tuple[str, str]]] = {
    "": {
        "name": ("name", "text"),
        "listen": ("listen", "text"),
        "peers": ("peers", "texts"),
        "advertise": ("advertise", "text"),
        "transport": ("transport", "text"),
        "socket": ("socket", "path"),
        "store": ("store", "store"),
        "cluster": ("cluster", "text"),
        "psk_file": ("psk_file", "path"),
        "insecure": ("insecure", "flag"),
        "gossip": ("gossip", "time"),
        "metrics": ("metrics", "text"),
        "log_level": ("log_level", "text"),
    },
    "tls": {"ca": ("tls_ca", "path"), "cert": ("tls_cert", "path"), "key": ("tls_key", "path")},
    "limits": {name: (name, "count") for name in Limits._fields},
}


def read_config(path: str) -> Settings:
    """Reads a configuration file. Relative paths in it begin at its folder.

    Raises:
        CommandError: The file cannot be read, is no TOML, or has an unknown key or a value of another type; the message has the line.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise CommandError(f"cannot read the configuration file {path}: {error.strerror}", Exit.USAGE) from None
    try:
        text = str(data, "utf-8")
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CommandError(f"{path} is no TOML file: {error}", Exit.USAGE) from None
    return _Reader(path, text).settings(document)


class _Reader:
    """Makes settings of a document, and finds the lines of its mistakes."""

    def __init__(self, path: str, text: str) -> None:
        self._path = path
        self._text = text
        self._folder = os.path.dirname(os.path.abspath(path))

    def settings(self, document: Mapping[str, Any]) -> Settings:
        found: Dict[str, Any] = {}
        sections = {name: value for name, value in document.items() if name in _KEYS}
        self._read("", {name: value for name, value in document.items() if name not in sections}, found)
        self._read("tls", self._table("tls", sections), found)
        limits: Dict[str, Any] = {}
        self._read("limits", self._table("limits", sections), limits)
        return Settings(**found, limits=limits)

    def _table(self, section: str, sections: Mapping[str, Any]) -> Mapping[str, Any]:
        table = sections.get(section, {})
        if not isinstance(table, dict):
            self._fail("", section, f"is a section, which begins with [{section}], and no value")
        return table

    def _read(self, section: str, table: Mapping[str, Any], found: Dict[str, Any]) -> None:
        known = _KEYS[section]
        for key, value in table.items():
            if key not in known:
                self._unknown(section, key, isinstance(value, dict))
            setting, kind = known[key]
            found[setting] = self._convert(section, key, kind, value)

    def _unknown(self, section: str, key: str, is_section: bool) -> NoReturn:
        if is_section and not section:
            names = ", ".join(f"[{name}]" for name in _KEYS if name)
            self._fail("", key, f"is an unknown section; there are {names}")
        near = difflib.get_close_matches(key, _KEYS[section], 1)
        if near:
            self._fail(section, key, f"is unknown; did you mean `{near[0]}`?")
        places = [name for name, keys in _KEYS.items() if key in keys and name != section]
        if places:
            self._fail(section, key, f"belongs {f'into [{places[0]}]' if places[0] else 'in front of all sections'}")
        self._fail(section, key, f"is unknown; there are {', '.join(_KEYS[section])}")

    def _convert(self, section: str, key: str, kind: str, value: Any) -> Any:
        test, wanted = _KINDS[kind]
        if not test(value):
            self._fail(section, key, f"is {value!r}; it must be {wanted}")
        if kind == "texts":
            return tuple(value)
        if kind == "time":
            if isinstance(value, str):
                try:
                    return duration(value)
                except ValueError as error:
                    self._fail(section, key, f"has no time: {error}")
            return float(value)
        if kind == "path" or (kind == "store" and "://" not in value):
            return os.path.join(self._folder, os.path.expanduser(value))
        return value

    def _fail(self, section: str, key: str, what: str) -> NoReturn:
        line = find_line(self._text, section, key)
        place = f"{self._path}, line {line}" if line else self._path
        inside = f" in [{section}]" if section else ""
        raise CommandError(f"{place}: `{key}`{inside} {what}", Exit.USAGE)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_KINDS: Dict[str, Tuple[Callable[[Any], bool], str]] = {
    "text": (lambda value: isinstance(value, str), "a string"),
    "path": (lambda value: isinstance(value, str) and value != "", "the path of a file, as a string"),
    "store": (lambda value: isinstance(value, str) and value != "", 'the path of a folder, or "sqlite:///PATH"'),
    "texts": (lambda value: isinstance(value, list) and all(isinstance(v, str) for v in value), "an array of strings"),
    "flag": (lambda value: isinstance(value, bool), "true or false"),
    "time": (
        lambda value: (_is_number(value) and not value > MAX_SECONDS) or isinstance(value, str),
        'a number of seconds, or a string such as "500ms"',
    ),
    "count": (lambda value: isinstance(value, int) and not isinstance(value, bool) and value > 0, "an integer above 0"),
}

_HEADER = re.compile(r"\s*\[\s*([\w\"'-]+)\s*(?:\.[^\]]*)?\]")


def find_line(text: str, section: str, key: str) -> Optional[int]:
    """Returns the number of the line of a key, or of the header of a section; None if it is written in a way that hides it."""
    here = ""
    dotted = re.escape(f"{section}.") if section else ""
    inside = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]")
    outside = re.compile(rf"\s*{dotted}[\"']?{re.escape(key)}[\"']?\s*[=.]")
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if header:
            here = header[1].strip("\"'")
            if not section and here == key:
                return number
        elif (here == section and inside.match(line)) or (here == "" and section and outside.match(line)):
            return number
    return None
