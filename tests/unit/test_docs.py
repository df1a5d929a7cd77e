"""What the pages say can be checked where it names things: variables, defaults, commands, files, links, each other."""

import json
import re
import tomllib

import pytest
import typer
import yaml

from api.openapi import document
from cli.main import app
from tests.examples import EXAMPLES, examples
from tests.pages import DOCS, PAGES, READMES, ROOT, blocks, prose, read, shell_lines, spans
from tests.unit.test_cli import COMMANDS

ROOMS = ("api", "bench", "cli", "deploy", "docs", "proto", "store", "tests", "tokens", "workers")
COMMAND = typer.main.get_command(app)
#: What may stand in a fenced block; the first two are examples and stand in tests/examples.py.
LANGUAGES = {"bash", "python", "ini", "javascript", "json", "nginx", "text", "toml", "yaml"}
#: Pages about the words of the upstream, and about the variables of another program.
FULL_OF_FOREIGN = {"docs/protocol.md", "docs/migration.md"}
#: Names, or their beginnings, that look like the gateway's variables and are not.
FOREIGN = (
    *("ANTHROPIC_", "CLAUDE_CODE_", "LITELLM_", "OPENAI_", "OTEL_", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE"),
    *("FAULTS_SEED", "FUZZ_SEED", "WARP2API_KEY"),  # of tests, and of an example
    *("PUBLISH_", "WARP2API_BASE"),  # of compose.yaml
    *("CLIENT_ACTIONS", "DEMO_KEEPS", "NAME_FILE", "UNKNOWN_EVENT"),  # words that are no variables
)


def example() -> dict[str, str]:
    """The variables of `.env.example` and their defaults; `test_cli` compares these with the settings."""
    return dict(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$", read(".env.example"), re.MULTILINE))


def test_the_configuration_page_has_every_variable_once_with_its_default() -> None:
    page = read("docs/configuration.md")
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \| (?:`(.*?)`|none) \|", page, re.MULTILINE)

    assert sorted(rows) == sorted(example().items())


@pytest.mark.parametrize("page", [page for page in PAGES if page not in FULL_OF_FOREIGN])
def test_a_page_names_only_variables_there_are(page: str) -> None:
    settings = re.findall(r"^([A-Z][A-Z0-9_]+)=", "".join(code for _, code in blocks(page, "ini")), re.MULTILINE)
    named = [
        span.partition("=")[0]
        for span in (*spans(page), *settings)
        if re.match(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+(=|$)", span)
    ]

    known = {*example(), *(f"{name}_FILE" for name in example())}
    assert [name for name in named if name not in known and not name.startswith(FOREIGN)] == []


def test_the_page_on_commands_lists_them() -> None:
    assert tuple(re.findall(r"^\| `warp2api ([a-z-]+)` \|", read("docs/tools.md"), re.MULTILINE)) == COMMANDS


@pytest.mark.parametrize("page", PAGES)
def test_a_page_calls_commands_by_names_and_options_they_have(page: str) -> None:
    called = [re.sub(r"^\.venv/bin/", "", each) for each in (*spans(page), *shell_lines(page))]

    assert [call for call in called if call.startswith("warp2api ") and not _is_command(call)] == []


def _is_command(call: str) -> bool:
    """Whether the words of a call are commands and options there are; ` | ` stands between alternatives."""
    group = command = COMMAND
    for word in call.partition("#")[0].split()[1:]:
        if word == "|":
            command = group
        elif word.startswith("-"):
            options = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
            if word.partition("=")[0] not in {*options, "--help"}:
                return False
        elif subcommands := getattr(command, "commands", None):
            if word.isupper() or word == "…":
                return True
            if word not in subcommands:
                return False
            group, command = command, subcommands[word]
    return True


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_only_make_targets_there_are(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    called = [target for each in (*spans(page), *shell_lines(page)) for target in re.findall(r"^make ([a-z-]+)", each)]

    assert set(called) <= targets


@pytest.mark.parametrize("page", [page for page in PAGES if page != "README.zh-CN.md"])
def test_every_example_is_run_or_said_why_not(page: str) -> None:
    examples(page)


def test_no_example_escapes() -> None:
    """In indented code, in a language of its own, or on a page that is not there any more."""
    assert EXAMPLES.keys() <= set(PAGES)
    assert {language for page in PAGES for language, _ in blocks(page)} <= LANGUAGES
    command = (
        r"^    (?:\$ |sudo |[A-Z_]+=\S+ +)*(?:curl|docker|export|git|make|npm|pip|python|warp2api|\.[\w/.-]*/[\w-]+) .*"
    )
    assert [line for page in PAGES for line in re.findall(command, prose(page), re.MULTILINE)] == []


@pytest.mark.parametrize("page", PAGES)
def test_data_on_a_page_can_be_read(page: str) -> None:
    readers = {"json": json.loads, "toml": tomllib.loads, "yaml": yaml.safe_load}
    for language, text in blocks(page, *readers):
        assert readers[language](text), text


def test_the_index_names_every_page_once() -> None:
    listed = re.findall(r"^\| \[([\w-]+\.md)\]\(\1\) \| \S", read("docs/README.md"), re.MULTILINE)

    assert sorted(f"docs/{page}" for page in listed) == [page for page in DOCS if page != "docs/README.md"]
    assert all("(docs/README.md)" in read(readme) for readme in READMES)


@pytest.mark.parametrize("readme", READMES)
def test_the_figures_of_the_readme_are_those_that_were_measured(readme: str) -> None:
    pages = re.findall(r"^- (.*?\((docs/(?:reliability|performance)\.md)\).*?)$", bullets(readme), re.MULTILINE)
    figures = [(figure, page) for told, page in pages for figure in re.findall(r"\d[\d.,]*\d", told)]

    assert len(figures) >= 4
    assert [figure for figure, page in figures if figure not in read(page)] == []


def bullets(page: str) -> str:
    """A page with each of its list items on one line."""
    return re.sub(r"\n +", " ", prose(page))


def test_the_page_on_requests_has_every_endpoint() -> None:
    """Those below one that is listed, such as a batch's, have pages of their own."""
    table = re.search(r"^## Endpoints\n.*?(?=^## )", read("docs/requests.md"), re.MULTILINE | re.DOTALL)
    assert table is not None
    listed = set(re.findall(r"(?<![\w/])/[\w./{}]*", " ".join(re.findall(r"`([^`]+)`", table[0]))))
    served = {re.sub(r"\{\w+\}", "{id}", path) for path in json.loads(document())["paths"]}

    assert listed - served == set()
    assert [path for path in served if not any(path == each or path.startswith(f"{each}/") for each in listed)] == []


def test_the_two_readmes_have_one_structure_and_the_same_code() -> None:
    english, chinese = map(read, READMES)

    assert re.findall(r"^```.*?^```$", english, re.MULTILINE | re.DOTALL) == re.findall(
        r"^```.*?^```$", chinese, re.MULTILINE | re.DOTALL
    )
    assert _shape(english) == _shape(chinese)


def _shape(text: str) -> list[str]:
    """Headings by level, and the first cells of table rows and list items by kind."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^(?:#+(?= )|\||- |\d+\. )", text, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_the_files_a_page_names_are_there(page: str) -> None:
    named = [
        span for span in spans(page) if re.fullmatch(r"[\w.-]+/[\w./-]+", span) and span.partition("/")[0] in ROOMS
    ]

    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_page_on_jobs_has_every_field_of_a_job() -> None:
    table = re.search(r"`GET /v1/jobs/\{id\}` then tells:\n\n(.*?)\n\n", read("docs/jobs.md"), re.DOTALL)
    assert table is not None
    told = {field for row in table[1].splitlines()[2:] for field in re.findall(r"`(\w+)`", row.split("|")[1])}

    assert {"id", "object", *told} == json.loads(document())["components"]["schemas"]["Job"]["properties"].keys()


#: What packages are called on the page, where not by their own name.
CALLED = {
    "npm": {
        "@anthropic-ai/claude-code": "Claude Code",
        "@anthropic-ai/sdk": "@anthropic-ai/sdk (Node)",
        "@openai/codex": "Codex CLI",
        "openai": "openai (Node)",
        "opencode-ai": "opencode",
    },
    "pypi": {"aider-chat": "aider", "anthropic": "anthropic (Python)", "openai": "openai (Python)"},
}
#: Installed because others want them.
NO_CLIENTS = {"mcp", "zod"}


def test_the_clients_page_names_the_versions_that_are_tested() -> None:
    page = read("docs/clients.md")
    parts = ("clients", "agents")
    npm = [pair for part in parts for pair in json.loads(read(f"tests/{part}/package.json"))["dependencies"].items()]
    pypi = [
        pair
        for part in parts
        for pair in re.findall(r'"([\w-]+)(?:\[.*?\])?==(.+?)"', read(f"tests/{part}/pyproject.toml"))
    ]
    named = [
        f"| {CALLED[registry].get(name, name)} {version} "
        for registry, pairs in (("npm", npm), ("pypi", pypi))
        for name, version in pairs
        if name not in NO_CLIENTS
    ]

    assert len(named) > 12
    assert [each for each in named if each not in page.replace("ai 7.0.173, ", "ai 7.0.173 | ")] == []
