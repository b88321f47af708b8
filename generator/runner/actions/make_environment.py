"""Make a virtual environment with pip.

`python make_environment.py FOLDER`, run by the Python it is to be of.

`python -m venv` starts pip to install pip, which takes seconds. The wheel that comes
with Python is unpacked here instead, and where there is none (some distributions)
`venv` does it its own way. Python 3.8 and later.
"""

from __future__ import annotations

import ensurepip
import shlex
import sys
import venv
import zipfile
from pathlib import Path

# Where Python keeps the wheel, and where Debian does.
PLACES = (
    Path(ensurepip.__file__).parent / "_bundled",
    Path("/usr/share/python-wheels"),
)
PACKAGES = ("pip", "setuptools") if sys.version_info < (3, 12) else ("pip",)


def main(folder: Path) -> None:
    """Make the environment; raises whatever `venv` raises."""
    wheels = [
        next((wheel for place in PLACES for wheel in place.glob(f"{name}-*.whl")), None)
        for name in PACKAGES
    ]
    if None in wheels:
        venv.create(folder, symlinks=True, with_pip=True)
        return
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/python3*/site-packages"))
    for wheel in wheels:
        with zipfile.ZipFile(str(wheel)) as archive:
            archive.extractall(packages)
    for name in ("pip", "pip3", f"pip3.{sys.version_info.minor}"):
        script = folder / "bin" / name
        script.write_text(
            f'#!/bin/sh\nexec {shlex.quote(str(folder / "bin" / "python"))} -m pip "$@"\n',
            encoding="utf-8",
        )
        script.chmod(0o755)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
