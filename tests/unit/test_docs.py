"""What the pages say can be checked where it names things: variables, defaults, commands, files, each other."""

import json
import re
from pathlib import Path

import pytest

from tests.unit.test_cli import COMMANDS

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")
PAGES = (
    *READMES,
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "docs/architecture.md",
    "docs/batches.md",
    "docs/bridge.md",
    "docs/client-keys.md",
    "docs/clients.md",
    "docs/cloudflare.md",
    "docs/configuration.md",
    "docs/deployment.md",
    "docs/jobs.md",
    "docs/metrics.md",
    "docs/logging.md",
    "docs/models.md",
    "docs/monitoring.md",
    "docs/performance.md",
    "docs/protocol.md",
    "docs/responses.md",
    "docs/token-pool.md",
    "docs/tools.md",
    "docs/tracing.md",
    "docs/pool-service.md",
)
ROOMS = ("api", "bench", "cli", "docs", "proto", "store", "tests", "tokens", "workers")


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def example() -> dict[str, str]:
    """The variables of `.env.example` and their defaults; `test_cli` compares these with the settings."""
    return dict(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$", read(".env.example"), re.MULTILINE))


def test_the_configuration_page_has_every_variable_once_with_its_default() -> None:
    page = read("docs/configuration.md")
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \| (?:`(.*?)`|none) \|", page, re.MULTILINE)

    assert sorted(rows) == sorted(example().items())


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_names_only_variables_there_are_with_their_defaults(readme: str) -> None:
    shown = {
        name: default
        for names, defaults in re.findall(r"^\| (`[A-Z0-9_`、, ]+`) \| (`[^|]+`) \|", read(readme), re.MULTILINE)
        for name, default in zip(re.findall(r"`(.+?)`", names), re.findall(r"`(.+?)`", defaults), strict=True)
    }

    assert shown.items() <= example().items()
    assert {"PORT", "MODEL_ALIASES", "LOG_FORMAT"} < shown.keys()


@pytest.mark.parametrize("readme", READMES)
def test_the_readme_lists_the_commands(readme: str) -> None:
    assert tuple(re.findall(r"^\| `warp2api ([a-z-]+)` \|", read(readme), re.MULTILINE)) == COMMANDS


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
    text = read(page)
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    named = [name for name in re.findall(r"`([\w./-]+)`", text) if name.partition("/")[0] in ROOMS and "/" in name]
    missing = [name for name in named if not (ROOT / name).exists()]
    missing += [link for link in links if not (ROOT / page).parent.joinpath(link).exists()]

    assert missing == []


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
