"""Files that commands write."""

from pathlib import Path

from consent_ops.failures import OperatorError


class FileError(OperatorError):
    """A file cannot be written."""


def write_new(file: Path, text: str) -> None:
    """Write a file that only its owner may read. Raises FileError, also if the file exists."""
    try:
        file.touch(mode=0o600, exist_ok=False)
        file.write_text(text, "utf-8")
    except OSError as error:
        raise FileError(f"{file} cannot be written: {error.strerror}. Choose another name.") from error


def write(file: Path, text: str) -> None:
    """Write a file, or replace it. Raises FileError."""
    try:
        file.write_text(text, "utf-8")
    except OSError as error:
        raise FileError(f"{file} cannot be written: {error.strerror}. Choose another name.") from error
