"""Which machine a host is likely on, as its resource says: a hint at one clock, never proof."""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Final

from weft.model.span import Value, text

_NODE: Final = "k8s.node.name"
#: Jaeger's clients write `ip`; of OpenTelemetry's `host.ip`, a list, the first address that others can reach.
_ADDRESSES: Final = ("ip", "host.ip", "k8s.pod.ip")
#: By default a node of a cluster has a /24 (of IPv6 a /64) for its pods (kube-controller-manager,
#: --node-cidr-mask-size-ipv4).
_PREFIX: Final = {4: 24, 6: 64}
_LONGEST: Final = 1_000


def machine(resource: Mapping[str, Value]) -> str | None:
    """Name the machine that a resource is likely on; None when it does not say.

    Args:
        resource: Attributes of a process, not to be trusted.
    """
    if node := text(resource.get(_NODE)):
        return f"node {node}"
    for key in _ADDRESSES:
        for address in text(resource.get(key))[:_LONGEST].strip("[]").split(","):
            if network := _network(address.strip(' "')):
                return network
    return None


def _network(written: str) -> str | None:
    try:
        address = ip_address(written)
    except ValueError:
        return None
    if address.is_loopback or address.is_link_local:
        return None
    return f"network {ip_network((address.packed, _PREFIX[address.version]), strict=False)}"
