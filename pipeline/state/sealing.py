"""Kept rows in a state: encrypted with the state's key, or as they are.

The cipher is AES-SIV (RFC 5297) of the library cryptography: it also tells whether it was
changed, and the same rows give the same bytes, so that equal runs have equal states.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import MissingLibraryError, StateTamperedError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV

PLAIN, SEALED = b"plain:", b"aes-siv:"
PURPOSE = b"wfgen kept rows"
# Two keys of 256 bits: one for the code that authenticates, one for the cipher.
KEY_BYTES = 64


def can_encrypt() -> bool:
    """Whether the library is installed; it is not imported to know."""
    from importlib.util import find_spec  # noqa: PLC0415  # not for "nothing new"

    return find_spec("cryptography") is not None


def seal(content: bytes, key: bytes | None) -> bytes:
    """Encrypt with a key, or mark as plain without. Raises MissingLibraryError."""
    if key is None:
        return PLAIN + content
    return SEALED + _make_cipher(key).encrypt(content, [PURPOSE])


def unseal(sealed: bytes, key: bytes | None) -> bytes | None:
    """Return the content; None where it is encrypted and there is no key.

    Raises StateTamperedError where it was made by another key or changed.
    """
    if sealed.startswith(PLAIN):
        return sealed.removeprefix(PLAIN)
    if not sealed.startswith(SEALED):
        raise StateTamperedError("the rows in the state are in no form that we write")
    if key is None:
        return None
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # where it is needed

    try:
        return _make_cipher(key).decrypt(sealed.removeprefix(SEALED), [PURPOSE])
    except InvalidTag as error:
        raise StateTamperedError(
            "the rows in the state were encrypted with another key, or changed"
        ) from error


def _make_cipher(key: bytes) -> AESSIV:
    try:
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415  # as above
        from cryptography.hazmat.primitives.ciphers import aead  # noqa: PLC0415
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415
    except ImportError as error:
        raise MissingLibraryError(
            "encrypted rows need cryptography", hint="pip install cryptography"
        ) from error
    derive = HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=PURPOSE)
    return aead.AESSIV(derive.derive(key))
