"""Who is speaking: the resource that every span of this process carries.

Arguments win over OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, which win over what is detected here.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

from opentelemetry.sdk.resources import Resource

import weft
from weft.model import keys

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue


def resource(
    service: str | None, service_version: str | None, attributes: Mapping[str, AttributeValue] | None
) -> Resource:
    """Describe this process.

    Args:
        service: ``service.name``.
        service_version: ``service.version``.
        attributes: Anything else; wins over the two above and over the environment.
    """
    detected: dict[str, AttributeValue] = {
        keys.SERVICE_INSTANCE_ID: str(uuid.uuid4()),
        keys.HOST_NAME: socket.gethostname(),
        keys.PROCESS_PID: os.getpid(),
        keys.TELEMETRY_DISTRO_NAME: "weft",
        keys.TELEMETRY_DISTRO_VERSION: weft.__version__,
    }
    given: dict[str, AttributeValue] = {}
    if service is not None:
        given[keys.SERVICE_NAME] = str(service)
    if service_version is not None:
        given[keys.SERVICE_VERSION] = str(service_version)
    if isinstance(attributes, Mapping):
        given.update(attributes)
    return Resource(detected).merge(Resource.create(given))
