"""Which hosts are inside, with everything an attacker would try to make a public one look so."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weft.instrument.trust.hosts import is_inside, pattern


def words(text: str) -> list[str]:
    return text.split()


PROVIDERS = words(
    """
    api.openai.com api.anthropic.com generativelanguage.googleapis.com us-east1-aiplatform.googleapis.com
    openrouter.ai api.mistral.ai api.groq.com api.deepseek.com api.cohere.com api.together.xyz
    api.fireworks.ai
    api.x.ai api.perplexity.ai router.huggingface.co my-resource.openai.azure.com ollama.com
    bedrock-runtime.us-east-1.amazonaws.com integrate.api.nvidia.com
"""
)

INSIDE = words(
    """
    localhost LOCALHOST localhost. app.localhost 127.0.0.1 127.255.0.9 ::1 [::1] 0.0.0.0 :: 10.1.2.3
    172.16.0.1 172.31.255.255 192.168.1.1 169.254.10.10 100.64.0.1 fd00::1 fe80::1 fe80::1%eth0
    [fe80::1%25eth0] ::ffff:10.0.0.1 ::ffff:127.0.0.1 [::FFFF:7F00:1] research-agent research_agent agent2
    db.internal printer.local web.default.svc web.default.svc.cluster.local host.docker.internal
    ip-10-0-0-1.ec2.internal nas.home.arpa box.lan /run/agent.sock
"""
)

ODDLY_SPELT = words("2130706433 0x7f.1 0X7F000001 0177.0.0.1 127.1 0 0xa000001")

PUBLIC_ADDRESSES = words(
    """
    8.8.8.8 134744072 0x08080808 0x8.0x8.0x8.0x8 010.8.8.8 8.8.2056 2001:4860:4860::8888
    [2001:4860:4860::8888]
    ::ffff:8.8.8.8 ::ffff:808:808 172.15.0.1 172.32.0.1 192.167.1.1 100.128.0.1 11.0.0.1 169.253.0.1
"""
)

LEAD_TO_PUBLIC_ADDRESSES_OR_NOWHERE = words(
    """
    2002:808:808:: 64:ff9b::8.8.8.8 64:ff9b:1::808:808 2001:0:808:808::1 ::8.8.8.8 ::10.0.0.1 198.18.0.1
    192.0.2.1 224.0.0.1 255.255.255.255 fec0::1 2001:db8::1
"""
)

ONLY_LOOK_INSIDE = words(
    """
    localhost.evil.com 127.0.0.1.evil.com 10.0.0.1.nip.io evil-localhost.com internal.com evil.internal.com
    evilinternal.com evil.notlocal 10.evil 1.2.3.4.5 0x7f.1.evil.com svc.com fc.example.com ai. com. io. dev.
"""
)

AROUND_A_HOST = words(
    r"""
    localhost@evil.com evil.com@localhost user:pw@localhost localhost:80 evil.com:80 evil.com#.local
    evil.com?.local evil.com/.local evil.com\.local . .. ... [] [ localhost.. a..local .local * *.local ?
    localhost%.evil.com localhost%25.evil.com evil.com%.local 127.0.0.1%evil.com 8.8.8.8%eth0
"""
)

UNPRINTABLE = [
    "evil.com\x00.local",
    "evil.com .local",
    "evil.com\n.local",
    "127.0.0.1 evil.com",
    "127.0.0.1\tx",
    " ",
]

# What IDNA makes of these has ASCII dots and letters.
BEYOND_ASCII = words(
    """
    api\u3002openai\u3002com api\uff0eopenai\uff0ecom api\uff61openai\uff61com evil\u2024com evil.com\u00ad
    openai\u3002com.local\u3002evil.com \uff41\uff50\uff49.openai.com
    \u24d4\u24e5\u24d8\u24db\u3002com bücher bücher.local
"""
)


@pytest.mark.parametrize("host", PROVIDERS)
@pytest.mark.parametrize("spelt", ["{}", "{}.", " {}", "{} "])
def test_public_model_providers_are_outside(host: str, spelt: str) -> None:
    assert not is_inside(spelt.format(host))
    assert not is_inside(spelt.format(host).upper())


@pytest.mark.parametrize("host", ["", *INSIDE])
def test_this_machine_and_private_networks_are_inside(host: str) -> None:
    assert is_inside(host)


@pytest.mark.parametrize("host", ODDLY_SPELT)
def test_an_address_is_known_in_every_spelling_that_resolvers_take(host: str) -> None:
    assert is_inside(host)


@pytest.mark.parametrize(
    "host",
    [
        *PUBLIC_ADDRESSES,
        *LEAD_TO_PUBLIC_ADDRESSES_OR_NOWHERE,
        *ONLY_LOOK_INSIDE,
        *AROUND_A_HOST,
        *UNPRINTABLE,
        *BEYOND_ASCII,
    ],
)
def test_what_is_not_surely_inside_is_outside(host: str) -> None:
    assert not is_inside(host)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_inside_exactly_where_the_registries_say_so(address: object) -> None:
    text = str(address)
    first, second, *_ = (int(part) for part in text.split("."))
    private = (
        first in {10, 127}
        or (first, second) in {(192, 168), (169, 254)}
        or (first == 172 and 16 <= second < 32)
        or (first == 100 and 64 <= second < 128)
        or text == "0.0.0.0"
    )
    number = int.from_bytes(socket.inet_aton(text), "big")
    for spelt in (text, str(number), f"{number:#x}", f"::ffff:{text}", f"[::ffff:{text}]"):
        assert is_inside(spelt) is private, spelt


@given(st.ip_addresses(v=6))
def test_an_ipv6_address_is_inside_in_all_of_its_spellings_or_in_none(address: object) -> None:
    long = ip_address(str(address)).exploded
    assert (
        is_inside(str(address)) == is_inside(long) == is_inside(f"[{long.upper()}]") == is_inside(f"{long}%1")
    )


@given(st.text(max_size=30) | st.text("abc.1:%[]/@\\", max_size=20))
def test_whatever_stands_before_a_public_suffix_it_is_outside(text: str) -> None:
    assert not is_inside(f"x{text}.example.com")
    assert not is_inside(f"x{text}@example.com")
    is_inside(text)


@pytest.mark.parametrize(
    ("named", "covered", "not_covered"),
    [
        (
            "api.example.com",
            "api.example.com API.EXAMPLE.COM.",
            "example.com x.api.example.com api.example.com.evil.com",
        ),
        ("Example.COM", "example.com", "example.org"),
        (
            "*.example.com",
            "a.example.com a.b.example.com",
            "example.com evilexample.com example.com.evil.com",
        ),
        ("*", "anything.com 8.8.8.8 2001:db8::1", ""),
        ("203.0.113.7", "203.0.113.7 3405803783 ::ffff:203.0.113.7", "203.0.113.8 203.0.113.7.evil.com"),
        ("203.0.113.0/24", "203.0.113.0 203.0.113.255", "203.0.114.1 2001:db8::1 evil.com"),
        ("203.0.113.9/24", "203.0.113.1", "203.0.114.1"),
        ("2001:db8::/32", "2001:db8::1 [2001:DB8:1::] 2001:db8::1%eth0", "2001:db9::1 32.1.13.184"),
        ("2001:db8::1", "2001:db8:0::1", "2001:db8::2"),
        (
            "bücher.example",
            "bücher.example BÜCHER.example xn--bcher-kva.example bücher\u3002example",
            "bucher.example",
        ),
        ("*.bücher.example", "a.bücher.example a.xn--bcher-kva.example", "bücher.example"),
    ],
)
def test_a_host_that_is_named_covers_itself_and_nothing_else(
    named: str, covered: list[str], not_covered: list[str]
) -> None:
    found = pattern(f" {named} ")
    for host in covered.split():
        assert found.covers(host, None), host
        assert found.covers(host, 443), host
    for host in not_covered.split():
        assert not found.covers(host, None), host


@pytest.mark.parametrize(
    ("named", "host"),
    [("example.com:8443", "example.com"), ("[2001:db8::1]:8443", "2001:db8::1"), ("*:8443", "x.com")],
)
def test_a_port_that_is_named_has_to_be_the_port(named: str, host: str) -> None:
    assert pattern(named).covers(host, 8443)
    assert not pattern(named).covers(host, 443)
    assert not pattern(named).covers(host, None)


NO_HOSTS = words(
    """
    . https://example.com example.com/x a.*.com ** *. *example.com a..com 10.0.0.0/33
    example.com:0 example.com:65536
    example.com:http example.com: [::1 [::1]x user@example.com
"""
)


@pytest.mark.parametrize("named", ["", " ", "a b.com", "a" * 70 + "é.com", *NO_HOSTS])
def test_what_names_no_host_is_refused(named: str) -> None:
    with pytest.raises(ValueError, match="is not a host"):
        pattern(named)


@given(st.text(max_size=30))
def test_no_text_makes_it_raise_anything_else(text: str) -> None:
    try:
        found = pattern(text)
    except ValueError:
        return
    found.covers(text, None)
