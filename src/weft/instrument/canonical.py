"""Plain data as text: equal data gives equal text, other data another one, in every process."""

from __future__ import annotations

from typing import Any, Final

#: Characters that the text of all values may take: it is written and hashed within 0.3 ms.
ROOM: Final = 1 << 16
_EACH: Final = 64  # characters that every value takes of it at least: a thousand values are enough
_DEEP: Final = 32  # lists within lists; also the end of a list that contains itself


class Canonical:
    """Writes values as text, together no more than fits into its room.

    Plain data is None, bool, int, float, str and bytes, and lists, tuples, dicts and sets of it. Only these
    very types are: a subclass may have methods of its own, and no code of anybody's is called here. Dicts and
    sets are written in the order of their text, whatever order they are in.
    """

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = ROOM

    def text(self, value: Any, depth: int = 0) -> str:
        """Write a value. Its end can be told: texts one after the other are those of no other values.

        Args:
            value: Anything.
            depth: How many containers it is in.

        Raises:
            ValueError: It is no plain data, or there is no room for it.
        """
        # Compared one by one: a table of types would call the __hash__ of a foreign type's own type.
        kind = type(value)
        if kind is str:
            self._take(len(value))
            return f"s{len(value)}:{value}"
        if value is None:
            self._take(0)
            return "n"
        if kind is bool:
            self._take(0)
            return "t" if value else "f"
        if kind is int:
            self._take(value.bit_length() // 4)
            return f"i{value:x};"  # decimal digits take quadratic time
        if kind is float:
            self._take(0)
            return f"d{value!r};"
        if kind is bytes:
            self._take(len(value))
            return f"b{len(value)}:{value.decode('latin-1')}"
        return self._container(value, depth + 1)

    def _container(self, value: Any, depth: int) -> str:
        self._take(0)
        if depth > _DEEP:
            raise ValueError("too deep")
        text, kind = self.text, type(value)
        if kind is dict:
            pairs = [text(key, depth) + text(held, depth) for key, held in value.items()]
            return f"{{{''.join(sorted(pairs))}}}"
        if kind is list or kind is tuple:
            return f"[{''.join([text(held, depth) for held in value])}]"
        if kind is set or kind is frozenset:
            return f"<{''.join(sorted([text(held, depth) for held in value]))}>"
        raise ValueError("no plain data")

    def _take(self, characters: int) -> None:
        self._left -= _EACH + characters
        if self._left < 0:
            raise ValueError("too large")
