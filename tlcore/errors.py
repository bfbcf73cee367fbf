"""Every error the engine raises on purpose.

The text of each is one or two plain sentences fit to show to an analyst: what was found, what is needed, what to do next.
"""


class TransferLabError(Exception):
    """Base of all; `exit_code` is what the command line exits with."""

    exit_code = 1


class UserError(TransferLabError):
    """Something the user can put right: a file, a choice, a name."""

    exit_code = 2


class DataError(UserError):
    """A file or dataset cannot be used as it is."""


class ChoiceError(UserError):
    """A setting, column, budget or strategy that does not fit."""


class EncoderError(UserError):
    """An encoder is unknown, not downloaded, or unfit for the items."""


class BundleError(UserError):
    """A model bundle is damaged, of another version, or of an unsafe type."""


class NotFoundError(UserError):
    """An id that names nothing in the workspace (any more)."""


class StorageError(TransferLabError):
    """The workspace cannot be read or written: full disk, locked or damaged file."""


class TrainingError(TransferLabError):
    """One run cannot go on; the runs after it can."""


class OutOfMemoryError(TrainingError):
    """A run needed more memory than there is."""


class DivergedError(TrainingError):
    """The loss became infinite or not a number."""


class Stopped(TransferLabError):
    """The user asked to stop; what was finished is kept."""
