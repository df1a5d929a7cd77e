"""The command line. Each command imports what it needs when it runs, so that `--help` is quick."""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cli import batch, cloudflare, jobs, keys, tokens
from cli.chat_apis import Api, DialectName
from cli.role import begin_role

app = typer.Typer(
    name="warp2api",
    help="A self-hosted gateway: OpenAI and Anthropic clients in, Warp's multi-agent protocol out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Host = Annotated[str | None, typer.Option(help="Address to listen on; default HOST.")]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on; default PORT.")]
BridgeHost = Annotated[str | None, typer.Option(help="Address to listen on; default BRIDGE_HOST.")]
BridgePort = Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on; default BRIDGE_PORT.")]

FlowerHost = Annotated[str | None, typer.Option(help="Address to listen on; default FLOWER_HOST.")]
FlowerPort = Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on; default FLOWER_PORT.")]


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        print(f"warp2api {version('warp2api')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None: ...


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=1, max=65535, envvar="PORT")] = 8010,
    bridge_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, envvar="BRIDGE_PORT", help="The bridge's; default 8000, or the next free one."),
    ] = None,
    flower_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, envvar="FLOWER_PORT", help="Flower's; default 5555, or the next free one."),
    ] = None,
) -> None:
    """Everything on this machine against the bundled simulator; needs and reads no credentials."""
    from cli.up import run_demo

    raise typer.Exit(run_demo(port, bridge_port, flower_port))


@app.command()
def up(
    flower: Annotated[
        bool | None, typer.Option("--flower/--no-flower", help="Celery's task monitor too; default FLOWER.")
    ] = None,
) -> None:
    """Everything on this machine with your own credentials: front door, bridge, workers, keeper, Valkey."""
    from cli.up import run_up

    raise typer.Exit(run_up(with_flower=flower))


@app.command()
def api(host: Host = None, port: Port = None) -> None:
    """The front door alone."""
    begin_role()
    from api.server import serve

    serve(host, port)


@app.command()
def bridge(host: BridgeHost = None, port: BridgePort = None) -> None:
    """The operator's server: live monitor, protobuf and JSON."""
    begin_role()
    from api.bridge.server import serve

    serve(host, port)


@app.command()
def worker(
    lane: Annotated[str, typer.Argument(help="Which jobs it takes: interactive or batch.")] = "interactive",
) -> None:
    """One worker process of one lane."""
    from proto.jobs import Lane

    if lane not in set(Lane):
        raise typer.BadParameter(f"{lane!r} is neither {' nor '.join(Lane)}", param_hint="LANE")
    begin_role()
    from workers.app import run_worker

    run_worker(lane)


@app.command()
def keeper() -> None:
    """The periodic tasks: reaper and token refill. One is enough; a second does no harm."""
    begin_role()
    from workers.app import run_keeper

    run_keeper()


@app.command()
def flower(host: FlowerHost = None, port: FlowerPort = None) -> None:
    """Celery's task monitor on the gateway's queues."""
    begin_role()
    from cli.flower import run_flower

    run_flower(host, port)


@app.command("pool-service")
def pool_service(host: Host = None, port: Port = None) -> None:
    """Lend this deployment's tokens to other deployments of yours, over HTTP."""
    begin_role()
    from api.pool_service.server import serve

    serve(host, port)


@app.command()
def chat(
    prompt: Annotated[str, typer.Argument(help="What to ask; `-` reads it from standard input.")],
    url: Annotated[str | None, typer.Option(help="The gateway; default from HOST and PORT.")] = None,
    key: Annotated[
        str | None, typer.Option(help="A client key; default the first of API_TOKENS.", show_default=False)
    ] = None,
    model: Annotated[str, typer.Option(help="The model to ask.")] = "auto",
    system: Annotated[str | None, typer.Option(help="System prompt.")] = None,
    api: Annotated[Api, typer.Option(help="The client API to ask by.")] = Api.CHAT,
) -> None:
    """Ask a running gateway and print the answer as it comes."""
    from cli.chat import run_chat

    raise typer.Exit(run_chat(sys.stdin.read() if prompt == "-" else prompt, url, key, model, system, api))


@app.command()
def parse(
    source: Annotated[
        str, typer.Argument(metavar="FILE", help="A saved response; `-` for standard input; a folder of .sse files.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="JSON; one line each for a folder.")] = False,
    events: Annotated[bool, typer.Option("--events", help="Every event as well, decoded.")] = False,
) -> None:
    """Read saved upstream responses: text, tools, usage, ending; exit code 1 if one cannot be read to its end."""
    from cli.parse import run_parse

    raise typer.Exit(run_parse(source, as_json=as_json, events=events))


@app.command()
def record(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A folder, or the file to write; default this folder.")
    ] = Path(),
    job: Annotated[str | None, typer.Option(help="This job, from here on.")] = None,
    most: Annotated[
        int | None, typer.Option("--next", min=1, help="So many jobs that begin from now on; default 1.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option("--for", min=0.1, help="Stop after so many seconds; alone, all jobs until then.")
    ] = None,
    request: Annotated[bool, typer.Option("--request", help="The requests as well, as .bin and .json.")] = False,
) -> None:
    """Save what the upstream sends for jobs, for `parse`. The files hold prompts and answers."""
    if job and most:
        raise typer.BadParameter("either --job or --next")
    from cli.record import run_record

    # Without a word of how many or how long it is one; with a time alone all that come until then.
    count = most or (0 if seconds else 1)
    raise typer.Exit(run_record(output, job=job, most=count, seconds=seconds, requests=request))


@app.command()
def convert(
    source: Annotated[str, typer.Argument(metavar="FILE", help="A JSON body; `-` for standard input.")],
    from_: Annotated[DialectName, typer.Option("--from", help="The client API that the body is of.")],
    to: Annotated[DialectName, typer.Option("--to", help="The client API that it shall be of.")],
    response: Annotated[bool, typer.Option("--response", help="It is a whole answer, not a request.")] = False,
    model: Annotated[str | None, typer.Option(help="The model's name in the result; default as it is.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="An object of `body` and `notes`.")] = False,
) -> None:
    """Convert a request, or an answer, from one client API to another; what cannot be carried is named."""
    from cli.convert import run_convert

    raise typer.Exit(run_convert(source, from_, to, response=response, model=model, as_json=as_json))


@app.command()
def doctor() -> None:
    """Check configuration, Redis, workers, upstream and front door; exit code 1 if something is wrong."""
    from cli.doctor import run_doctor

    raise typer.Exit(run_doctor())


@app.command()
def health(
    part: Annotated[str, typer.Argument(help="Which process of this host: api, bridge, worker, keeper or flower.")],
) -> None:
    """Whether a process of this host lives: exit code 0 or 1, for the health checks of containers."""
    from cli.embedded import resolve_redis_url
    from cli.health import Part, run_health

    if part not in set(Part):
        raise typer.BadParameter(f"{part!r} is none of {', '.join(Part)}", param_hint="PART")
    if part in (Part.WORKER, Part.KEEPER):
        resolve_redis_url()
    raise typer.Exit(run_health(Part(part)))


@app.command()
def bench(
    jobs: Annotated[int, typer.Option(min=1, help="Chats in all.")] = 300,
    concurrency: Annotated[int, typer.Option(min=1, help="Chats at once.")] = 64,
    deltas: Annotated[int, typer.Option(min=1, help="Text deltas of each answer.")] = 20,
    gap_ms: Annotated[int, typer.Option(min=0, help="Milliseconds between two deltas.")] = 0,
) -> None:
    """Measure this machine: many chats through the whole gateway against the simulator."""
    from bench.run import main

    raise typer.Exit(main(jobs, concurrency, deltas, gap_ms))


app.add_typer(batch.app, name="batch")
app.add_typer(jobs.app, name="jobs")
app.add_typer(keys.app, name="keys")
app.add_typer(tokens.app, name="tokens")
app.add_typer(cloudflare.app, name="cloudflare")


def run() -> NoReturn:
    """The console script `warp2api`."""
    _guarded(sys.argv[1:])


def run_api() -> NoReturn:
    """The console script `warp-api`: `warp2api api`."""
    _guarded(["api", *sys.argv[1:]])


def run_bridge() -> NoReturn:
    """The console script `warp-server`: `warp2api bridge`."""
    _guarded(["bridge", *sys.argv[1:]])


def _guarded(args: list[str]) -> NoReturn:
    try:
        from cli.open_files import raise_open_files
        from cli.secret_files import load_secret_files

        raise_open_files()
        load_secret_files()
        app(args=args, prog_name="warp2api")
    except Exception as error:
        from cli.problems import explain

        line = explain(error)
        if line is None:
            raise
        print(f"warp2api: {line}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0)


if __name__ == "__main__":
    run()
