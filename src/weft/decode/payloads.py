"""Large attribute values, kept once per content.

Every model call repeats the history of its conversation: the same prompt stands in the attributes of many
spans. A large value is replaced by the hash of its content and stored once, so that scans of the spans never
read it.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from weft.decode.values import Codes
from weft.model.payloads import LARGE, content_hash

#: Large values by content hash.
Payloads = dict[str, str]


def set_aside(texts: pa.Array, codes: Codes, payloads: Payloads) -> tuple[pa.Array, Codes]:
    """Move large texts out of a column.

    Args:
        texts: n attribute values as text.
        codes: n type codes.
        payloads: Takes the large values.

    Returns:
        Both with each large text replaced by its hash and its code made upper case.
    """
    if texts.nbytes < LARGE:
        return texts, codes
    large = pc.greater_equal(pc.binary_length(texts), LARGE)
    if not large.true_count:
        return texts, codes
    contents = texts.filter(large).to_pylist()
    hashes = [content_hash(content) for content in contents]
    payloads.update(zip(hashes, contents, strict=True))
    codes = np.where(large.to_numpy(zero_copy_only=False), codes - 32, codes).astype(np.uint8)
    return pc.replace_with_mask(texts, large, pa.array(hashes, pa.string())), codes
