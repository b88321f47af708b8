"""Where candidates train.

In this process, on its threads or on a Dask cluster, the latter two through joblib.

A unit of work is (candidate, matrix, target, classes, score) -> (candidate, raw): pure
as seen from here, so that a worker that dies half way is made good by doing the unit
again elsewhere.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import joblib
from threadpoolctl import threadpool_limits

from ..errors import MissingLibraryError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..settings import Settings
    from .population import Engine

DASK_SECONDS = 10
RETRIES = 3


@contextlib.contextmanager
def engine(settings: Settings) -> Iterator[Engine]:
    """What the settings ask for. Raises UnavailableError where the scheduler does not answer.

    The linear algebra below gets one thread: on matrices of a batch's size more of them
    take three times the processor time and longer too, and what they add up to depends
    on how many there are.
    """
    with threadpool_limits(1):
        if settings.engine == "dask":
            with _cluster(settings.dask_address) as client:
                yield lambda work, jobs: _remote(work, jobs, client)
        elif settings.threads > 1:
            yield lambda work, jobs: _parallel(
                work, jobs, {"backend": "threading", "n_jobs": settings.threads}
            )
        else:
            yield lambda work, jobs: [work(*job) for job in jobs]


def _parallel(
    work: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], options: dict[str, Any]
) -> list[Any]:
    with joblib.parallel_config(**options):
        # Each job stays one tuple: joblib lays the arguments of a call on single Dask
        # workers beforehand, where they are lost with the worker, unless weak
        # references cannot be had of them.
        return list(joblib.Parallel()(joblib.delayed(_unit)(work, job) for job in jobs))


def _unit(work: Callable[..., Any], job: tuple[Any, ...]) -> Any:  # noqa: ANN401  # whatever the work gives back
    return work(*job)


def _remote(
    work: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], client: Any
) -> list[Any]:  # noqa: ANN401
    with warnings.catch_warnings():
        # It would rather have the matrix scattered, which is what does not survive a worker.
        warnings.filterwarnings("ignore", message="Sending large graph")
        try:
            return _parallel(
                work, jobs, {"backend": "dask", "client": client, "retries": RETRIES}
            )
        except (OSError, TimeoutError) as error:
            raise UnavailableError(
                f"the Dask cluster was lost: {error}",
                hint="start it again, then run again",
            ) from error


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[Any]:
    try:
        from distributed import Client  # noqa: PLC0415  # only where it is asked for
    except ImportError as error:
        raise MissingLibraryError(
            'engine = "dask" needs distributed', hint="pip install distributed"
        ) from error
    try:
        client = Client(address, timeout=DASK_SECONDS)  # type: ignore[no-untyped-call]  # untyped
    except (OSError, TimeoutError, ValueError) as error:
        raise UnavailableError(
            f"no Dask scheduler answers at {address}: {error}",
            hint="start it, or set `dask_address` right",
        ) from error
    with client:
        yield client
