import datetime

from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from proto.warp import skills_pb2 as _skills_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LifecycleEventType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIFECYCLE_EVENT_TYPE_UNSPECIFIED: _ClassVar[LifecycleEventType]
    LIFECYCLE_EVENT_TYPE_STARTED: _ClassVar[LifecycleEventType]
    LIFECYCLE_EVENT_TYPE_IDLE: _ClassVar[LifecycleEventType]
    LIFECYCLE_EVENT_TYPE_RESTARTED: _ClassVar[LifecycleEventType]
    LIFECYCLE_EVENT_TYPE_ERRORED: _ClassVar[LifecycleEventType]
    LIFECYCLE_EVENT_TYPE_CANCELLED: _ClassVar[LifecycleEventType]
    LIFECYCLE_EVENT_TYPE_BLOCKED: _ClassVar[LifecycleEventType]
    LIFECYCLE_EVENT_TYPE_IN_PROGRESS: _ClassVar[LifecycleEventType]
    LIFECYCLE_EVENT_TYPE_SUCCEEDED: _ClassVar[LifecycleEventType]
    LIFECYCLE_EVENT_TYPE_FAILED: _ClassVar[LifecycleEventType]
LIFECYCLE_EVENT_TYPE_UNSPECIFIED: LifecycleEventType
LIFECYCLE_EVENT_TYPE_STARTED: LifecycleEventType
LIFECYCLE_EVENT_TYPE_IDLE: LifecycleEventType
LIFECYCLE_EVENT_TYPE_RESTARTED: LifecycleEventType
LIFECYCLE_EVENT_TYPE_ERRORED: LifecycleEventType
LIFECYCLE_EVENT_TYPE_CANCELLED: LifecycleEventType
LIFECYCLE_EVENT_TYPE_BLOCKED: LifecycleEventType
LIFECYCLE_EVENT_TYPE_IN_PROGRESS: LifecycleEventType
LIFECYCLE_EVENT_TYPE_SUCCEEDED: LifecycleEventType
LIFECYCLE_EVENT_TYPE_FAILED: LifecycleEventType

class Harness(_message.Message):
    __slots__ = ("oz", "claude_code", "open_code", "gemini", "codex")
    class Oz(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class ClaudeCode(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class OpenCode(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Gemini(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Codex(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    OZ_FIELD_NUMBER: _ClassVar[int]
    CLAUDE_CODE_FIELD_NUMBER: _ClassVar[int]
    OPEN_CODE_FIELD_NUMBER: _ClassVar[int]
    GEMINI_FIELD_NUMBER: _ClassVar[int]
    CODEX_FIELD_NUMBER: _ClassVar[int]
    oz: Harness.Oz
    claude_code: Harness.ClaudeCode
    open_code: Harness.OpenCode
    gemini: Harness.Gemini
    codex: Harness.Codex
    def __init__(self, oz: _Optional[_Union[Harness.Oz, _Mapping]] = ..., claude_code: _Optional[_Union[Harness.ClaudeCode, _Mapping]] = ..., open_code: _Optional[_Union[Harness.OpenCode, _Mapping]] = ..., gemini: _Optional[_Union[Harness.Gemini, _Mapping]] = ..., codex: _Optional[_Union[Harness.Codex, _Mapping]] = ...) -> None: ...

class RunAgents(_message.Message):
    __slots__ = ("summary", "base_prompt", "skills", "model_id", "harness", "local", "remote", "agent_run_configs", "plan_id")
    class Local(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Remote(_message.Message):
        __slots__ = ("environment_id", "worker_host", "computer_use_enabled", "runner_id")
        ENVIRONMENT_ID_FIELD_NUMBER: _ClassVar[int]
        WORKER_HOST_FIELD_NUMBER: _ClassVar[int]
        COMPUTER_USE_ENABLED_FIELD_NUMBER: _ClassVar[int]
        RUNNER_ID_FIELD_NUMBER: _ClassVar[int]
        environment_id: str
        worker_host: str
        computer_use_enabled: bool
        runner_id: str
        def __init__(self, environment_id: _Optional[str] = ..., worker_host: _Optional[str] = ..., computer_use_enabled: _Optional[bool] = ..., runner_id: _Optional[str] = ...) -> None: ...
    class ExecutionMode(_message.Message):
        __slots__ = ("local", "remote")
        LOCAL_FIELD_NUMBER: _ClassVar[int]
        REMOTE_FIELD_NUMBER: _ClassVar[int]
        local: RunAgents.Local
        remote: RunAgents.Remote
        def __init__(self, local: _Optional[_Union[RunAgents.Local, _Mapping]] = ..., remote: _Optional[_Union[RunAgents.Remote, _Mapping]] = ...) -> None: ...
    class AgentRunConfig(_message.Message):
        __slots__ = ("name", "prompt", "title", "agent_identity_uid", "model_id", "harness", "execution_mode")
        NAME_FIELD_NUMBER: _ClassVar[int]
        PROMPT_FIELD_NUMBER: _ClassVar[int]
        TITLE_FIELD_NUMBER: _ClassVar[int]
        AGENT_IDENTITY_UID_FIELD_NUMBER: _ClassVar[int]
        MODEL_ID_FIELD_NUMBER: _ClassVar[int]
        HARNESS_FIELD_NUMBER: _ClassVar[int]
        EXECUTION_MODE_FIELD_NUMBER: _ClassVar[int]
        name: str
        prompt: str
        title: str
        agent_identity_uid: str
        model_id: str
        harness: Harness
        execution_mode: RunAgents.ExecutionMode
        def __init__(self, name: _Optional[str] = ..., prompt: _Optional[str] = ..., title: _Optional[str] = ..., agent_identity_uid: _Optional[str] = ..., model_id: _Optional[str] = ..., harness: _Optional[_Union[Harness, _Mapping]] = ..., execution_mode: _Optional[_Union[RunAgents.ExecutionMode, _Mapping]] = ...) -> None: ...
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    BASE_PROMPT_FIELD_NUMBER: _ClassVar[int]
    SKILLS_FIELD_NUMBER: _ClassVar[int]
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    HARNESS_FIELD_NUMBER: _ClassVar[int]
    LOCAL_FIELD_NUMBER: _ClassVar[int]
    REMOTE_FIELD_NUMBER: _ClassVar[int]
    AGENT_RUN_CONFIGS_FIELD_NUMBER: _ClassVar[int]
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    summary: str
    base_prompt: str
    skills: _containers.RepeatedCompositeFieldContainer[_skills_pb2.SkillRef]
    model_id: str
    harness: Harness
    local: RunAgents.Local
    remote: RunAgents.Remote
    agent_run_configs: _containers.RepeatedCompositeFieldContainer[RunAgents.AgentRunConfig]
    plan_id: str
    def __init__(self, summary: _Optional[str] = ..., base_prompt: _Optional[str] = ..., skills: _Optional[_Iterable[_Union[_skills_pb2.SkillRef, _Mapping]]] = ..., model_id: _Optional[str] = ..., harness: _Optional[_Union[Harness, _Mapping]] = ..., local: _Optional[_Union[RunAgents.Local, _Mapping]] = ..., remote: _Optional[_Union[RunAgents.Remote, _Mapping]] = ..., agent_run_configs: _Optional[_Iterable[_Union[RunAgents.AgentRunConfig, _Mapping]]] = ..., plan_id: _Optional[str] = ...) -> None: ...

class SendMessageToAgent(_message.Message):
    __slots__ = ("addresses", "subject", "message")
    ADDRESSES_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    addresses: _containers.RepeatedScalarFieldContainer[str]
    subject: str
    message: str
    def __init__(self, addresses: _Optional[_Iterable[str]] = ..., subject: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class OrchestrationConfig(_message.Message):
    __slots__ = ("model_id", "harness", "local", "remote")
    class Local(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Remote(_message.Message):
        __slots__ = ("environment_id", "worker_host", "runner_id")
        ENVIRONMENT_ID_FIELD_NUMBER: _ClassVar[int]
        WORKER_HOST_FIELD_NUMBER: _ClassVar[int]
        RUNNER_ID_FIELD_NUMBER: _ClassVar[int]
        environment_id: str
        worker_host: str
        runner_id: str
        def __init__(self, environment_id: _Optional[str] = ..., worker_host: _Optional[str] = ..., runner_id: _Optional[str] = ...) -> None: ...
    MODEL_ID_FIELD_NUMBER: _ClassVar[int]
    HARNESS_FIELD_NUMBER: _ClassVar[int]
    LOCAL_FIELD_NUMBER: _ClassVar[int]
    REMOTE_FIELD_NUMBER: _ClassVar[int]
    model_id: str
    harness: Harness
    local: OrchestrationConfig.Local
    remote: OrchestrationConfig.Remote
    def __init__(self, model_id: _Optional[str] = ..., harness: _Optional[_Union[Harness, _Mapping]] = ..., local: _Optional[_Union[OrchestrationConfig.Local, _Mapping]] = ..., remote: _Optional[_Union[OrchestrationConfig.Remote, _Mapping]] = ...) -> None: ...

class OrchestrationStatus(_message.Message):
    __slots__ = ("approved", "disapproved")
    class Approved(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Disapproved(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    APPROVED_FIELD_NUMBER: _ClassVar[int]
    DISAPPROVED_FIELD_NUMBER: _ClassVar[int]
    approved: OrchestrationStatus.Approved
    disapproved: OrchestrationStatus.Disapproved
    def __init__(self, approved: _Optional[_Union[OrchestrationStatus.Approved, _Mapping]] = ..., disapproved: _Optional[_Union[OrchestrationStatus.Disapproved, _Mapping]] = ...) -> None: ...

class OrchestrationConfigUpdate(_message.Message):
    __slots__ = ("plan_id", "config", "status")
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    plan_id: str
    config: OrchestrationConfig
    status: OrchestrationStatus
    def __init__(self, plan_id: _Optional[str] = ..., config: _Optional[_Union[OrchestrationConfig, _Mapping]] = ..., status: _Optional[_Union[OrchestrationStatus, _Mapping]] = ...) -> None: ...

class OrchestrationConfigSnapshot(_message.Message):
    __slots__ = ("plan_id", "config", "status")
    PLAN_ID_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    plan_id: str
    config: OrchestrationConfig
    status: OrchestrationStatus
    def __init__(self, plan_id: _Optional[str] = ..., config: _Optional[_Union[OrchestrationConfig, _Mapping]] = ..., status: _Optional[_Union[OrchestrationStatus, _Mapping]] = ...) -> None: ...

class AgentEvent(_message.Message):
    __slots__ = ("event_id", "occurred_at", "lifecycle_event")
    class LifecycleEvent(_message.Message):
        __slots__ = ("sender_agent_id", "errored", "started", "idle", "restarted", "cancelled", "blocked", "in_progress", "succeeded", "failed")
        class Errored(_message.Message):
            __slots__ = ("stage", "reason", "error_message")
            STAGE_FIELD_NUMBER: _ClassVar[int]
            REASON_FIELD_NUMBER: _ClassVar[int]
            ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
            stage: str
            reason: str
            error_message: str
            def __init__(self, stage: _Optional[str] = ..., reason: _Optional[str] = ..., error_message: _Optional[str] = ...) -> None: ...
        class Blocked(_message.Message):
            __slots__ = ("blocked_action",)
            BLOCKED_ACTION_FIELD_NUMBER: _ClassVar[int]
            blocked_action: str
            def __init__(self, blocked_action: _Optional[str] = ...) -> None: ...
        class Failed(_message.Message):
            __slots__ = ("reason", "error_message")
            REASON_FIELD_NUMBER: _ClassVar[int]
            ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
            reason: str
            error_message: str
            def __init__(self, reason: _Optional[str] = ..., error_message: _Optional[str] = ...) -> None: ...
        SENDER_AGENT_ID_FIELD_NUMBER: _ClassVar[int]
        ERRORED_FIELD_NUMBER: _ClassVar[int]
        STARTED_FIELD_NUMBER: _ClassVar[int]
        IDLE_FIELD_NUMBER: _ClassVar[int]
        RESTARTED_FIELD_NUMBER: _ClassVar[int]
        CANCELLED_FIELD_NUMBER: _ClassVar[int]
        BLOCKED_FIELD_NUMBER: _ClassVar[int]
        IN_PROGRESS_FIELD_NUMBER: _ClassVar[int]
        SUCCEEDED_FIELD_NUMBER: _ClassVar[int]
        FAILED_FIELD_NUMBER: _ClassVar[int]
        sender_agent_id: str
        errored: AgentEvent.LifecycleEvent.Errored
        started: _empty_pb2.Empty
        idle: _empty_pb2.Empty
        restarted: _empty_pb2.Empty
        cancelled: _empty_pb2.Empty
        blocked: AgentEvent.LifecycleEvent.Blocked
        in_progress: _empty_pb2.Empty
        succeeded: _empty_pb2.Empty
        failed: AgentEvent.LifecycleEvent.Failed
        def __init__(self, sender_agent_id: _Optional[str] = ..., errored: _Optional[_Union[AgentEvent.LifecycleEvent.Errored, _Mapping]] = ..., started: _Optional[_Union[_empty_pb2.Empty, _Mapping]] = ..., idle: _Optional[_Union[_empty_pb2.Empty, _Mapping]] = ..., restarted: _Optional[_Union[_empty_pb2.Empty, _Mapping]] = ..., cancelled: _Optional[_Union[_empty_pb2.Empty, _Mapping]] = ..., blocked: _Optional[_Union[AgentEvent.LifecycleEvent.Blocked, _Mapping]] = ..., in_progress: _Optional[_Union[_empty_pb2.Empty, _Mapping]] = ..., succeeded: _Optional[_Union[_empty_pb2.Empty, _Mapping]] = ..., failed: _Optional[_Union[AgentEvent.LifecycleEvent.Failed, _Mapping]] = ...) -> None: ...
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    OCCURRED_AT_FIELD_NUMBER: _ClassVar[int]
    LIFECYCLE_EVENT_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    occurred_at: _timestamp_pb2.Timestamp
    lifecycle_event: AgentEvent.LifecycleEvent
    def __init__(self, event_id: _Optional[str] = ..., occurred_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., lifecycle_event: _Optional[_Union[AgentEvent.LifecycleEvent, _Mapping]] = ...) -> None: ...
