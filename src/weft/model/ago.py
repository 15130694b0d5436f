"""How long ago something was, in words."""


def ago(seconds: int) -> str:
    """Write how long ago a time was: `12 s ago`, `5 min ago`, `3 h ago`, `2 days ago`, or `now`."""
    for size, unit in ((86_400, "day"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            number = seconds // size
            return f"{number:,} {unit}s ago" if unit == "day" and number != 1 else f"{number:,} {unit} ago"
    return f"{seconds} s ago" if seconds > 0 else "now"
