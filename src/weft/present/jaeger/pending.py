"""Spans that have not ended, as Jaeger's JSON can say it: tags to search for, a warning to read.

Jaeger has no such spans: each is shown with the duration that it had when it was last announced.
"""

import numpy as np
import pyarrow as pa

from weft.model import pending
from weft.model.values import BOOL, INT
from weft.present.jaeger.columns import plain
from weft.present.jaeger.spans import Spans
from weft.present.jaeger.tags import pair


def mark_open(table: pa.Table, spans: Spans) -> list[bytes]:
    """Warn of the spans that have not ended.

    Args:
        table: The columns `state` and `silent_s`, as `weft.query.open_spans` gives them.
        spans: Their warnings are added to.

    Returns:
        The tags of each span, joined by commas; none for those that have ended.
    """
    state = plain(table.column("state")).to_numpy()
    silent_s = plain(table.column("silent_s")).to_numpy()
    tags = [b""] * len(state)
    for row in np.flatnonzero(state).tolist():
        own = pending.STATES[state[row]]
        silent = int(silent_s[row])
        spans.warnings[row].append(pending.words(own, silent))
        written = [pair(pending.PENDING, "true", BOOL), pair(pending.SILENT_S, str(silent), INT)]
        if own == "lost":
            written.append(pair(pending.LOST, "true", BOOL))
        tags[row] = b",".join(written)
    return tags
