"""The error tree: each class has the exit code that a command ends with.

Codes: 2 settings, 3 a missing library, 10 to 19 the state, 20 to 29 the source, 30 to
39 Kaggle, 130 interrupted. The table in docs/pipeline.md is held against this module by
a test.
"""

from __future__ import annotations

from .program import COMMAND

EXIT_OK = 0
EXIT_INTERRUPTED = 130


class PipelineError(Exception):
    """Something stops the command; `hint` says what to do about it.

    The state on disk is as it was.
    """

    exit_code = 1
    default_hint = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.default_hint


class SettingsError(PipelineError):
    """A setting, a flag or an environment variable has a value that cannot be used."""

    exit_code = 2


class MissingLibraryError(PipelineError):
    """A library that this source or model needs is not installed."""

    exit_code = 3


class StateMismatchError(PipelineError):
    """The model and the data state do not belong together, or one of them is missing."""

    exit_code = 10
    default_hint = (
        "restore both folders from one and the same run, go back to the state before "
        f"with `{COMMAND} rollback`, or start over with `{COMMAND} reset`"
    )


class StateTamperedError(PipelineError):
    """A file of the state is not what was committed.

    Changed, truncated, or not signed with the key in use.
    """

    exit_code = 11
    default_hint = (
        "restore both folders from an earlier run, go back to the state before "
        f"with `{COMMAND} rollback`, or start over with `{COMMAND} reset`"
    )


class StateFormatError(PipelineError):
    """The state cannot be read by this version: it is newer, or is no state at all."""

    exit_code = 12
    default_hint = (
        f"install the version that wrote it, or start over with `{COMMAND} reset`"
    )


class StateLibrariesError(PipelineError):
    """The model was written by other versions of the libraries and may not be read by these."""

    exit_code = 13


class StateWriteError(PipelineError):
    """The state could not be written: no space, no right, or a limit on file size."""

    exit_code = 14
    default_hint = (
        "the state from before this run is intact; "
        "make room or give write access, then run again"
    )


class StateBusyError(PipelineError):
    """Another training holds the state."""

    exit_code = 15
    default_hint = "wait for it to end; two trainings at once would lose one's work"


class StateKeyError(PipelineError):
    """The state is signed and the key is not there.

    So that what would be stored could not be signed.
    """

    exit_code = 16
    default_hint = (
        "hand over the secret PIPELINE_STATE_KEY; "
        f"if it is lost: `{COMMAND} sign --remove`, "
        "after you checked where the state comes from"
    )


class QualityGateError(PipelineError):
    """What this run's model came to is worse than `gate` asks for; nothing was stored."""

    exit_code = 17
    default_hint = (
        "look at the rows of this run and at the report; the next run reads them again. "
        'To go on as it is: `gate = "none"`'
    )


class SourceError(PipelineError):
    """The source cannot be read."""

    exit_code = 20


class SourceRewrittenError(PipelineError):
    """Data that the models were trained on has changed under the cursor."""

    exit_code = 21


class SourceSchemaError(PipelineError):
    """Columns were removed or hold another type than before."""

    exit_code = 22


class CredentialsError(PipelineError):
    """Kaggle wants credentials, or does not accept these."""

    exit_code = 30


class ForbiddenError(PipelineError):
    """Kaggle knows the account but does not let it read this."""

    exit_code = 31


class NotFoundError(PipelineError):
    """Kaggle has no such dataset, competition or file."""

    exit_code = 32


class RateLimitedError(PipelineError):
    """Kaggle asks to come back later."""

    exit_code = 33


class UnavailableError(PipelineError):
    """Kaggle cannot be reached, or answers with errors of its own, or not in time."""

    exit_code = 34


class BadDownloadError(PipelineError):
    """What came down is truncated, or is an archive that must not be unpacked."""

    exit_code = 35
