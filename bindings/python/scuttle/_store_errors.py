"""Errors of a file store. They have no code of the library."""

from .errors import ScuttleError


class FileStoreError(ScuttleError):
    """A file of a `FileStore` cannot be used: it is not one, or is that of another replica, or was replaced underneath. An error of the
    system is an OSError."""


class StoreLockedError(FileStoreError):
    """Another process, or another replica in this one, has the file open."""


class DamagedFileError(FileStoreError):
    """Bytes of the file that were on the disk have changed since. `FileStore(path, mend=True)` opens what is in front of them."""
