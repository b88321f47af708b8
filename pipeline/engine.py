"""Where candidates train: in this process, on its threads through joblib, or on a Dask cluster.

A unit of work is (candidate, matrix, target, classes, score) -> (candidate, raw): pure as seen from here, so that a
worker that dies half way is made good by doing the unit again elsewhere. Dask is spoken to directly: joblib's backend
for it first scatters the arguments to workers, and a worker that dies with them ends the run (CommClosedError).
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import joblib

from pipeline.errors import MissingLibraryError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline.population import Engine
    from pipeline.settings import Settings

DASK_SECONDS = 10
RETRIES = 3


@contextlib.contextmanager
def engine(settings: Settings) -> Iterator[Engine]:
    """What the settings ask for. Raises UnavailableError where the scheduler does not answer."""
    if settings.engine == "dask":
        with _cluster(settings.dask_address) as client:
            yield lambda work, jobs: _submitted(client, work, jobs)
    elif settings.threads > 1:
        yield lambda work, jobs: _parallel(work, jobs, {"backend": "threading", "n_jobs": settings.threads})
    else:
        yield lambda work, jobs: [work(*job) for job in jobs]


def _parallel(work: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], options: dict[str, Any]) -> list[Any]:
    with joblib.parallel_config(**options):
        return list(joblib.Parallel()(joblib.delayed(work)(*job) for job in jobs))


def _submitted(client: Any, work: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]) -> list[Any]:  # noqa: ANN401
    with warnings.catch_warnings():
        # It would rather have the matrix scattered, which is what does not survive a worker.
        warnings.filterwarnings("ignore", message="Sending large graph")
        futures = [client.submit(work, *job, pure=False, retries=RETRIES) for job in jobs]
    try:
        return list(client.gather(futures))
    except OSError as error:
        raise UnavailableError(f"the Dask cluster was lost: {error}", hint="start it again, then run again") from error


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[Any]:
    try:
        from distributed import Client  # noqa: PLC0415  # only where it is asked for
    except ImportError as error:
        raise MissingLibraryError('engine = "dask" needs distributed', hint="pip install distributed") from error
    try:
        client = Client(address, timeout=DASK_SECONDS)  # type: ignore[no-untyped-call]  # untyped
    except (OSError, TimeoutError, ValueError) as error:
        raise UnavailableError(
            f"no Dask scheduler answers at {address}: {error}", hint="start it, or set `dask_address` right"
        ) from error
    with client:
        yield client
