"""Artifacts of a run unpacked for people, and the training's report among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ...errors import OutputError
from ...github.core.models import Artifact
from ...github.local_github import LocalGitHub
from ..actions.stand_ins.toolkit import ActionError
from ..actions.stand_ins.unpacking import unpack_artifact

REPORT = "report.html"


def extract_artifacts(
    local_github: LocalGitHub, artifacts: Iterable[Artifact], folder: Path
) -> dict[str, Path]:
    """Unpack each artifact into a new folder of its name below `folder`.

    Name -> where it is now. Raises OutputError before anything is written where one of
    these folders is there already, and where an archive is broken.
    """
    targets = {item.name: (item, folder / item.name) for item in artifacts}
    taken = [str(path) for _, path in targets.values() if path.exists()]
    if taken:
        raise OutputError(
            f"nothing was extracted: {', '.join(taken)} is there already",
            hint="name another folder, or remove what is there",
        )
    for artifact, target in targets.values():
        archive = local_github.get_artifact_path(artifact.id)
        try:
            target.mkdir(parents=True)
            unpack_artifact(archive, target)
        except (ActionError, OSError) as error:
            raise OutputError(f"{target} cannot be written: {error}") from error
    return {name: path for name, (_, path) in targets.items()}


def find_report(folders: Mapping[str, Path]) -> Path | None:
    """Find the training's report in extracted artifacts; None where there is none."""
    for folder in folders.values():
        for path in sorted(folder.rglob(REPORT)):
            return path
    return None
