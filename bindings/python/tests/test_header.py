"""The ctypes declarations and the error classes are those of the C header."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Dict, List

import pytest
from header import Header

import scuttle
from scuttle import _abi, errors
from scuttle._codes import error_of
from scuttle._library import library


@pytest.fixture(scope="module")
def declared(header: Path) -> Header:
    return Header(header)


@pytest.fixture(scope="module")
def compiled(header: Path, declared: Header, tmp_path_factory: pytest.TempPathFactory) -> List[List[str]]:
    """The layout by the C compiler: `constant NAME VALUE` and `struct FIELD OFFSET SIZE`, a list of words for each line."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler")
    folder = tmp_path_factory.mktemp("header")
    statements = [f'printf("constant {name} %lld\\n", (long long)({name}));' for name in _numbers(declared)]
    for struct, fields in declared.structs.items():
        statements.append(f'printf("{struct} - 0 %zu\\n", sizeof({struct}));')
        statements += [
            f'printf("{struct} {field} %zu %zu\\n", offsetof({struct}, {field}), sizeof((({struct} *)0)->{field}));'
            for field in fields
        ]
    source = folder / "layout.c"
    source.write_text(
        '#include <stdio.h>\n#include "scuttle.h"\nint main(void) {\n' + "\n".join(statements) + "\nreturn 0; }\n"
    )
    program = folder / "layout"
    subprocess.run([compiler, "-I", str(header.parent), str(source), "-o", str(program)], check=True)
    output = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout
    return [row.split() for row in output.splitlines()]


def _numbers(declared: Header) -> List[str]:
    return [name for name in declared.constants if not name.startswith("SCUTTLE_VERSION_")]


def test_the_header_was_understood(declared: Header) -> None:
    assert {"SCUTTLE_OK", "SCUTTLE_E_EXHAUSTED", "SCUTTLE_NTS", "SCUTTLE_LINK_CLASSIC"} <= set(declared.constants)
    assert declared.structs["scuttle_span_t"] == ["data", "len"]
    assert declared.structs["scuttle_flaw_t"] == ["kind", "count", "a", "b", "c"]
    assert "on_compaction" in declared.structs["scuttle_config_t"]
    assert {
        "scuttle_strerror": 1,
        "scuttle_library_version": 0,
        "scuttle_read": 4,
    }.items() <= declared.functions.items()


def test_constants(declared: Header, compiled: List[List[str]]) -> None:
    in_c = {name[len("SCUTTLE_") :]: int(value) for kind, name, value, *_ in compiled if kind == "constant"}
    for name in ("NTS", "TTL_RENEW"):
        in_c[name] = ctypes.c_uint64(in_c[name]).value  # printed as a signed number
    in_python = {name: value for name, value in vars(_abi).items() if name.isupper() and isinstance(value, int)}
    assert in_python == in_c


def test_struct_layout(declared: Header, compiled: List[List[str]]) -> None:
    in_c: Dict[str, Dict[str, List[int]]] = {}
    for kind, name, *numbers in compiled:
        if kind != "constant":
            in_c.setdefault(kind, {})[name] = [int(number) for number in numbers]
    in_python = {}
    for struct_name, struct in _abi.STRUCTS.items():
        fields = {name: [getattr(struct, name).offset, getattr(struct, name).size] for name, _ in struct._fields_}
        in_python[struct_name] = {"-": [0, ctypes.sizeof(struct)], **fields}
    assert in_python == in_c
    assert list(in_c) == list(declared.structs)


def test_every_function_is_declared(declared: Header) -> None:
    assert {name: len(arguments) for name, (_, arguments) in _abi.FUNCTIONS.items()} == declared.functions


@pytest.mark.parametrize("name", sorted(_abi.FUNCTIONS))
def test_a_function_has_its_types(name: str) -> None:
    function = getattr(library, name)
    result, arguments = _abi.FUNCTIONS[name]
    assert function.restype is result
    assert list(function.argtypes) == arguments


def test_the_version_is_that_of_the_header(header: Path) -> None:
    assert f'#define SCUTTLE_VERSION_STRING "{scuttle.__version__}"' in header.read_text(encoding="utf-8")
    assert scuttle.library_version() == scuttle.__version__


def test_every_code_has_exactly_one_class(declared: Header) -> None:
    codes = sorted(getattr(_abi, name[len("SCUTTLE_") :]) for name in declared.constants if "_E_" in name)
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, scuttle.ScuttleError)
    ]
    assert sorted(kind.code for kind in kinds if kind.code is not None) == codes
    bases = {base for kind in kinds for base in kind.__bases__ if base in kinds}
    assert {kind for kind in kinds if kind.code is None} == {*bases, errors.ClosedError, errors.DamagedFileError, errors.StoreLockedError}


def test_every_error_is_public() -> None:
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, Exception):
            assert getattr(scuttle, name) is kind
            assert kind.__module__ == "scuttle.errors"


def test_an_error_is_made_from_its_code() -> None:
    error = error_of(_abi.E_KEY_SIZE, "too long")
    assert type(error) is scuttle.errors.KeyTooLongError
    assert (error.code, error.message, str(error)) == (_abi.E_KEY_SIZE, "too long", "too long")
    assert isinstance(error, ValueError)


def test_a_code_of_a_later_library_is_an_error_too() -> None:
    error = error_of(-999, "later")
    assert type(error) is scuttle.ScuttleError
    assert error.code == -999
    assert scuttle.ScuttleError.code is None
