"""Make a virtual environment with pip: `python make_environment.py FOLDER`.

`python -m venv` starts pip to install pip, which takes seconds. The wheel that comes
with Python is unpacked here instead, and where there is none (some distributions)
`venv` does it its own way. It runs on the Python that the environment is to be of: 3.8
and later.
"""

from __future__ import annotations

import ensurepip
import shlex
import sys
import venv
import zipfile
from pathlib import Path

# Where Python keeps the wheels, and where Debian does.
WHEEL_FOLDERS = (
    Path(ensurepip.__file__).parent / "_bundled",
    Path("/usr/share/python-wheels"),
)
PACKAGES = ["pip"]
if sys.version_info < (3, 12):
    # Since 3.12, venv installs no setuptools.
    PACKAGES.append("setuptools")


def main(folder: Path) -> None:
    """Make the environment; raises whatever `venv` raises."""
    wheels = []
    for package in PACKAGES:
        wheel = find_wheel(package)
        if wheel is None:
            venv.create(folder, symlinks=True, with_pip=True)
            return
        wheels.append(wheel)
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/python3*/site-packages"))
    for wheel in wheels:
        with zipfile.ZipFile(str(wheel)) as archive:
            archive.extractall(packages)
    write_pip_scripts(folder / "bin")


def find_wheel(package: str) -> Path | None:
    """Find the wheel of a package that came with Python."""
    for folder in WHEEL_FOLDERS:
        for wheel in folder.glob(f"{package}-*.whl"):
            return wheel
    return None


def write_pip_scripts(folder: Path) -> None:
    """Write the commands that an installed pip would have."""
    python = shlex.quote(str(folder / "python"))
    for name in ("pip", "pip3", f"pip3.{sys.version_info.minor}"):
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {python} -m pip "$@"\n', encoding="utf-8")
        script.chmod(0o755)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
