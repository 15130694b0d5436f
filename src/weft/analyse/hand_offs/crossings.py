"""Finds the crossings: where work goes from one agent or process to another.

What one call leaves in a trace is one crossing: the agent's span of calling another one, the HTTP client's
span below it, the server's span, and the span of the agent that takes over.
"""

from bisect import bisect_right
from typing import Final

from weft.analyse.hand_offs.approvals import asks_human
from weft.analyse.hand_offs.crossing import HANDING, Crossing
from weft.analyse.hand_offs.hosts import Hosts
from weft.analyse.hand_offs.stamps import is_known
from weft.analyse.reading import Reading
from weft.model import keys
from weft.model.hand_off import HandOffKind

_CARRIERS_OF_A_START: Final = (keys.CARRIER_ENVIRONMENT, keys.CARRIER_PROCESS, keys.CARRIER_TASK)


def find_crossings(reading: Reading, hosts: Hosts) -> list[Crossing]:
    """Give every crossing of a trace, tries of the same hand-off one by one."""
    return _Search(reading, hosts).crossings()


class _Search:
    def __init__(self, reading: Reading, hosts: Hosts) -> None:
        self._reading = reading
        self._hosts = hosts
        self._found: list[Crossing] = []
        # For each span the outermost span, in its process, of the call or sending that it belongs to, or -1.
        self._leads: list[int] = []
        self._answered: set[int] = set()  # leads with a receiver
        self._started: dict[tuple[int, int], Crossing] = {}  # by parent and process
        self._handed: dict[int, list[tuple[int, int]]] = {}  # by who runs the agents: start and span

    def crossings(self) -> list[Crossing]:
        self._find_leads()
        self._find_handing()
        spans, parents = self._reading.tree.spans, self._reading.tree.parents
        agents, processes = self._reading.agents, self._reading.processes
        for index, span in enumerate(spans):
            if index:
                parent = parents[index]
                if processes[index] != processes[parent] or agents[index] != agents[parent]:
                    self._from_parent(parent, index)
                elif span.kind in ("consumer", "server"):
                    self._answered.add(self._leads[parent])  # by the same agent, in the same process
            if span.links:
                self._from_links(index)
        self._find_unanswered()
        self._find_approvals()
        return self._found

    def _find_leads(self) -> None:
        reading = self._reading
        spans, parents, processes = reading.tree.spans, reading.tree.parents, reading.processes
        for index, callee in enumerate(reading.callees or ("",) * len(spans)):
            lead = -1
            if index and processes[index] == processes[parents[index]]:
                lead = self._leads[parents[index]]
            if lead < 0 and (callee or spans[index].kind == "producer"):
                lead = index
            self._leads.append(lead)

    def _find_handing(self) -> None:
        """Spans that say that an agent hands over to the next one, which is its sibling."""
        reading = self._reading
        spans, parents, agents = reading.tree.spans, reading.tree.parents, reading.agents
        tops: list[int] = []  # the first span of the same agent in the same process, above each span
        for index, span in enumerate(spans):
            same = index and agents[index] == agents[parents[index]] and not reading.crosses(index)
            tops.append(tops[parents[index]] if same else index)
            if span.work.operation == HANDING and (above := parents[tops[index]]) >= 0:
                self._handed.setdefault(above, []).append((reading.start_ns[index], index))
        for handed in self._handed.values():
            handed.sort()

    def _from_parent(self, parent: int, index: int) -> None:
        reading = self._reading
        spans = reading.tree.spans
        if not is_known(spans[index], spans[parent]):
            return  # the tree had to put it somewhere
        if self._is_more_of_the_same(parent, index):
            return
        kind = self._kind(parent, index)
        sender, lead = parent, index
        if kind == "delegation":
            sender = self._handing(parent, index)
        elif spans[parent].kind in ("client", "producer") or self._leads[parent] >= 0:
            lead = self._leads[parent] if self._leads[parent] >= 0 else parent
        crossing = Crossing(kind, "parent", sender, index, lead)
        if kind == "spawn":
            self._started[parent, reading.processes[index]] = crossing
        self._answered.add(self._leads[parent])
        self._found.append(crossing)

    def _kind(self, sender: int, receiver: int) -> HandOffKind:
        spans = self._reading.tree.spans
        one, other = spans[sender], spans[receiver]
        if other.kind == "server":
            return "call"
        if other.kind == "consumer" or one.kind == "producer":
            return "message"
        if not self._reading.crosses(receiver):
            queued = other.attributes.get(keys.PROPAGATION_CARRIER) == keys.CARRIER_QUEUE
            return "message" if queued else "delegation"
        if one.kind == "client":
            return "call"
        if other.attributes.get(keys.PROPAGATION_CARRIER) in _CARRIERS_OF_A_START:
            return "spawn"
        if keys.PROPAGATION_OUTCOME in other.attributes or one.kind == other.kind == "unspecified":
            return "call"  # something arrived by a transport of its own; or nobody says kinds
        return "spawn" if self._hosts.same(sender, receiver) else "call"

    def _is_more_of_the_same(self, parent: int, index: int) -> bool:
        """Whether a process that was started does more; a task of a pool tells that it is another one."""
        earlier = self._started.get((parent, self._reading.processes[index]))
        if earlier is None:
            return False
        span = self._reading.tree.spans[index]
        if span.kind in ("server", "consumer") or keys.PROPAGATION_OUTCOME in span.attributes:
            return False
        earlier.also.append(index)
        return True

    def _handing(self, parent: int, index: int) -> int:
        """The span of handing over to this agent, or else the one that runs it."""
        reading = self._reading
        handed = self._handed.get(parent, ())
        place = bisect_right(handed, (reading.start_ns[index], index)) - 1
        if place >= 0 and reading.agents[handed[place][1]] != reading.agents[index]:
            return handed[place][1]
        return parent

    def _from_links(self, index: int) -> None:
        reading = self._reading
        spans, stops = reading.tree.spans, reading.tree.stops
        for linked in reading.tree.links[index]:
            if linked < index < stops[linked] or index < linked < stops[index]:
                continue  # its parent says the same, or it links to what it began itself
            sends = spans[linked].kind == "producer"
            lead = self._leads[linked]
            if sends or lead >= 0:
                self._answered.add(lead)
            elsewhere = reading.processes[linked] != reading.processes[index]
            if elsewhere or (sends and reading.agents[linked] != reading.agents[index]):
                calls = spans[linked].kind == "client" and spans[index].kind == "server"
                self._found.append(
                    Crossing(
                        "call" if calls else "message", "link", linked, index, lead if lead >= 0 else linked
                    )
                )

    def _find_unanswered(self) -> None:
        """Calls of agents, and messages, that nobody reported to have taken."""
        spans = self._reading.tree.spans
        for index, lead in enumerate(self._leads):
            if lead == index and index not in self._answered:
                kind: HandOffKind = "message" if spans[index].kind == "producer" else "call"
                self._found.append(Crossing(kind, "none", index, None, index))

    def _find_approvals(self) -> None:
        reading = self._reading
        parents = reading.tree.parents
        asking: list[bool] = []
        for index, span in enumerate(reading.tree.spans):
            if index and asking[parents[index]] and not reading.crosses(index):
                asking.append(True)
                continue
            asks = asks_human(span)
            if asks:
                self._found.append(Crossing("approval", "parent", max(parents[index], 0), index, index))
            asking.append(asks)
