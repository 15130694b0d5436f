"""Rows of `agents.sql` and `edges.sql` as what they say."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from weft.model.agent_statistics import AgentStatistics
from weft.model.edge_statistics import PARTS, EdgeStatistics, PartStatistics
from weft.model.hand_off import PartName
from weft.model.segment import SEGMENT_KINDS


def agents(rows: pa.Table, *, in_steps: bool) -> list[AgentStatistics]:
    """Read rows of `agents.sql`.

    Args:
        rows: The rows.
        in_steps: Whether each stands for a stretch of time.
    """
    return [
        AgentStatistics(
            agent=row["agent"],
            from_ns=row["from_ns"] if in_steps else None,
            traces=row["traces"],
            spans=row["spans"],
            path_p50_ns=row["path_ns"][0],
            path_p95_ns=row["path_ns"][1],
            share=row["share"],
            path_ns={kind: row[f"{kind}_ns"] for kind in SEGMENT_KINDS},
            origins=row["origins"],
            input_tokens=row["input_tokens"],
            output_tokens=row["output_tokens"],
            cost=row["cost"],
            unpriced=row["unpriced"],
        )
        for row in rows.to_pylist()
    ]


def edges(rows: pa.Table, *, in_steps: bool) -> list[EdgeStatistics]:
    """Read rows of `edges.sql`.

    Args:
        rows: The rows.
        in_steps: Whether each stands for a stretch of time.
    """
    return [
        EdgeStatistics(
            from_agent=row["from_agent"],
            to_agent=row["to_agent"],
            transport=row["transport"],
            from_ns=row["from_ns"] if in_steps else None,
            hand_offs=row["hand_offs"],
            failed=row["failed"],
            retried=row["retried"],
            parts={part: _part(row, part) for part in PARTS},
        )
        for row in rows.to_pylist()
    ]


def _part(row: Mapping[str, Any], part: PartName) -> PartStatistics:
    p50_ns, p95_ns, p99_ns = row[part]
    return PartStatistics(known=row[f"{part}_known"], p50_ns=p50_ns, p95_ns=p95_ns, p99_ns=p99_ns)
