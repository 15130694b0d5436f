"""OpenLIT, beside OTel GenAI (its operations and costs are there).

Source: openlit/openlit, sdk/python/src/openlit/semcov.
"""

from typing import Final

from weft.decode.dialects.dialect import Dialect

OPENLIT: Final = Dialect(
    name="OpenLIT",
    implies={"gen_ai.agent.role": "invoke_agent"},
    keys={"agent": ("gen_ai.agent.role",)},
)
