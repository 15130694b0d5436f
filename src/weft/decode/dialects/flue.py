"""Flue's tasks and tools.

Source: withastro/flue, its OpenTelemetry exporter.
"""

from typing import Final

from weft.decode.dialects.dialect import Dialect

FLUE: Final = Dialect(
    name="Flue",
    implies={"flue.tool.name": "execute_tool", "flue.task.agent": "invoke_agent"},
    keys={"agent": ("flue.task.agent",), "tool": ("flue.tool.name",)},
)
