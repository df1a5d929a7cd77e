from proto.warp import files_pb2 as _files_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ToolType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RUN_SHELL_COMMAND: _ClassVar[ToolType]
    SEARCH_CODEBASE: _ClassVar[ToolType]
    READ_FILES: _ClassVar[ToolType]
    APPLY_FILE_DIFFS: _ClassVar[ToolType]
    SUGGEST_PLAN: _ClassVar[ToolType]
    SUGGEST_CREATE_PLAN: _ClassVar[ToolType]
    GREP: _ClassVar[ToolType]
    FILE_GLOB: _ClassVar[ToolType]
    READ_MCP_RESOURCE: _ClassVar[ToolType]
    CALL_MCP_TOOL: _ClassVar[ToolType]
    WRITE_TO_LONG_RUNNING_SHELL_COMMAND: _ClassVar[ToolType]
    SUGGEST_NEW_CONVERSATION: _ClassVar[ToolType]
    FILE_GLOB_V2: _ClassVar[ToolType]
    SUGGEST_PROMPT: _ClassVar[ToolType]
    OPEN_CODE_REVIEW: _ClassVar[ToolType]
    INIT_PROJECT: _ClassVar[ToolType]
    SUBAGENT: _ClassVar[ToolType]
    READ_DOCUMENTS: _ClassVar[ToolType]
    EDIT_DOCUMENTS: _ClassVar[ToolType]
    CREATE_DOCUMENTS: _ClassVar[ToolType]
    READ_SHELL_COMMAND_OUTPUT: _ClassVar[ToolType]
    USE_COMPUTER: _ClassVar[ToolType]
    INSERT_REVIEW_COMMENTS: _ClassVar[ToolType]
    READ_SKILL: _ClassVar[ToolType]
    REQUEST_COMPUTER_USE: _ClassVar[ToolType]
    FETCH_CONVERSATION: _ClassVar[ToolType]
    SEND_MESSAGE_TO_AGENT: _ClassVar[ToolType]
    TRANSFER_SHELL_COMMAND_CONTROL_TO_USER: _ClassVar[ToolType]
    ASK_USER_QUESTION: _ClassVar[ToolType]
    UPLOAD_FILE_ARTIFACT: _ClassVar[ToolType]
    RUN_AGENTS: _ClassVar[ToolType]
    WAIT_FOR_EVENTS: _ClassVar[ToolType]
    START_RECORDING: _ClassVar[ToolType]
    STOP_RECORDING: _ClassVar[ToolType]
RUN_SHELL_COMMAND: ToolType
SEARCH_CODEBASE: ToolType
READ_FILES: ToolType
APPLY_FILE_DIFFS: ToolType
SUGGEST_PLAN: ToolType
SUGGEST_CREATE_PLAN: ToolType
GREP: ToolType
FILE_GLOB: ToolType
READ_MCP_RESOURCE: ToolType
CALL_MCP_TOOL: ToolType
WRITE_TO_LONG_RUNNING_SHELL_COMMAND: ToolType
SUGGEST_NEW_CONVERSATION: ToolType
FILE_GLOB_V2: ToolType
SUGGEST_PROMPT: ToolType
OPEN_CODE_REVIEW: ToolType
INIT_PROJECT: ToolType
SUBAGENT: ToolType
READ_DOCUMENTS: ToolType
EDIT_DOCUMENTS: ToolType
CREATE_DOCUMENTS: ToolType
READ_SHELL_COMMAND_OUTPUT: ToolType
USE_COMPUTER: ToolType
INSERT_REVIEW_COMMENTS: ToolType
READ_SKILL: ToolType
REQUEST_COMPUTER_USE: ToolType
FETCH_CONVERSATION: ToolType
SEND_MESSAGE_TO_AGENT: ToolType
TRANSFER_SHELL_COMMAND_CONTROL_TO_USER: ToolType
ASK_USER_QUESTION: ToolType
UPLOAD_FILE_ARTIFACT: ToolType
RUN_AGENTS: ToolType
WAIT_FOR_EVENTS: ToolType
START_RECORDING: ToolType
STOP_RECORDING: ToolType

class AskUserQuestion(_message.Message):
    __slots__ = ("questions",)
    class Option(_message.Message):
        __slots__ = ("label",)
        LABEL_FIELD_NUMBER: _ClassVar[int]
        label: str
        def __init__(self, label: _Optional[str] = ...) -> None: ...
    class MultipleChoice(_message.Message):
        __slots__ = ("options", "recommended_option_index", "is_multiselect", "supports_other")
        OPTIONS_FIELD_NUMBER: _ClassVar[int]
        RECOMMENDED_OPTION_INDEX_FIELD_NUMBER: _ClassVar[int]
        IS_MULTISELECT_FIELD_NUMBER: _ClassVar[int]
        SUPPORTS_OTHER_FIELD_NUMBER: _ClassVar[int]
        options: _containers.RepeatedCompositeFieldContainer[AskUserQuestion.Option]
        recommended_option_index: int
        is_multiselect: bool
        supports_other: bool
        def __init__(self, options: _Optional[_Iterable[_Union[AskUserQuestion.Option, _Mapping]]] = ..., recommended_option_index: _Optional[int] = ..., is_multiselect: _Optional[bool] = ..., supports_other: _Optional[bool] = ...) -> None: ...
    class Question(_message.Message):
        __slots__ = ("question_id", "question", "multiple_choice")
        QUESTION_ID_FIELD_NUMBER: _ClassVar[int]
        QUESTION_FIELD_NUMBER: _ClassVar[int]
        MULTIPLE_CHOICE_FIELD_NUMBER: _ClassVar[int]
        question_id: str
        question: str
        multiple_choice: AskUserQuestion.MultipleChoice
        def __init__(self, question_id: _Optional[str] = ..., question: _Optional[str] = ..., multiple_choice: _Optional[_Union[AskUserQuestion.MultipleChoice, _Mapping]] = ...) -> None: ...
    QUESTIONS_FIELD_NUMBER: _ClassVar[int]
    questions: _containers.RepeatedCompositeFieldContainer[AskUserQuestion.Question]
    def __init__(self, questions: _Optional[_Iterable[_Union[AskUserQuestion.Question, _Mapping]]] = ...) -> None: ...

class UploadFileArtifact(_message.Message):
    __slots__ = ("file", "description")
    FILE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    file: _files_pb2.FilePathReference
    description: str
    def __init__(self, file: _Optional[_Union[_files_pb2.FilePathReference, _Mapping]] = ..., description: _Optional[str] = ...) -> None: ...

class Coordinates(_message.Message):
    __slots__ = ("x", "y")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    x: int
    y: int
    def __init__(self, x: _Optional[int] = ..., y: _Optional[int] = ...) -> None: ...

class ScreenDimensions(_message.Message):
    __slots__ = ("width_px", "height_px")
    WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    width_px: int
    height_px: int
    def __init__(self, width_px: _Optional[int] = ..., height_px: _Optional[int] = ...) -> None: ...

class WindowInfo(_message.Message):
    __slots__ = ("window_id", "pid", "app_name", "title", "layer")
    WINDOW_ID_FIELD_NUMBER: _ClassVar[int]
    PID_FIELD_NUMBER: _ClassVar[int]
    APP_NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    LAYER_FIELD_NUMBER: _ClassVar[int]
    window_id: str
    pid: int
    app_name: str
    title: str
    layer: int
    def __init__(self, window_id: _Optional[str] = ..., pid: _Optional[int] = ..., app_name: _Optional[str] = ..., title: _Optional[str] = ..., layer: _Optional[int] = ...) -> None: ...
