"""The pool's verbs, typed: what `scripts/*.lua` takes and answers. Nothing here decides."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from proto.jobs import Lane
from proto.keys import Keys
from store.connection import Argument, Store
from store.scripts import Script, load_script
from tokens.credentials import Credential, Kind, Sealer, SealError, Secret
from tokens.outcomes import NEUTRAL, Outcome
from tokens.sources.base import RefreshVerdict

_FOLDER: Final = Path(__file__).parent / "scripts"


def _script(name: str) -> Script:
    return load_script(_FOLDER, name)


LEASE: Final = _script("lease")
RELEASE: Final = _script("release")
RENEW: Final = _script("renew")
PUT: Final = _script("put")
WITHDRAW: Final = _script("withdraw")
DROP: Final = _script("drop")
REFRESH_BEGIN: Final = _script("refresh_begin")
REFRESH_FAILED: Final = _script("refresh_failed")
REFILL_BEGIN: Final = _script("refill_begin")
REFILL_END: Final = _script("refill_end")
STATS: Final = _script("stats")
PAUSE: Final = _script("pause")
RESEAL: Final = _script("reseal")
LENT: Final = _script("lent")
PRESENT: Final = _script("present")
ABSENT: Final = _script("absent")


_STORED: Final = ("kind", "bearer", "refresh", "expires", "account")


class State(StrEnum):
    """Where a token stands."""

    READY = "ready"
    COOLING = "cooling"
    EXHAUSTED = "exhausted"
    QUARANTINED = "quarantined"
    STALE = "stale"
    DEAD = "dead"
    WITHDRAWN = "withdrawn"
    PAUSED = "paused"


class Reason(StrEnum):
    """Why nothing can be lent, the most hopeful first."""

    BUSY = "busy"
    REFRESHING = "refreshing"
    COOLING = "cooling"
    STALE = "stale"
    QUARANTINED = "quarantined"
    EXHAUSTED = "exhausted"
    DEAD = "dead"
    PAUSED = "paused"
    EMPTY = "empty"


class Switch(StrEnum):
    """Whether a lease is asked for because another token failed the job."""

    NO = ""
    FIRST = "first"
    AGAIN = "again"


class Granted(NamedTuple):
    """A lease. `ready` counts the ready tokens, `due` those that wait for a refresh."""

    lease_id: str
    token_id: str
    bearer: Secret
    generation: int
    tier: int
    ready: int
    due: int


class Refused(NamedTuple):
    """Why nothing was lent, and in how many seconds that may change."""

    reason: Reason
    wait: float
    detail: str
    due: int


class RefreshHeld(NamedTuple):
    """Somebody else refreshes; when a generation after this one is there, they had luck."""

    generation: int


class RefreshTurn(NamedTuple):
    """The right to one attempt. `unfinished`: an earlier attempt by another never told how it ended."""

    attempt: int
    generation: int
    credential: Credential
    source: str
    unfinished: bool


class Lent(NamedTuple):
    """A token in a borrower's hands. `rest` is the seconds until it comes back, where it rests."""

    token_id: str
    state: State
    bearer: Secret
    expires: int
    account: str
    kind: Kind
    generation: int
    refreshable: bool
    rest: float


class TokenRow(NamedTuple):
    """What may be shown of a token. Times are Unix milliseconds by Redis' clock, 0 for none.

    `last` is the latest bad word about the token, of the upstream or of a refresh, and `last_at` when it came.
    """

    token_id: str
    tier: int
    source: str
    kind: str
    account: str
    state: State
    cause: str
    in_flight: int
    expires: int
    rests_until: int
    generation: int
    refreshable: bool
    stale: bool
    not_before: int
    strikes: int
    withdrawn: int
    last_at: int = 0
    last: str = ""


class Snapshot(NamedTuple):
    """The pool at one moment. Counters are `<name>:<tier>`; `capacity` is None until a first refill has counted."""

    now: int
    counters: dict[str, int]
    capacity: int | None
    passes: int
    rows: list[TokenRow]


class Verbs:
    """One method a script."""

    def __init__(self, store: Store, keys: Keys, sealer: Sealer) -> None:
        self._store = store
        self._sealer = sealer
        names = ("ready", "resting", "stale", "leases", "tokens", "stats", "token:")
        self._keys = [keys.pool(name) for name in names]
        self._refill_key = keys.pool("refill")

    async def lease(
        self,
        nonce: str,
        ttl: float,
        lane: Lane,
        concurrency: int,
        switch: Switch,
        tried: Sequence[str],
        wanted: str = "",
    ) -> Granted | Refused:
        """Lend a token: the one that is `wanted`, if it is free, else the best.

        Raises:
        SealError: the token's secret cannot be opened with the configured keys.
        """
        reply = await self._run(LEASE, nonce, _ms(ttl), lane, concurrency, switch, wanted, *tried)
        if reply[0] != b"lease":
            return Refused(Reason(reply[0].decode()), reply[1] / 1000, reply[2].decode(), reply[3])
        _, lease_id, token_id, sealed, generation, tier, ready, due = reply
        try:
            bearer = self._sealer.open(sealed)
        except SealError:
            await self.release(lease_id.decode(), NEUTRAL)
            raise
        return Granted(lease_id.decode(), token_id.decode(), bearer, generation, tier, ready, due)

    async def release(self, lease_id: str, outcome: Outcome, *, keep: bool = False) -> tuple[str, str]:
        """Where the token stands now ('' if the outcome changed nothing, 'gone' if it was not held), and why.

        With `keep` the outcome is told and the lease goes on.
        """
        reply = await self._run(RELEASE, lease_id, outcome.verdict, _ms(outcome.rest), "keep" if keep else "")
        return reply[0].decode(), reply[1].decode() if len(reply) > 1 else ""

    async def renew(self, lease_ids: Sequence[str], ttl: float) -> list[str]:
        """The leases that were lost."""
        return [lease.decode() for lease in await self._run(RENEW, _ms(ttl), *lease_ids)]

    async def put(self, credential: Credential, tier: int, source: str, generation: int = 0) -> str:
        """`created`, `replaced` or `kept`."""
        args = (
            credential.token_id,
            generation,
            tier,
            source,
            credential.kind,
            credential.account,
            credential.expires,
            int(bool(credential.refresh_token)),
            self._sealer.seal(credential.bearer),
            self._sealer.seal(credential.refresh_token),
            credential.print,
        )
        # What a refresh has brought exists nowhere else.
        reply = await self._store.run_for_good(PUT, self._keys, args)
        told: str = reply[0].decode()
        return told

    async def withdraw(self, token_ids: Sequence[str]) -> int:
        """How many were in the pool."""
        return int(await self._run(WITHDRAW, *token_ids)) if token_ids else 0

    async def drop(self, token_ids: Sequence[str]) -> int:
        """How many were in the pool."""
        return int(await self._run(DROP, *token_ids)) if token_ids else 0

    async def pause(self, token_ids: Sequence[str]) -> list[str]:
        """Take tokens out of lending until they are resumed; where each stands now, or `gone`."""
        return [told.decode() for told in await self._run(PAUSE, "pause", *token_ids)]

    async def resume(self, token_ids: Sequence[str]) -> list[str]:
        """Lend paused tokens again, and dead ones, whose account is in order again; answers as `pause` does."""
        return [told.decode() for told in await self._run(PAUSE, "resume", *token_ids)]

    async def credentials(self, token_ids: Sequence[str]) -> list[Credential]:
        """What is stored of these tokens, as far as they are there.

        Raises:
            SealError: a secret cannot be opened with the configured keys.
        """
        found = []
        for token_id in token_ids:
            reply = await self._store.command("HMGET", f"{self._keys[-1]}{token_id}", *_STORED)
            if None in reply:
                continue
            kind, bearer, refresh, expires, account = reply
            secrets = self._sealer.open(bearer), self._sealer.open(refresh)
            found.append(Credential(token_id, Kind(kind.decode()), *secrets, int(expires), account.decode()))
        return found

    async def lent(self, lease_ids: Sequence[str]) -> list["Lent | None"]:
        """The tokens of these leases; None for a lease that is over.

        Raises:
            SealError: a token's secret cannot be opened with the configured keys.
        """
        return [self._lent(row) if row else None for row in await self._run(LENT, *lease_ids)]

    def _lent(self, row: list[Any]) -> "Lent":
        token_id, state, bearer, expires, account, kind, generation, refreshable, rests_until, now = row
        rest = max(0, rests_until - now) / 1000
        return Lent(
            token_id.decode(),
            State(state.decode()),
            self._sealer.open(bearer),
            expires,
            account.decode(),
            Kind(kind.decode()),
            generation,
            refreshable == 1,
            rest,
        )

    async def reseal(self) -> tuple[int, int]:
        """Seal every stored secret anew with the first key: how many tokens were, and how many changed meanwhile.

        Raises:
            SealError: a secret cannot be opened with the configured keys; those before it are done.
        """
        done = changed = 0
        for row in (await self.snapshot()).rows:
            stored = await self._store.command("HMGET", f"{self._keys[-1]}{row.token_id}", "bearer", "refresh")
            if None in stored:
                continue
            sealed = [self._sealer.seal(self._sealer.open(each)) for each in stored]
            ours = await self._run(RESEAL, row.token_id, *stored, *sealed)
            done, changed = done + ours, changed + 1 - ours
        return done, changed

    async def refresh_begin(
        self, token_id: str, owner: str, lock: float, generation: int, *, waited: bool
    ) -> RefreshTurn | RefreshHeld | str:
        """The right to refresh, or who has it, or why not: `newer`, `failed`, `gone`, `dead`.

        Raises:
            SealError: the token's secrets cannot be opened with the configured keys.
        """
        reply = await self._run(REFRESH_BEGIN, token_id, owner, _ms(lock), generation, int(waited))
        if reply[0] == b"held":
            return RefreshHeld(reply[1])
        if reply[0] != b"mine":
            told: str = reply[0].decode()
            return told
        _, attempt, generation, kind, bearer, refresh, account, source, unfinished = reply
        try:
            secrets = self._sealer.open(bearer), self._sealer.open(refresh)
        except SealError:
            await self._run(REFRESH_FAILED, token_id, attempt, generation, RefreshVerdict.SEALED)
            raise
        credential = Credential(token_id, Kind(kind.decode()), *secrets, account=account.decode())
        return RefreshTurn(attempt, generation, credential, source.decode(), bool(unfinished))

    async def refresh_failed(self, turn: RefreshTurn, verdict: RefreshVerdict) -> str:
        """Where the token stands, or `overtaken`, or `gone`."""
        told: bytes = await self._run(REFRESH_FAILED, turn.credential.token_id, turn.attempt, turn.generation, verdict)
        return told.decode()

    async def refill_begin(self, owner: str, lock: float, passes_seen: int) -> tuple[str, int]:
        """`mine`, `held` or `done`, and the passes done."""
        told, passes = await self._store.run(REFILL_BEGIN, [self._refill_key], [owner, _ms(lock), passes_seen])
        return told.decode(), passes

    async def refill_end(self, owner: str, capacity: int) -> bool:
        """Whether the pass was still ours."""
        return bool(await self._store.run(REFILL_END, [self._refill_key], [owner, capacity]))

    async def snapshot(self) -> Snapshot:
        """All that may be shown."""
        reply = await self._store.run(STATS, [*self._keys, self._refill_key], [])
        now, counters, capacity, passes, rows = reply
        return Snapshot(
            now,
            {counters[i].decode(): int(counters[i + 1]) for i in range(0, len(counters), 2)},
            int(capacity) if capacity else None,
            passes,
            sorted((_row(row) for row in rows), key=lambda row: (row.tier, row.token_id)),
        )

    async def _run(self, script: Script, *args: Argument) -> Any:
        return await self._store.run(script, self._keys, args)


def _row(row: list[Any]) -> TokenRow:
    token_id, state, values = row
    texts = [(value or b"").decode() for value in values]
    _, _, rests, stale, tier, source, kind, account, cause, *numbers, last = texts
    in_flight, expires, generation, refreshable, not_before, strikes, withdrawn, last_at = [
        int(each or 0) for each in numbers
    ]
    return TokenRow(
        token_id=token_id.decode(),
        tier=int(tier),
        source=source,
        kind=kind,
        account=account,
        state=State(state.decode()),
        cause=cause,
        in_flight=in_flight,
        expires=expires,
        rests_until=int(rests),
        generation=generation,
        refreshable=refreshable == 1,
        stale=stale == "1",
        not_before=not_before,
        strikes=strikes,
        withdrawn=withdrawn,
        last_at=last_at,
        last=last,
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
