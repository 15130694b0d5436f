"""Microsoft's Agent Framework, beside OTel GenAI."""

from typing import Final

from weft.decode.dialects.dialect import Dialect

MICROSOFT: Final = Dialect(name="Microsoft Agent Framework", keys={"conversation": ("microsoft.session.id",)})
