"""The processes of a trace: its distinct resources, numbered in the order in which spans mention them.

Source: Jaeger v2.20.0, `internal/uimodel/converter/v1/json/process_hashtable.go`.
"""

from collections.abc import Iterable

import orjson

from weft.present.jaeger.spans import SERVICE_NAME, Resource
from weft.present.jaeger.tags import pair


def process_json(resource: Resource) -> bytes:
    """A resource as a process: its service, and its other attributes as tags."""
    tags = [pair(*attribute) for attribute in resource.attributes if attribute[0] != SERVICE_NAME]
    return b'{"serviceName":%b,"tags":[%b]}' % (orjson.dumps(resource.service), b",".join(tags))


class Processes:
    """Numbers the processes of one trace.

    Args:
        contents: All processes of the answer as JSON.
    """

    def __init__(self, contents: list[bytes]) -> None:
        self._contents = contents
        self._numbers: dict[bytes, int] = {}

    def keys(self, resource: Iterable[int]) -> list[bytes]:
        """The key (`p1`, `p2`, …) of the process of each span.

        Args:
            resource: The index of each span's resource among the contents.
        """
        key: dict[int, bytes] = {}
        for index in dict.fromkeys(resource):
            number = self._numbers.setdefault(self._contents[index], len(self._numbers) + 1)
            key[index] = b"p%d" % number
        return [key[index] for index in resource]

    def json(self) -> bytes:
        """The processes by key, as a JSON object."""
        members = [b'"p%d":%b' % (number, content) for content, number in self._numbers.items()]
        return b"{%b}" % b",".join(members)
