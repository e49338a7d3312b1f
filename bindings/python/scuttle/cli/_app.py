"""The application: its commands, and the one place at which a command's error becomes a line and an exit code."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any, Callable, Dict, Sequence

import typer
import typer.main

from . import _doctor, _dump, _forget, _keys, _load, _node, _status, _watch
from ._errors import CommandError, Exit
from ._options import Common, JsonOption, SocketOption
from ._output import abandon_output, prepare, write_error, write_line

#: The variable by which a shell requests completions.
_COMPLETION = "_SCUTTLE_COMPLETE"

app = typer.Typer(
    name="scuttle",
    help="A node of a replicated key-value map, and commands for it.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        from .. import __version__, library_version

        write_line(f"scuttle {__version__}, libscuttle {library_version()}")
        raise typer.Exit()


def scuttle(
    context: typer.Context,
    socket: SocketOption = None,
    as_json: JsonOption = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the versions of the package and the library.",
            callback=_show_version,
            is_eager=True,
        ),
    ] = False,
) -> None:
    """A node of a replicated key-value map, and commands for it."""
    context.obj = Common(socket, as_json)


_COMMANDS: Dict[str, Callable[..., None]] = {
    "node": _node.node,
    "get": _keys.get,
    "set": _keys.set_key,
    "del": _keys.delete,
    "ls": _keys.ls,
    "watch": _watch.watch,
    "history": _keys.history,
    "status": _status.status,
    "forget": _forget.forget,
    "dump": _dump.dump,
    "load": _load.load,
    "doctor": _doctor.doctor,
}


def _with_types(function: Callable[..., None]) -> Callable[..., None]:
    """Evaluates the annotations of a function, because on Python 3.9 typer sees no option in one that is text, and
    `get_type_hints` hides one behind the default None."""
    texts = function.__annotations__.items()
    function.__annotations__ = {name: eval(text, function.__globals__) for name, text in texts}
    return function


app.callback()(_with_types(scuttle))
for _name, _function in _COMMANDS.items():
    app.command(_name)(_with_types(_function))


def command() -> Any:
    """Returns the application as a command of the library below typer."""
    return typer.main.get_command(app)


def run(arguments: Sequence[str]) -> int:
    """Runs one command, and returns its exit code."""
    prepare()
    try:
        if _COMPLETION in os.environ:
            command().main(list(arguments), prog_name="scuttle")  # prints completions, and exits
        code = _run(list(arguments))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        abandon_output()
        return Exit.PIPE
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except CommandError as error:
        write_error(error.message)
        return error.code
    except UnicodeEncodeError:
        write_error("an argument is not valid UTF-8")
        return Exit.USAGE
    except OSError as error:
        write_error(f"{error.filename or 'standard output'}: {error.strerror or error}")
        return Exit.DATA
    except Exception as error:
        if os.environ.get("SCUTTLE_DEBUG"):
            raise
        write_error(f"an error of scuttle itself: {type(error).__name__}: {error}; SCUTTLE_DEBUG=1 shows its place")
        return Exit.INTERNAL


def _run(arguments: Sequence[str]) -> int:
    if not arguments:
        _run(["--help"])
        return Exit.USAGE
    try:
        with command().make_context("scuttle", list(arguments)) as context:
            context.command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except typer.Abort:
        return Exit.INTERRUPTED
    except Exception as error:
        # The classes of typer's errors differ between its versions; all have these two.
        describe, code = getattr(error, "format_message", None), getattr(error, "exit_code", None)
        if describe is None or code is None:
            raise
        message = str(describe())
        path = getattr(getattr(error, "ctx", None), "command_path", "scuttle")
        message = message.rstrip(".")
        write_error(f"{message}{' See' if message.endswith('?') else '; see'} `{path} --help`")
        return int(code)
    return Exit.OK
