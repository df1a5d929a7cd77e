from proto.warp import shell_pb2 as _shell_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Suggestions(_message.Message):
    __slots__ = ("rules", "workflows")
    RULES_FIELD_NUMBER: _ClassVar[int]
    WORKFLOWS_FIELD_NUMBER: _ClassVar[int]
    rules: _containers.RepeatedCompositeFieldContainer[SuggestedRule]
    workflows: _containers.RepeatedCompositeFieldContainer[SuggestedAgentModeWorkflow]
    def __init__(self, rules: _Optional[_Iterable[_Union[SuggestedRule, _Mapping]]] = ..., workflows: _Optional[_Iterable[_Union[SuggestedAgentModeWorkflow, _Mapping]]] = ...) -> None: ...

class SuggestedRule(_message.Message):
    __slots__ = ("name", "content", "logging_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    LOGGING_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    content: str
    logging_id: str
    def __init__(self, name: _Optional[str] = ..., content: _Optional[str] = ..., logging_id: _Optional[str] = ...) -> None: ...

class SuggestedAgentModeWorkflow(_message.Message):
    __slots__ = ("name", "prompt", "logging_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    LOGGING_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    prompt: str
    logging_id: str
    def __init__(self, name: _Optional[str] = ..., prompt: _Optional[str] = ..., logging_id: _Optional[str] = ...) -> None: ...

class PassiveSuggestionResultType(_message.Message):
    __slots__ = ("executed_shell_command", "agent_response_completed", "prompt", "code_diff")
    class AgentResponseCompleted(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Prompt(_message.Message):
        __slots__ = ("prompt",)
        PROMPT_FIELD_NUMBER: _ClassVar[int]
        prompt: str
        def __init__(self, prompt: _Optional[str] = ...) -> None: ...
    class CodeDiff(_message.Message):
        __slots__ = ("diffs", "summary", "accepted")
        class Diff(_message.Message):
            __slots__ = ("file_path", "search", "replace")
            FILE_PATH_FIELD_NUMBER: _ClassVar[int]
            SEARCH_FIELD_NUMBER: _ClassVar[int]
            REPLACE_FIELD_NUMBER: _ClassVar[int]
            file_path: str
            search: str
            replace: str
            def __init__(self, file_path: _Optional[str] = ..., search: _Optional[str] = ..., replace: _Optional[str] = ...) -> None: ...
        DIFFS_FIELD_NUMBER: _ClassVar[int]
        SUMMARY_FIELD_NUMBER: _ClassVar[int]
        ACCEPTED_FIELD_NUMBER: _ClassVar[int]
        diffs: _containers.RepeatedCompositeFieldContainer[PassiveSuggestionResultType.CodeDiff.Diff]
        summary: str
        accepted: bool
        def __init__(self, diffs: _Optional[_Iterable[_Union[PassiveSuggestionResultType.CodeDiff.Diff, _Mapping]]] = ..., summary: _Optional[str] = ..., accepted: _Optional[bool] = ...) -> None: ...
    EXECUTED_SHELL_COMMAND_FIELD_NUMBER: _ClassVar[int]
    AGENT_RESPONSE_COMPLETED_FIELD_NUMBER: _ClassVar[int]
    PROMPT_FIELD_NUMBER: _ClassVar[int]
    CODE_DIFF_FIELD_NUMBER: _ClassVar[int]
    executed_shell_command: _shell_pb2.ExecutedShellCommand
    agent_response_completed: PassiveSuggestionResultType.AgentResponseCompleted
    prompt: PassiveSuggestionResultType.Prompt
    code_diff: PassiveSuggestionResultType.CodeDiff
    def __init__(self, executed_shell_command: _Optional[_Union[_shell_pb2.ExecutedShellCommand, _Mapping]] = ..., agent_response_completed: _Optional[_Union[PassiveSuggestionResultType.AgentResponseCompleted, _Mapping]] = ..., prompt: _Optional[_Union[PassiveSuggestionResultType.Prompt, _Mapping]] = ..., code_diff: _Optional[_Union[PassiveSuggestionResultType.CodeDiff, _Mapping]] = ...) -> None: ...
