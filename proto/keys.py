"""Every Redis key, once: its type, what it holds, who writes it, who reads it, how long it lives.

All keys of one deployment's jobs share one hash tag and those of its token pool another, so a script may touch
several keys; a Redis Cluster spreads deployments, not one deployment.
"""

from typing import NamedTuple


class JobKeys(NamedTuple):
    """The keys that the verbs of one job touch, in the order its scripts expect them.

    | key | type | holds |
    |---|---|---|
    | record | hash | status, lane, client, attempt, seq, times, reply header; lives as long as the log |
    | payload | string | the encoded `ChatJob`; deleted with the terminal event |
    | log | stream | one entry a flush, id `<seq>-0`, field `e` = encoded events |
    | waiting | zset | ids of queued jobs of the deployment, by deadline (ms) |
    | waiting:<lane> | zset | those of one lane, by when they were last enqueued (ms); its name follows from `waiting` |
    | waiting:<lane>:pace | hash | `every`, the mean ms between two claims while others wait, and `last`; 10 min |
    | waiting:<lane>:took | string | mean ms from admission to end of the jobs that ran; 10 min |
    | waiting_bytes | string | payload bytes of the waiting jobs; changes only with `waiting` |
    | leases | zset | ids of running jobs, by lease end (ms) |

    Two more follow from `waiting`: the zset `Keys.recent` and the channel `Keys.monitor_channel`.
    """

    record: str
    payload: str
    log: str
    waiting: str
    waiting_bytes: str
    leases: str


class BatchKeys(NamedTuple):
    """The keys of one batch, in the order its scripts expect them. All live as long as the record.

    | key | type | holds |
    |---|---|---|
    | record | hash | what `proto/batches.py` reads: spec, status, times, counts, cursor |
    | running | hash | by line number, the encoded `Taken` of every line that is with a job now; bounded by the window |
    | done | list | `<line> <job id> <status> <code>` of jobs that have ended, pushed by the script that ends them |
    | retry | zset | encoded `Taken` of lines that are to run again, by when (ms) |
    | out | list | the encoded `Part`s of results, in order; Anthropic's hold every outcome |
    | err | list | likewise the failed lines of OpenAI's |
    """

    record: str
    running: str
    done: str
    retry: str
    out: str
    err: str


class Keys:
    """Key names of one deployment; two deployments with different names may share a server."""

    def __init__(self, deployment: str = "warp2api") -> None:
        self.jobs_tag = f"{{{deployment}:jobs}}"
        self.pool_tag = f"{{{deployment}:pool}}"
        self.leases = f"{self.jobs_tag}:leases"
        self.waiting = f"{self.jobs_tag}:waiting"
        self.waiting_bytes = f"{self.jobs_tag}:waiting-bytes"
        #: Hash by lane: when the newest job that was ever claimed had been enqueued (ms); written at claim, read by the
        #: reaper, which knows by it whose message is lost. It stays.
        self.reached = f"{self.jobs_tag}:reached"
        #: String: since when somebody has been reaching the store without a long break (ms); written by workers and
        #: reapers, read by reapers, gone after a break.
        self.reachable = f"{self.jobs_tag}:reachable"

    @property
    def models(self) -> str:
        """String; the encoded `ModelOffer`, written by the keeper, read by the front doors; stays until the next."""
        return f"{self.jobs_tag}:models"

    @property
    def models_stale(self) -> str:
        """String; set by workers that were told that the list has changed, deleted by the keeper; an hour."""
        return f"{self.jobs_tag}:models-stale"

    @property
    def models_fetch(self) -> str:
        """String; there while nobody else is to ask the upstream for its list; its TTL is the pause between tries."""
        return f"{self.jobs_tag}:models-fetch"

    def record(self, job_id: str) -> str:
        """Hash; written by every verb of the job, read by the front door and the reaper."""
        return f"{self.jobs_tag}:job:{job_id}"

    def payload(self, job_id: str) -> str:
        """String; written at admission, read at claim, deleted at the terminal event."""
        return f"{self.jobs_tag}:payload:{job_id}"

    def log(self, job_id: str) -> str:
        """Stream; written by the worker that holds the job, read by every reader."""
        return f"{self.jobs_tag}:log:{job_id}"

    def client(self, client: str) -> str:
        """Set of ids of a client's jobs that have not ended; bounds its concurrency. Members leave as jobs end."""
        return f"{self.jobs_tag}:client:{client}"

    def rate(self, client: str) -> str:
        """String, a time in ms: when the client may again begin a whole minute's jobs at once. Written at admission."""
        return f"{self.jobs_tag}:rate:{client}"

    def binding(self, client: str, key: str) -> str:
        """Hash of job and request digest: what a client's idempotency key (as a digest) stands for, as long as the log.

        Written and read at admission.
        """
        return f"{self.jobs_tag}:idempotency:{client}:{key}"

    def response(self, client: str, job_id: str) -> str:
        """Hash of a kept answer of Responses: `input` and, once it has ended, `response` as JSON, and `previous`, the
        key of the answer before it. Written at admission and by the worker at the end; lives `RESPONSE_TTL` from the
        last use.
        """
        return f"{self.jobs_tag}:response:{client}:{job_id}"

    @property
    def responses(self) -> tuple[str, str, str]:
        """What bounds the kept answers, each changed only together with them: their keys by expiry (zset, ms), their
        bytes (hash by key), and the sum of these (string). They live as long as the answer that was used last.
        """
        return (f"{self.jobs_tag}:responses", f"{self.jobs_tag}:response-sizes", f"{self.jobs_tag}:response-bytes")

    def batch(self, batch_id: str) -> BatchKeys:
        """All keys of one batch."""
        record = f"{self.jobs_tag}:batch:{batch_id}"
        return BatchKeys(record, *[f"{record}:{name}" for name in BatchKeys._fields[1:]])

    @property
    def open_batches(self) -> str:
        """Zset of ids of batches that have not ended, by creation (ms). Members join at creation, leave at the end."""
        return f"{self.jobs_tag}:batches"

    @property
    def ended_batches(self) -> str:
        """Zset of ids of the latest 50 batches that have ended, by their end (ms); lives a day longer."""
        return f"{self.jobs_tag}:ended-batches"

    def client_batches(self, client: str, kind: str) -> str:
        """Zset of ids of a client's batches of one kind, ended ones too, by creation (ms); what its lists show. It
        lives as long as the newest of them.
        """
        return f"{self.jobs_tag}:client-batches:{client}:{kind}"

    @property
    def batch_runner(self) -> str:
        """String: the nonce of the keeper that runs the batches now; its TTL is the lease, its value the fence."""
        return f"{self.jobs_tag}:batch-runner"

    def file(self, file_id: str) -> str:
        """Hash of a file: client, filename, purpose, bytes, times (ms); written when the file is whole, until it is
        deleted or its time is over.
        """
        return f"{self.jobs_tag}:file:{file_id}"

    def file_parts(self, file_id: str) -> str:
        """List of a file's encoded `Part`s (`proto/batches.py`), in order; it lives as long as the file."""
        return f"{self.jobs_tag}:file-parts:{file_id}"

    def files(self, client: str) -> str:
        """Zset of a client's files by creation (ms); `…:<purpose>` holds those of one purpose. Members leave with
        their file.
        """
        return f"{self.jobs_tag}:files:{client}"

    @property
    def file_terms(self) -> tuple[str, str, str]:
        """What tells the keeper's sweep which files go, zsets of ids by time (ms): uploads in progress by when they are
        given up, whole files by when they expire, and those whose parts are to be deleted from the storage.
        """
        return (f"{self.jobs_tag}:uploads", f"{self.jobs_tag}:file-expiry", f"{self.jobs_tag}:doomed-files")

    def workers(self, lane: str) -> str:
        """Zset of worker process ids by last heartbeat (ms); written with each renewal, gone after a minute without.
        The keeper's lane is its queue, `control`.
        """
        return f"{self.jobs_tag}:workers:{lane}"

    def worker_loads(self, lane: str) -> str:
        """Hash by worker process id: `<jobs it runs>:<jobs it may run>`; written and gone with the heartbeats."""
        return f"{self.workers(lane)}:loads"

    @property
    def recent(self) -> str:
        """Zset of the ids of the latest 1000 jobs by admission (ms); written at admission, read by operators. A record
        may be gone before its id is.
        """
        return f"{self.jobs_tag}:recent"

    @property
    def monitor_channel(self) -> str:
        """Pub/sub channel: the id of a job to which something has happened. Only a hint; the record is the truth."""
        return f"{self.jobs_tag}:monitor"

    @property
    def packets_channel(self) -> str:
        """Pub/sub channel of what workers exchange with the upstream (`proto/packets.py`), while somebody watches."""
        return f"{self.jobs_tag}:packets"

    @property
    def watched(self) -> tuple[str, str]:
        """Two strings, there while somebody watches packets with their contents, and without; 10 s. Written by those
        who watch, read with each renewal.
        """
        return f"{self.jobs_tag}:watched:content", f"{self.jobs_tag}:watched:shapes"

    @property
    def replicas(self) -> str:
        """Zset of front door channels by last heartbeat (ms); tells which readers of a job are still there. It is
        gone after a minute without.
        """
        return f"{self.jobs_tag}:replicas"

    def replica_channel(self, replica: str) -> str:
        """Pub/sub channel of one API process: the entries of the jobs it reads."""
        return f"{self.jobs_tag}:replica:{replica}"

    def continuations(self, name: str) -> str:
        """What continuing conversations needs, written and read by workers; `store/continuations.py` documents each."""
        return f"{self.jobs_tag}:continuations:{name}"

    @property
    def control_channel(self) -> str:
        """Pub/sub channel of all workers: ids of jobs to cancel."""
        return f"{self.jobs_tag}:control"

    def job(self, job_id: str) -> JobKeys:
        """All keys the verbs of one job touch."""
        return JobKeys(
            self.record(job_id),
            self.payload(job_id),
            self.log(job_id),
            self.waiting,
            self.waiting_bytes,
            self.leases,
        )

    def pool(self, name: str) -> str:
        """A key of the token pool; `tokens/pool.py` documents each."""
        return f"{self.pool_tag}:{name}"
