"""The examples of the pages: every block of `bash` or `python`, with what it prints, or why it cannot be run.

`tests/e2e/test_examples.py` runs them; `tests/unit/test_docs.py` sees that none is missing here and none is left over.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from tests.pages import blocks

#: What the simulator begins its answers with.
GREETING: Final = "I am the simulator that comes with warp2api"


@dataclass(frozen=True)
class Run:
    """It runs against a demo, in the order of its page and in one folder with the others there, and succeeds."""

    #: Regular expressions that are found on its standard output, in this order.
    prints: tuple[str, ...] = ()
    #: Whether it waits for chats: they are asked once it says that the workers listen.
    hears_chats: bool = False


@dataclass(frozen=True)
class NotRun:
    """It cannot be run here."""

    why: str


How: TypeAlias = Run | NotRun

DOCKER: Final = (
    "needs Docker: tests/unit/test_docker_start.py runs the script with a stub, tests/compose the deployment"
)
CLUSTER: Final = "needs a cluster: `make test-kubernetes` checks what would be sent to it"
AGENTS: Final = "needs the agents: `make test-agents` runs them with these settings"
FRAGMENT: Final = "a fragment, not a program: `make test-clients` runs these libraries"
FOR_EVER: Final = "runs until it is stopped"

#: By page, and by words that one block of the page alone has.
EXAMPLES: Final[dict[str, dict[str, How]]] = {
    "README.md": {
        "git clone": NotRun("the address is the reader's; the other examples run against what `make demo` runs"),
        "curl -N": Run((r"(data: [^\n]+\n\n){10,}data: \[DONE\]\n\n$",)),
        "from openai": Run((GREETING, "> What is a queue good for\\?")),
        "from anthropic": Run((GREETING, "> What is a queue good for\\?")),
        "aider --model": NotRun(AGENTS),
        "make up": NotRun("needs an account: tests/e2e/test_up.py runs it against the simulator"),
        "./docker-start.sh": NotRun(DOCKER),
    },
    "CONTRIBUTING.md": {"make setup": NotRun("what a developer and CI run")},
    "docs/batches.md": {
        "from openai": Run((r"^completed BatchRequestCounts\(completed=3, failed=0, total=3\)",)),
        "from anthropic": Run((r"succeeded=3", GREETING, GREETING, GREETING)),
        "warp2api batch validate": Run(
            (
                "nothing is wrong; requests for /v1/chat/completions: 3",
                "3 of 3 lines succeeded, in results.jsonl",
                "BATCH ",
            )
        ),
        "X-Coalesce": NotRun("a fragment of a call; tests/e2e/test_batches.py makes it whole"),
    },
    "docs/bridge.md": {
        "/encode": Run((r'"protobuf_bytes":',)),
        "/decode": Run(('"query":"hello :\\)"', '"conversation_id":"abc"')),
        "/api/stream-decode": Run((r'"conversation_id": ?"conv"', r'"finished": ?\{"done": ?\{\}\}')),
        "/api/auth/status": Run((r'"authenticated":',)),
    },
    "docs/client-keys.md": {
        "warp2api keys add": Run(("alice", "nightly")),
        "idempotency-key": Run((r"data: \[DONE\]\n\n$",)),
    },
    "docs/clients.md": {
        "claude --model": NotRun(AGENTS),
        "aider --model": NotRun(AGENTS),
        "set_tracing_disabled": NotRun(FRAGMENT),
        "OpenAIChatModel(": NotRun(FRAGMENT),
        "ChatOpenAI(": NotRun(FRAGMENT),
        "completion(": NotRun(FRAGMENT),
    },
    "docs/cloudflare.md": {
        "warp2api cloudflare deploy": NotRun(
            "needs a Cloudflare account: tests/contract/test_cloudflare.py has a stand-in"
        ),
    },
    "docs/configuration.md": {"Fernet.generate_key": Run((r"^[\w-]{43}=\n$",))},
    "docs/deployment.md": {
        "./docker-start.sh": NotRun(DOCKER),
        "kind load": NotRun(CLUSTER),
        "cp -r deploy/kubernetes": NotRun(CLUSTER),
        "systemctl": NotRun("changes the machine, as root: tests/unit/test_systemd.py checks the units"),
    },
    "docs/function-calls.md": {
        "get_weather": Run((r'^get_weather \{"city":"Paris"\}\n', "18 degrees and light rain in Paris")),
    },
    "docs/jobs.md": {
        "X-Resumable": Run((r"\nid: 1\.0\n", r"data: \[DONE\]\n\n$")),
        "Last-Event-ID": Run((r"data: \[DONE\]\n\n$",)),
        "APIConnectionError": Run(),
        "respond-async": Run((r"HTTP/1.1 202 Accepted", "location: /v1/jobs/", '"status": ?"queued"')),
    },
    "docs/performance.md": {
        "warp2api bench": NotRun("keeps the whole machine busy for minutes"),
        "bench.batches": NotRun("keeps the whole machine busy for minutes"),
    },
    "docs/pool-service.md": {"warp2api pool-service": NotRun(FOR_EVER + ": tests/e2e/test_two_deployments.py")},
    "docs/scaling.md": {"bench.sizing": Run((r"workers in all: \d+", "what gets full on the way"))},
    "docs/testing.md": {"-k anthropic": NotRun("what a developer runs, of the tests that CI runs")},
    "docs/tools.md": {
        "warp2api jobs list": Run(("JOB ", r'"status": ?"finished"')),
        "warp2api jobs show": Run((GREETING, r'"event": ?"finished"')),
        "warp2api record": Run((r"^saved/[0-9a-f]+-1\.sse\n$",), hears_chats=True),
        "warp2api parse": Run((GREETING,)),
        "warp2api convert": Run((r'"max_tokens": ?32000',)),
    },
    "docs/tracing.md": {
        "warp2api up": NotRun(FOR_EVER),
        "docker run": NotRun("needs Docker"),
    },
}


def examples(page: str) -> list[tuple[str, str, How]]:
    """The examples of a page in order: language, text, and how each is run.

    Raises:
        LookupError: a block is not told of here, or by more than one entry, or an entry tells of no block.
    """
    known = EXAMPLES.get(page, {})
    found = []
    for language, code in blocks(page, "bash", "python"):
        marks = [mark for mark in known if mark in code]
        if len(marks) != 1:
            raise LookupError(f"tests/examples.py has {len(marks)} entries for a block of {page}:\n{code}")
        found.append((marks[0], language, code))
    for mark in known:
        if [each for each, _, _ in found].count(mark) != 1:
            raise LookupError(f"tests/examples.py: {mark!r} is not in exactly one block of {page}")
    return [(language, code, known[mark]) for mark, language, code in found]
