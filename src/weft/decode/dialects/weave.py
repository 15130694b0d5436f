"""Weights & Biases Weave's OpenTelemetry endpoint, beside OTel GenAI."""

from typing import Final

from weft.decode.dialects.dialect import Dialect

WEAVE: Final = Dialect(
    name="W&B Weave",
    keys={"conversation": ("wandb.thread_id",)},
)
