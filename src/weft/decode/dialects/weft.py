"""Weft's own decorators, beside OTel GenAI: of a tool's arguments they say only which are the same."""

from typing import Final

from weft.decode.dialects.dialect import Dialect
from weft.model import keys

WEFT: Final = Dialect(
    name="Weft",
    keys={"arguments": (keys.TOOL_ARGUMENTS_DIGEST,)},
)
