"""Where Kaggle's credentials are looked for."""

from __future__ import annotations

import pwd
from typing import TYPE_CHECKING

from pipeline.sources.kaggle.login import _list_credential_files

if TYPE_CHECKING:
    import pytest


def test_a_user_without_a_home_has_credentials_in_the_environment_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in a container that runs under a number without a name."""
    monkeypatch.delenv("HOME")

    def find_none(number: int) -> pwd.struct_passwd:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", find_none)
    files = _list_credential_files({})
    assert files
    assert not any(path.exists() for path in files)
