"""Large attribute values: when a value is one, and what it is called where it is stored."""

import hashlib
from typing import Final

#: Values of this many bytes and more are kept once per content, apart from the spans.
LARGE: Final = 2048
HASH_BYTES: Final = 16


def content_hash(text: str) -> str:
    """The name of a large value: BLAKE2b of its UTF-8 form, 16 bytes, in lower-case hex."""
    return hashlib.blake2b(text.encode(), digest_size=HASH_BYTES).hexdigest()
