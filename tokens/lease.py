"""A token in a job's hands."""

from tokens.outcomes import NEUTRAL, Outcome
from tokens.verbs import Granted


class Lease:
    """Held from the request until the last event; the pool takes it back once, with what the holder learned.

    `generation` tells `TokenPool.refresh_now` which bearer was refused. `lost` is set when the lease ran out because
    it was not renewed in time: the stream may go on, but the token no longer counts it.
    """

    __slots__ = ("_bearer", "generation", "id", "learned", "lost", "released", "tier", "token_id")

    def __init__(self, granted: Granted) -> None:
        self.id = granted.lease_id
        self.token_id = granted.token_id
        self.tier = granted.tier
        self.generation = granted.generation
        self._bearer = granted.bearer
        self.learned: Outcome = NEUTRAL
        self.lost = False
        self.released = False

    @property
    def authorization(self) -> str:
        """The header's value. Do not keep it, do not log it."""
        return f"Bearer {self._bearer.reveal()}"

    def outcome(self, outcome: Outcome) -> None:
        """Say what the upstream made of the token; the last word before the lease ends counts."""
        self.learned = outcome

    def __repr__(self) -> str:
        return f"<Lease of {self.token_id}>"
