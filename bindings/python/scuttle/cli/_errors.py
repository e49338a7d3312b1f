"""The exit codes of commands, and the error that ends one."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes. docs/reference/command-line.md lists them."""

    OK = 0
    #: The key or name is absent, or a check of `doctor` has failed.
    ABSENT = 1
    #: The words of the command, the configuration or a value are not valid.
    USAGE = 2
    #: No node serves the control socket.
    UNREACHABLE = 3
    #: A limit, a lock or the node refuses.
    REFUSED = 4
    #: The time of `--timeout` is over.
    TIMEOUT = 5
    #: A file is damaged or not a valid one, or the system refuses to read or write it.
    DATA = 6
    #: An error of scuttle itself.
    INTERNAL = 70
    #: ^C, as shells count it.
    INTERRUPTED = 130
    #: The reader of the output has gone, as shells count it.
    PIPE = 141


class CommandError(Exception):
    """Ends a command with one line on standard error, which says what to do, and an exit code."""

    def __init__(self, message: str, code: Exit) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


#: The kinds of errors on the control socket, with their exit codes.
EXITS = {
    "absent": Exit.ABSENT,
    "input": Exit.USAGE,
    "refused": Exit.REFUSED,
    "timeout": Exit.TIMEOUT,
    "storage": Exit.DATA,
    "internal": Exit.INTERNAL,
}
