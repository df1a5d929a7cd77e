"""Who may have how many lines running: clients share evenly, and the batches of a client likewise."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple


class Demand(NamedTuple):
    """A batch that could run more lines. `running`: how many it has now; `wants`: how many more it could have;
    `served`: a number that grows with each time it got some, so that nobody is always the last.
    """

    batch: str
    client: str
    running: int
    wants: int
    served: int = 0


def share_out(free: int, demands: Sequence[Demand]) -> dict[str, int]:
    """How many of the free places each batch gets: each goes to the client that has least, and there to the batch
    that has least; among equals, to whoever was served longest ago. Batches that get none are left out.
    """
    got: Counter[str] = Counter()
    of_client: defaultdict[str, list[tuple[int, int, str, int]]] = defaultdict(list)
    running: Counter[str] = Counter()
    for demand in demands:
        running[demand.client] += demand.running
        if demand.wants > 0:
            of_client[demand.client].append((demand.running, demand.served, demand.batch, demand.wants))
    clients = []
    for client, batches in of_client.items():
        heapq.heapify(batches)
        clients.append((running[client], min(batch[1] for batch in batches), client))
    heapq.heapify(clients)
    while free > 0 and clients:
        has, served, client = heapq.heappop(clients)
        batches = of_client[client]
        batch_has, batch_served, batch, wants = heapq.heappop(batches)
        got[batch] += 1
        free -= 1
        if wants > 1:
            heapq.heappush(batches, (batch_has + 1, batch_served, batch, wants - 1))
        if batches:
            heapq.heappush(clients, (has + 1, served, client))
    return dict(got)
