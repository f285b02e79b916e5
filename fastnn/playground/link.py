"""The state of a page as the text behind the # of its address."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any

from fastnn.core.errors import FileFormatError

MOST = 1 << 18  # bytes of a state, unpacked: 5000 rows of own points with their targets are 170 kB as text


def pack(state: dict[str, Any]) -> str:
    """A state as text that an address may hold: JSON, compressed, base64.

    >>> unpack(pack({"step": 3}))
    {'step': 3}
    """
    text = json.dumps(state, separators=(",", ":"), allow_nan=False).encode()
    return base64.urlsafe_b64encode(zlib.compress(text, 9)).decode().rstrip("=")


def unpack(link: Any) -> Any:
    """The state of a link; FileFormatError where it is cut or none."""
    if not isinstance(link, str):
        raise FileFormatError(f"link: received {link!r:.100}, expected text.")
    try:
        packed = base64.b64decode(link + "=" * (-len(link) % 4), b"-_", validate=True)
        reader = zlib.decompressobj()
        text = reader.decompress(packed, MOST)
        if not reader.eof:
            raise FileFormatError(f"link: it is cut, or its state is longer than {MOST} bytes; copy it whole.")
        return json.loads(text)
    except (ValueError, RecursionError, zlib.error, binascii.Error) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"link: it holds no state of a page ({error}); copy it whole.") from error
