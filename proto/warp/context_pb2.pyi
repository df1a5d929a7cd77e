import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from proto.warp import files_pb2 as _files_pb2
from proto.warp import review_pb2 as _review_pb2
from proto.warp import shell_pb2 as _shell_pb2
from proto.warp import skills_pb2 as _skills_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DocumentType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WARP_DRIVE_WORKFLOW: _ClassVar[DocumentType]
    WARP_DRIVE_NOTEBOOK: _ClassVar[DocumentType]
    WARP_DRIVE_ENV_VAR: _ClassVar[DocumentType]
    RULE: _ClassVar[DocumentType]
    WARP_DOCUMENTATION: _ClassVar[DocumentType]
    WEB_PAGE: _ClassVar[DocumentType]
    UNKNOWN: _ClassVar[DocumentType]
WARP_DRIVE_WORKFLOW: DocumentType
WARP_DRIVE_NOTEBOOK: DocumentType
WARP_DRIVE_ENV_VAR: DocumentType
RULE: DocumentType
WARP_DOCUMENTATION: DocumentType
WEB_PAGE: DocumentType
UNKNOWN: DocumentType

class InputContext(_message.Message):
    __slots__ = ("directory", "operating_system", "shell", "current_time", "executed_shell_commands", "selected_text", "images", "codebases", "files", "project_rules", "git", "updated_skills_context", "updated_lsp_servers_context")
    class Image(_message.Message):
        __slots__ = ("data", "mime_type")
        DATA_FIELD_NUMBER: _ClassVar[int]
        MIME_TYPE_FIELD_NUMBER: _ClassVar[int]
        data: bytes
        mime_type: str
        def __init__(self, data: _Optional[bytes] = ..., mime_type: _Optional[str] = ...) -> None: ...
    class SelectedText(_message.Message):
        __slots__ = ("text",)
        TEXT_FIELD_NUMBER: _ClassVar[int]
        text: str
        def __init__(self, text: _Optional[str] = ...) -> None: ...
    class Directory(_message.Message):
        __slots__ = ("pwd", "home", "pwd_file_symbols_indexed")
        PWD_FIELD_NUMBER: _ClassVar[int]
        HOME_FIELD_NUMBER: _ClassVar[int]
        PWD_FILE_SYMBOLS_INDEXED_FIELD_NUMBER: _ClassVar[int]
        pwd: str
        home: str
        pwd_file_symbols_indexed: bool
        def __init__(self, pwd: _Optional[str] = ..., home: _Optional[str] = ..., pwd_file_symbols_indexed: _Optional[bool] = ...) -> None: ...
    class Shell(_message.Message):
        __slots__ = ("name", "version")
        NAME_FIELD_NUMBER: _ClassVar[int]
        VERSION_FIELD_NUMBER: _ClassVar[int]
        name: str
        version: str
        def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ...) -> None: ...
    class OperatingSystem(_message.Message):
        __slots__ = ("platform", "distribution")
        PLATFORM_FIELD_NUMBER: _ClassVar[int]
        DISTRIBUTION_FIELD_NUMBER: _ClassVar[int]
        platform: str
        distribution: str
        def __init__(self, platform: _Optional[str] = ..., distribution: _Optional[str] = ...) -> None: ...
    class Codebase(_message.Message):
        __slots__ = ("name", "path")
        NAME_FIELD_NUMBER: _ClassVar[int]
        PATH_FIELD_NUMBER: _ClassVar[int]
        name: str
        path: str
        def __init__(self, name: _Optional[str] = ..., path: _Optional[str] = ...) -> None: ...
    class File(_message.Message):
        __slots__ = ("content",)
        CONTENT_FIELD_NUMBER: _ClassVar[int]
        content: _files_pb2.FileContent
        def __init__(self, content: _Optional[_Union[_files_pb2.FileContent, _Mapping]] = ...) -> None: ...
    class ProjectRules(_message.Message):
        __slots__ = ("root_path", "active_rule_files", "additional_rule_file_paths")
        ROOT_PATH_FIELD_NUMBER: _ClassVar[int]
        ACTIVE_RULE_FILES_FIELD_NUMBER: _ClassVar[int]
        ADDITIONAL_RULE_FILE_PATHS_FIELD_NUMBER: _ClassVar[int]
        root_path: str
        active_rule_files: _containers.RepeatedCompositeFieldContainer[_files_pb2.FileContent]
        additional_rule_file_paths: _containers.RepeatedScalarFieldContainer[str]
        def __init__(self, root_path: _Optional[str] = ..., active_rule_files: _Optional[_Iterable[_Union[_files_pb2.FileContent, _Mapping]]] = ..., additional_rule_file_paths: _Optional[_Iterable[str]] = ...) -> None: ...
    class Git(_message.Message):
        __slots__ = ("head", "branch", "repository", "pull_request")
        class Repository(_message.Message):
            __slots__ = ("name", "owner", "host")
            NAME_FIELD_NUMBER: _ClassVar[int]
            OWNER_FIELD_NUMBER: _ClassVar[int]
            HOST_FIELD_NUMBER: _ClassVar[int]
            name: str
            owner: str
            host: str
            def __init__(self, name: _Optional[str] = ..., owner: _Optional[str] = ..., host: _Optional[str] = ...) -> None: ...
        class PullRequest(_message.Message):
            __slots__ = ("number", "state", "base_branch", "url")
            class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
                __slots__ = ()
                STATE_UNSPECIFIED: _ClassVar[InputContext.Git.PullRequest.State]
                STATE_OPEN_DRAFT: _ClassVar[InputContext.Git.PullRequest.State]
                STATE_OPEN: _ClassVar[InputContext.Git.PullRequest.State]
                STATE_CLOSED: _ClassVar[InputContext.Git.PullRequest.State]
                STATE_MERGED: _ClassVar[InputContext.Git.PullRequest.State]
            STATE_UNSPECIFIED: InputContext.Git.PullRequest.State
            STATE_OPEN_DRAFT: InputContext.Git.PullRequest.State
            STATE_OPEN: InputContext.Git.PullRequest.State
            STATE_CLOSED: InputContext.Git.PullRequest.State
            STATE_MERGED: InputContext.Git.PullRequest.State
            NUMBER_FIELD_NUMBER: _ClassVar[int]
            STATE_FIELD_NUMBER: _ClassVar[int]
            BASE_BRANCH_FIELD_NUMBER: _ClassVar[int]
            URL_FIELD_NUMBER: _ClassVar[int]
            number: int
            state: InputContext.Git.PullRequest.State
            base_branch: str
            url: str
            def __init__(self, number: _Optional[int] = ..., state: _Optional[_Union[InputContext.Git.PullRequest.State, str]] = ..., base_branch: _Optional[str] = ..., url: _Optional[str] = ...) -> None: ...
        HEAD_FIELD_NUMBER: _ClassVar[int]
        BRANCH_FIELD_NUMBER: _ClassVar[int]
        REPOSITORY_FIELD_NUMBER: _ClassVar[int]
        PULL_REQUEST_FIELD_NUMBER: _ClassVar[int]
        head: str
        branch: str
        repository: InputContext.Git.Repository
        pull_request: InputContext.Git.PullRequest
        def __init__(self, head: _Optional[str] = ..., branch: _Optional[str] = ..., repository: _Optional[_Union[InputContext.Git.Repository, _Mapping]] = ..., pull_request: _Optional[_Union[InputContext.Git.PullRequest, _Mapping]] = ...) -> None: ...
    class SkillsContext(_message.Message):
        __slots__ = ("available_skills",)
        AVAILABLE_SKILLS_FIELD_NUMBER: _ClassVar[int]
        available_skills: _containers.RepeatedCompositeFieldContainer[_skills_pb2.SkillDescriptor]
        def __init__(self, available_skills: _Optional[_Iterable[_Union[_skills_pb2.SkillDescriptor, _Mapping]]] = ...) -> None: ...
    class LspServersContext(_message.Message):
        __slots__ = ("available_lsp_servers",)
        AVAILABLE_LSP_SERVERS_FIELD_NUMBER: _ClassVar[int]
        available_lsp_servers: _containers.RepeatedCompositeFieldContainer[_skills_pb2.LspDescriptor]
        def __init__(self, available_lsp_servers: _Optional[_Iterable[_Union[_skills_pb2.LspDescriptor, _Mapping]]] = ...) -> None: ...
    DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    OPERATING_SYSTEM_FIELD_NUMBER: _ClassVar[int]
    SHELL_FIELD_NUMBER: _ClassVar[int]
    CURRENT_TIME_FIELD_NUMBER: _ClassVar[int]
    EXECUTED_SHELL_COMMANDS_FIELD_NUMBER: _ClassVar[int]
    SELECTED_TEXT_FIELD_NUMBER: _ClassVar[int]
    IMAGES_FIELD_NUMBER: _ClassVar[int]
    CODEBASES_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    PROJECT_RULES_FIELD_NUMBER: _ClassVar[int]
    GIT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_SKILLS_CONTEXT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_LSP_SERVERS_CONTEXT_FIELD_NUMBER: _ClassVar[int]
    directory: InputContext.Directory
    operating_system: InputContext.OperatingSystem
    shell: InputContext.Shell
    current_time: _timestamp_pb2.Timestamp
    executed_shell_commands: _containers.RepeatedCompositeFieldContainer[_shell_pb2.ExecutedShellCommand]
    selected_text: _containers.RepeatedCompositeFieldContainer[InputContext.SelectedText]
    images: _containers.RepeatedCompositeFieldContainer[InputContext.Image]
    codebases: _containers.RepeatedCompositeFieldContainer[InputContext.Codebase]
    files: _containers.RepeatedCompositeFieldContainer[InputContext.File]
    project_rules: _containers.RepeatedCompositeFieldContainer[InputContext.ProjectRules]
    git: InputContext.Git
    updated_skills_context: InputContext.SkillsContext
    updated_lsp_servers_context: InputContext.LspServersContext
    def __init__(self, directory: _Optional[_Union[InputContext.Directory, _Mapping]] = ..., operating_system: _Optional[_Union[InputContext.OperatingSystem, _Mapping]] = ..., shell: _Optional[_Union[InputContext.Shell, _Mapping]] = ..., current_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., executed_shell_commands: _Optional[_Iterable[_Union[_shell_pb2.ExecutedShellCommand, _Mapping]]] = ..., selected_text: _Optional[_Iterable[_Union[InputContext.SelectedText, _Mapping]]] = ..., images: _Optional[_Iterable[_Union[InputContext.Image, _Mapping]]] = ..., codebases: _Optional[_Iterable[_Union[InputContext.Codebase, _Mapping]]] = ..., files: _Optional[_Iterable[_Union[InputContext.File, _Mapping]]] = ..., project_rules: _Optional[_Iterable[_Union[InputContext.ProjectRules, _Mapping]]] = ..., git: _Optional[_Union[InputContext.Git, _Mapping]] = ..., updated_skills_context: _Optional[_Union[InputContext.SkillsContext, _Mapping]] = ..., updated_lsp_servers_context: _Optional[_Union[InputContext.LspServersContext, _Mapping]] = ...) -> None: ...

class Attachment(_message.Message):
    __slots__ = ("plain_text", "executed_shell_command", "running_shell_command", "drive_object", "diff_hunk", "diff_set", "document_content", "file_path_reference")
    PLAIN_TEXT_FIELD_NUMBER: _ClassVar[int]
    EXECUTED_SHELL_COMMAND_FIELD_NUMBER: _ClassVar[int]
    RUNNING_SHELL_COMMAND_FIELD_NUMBER: _ClassVar[int]
    DRIVE_OBJECT_FIELD_NUMBER: _ClassVar[int]
    DIFF_HUNK_FIELD_NUMBER: _ClassVar[int]
    DIFF_SET_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_CONTENT_FIELD_NUMBER: _ClassVar[int]
    FILE_PATH_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    plain_text: str
    executed_shell_command: _shell_pb2.ExecutedShellCommand
    running_shell_command: _shell_pb2.RunningShellCommand
    drive_object: DriveObject
    diff_hunk: _review_pb2.DiffHunk
    diff_set: _review_pb2.DiffSet
    document_content: _files_pb2.DocumentContent
    file_path_reference: _files_pb2.FilePathReference
    def __init__(self, plain_text: _Optional[str] = ..., executed_shell_command: _Optional[_Union[_shell_pb2.ExecutedShellCommand, _Mapping]] = ..., running_shell_command: _Optional[_Union[_shell_pb2.RunningShellCommand, _Mapping]] = ..., drive_object: _Optional[_Union[DriveObject, _Mapping]] = ..., diff_hunk: _Optional[_Union[_review_pb2.DiffHunk, _Mapping]] = ..., diff_set: _Optional[_Union[_review_pb2.DiffSet, _Mapping]] = ..., document_content: _Optional[_Union[_files_pb2.DocumentContent, _Mapping]] = ..., file_path_reference: _Optional[_Union[_files_pb2.FilePathReference, _Mapping]] = ...) -> None: ...

class DriveObject(_message.Message):
    __slots__ = ("uid", "workflow", "notebook", "generic_string_object")
    UID_FIELD_NUMBER: _ClassVar[int]
    WORKFLOW_FIELD_NUMBER: _ClassVar[int]
    NOTEBOOK_FIELD_NUMBER: _ClassVar[int]
    GENERIC_STRING_OBJECT_FIELD_NUMBER: _ClassVar[int]
    uid: str
    workflow: Workflow
    notebook: Notebook
    generic_string_object: GenericStringObject
    def __init__(self, uid: _Optional[str] = ..., workflow: _Optional[_Union[Workflow, _Mapping]] = ..., notebook: _Optional[_Union[Notebook, _Mapping]] = ..., generic_string_object: _Optional[_Union[GenericStringObject, _Mapping]] = ...) -> None: ...

class Workflow(_message.Message):
    __slots__ = ("name", "description", "command")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    command: str
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., command: _Optional[str] = ...) -> None: ...

class Notebook(_message.Message):
    __slots__ = ("title", "content")
    TITLE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    title: str
    content: str
    def __init__(self, title: _Optional[str] = ..., content: _Optional[str] = ...) -> None: ...

class GenericStringObject(_message.Message):
    __slots__ = ("payload", "object_type")
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    OBJECT_TYPE_FIELD_NUMBER: _ClassVar[int]
    payload: str
    object_type: str
    def __init__(self, payload: _Optional[str] = ..., object_type: _Optional[str] = ...) -> None: ...

class Citation(_message.Message):
    __slots__ = ("document_id", "document_type")
    DOCUMENT_ID_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    document_id: str
    document_type: DocumentType
    def __init__(self, document_id: _Optional[str] = ..., document_type: _Optional[_Union[DocumentType, str]] = ...) -> None: ...
