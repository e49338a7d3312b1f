"""The file of a control socket: made for its owner alone, and for one node at a time."""

from __future__ import annotations

import fcntl
import os
import socket
import stat
from typing import Optional, Tuple

from ._errors import CommandError, Exit

#: Bytes of a path that the system accepts for a socket.
_PATH_BYTES = 107
#: Connections that wait until the node accepts them.
_BACKLOG = 16


class SocketFile:
    """A listening Unix socket with mode 0600.

    A lock on a file beside it, `PATH.lock`, belongs to the node that serves it. So two nodes that start at once cannot both find the
    socket of a killed one stale. The lock file stays, because removing it would let two nodes lock two files of one name.
    """

    def __init__(self, path: str) -> None:
        """Makes the socket, in place of a stale one.

        Raises:
            CommandError: Another node serves it, or the path cannot be used.
        """
        self.path = os.path.abspath(path)
        self._identity: Optional[Tuple[int, int]] = None
        if len(os.fsencode(self.path)) > _PATH_BYTES:
            message = f"the path of the control socket is {len(os.fsencode(self.path))} bytes long; the system allows {_PATH_BYTES}: {path}"
            raise CommandError(message, Exit.USAGE)
        self._lock = self._acquire()
        try:
            self._remove_stale()
            self.socket = self._listen()
        except BaseException:
            os.close(self._lock)
            raise

    def _acquire(self) -> int:
        try:
            lock = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise self._unusable(error) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            raise self._in_use() from None
        return lock

    def _remove_stale(self) -> None:
        """Removes the socket of a node that was killed. The lock is held, so no node of today's serves it."""
        try:
            found = os.lstat(self.path)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._unusable(error) from None
        if not stat.S_ISSOCK(found.st_mode):
            raise CommandError(f"{self.path} exists and is no socket: remove it, or give another --socket", Exit.USAGE)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.setblocking(False)
            try:
                probe.connect(self.path)
            except ConnectionRefusedError:
                pass  # nobody listens
            except FileNotFoundError:
                return
            except BlockingIOError:
                raise self._in_use() from None  # its backlog is full
            except OSError as error:
                raise self._unusable(error) from None
            else:
                raise self._in_use()  # another program's
        try:
            os.unlink(self.path)
        except OSError as error:
            raise self._unusable(error) from None

    def _listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)  # so that the file never has other rights, not even for a moment
        try:
            listener.bind(self.path)
            listener.listen(_BACKLOG)
            listener.setblocking(False)
            found = os.lstat(self.path)
        except OSError as error:
            listener.close()
            raise self._unusable(error) from None
        finally:
            os.umask(before)
        self._identity = found.st_dev, found.st_ino
        return listener

    def close(self) -> None:
        """Removes the socket, unless somebody has replaced it, and frees the lock. A second call does nothing."""
        if self._identity is None:
            return
        self.socket.close()
        try:
            found = os.lstat(self.path)
            if (found.st_dev, found.st_ino) == self._identity:
                os.unlink(self.path)
        except OSError:
            pass
        self._identity = None
        os.close(self._lock)

    def _in_use(self) -> CommandError:
        message = f"another node serves the control socket {self.path}: end it, or give another --socket"
        return CommandError(message, Exit.REFUSED)

    def _unusable(self, error: OSError) -> CommandError:
        message = f"cannot make the control socket {self.path}: {error.strerror}; give another --socket"
        return CommandError(message, Exit.DATA)
