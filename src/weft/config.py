"""One settings object for the backend; every setting has a flag and an environment variable."""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_UNITS = {"d": 86_400, "h": 3_600, "w": 7 * 86_400}


def default_data() -> Path:
    """Where the backend keeps its data when nobody says: the XDG data directory."""
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "weft"


def parse_retention(value: Any) -> Any:
    """Read `7d`, `48h` or `2w`.

    Raises:
        ValueError: It is something else.
    """
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d{1,5})([dhw])", value.strip().lower())
    if not match or not int(match[1]):
        raise ValueError(f"{value!r} is not a retention; write a number with d, h or w, such as 7d")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


class Settings(BaseSettings):
    """What `weft up` can be told, as arguments or as `WEFT_*` variables (an argument wins).

    Attributes:
        data: Directory of the journal and the store.
        host: Address that all three ports bind to.
        grpc_port: OTLP/gRPC.
        http_port: OTLP/HTTP.
        ui_port: The query API.
        retention: How long spans are kept after they arrived; whole days are dropped.
        journal_bytes: The most that the journal holds; beyond it senders are told to come later.
        lost_after: Seconds after which a span that is open and not heard of any more is lost; agents announce
            it every five.
        settled_after: Seconds after which a trace is explained for `weft agents` and `weft edges` when
            nothing more of it has arrived.
        prices: A file with what models cost, which comes before the published prices
            (`weft.analyse.usage.price_file`).
        token: What senders and readers must show (`Authorization: Bearer …`); needed to listen on anything
            but loopback.
    """

    model_config = SettingsConfigDict(env_prefix="WEFT_", env_ignore_empty=True, frozen=True, extra="forbid")

    data: Path = Field(default_factory=default_data)
    host: str = "127.0.0.1"
    grpc_port: int = Field(default=4317, ge=0, le=65_535)
    http_port: int = Field(default=4318, ge=0, le=65_535)
    ui_port: int = Field(default=16_686, ge=0, le=65_535)
    retention: Annotated[timedelta, BeforeValidator(parse_retention)] = timedelta(days=14)
    journal_bytes: int = Field(default=1 << 30, ge=128 << 20)
    lost_after: int = Field(default=20, ge=1)
    settled_after: int = Field(default=10, ge=0)
    prices: Path | None = None
    token: SecretStr | None = Field(default=None, min_length=16)
