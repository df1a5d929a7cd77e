import datetime

from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RiskCategory(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RISK_CATEGORY_UNSPECIFIED: _ClassVar[RiskCategory]
    RISK_CATEGORY_READ_ONLY: _ClassVar[RiskCategory]
    RISK_CATEGORY_TRIVIAL_LOCAL_CHANGE: _ClassVar[RiskCategory]
    RISK_CATEGORY_NONTRIVIAL_LOCAL_CHANGE: _ClassVar[RiskCategory]
    RISK_CATEGORY_EXTERNAL_CHANGE: _ClassVar[RiskCategory]
    RISK_CATEGORY_RISKY: _ClassVar[RiskCategory]
RISK_CATEGORY_UNSPECIFIED: RiskCategory
RISK_CATEGORY_READ_ONLY: RiskCategory
RISK_CATEGORY_TRIVIAL_LOCAL_CHANGE: RiskCategory
RISK_CATEGORY_NONTRIVIAL_LOCAL_CHANGE: RiskCategory
RISK_CATEGORY_EXTERNAL_CHANGE: RiskCategory
RISK_CATEGORY_RISKY: RiskCategory

class ExecutedShellCommand(_message.Message):
    __slots__ = ("command", "output", "exit_code", "command_id", "started_ts", "finished_ts", "is_auto_attached")
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    COMMAND_ID_FIELD_NUMBER: _ClassVar[int]
    STARTED_TS_FIELD_NUMBER: _ClassVar[int]
    FINISHED_TS_FIELD_NUMBER: _ClassVar[int]
    IS_AUTO_ATTACHED_FIELD_NUMBER: _ClassVar[int]
    command: str
    output: str
    exit_code: int
    command_id: str
    started_ts: _timestamp_pb2.Timestamp
    finished_ts: _timestamp_pb2.Timestamp
    is_auto_attached: bool
    def __init__(self, command: _Optional[str] = ..., output: _Optional[str] = ..., exit_code: _Optional[int] = ..., command_id: _Optional[str] = ..., started_ts: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., finished_ts: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., is_auto_attached: _Optional[bool] = ...) -> None: ...

class RunningShellCommand(_message.Message):
    __slots__ = ("command", "snapshot")
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    command: str
    snapshot: LongRunningShellCommandSnapshot
    def __init__(self, command: _Optional[str] = ..., snapshot: _Optional[_Union[LongRunningShellCommandSnapshot, _Mapping]] = ...) -> None: ...

class LongRunningShellCommandSnapshot(_message.Message):
    __slots__ = ("output", "cursor", "command_id", "is_alt_screen_active", "is_preempted")
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    COMMAND_ID_FIELD_NUMBER: _ClassVar[int]
    IS_ALT_SCREEN_ACTIVE_FIELD_NUMBER: _ClassVar[int]
    IS_PREEMPTED_FIELD_NUMBER: _ClassVar[int]
    output: str
    cursor: str
    command_id: str
    is_alt_screen_active: bool
    is_preempted: bool
    def __init__(self, output: _Optional[str] = ..., cursor: _Optional[str] = ..., command_id: _Optional[str] = ..., is_alt_screen_active: _Optional[bool] = ..., is_preempted: _Optional[bool] = ...) -> None: ...

class ShellCommandFinished(_message.Message):
    __slots__ = ("output", "exit_code", "command_id", "start_ts", "finish_ts")
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    COMMAND_ID_FIELD_NUMBER: _ClassVar[int]
    START_TS_FIELD_NUMBER: _ClassVar[int]
    FINISH_TS_FIELD_NUMBER: _ClassVar[int]
    output: str
    exit_code: int
    command_id: str
    start_ts: _timestamp_pb2.Timestamp
    finish_ts: _timestamp_pb2.Timestamp
    def __init__(self, output: _Optional[str] = ..., exit_code: _Optional[int] = ..., command_id: _Optional[str] = ..., start_ts: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., finish_ts: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ShellCommandError(_message.Message):
    __slots__ = ("command_not_found",)
    COMMAND_NOT_FOUND_FIELD_NUMBER: _ClassVar[int]
    command_not_found: _empty_pb2.Empty
    def __init__(self, command_not_found: _Optional[_Union[_empty_pb2.Empty, _Mapping]] = ...) -> None: ...

class PermissionDenied(_message.Message):
    __slots__ = ("denylisted_command",)
    DENYLISTED_COMMAND_FIELD_NUMBER: _ClassVar[int]
    denylisted_command: _empty_pb2.Empty
    def __init__(self, denylisted_command: _Optional[_Union[_empty_pb2.Empty, _Mapping]] = ...) -> None: ...
