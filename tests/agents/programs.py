"""The coding agents: how each is started, and the words by which the simulator has it list, edit and run something.

All of them get the same work, in a folder that holds `colour.txt` and `check.sh`: look at what is there, change the
colour from red to blue, and run the check, which writes what it sees. The script for the simulator is the prompt.
"""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

HERE: Final = Path(__file__).parent
THEN: Final = "[[sim:then]]"
DONE: Final = "The colour is blue now."


class Job(NamedTuple):
    """One run of an agent: the gateway's address without a path, a client key, and two folders of its own."""

    url: str
    key: str
    home: Path
    folder: Path
    prompt: str


class Agent(NamedTuple):
    """`work`: the simulator's script for the work; `reads_input`: the prompt comes by standard input."""

    wire: str
    command: Callable[[Job], list[str]]
    environment: Callable[[Job], Mapping[str, str]]
    work: Callable[[Path], str]
    prepare: Callable[[Job], None] = lambda _: None
    reads_input: bool = False


def _call(tool: str, **arguments: Any) -> str:
    quoted = json.dumps(arguments).replace("'", "\\u0027").replace("\\n", "\\u000a")
    return f"[[sim:tools names={tool} args='{quoted}']]"


def _say(text: str) -> str:
    return f'[[sim:text say="{text}"]]'


# Claude Code


def _claude_command(job: Job) -> list[str]:
    program = HERE / f"node_modules/@anthropic-ai/claude-code-{_machine()}/claude"
    return [
        *(str(program), "-p", job.prompt, "--model", "claude-sonnet-4-5"),
        *("--output-format", "stream-json", "--verbose", "--allowedTools", "Bash,Read,Edit"),
    ]


def _claude_environment(job: Job) -> Mapping[str, str]:
    return {
        "ANTHROPIC_BASE_URL": job.url,
        "ANTHROPIC_API_KEY": job.key,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }


def _claude_work(folder: Path) -> str:
    colour = str(folder / "colour.txt")
    return THEN.join(
        [
            _say("I look around. ") + _call("Bash", command="ls", description="List files"),
            _call("Read", file_path=colour),
            _call("Edit", file_path=colour, old_string="red", new_string="blue"),
            _call("Bash", command="sh check.sh", description="Run the check"),
            _say(DONE),
        ]
    )


# Codex


def _codex_command(job: Job) -> list[str]:
    package = "x86_64-unknown-linux-musl" if _machine() == "linux-x64" else "aarch64-unknown-linux-musl"
    program = HERE / f"node_modules/@openai/codex-{_machine()}/vendor/{package}/bin/codex"
    provider = f'{{name="gateway",base_url="{job.url}/v1",env_key="GATEWAY_KEY",wire_api="responses"}}'
    return [
        *(str(program), "exec", "--skip-git-repo-check", "--json", "-s", "danger-full-access", "-m", "gpt-5.5"),
        *("-c", 'model_provider="gateway"', "-c", f"model_providers.gateway={provider}", job.prompt),
    ]


def _codex_environment(job: Job) -> Mapping[str, str]:
    return {"CODEX_HOME": str(job.home / ".codex"), "GATEWAY_KEY": job.key}


def _codex_prepare(job: Job) -> None:
    (job.home / ".codex").mkdir()


_PATCH: Final = "*** Begin Patch\n*** Update File: colour.txt\n@@\n-red\n+blue\n*** End Patch"


def _codex_work(_: Path) -> str:
    return THEN.join(
        [
            _say("I look around. ") + _call("exec_command", cmd="ls && cat colour.txt"),
            _call("apply_patch", input=_PATCH),
            _call("exec_command", cmd="sh check.sh"),
            _say(DONE),
        ]
    )


# opencode


def _opencode_command(job: Job) -> list[str]:
    program = HERE / f"node_modules/opencode-{_machine()}/bin/opencode"
    # The prompt comes by standard input: as an argument it would be quoted. With a title it does not ask for one,
    # which would be another request with the same words.
    return [str(program), "run", "--thinking", "--title", "work", "-m", "gateway/auto"]


def _opencode_environment(job: Job) -> Mapping[str, str]:
    return {"OPENCODE_CONFIG": str(job.home / "opencode.json"), "OPENCODE_DISABLE_MODELS_FETCH": "1"}


def _opencode_prepare(package: str, **options: Any) -> Callable[[Job], None]:
    def prepare(job: Job) -> None:
        model = {"tool_call": True, "reasoning": True, "limit": {"context": 200000, "output": 8000}}
        provider = {
            "npm": package,
            "options": {"baseURL": f"{job.url}/v1", "apiKey": job.key},
            "models": {"auto": {**model, "options": options}},
        }
        settings = {
            "provider": {"gateway": provider},
            "permission": {"bash": "allow", "edit": "allow"},
            "share": "disabled",
            "autoupdate": False,
        }
        (job.home / "opencode.json").write_text(json.dumps(settings))

    return prepare


def _opencode_work(folder: Path) -> str:
    colour = str(folder / "colour.txt")
    return THEN.join(
        [
            _say("I look around. ") + _call("bash", command="ls", description="List files"),
            _call("read", filePath=colour),
            _call("edit", filePath=colour, oldString="red", newString="blue"),
            _call("bash", command="sh check.sh", description="Run the check"),
            _say(DONE),
        ]
    )


def _opencode(wire: str, prepare: Callable[[Job], None]) -> Agent:
    return Agent(wire, _opencode_command, _opencode_environment, _opencode_work, prepare, reads_input=True)


# aider. It has no tools: edits are text, and its loop is a check that fails and is shown to the model.


def _aider_command(model: str, *options: str) -> Callable[[Job], list[str]]:
    def command(job: Job) -> list[str]:
        return [
            *(str(HERE / ".venv-aider/bin/aider"), "--model", model, "--edit-format", "diff", "--message", job.prompt),
            *("--yes-always", "--no-git", "--no-analytics", "--no-check-update", "--no-show-model-warnings"),
            *("--no-show-release-notes", "--no-pretty", "--map-tokens", "0"),
            *("--auto-test", "--test-cmd", "sh check.sh", *options, "colour.txt"),
        ]

    return command


def _aider_environment(job: Job) -> Mapping[str, str]:
    return {
        "OPENAI_API_BASE": f"{job.url}/v1",
        "OPENAI_API_KEY": job.key,
        "ANTHROPIC_API_BASE": job.url,
        "ANTHROPIC_API_KEY": job.key,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }


def aider_edit(old: str, new: str) -> str:
    """The answer that has aider change the colour."""
    return _say(f"colour.txt\\n<<<<<<< SEARCH\\n{old}\\n=======\\n{new}\\n>>>>>>> REPLACE\\n")


def _aider_work(_: Path) -> str:
    return aider_edit("red", "green")  # what follows is in the words of the check, see `workplace`


def _machine() -> str:
    """How the packages with the programs for this machine end; there are others for other systems."""
    return {"x86_64": "linux-x64", "aarch64": "linux-arm64"}[os.uname().machine]


AGENTS: Final = {
    "claude-code": Agent("messages", _claude_command, _claude_environment, _claude_work),
    "codex": Agent("responses", _codex_command, _codex_environment, _codex_work, _codex_prepare),
    "opencode-chat": _opencode("chat", _opencode_prepare("@ai-sdk/openai-compatible")),
    "opencode-messages": _opencode(
        "messages",
        _opencode_prepare("@ai-sdk/anthropic", thinking={"type": "enabled", "budgetTokens": 2000}),
    ),
    "opencode-responses": _opencode("responses", _opencode_prepare("@ai-sdk/openai", reasoningSummary="auto")),
    "aider-chat": Agent("chat", _aider_command("openai/gpt-5"), _aider_environment, _aider_work),
    "aider-messages": Agent(
        "messages",
        _aider_command("anthropic/claude-sonnet-4-5", "--thinking-tokens", "2000"),
        _aider_environment,
        _aider_work,
    ),
}


def workplace(folder: Path) -> None:
    """Fill the folder the agents work in. The check wants blue, and tells so in words that the simulator plays."""
    (folder / "colour.txt").write_text("red\n")
    (folder / "check.sh").write_text(
        "cat colour.txt > checked.txt\n"
        "grep -q blue colour.txt && exit 0\n"
        f"cat <<'END'\nThe colour should be blue. {aider_edit('green', 'blue')}\nEND\n"
        "exit 1\n"
    )
