"""Directories of files, read and replaced as a whole.

A reader never follows a link and never sees half of a directory; a writer that dies leaves the
old directory or the new one.
"""

import ctypes
import errno
import fcntl
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from incontext.errors import RecordError

AT_FDCWD = -100 if sys.platform == "linux" else -2
SWAP = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS


class Busy(RecordError):
    """Another process is at it."""


class Reader:
    """The files of one directory, as they were when it was opened."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        try:
            self._descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise RecordError(f"it cannot be read: {reason}", directory) from None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *exception: object) -> None:
        os.close(self._descriptor)

    def names(self) -> list[str]:
        """Return the names of all entries, sorted."""
        with os.scandir(self._descriptor) as entries:
            return sorted(entry.name for entry in entries)

    def read(self, name: str) -> bytes:
        """Return the content of a regular file directly inside the directory.

        Raises: RecordError for a path, a link, or anything but a regular file.
        """
        if "/" in name or "\0" in name or name in ("", ".", ".."):
            raise RecordError(f"{name!r} is not the name of a file inside a record")
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            descriptor = os.open(name, flags, dir_fd=self._descriptor)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EMLINK):
                raise RecordError(f"{name} is a symbolic link, which no record holds") from None
            raise RecordError(f"{name} cannot be read: {os.strerror(error.errno or 0)}") from None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise RecordError(f"{name} is not a regular file")
        with os.fdopen(descriptor, "rb") as file:
            return file.read()

    def is_current(self) -> bool:
        """Return whether the path still leads to the directory that was opened."""
        mine = os.fstat(self._descriptor)
        try:
            there = os.lstat(self.directory)
        except OSError:
            return False
        return (mine.st_dev, mine.st_ino) == (there.st_dev, there.st_ino)


def read_whole[T](directory: Path, read: Callable[[Reader], T], *, patience: float = 10.0) -> T:
    """Return `read(reader)`, begun again whenever a recorder replaced the directory meanwhile.

    patience: seconds after which a directory that is replaced all the time is given up.
    """
    end = time.monotonic() + patience
    while True:
        with Reader(directory) as reader:
            try:
                return read(reader)
            except RecordError:
                if reader.is_current() or time.monotonic() > end:
                    raise


@contextmanager
def exclusive(directory: Path, activity: str) -> Iterator[None]:
    """Hold the lock beside `directory` for the time of the block.

    The lock is the kernel's: it ends with the process, however that dies.

    Raises: RecordError if another process holds it.
    """
    path = directory.parent / f".{directory.name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = _lock(path, activity)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(descriptor)
        with suppress(OSError):  # not empty: it holds records
            path.parent.rmdir()


def _lock(path: Path, activity: str) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.read(descriptor, 20).decode("ascii", "replace") or "unknown"
            os.close(descriptor)
            raise Busy(
                f"process {owner} is {activity} already; wait until it ends or stop it"
            ) from None
        if _is_same_file(descriptor, path):
            with suppress(OSError):  # a full disk: the lock holds all the same
                os.ftruncate(descriptor, 0)
                os.write(descriptor, str(os.getpid()).encode())
            return descriptor
        os.close(descriptor)  # the owner removed the file between our open and our lock


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def replace_directory(target: Path, contents: Mapping[str, bytes]) -> None:
    """Make `target` a directory of exactly these files, at once or not at all.

    The caller holds `exclusive(target, ...)`.
    """
    clean(target)
    temporary = target.parent / f".{target.name}.tmp-{os.getpid()}"
    try:
        temporary.mkdir()
        for name, content in contents.items():
            _write(temporary / name, content)
        _sync(temporary)
        _put_in_place(temporary, target)
        _sync(target.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def clean(target: Path) -> None:
    """Remove what a recorder that died left beside `target`, and restore a record it had moved."""
    moved = target.parent / f".{target.name}.old"
    if moved.exists() and not target.exists():
        moved.rename(target)
    for leftover in [*target.parent.glob(f".{target.name}.tmp-*"), moved]:
        shutil.rmtree(leftover, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _put_in_place(new: Path, target: Path) -> None:
    if not os.path.lexists(target):
        new.rename(target)
    elif not _swap(new, target):
        moved = target.parent / f".{target.name}.old"
        target.rename(moved)
        new.rename(target)
        shutil.rmtree(moved, ignore_errors=True)


def _swap(one: Path, other: Path) -> bool:
    """Exchange two directories in one step; return False where the system cannot."""
    library = ctypes.CDLL(None, use_errno=True)
    call = getattr(library, "renameat2", None) or getattr(library, "renameatx_np", None)
    if call is None:
        return False
    paths = os.fsencode(one), os.fsencode(other)
    if call(AT_FDCWD, paths[0], AT_FDCWD, paths[1], ctypes.c_uint(SWAP)) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(other))
