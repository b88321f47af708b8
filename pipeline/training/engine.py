"""Where candidates are trained: in this process, on its threads, or on a Dask cluster.

Threads and Dask are driven through joblib. A unit of work is (candidate, matrix, target,
classes, score) -> (candidate, scores): pure as seen from here, so that a worker that
dies half way is made good by doing the unit again elsewhere.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import joblib
from threadpoolctl import threadpool_limits

from ..errors import MissingLibraryError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..models.population import Engine, Job, JobResult, Step
    from ..settings import Settings

DaskClient: TypeAlias = Any  # distributed is not installed everywhere
# For the scheduler to answer.
DASK_SECONDS = 10
# How often Dask gives a unit to another worker.
RETRIES = 3


@contextlib.contextmanager
def open_engine(settings: Settings) -> Iterator[Engine]:
    """The engine that the settings ask for.

    Raises UnavailableError where the scheduler does not answer, MissingLibraryError
    without Dask.
    """
    # One thread for the linear algebra: on matrices of a batch's size more of them take
    # three times the processor time and longer too, and the order in which they add up,
    # and with it the model, depends on how many there are.
    with threadpool_limits(1):
        if settings.engine == "dask":
            with _connect_dask(settings.dask_address) as client:
                yield lambda step, jobs: _run_on_dask(step, jobs, client)
        elif settings.threads > 1:
            options = {"backend": "threading", "n_jobs": settings.threads}
            yield lambda step, jobs: _run_with_joblib(step, jobs, options)
        else:
            yield _run_in_turn


def _run_in_turn(step: Step, jobs: Sequence[Job]) -> list[JobResult]:
    return [step(*job) for job in jobs]


def _run_with_joblib(
    step: Step, jobs: Sequence[Job], options: dict[str, Any]
) -> list[JobResult]:
    with joblib.parallel_config(**options):
        # Each job stays one tuple: joblib lays the arguments of a call on single Dask
        # workers beforehand, where they are lost with the worker, unless weak
        # references cannot be had of them.
        units = [joblib.delayed(_run_job)(step, job) for job in jobs]
        return list(joblib.Parallel()(units))


def _run_job(step: Step, job: Job) -> JobResult:
    return step(*job)


def _run_on_dask(
    step: Step, jobs: Sequence[Job], client: DaskClient
) -> list[JobResult]:
    options = {"backend": "dask", "client": client, "retries": RETRIES}
    with warnings.catch_warnings():
        # Dask would rather have the matrix scattered, which is what does not survive a
        # worker.
        warnings.filterwarnings("ignore", message="Sending large graph")
        try:
            return _run_with_joblib(step, jobs, options)
        except (OSError, TimeoutError) as error:
            raise UnavailableError(
                f"the Dask cluster was lost: {error}",
                hint="start it again, then run again",
            ) from error


@contextlib.contextmanager
def _connect_dask(address: str) -> Iterator[DaskClient]:
    try:
        from distributed import Client  # noqa: PLC0415  # only where it is asked for
    except ImportError as error:
        raise MissingLibraryError(
            'engine = "dask" needs distributed', hint="pip install distributed"
        ) from error
    connect: Any = Client  # its constructor is not typed
    try:
        client = connect(address, timeout=DASK_SECONDS)
    except (OSError, TimeoutError, ValueError) as error:
        raise UnavailableError(
            f"no Dask scheduler answers at {address}: {error}",
            hint="start it, or set `dask_address` right",
        ) from error
    with client:
        yield client
