import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from proto.warp import files_pb2 as _files_pb2
from proto.warp import orchestration_pb2 as _orchestration_pb2
from proto.warp import shell_pb2 as _shell_pb2
from proto.warp import tools_pb2 as _tools_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CallMCPToolResult(_message.Message):
    __slots__ = ("success", "error")
    class Success(_message.Message):
        __slots__ = ("results",)
        class Result(_message.Message):
            __slots__ = ("text", "image", "resource")
            class Text(_message.Message):
                __slots__ = ("text",)
                TEXT_FIELD_NUMBER: _ClassVar[int]
                text: str
                def __init__(self, text: _Optional[str] = ...) -> None: ...
            class Image(_message.Message):
                __slots__ = ("data", "mime_type")
                DATA_FIELD_NUMBER: _ClassVar[int]
                MIME_TYPE_FIELD_NUMBER: _ClassVar[int]
                data: bytes
                mime_type: str
                def __init__(self, data: _Optional[bytes] = ..., mime_type: _Optional[str] = ...) -> None: ...
            TEXT_FIELD_NUMBER: _ClassVar[int]
            IMAGE_FIELD_NUMBER: _ClassVar[int]
            RESOURCE_FIELD_NUMBER: _ClassVar[int]
            text: CallMCPToolResult.Success.Result.Text
            image: CallMCPToolResult.Success.Result.Image
            resource: MCPResourceContent
            def __init__(self, text: _Optional[_Union[CallMCPToolResult.Success.Result.Text, _Mapping]] = ..., image: _Optional[_Union[CallMCPToolResult.Success.Result.Image, _Mapping]] = ..., resource: _Optional[_Union[MCPResourceContent, _Mapping]] = ...) -> None: ...
        RESULTS_FIELD_NUMBER: _ClassVar[int]
        results: _containers.RepeatedCompositeFieldContainer[CallMCPToolResult.Success.Result]
        def __init__(self, results: _Optional[_Iterable[_Union[CallMCPToolResult.Success.Result, _Mapping]]] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    success: CallMCPToolResult.Success
    error: CallMCPToolResult.Error
    def __init__(self, success: _Optional[_Union[CallMCPToolResult.Success, _Mapping]] = ..., error: _Optional[_Union[CallMCPToolResult.Error, _Mapping]] = ...) -> None: ...

class MCPResourceContent(_message.Message):
    __slots__ = ("uri", "text", "binary")
    class Text(_message.Message):
        __slots__ = ("content", "mime_type")
        CONTENT_FIELD_NUMBER: _ClassVar[int]
        MIME_TYPE_FIELD_NUMBER: _ClassVar[int]
        content: str
        mime_type: str
        def __init__(self, content: _Optional[str] = ..., mime_type: _Optional[str] = ...) -> None: ...
    class Binary(_message.Message):
        __slots__ = ("data", "mime_type")
        DATA_FIELD_NUMBER: _ClassVar[int]
        MIME_TYPE_FIELD_NUMBER: _ClassVar[int]
        data: bytes
        mime_type: str
        def __init__(self, data: _Optional[bytes] = ..., mime_type: _Optional[str] = ...) -> None: ...
    URI_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    BINARY_FIELD_NUMBER: _ClassVar[int]
    uri: str
    text: MCPResourceContent.Text
    binary: MCPResourceContent.Binary
    def __init__(self, uri: _Optional[str] = ..., text: _Optional[_Union[MCPResourceContent.Text, _Mapping]] = ..., binary: _Optional[_Union[MCPResourceContent.Binary, _Mapping]] = ...) -> None: ...

class ReadMCPResourceResult(_message.Message):
    __slots__ = ("success", "error")
    class Success(_message.Message):
        __slots__ = ("contents",)
        CONTENTS_FIELD_NUMBER: _ClassVar[int]
        contents: _containers.RepeatedCompositeFieldContainer[MCPResourceContent]
        def __init__(self, contents: _Optional[_Iterable[_Union[MCPResourceContent, _Mapping]]] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    success: ReadMCPResourceResult.Success
    error: ReadMCPResourceResult.Error
    def __init__(self, success: _Optional[_Union[ReadMCPResourceResult.Success, _Mapping]] = ..., error: _Optional[_Union[ReadMCPResourceResult.Error, _Mapping]] = ...) -> None: ...

class RunShellCommandResult(_message.Message):
    __slots__ = ("output", "exit_code", "command", "long_running_command_snapshot", "command_finished", "permission_denied")
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    LONG_RUNNING_COMMAND_SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FINISHED_FIELD_NUMBER: _ClassVar[int]
    PERMISSION_DENIED_FIELD_NUMBER: _ClassVar[int]
    output: str
    exit_code: int
    command: str
    long_running_command_snapshot: _shell_pb2.LongRunningShellCommandSnapshot
    command_finished: _shell_pb2.ShellCommandFinished
    permission_denied: _shell_pb2.PermissionDenied
    def __init__(self, output: _Optional[str] = ..., exit_code: _Optional[int] = ..., command: _Optional[str] = ..., long_running_command_snapshot: _Optional[_Union[_shell_pb2.LongRunningShellCommandSnapshot, _Mapping]] = ..., command_finished: _Optional[_Union[_shell_pb2.ShellCommandFinished, _Mapping]] = ..., permission_denied: _Optional[_Union[_shell_pb2.PermissionDenied, _Mapping]] = ...) -> None: ...

class WriteToLongRunningShellCommandResult(_message.Message):
    __slots__ = ("long_running_command_snapshot", "command_finished", "error")
    LONG_RUNNING_COMMAND_SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FINISHED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    long_running_command_snapshot: _shell_pb2.LongRunningShellCommandSnapshot
    command_finished: _shell_pb2.ShellCommandFinished
    error: _shell_pb2.ShellCommandError
    def __init__(self, long_running_command_snapshot: _Optional[_Union[_shell_pb2.LongRunningShellCommandSnapshot, _Mapping]] = ..., command_finished: _Optional[_Union[_shell_pb2.ShellCommandFinished, _Mapping]] = ..., error: _Optional[_Union[_shell_pb2.ShellCommandError, _Mapping]] = ...) -> None: ...

class ReadShellCommandOutputResult(_message.Message):
    __slots__ = ("command", "long_running_command_snapshot", "command_finished", "error")
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    LONG_RUNNING_COMMAND_SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FINISHED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    command: str
    long_running_command_snapshot: _shell_pb2.LongRunningShellCommandSnapshot
    command_finished: _shell_pb2.ShellCommandFinished
    error: _shell_pb2.ShellCommandError
    def __init__(self, command: _Optional[str] = ..., long_running_command_snapshot: _Optional[_Union[_shell_pb2.LongRunningShellCommandSnapshot, _Mapping]] = ..., command_finished: _Optional[_Union[_shell_pb2.ShellCommandFinished, _Mapping]] = ..., error: _Optional[_Union[_shell_pb2.ShellCommandError, _Mapping]] = ...) -> None: ...

class TransferShellCommandControlToUserResult(_message.Message):
    __slots__ = ("long_running_command_snapshot", "command_finished", "error")
    LONG_RUNNING_COMMAND_SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FINISHED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    long_running_command_snapshot: _shell_pb2.LongRunningShellCommandSnapshot
    command_finished: _shell_pb2.ShellCommandFinished
    error: _shell_pb2.ShellCommandError
    def __init__(self, long_running_command_snapshot: _Optional[_Union[_shell_pb2.LongRunningShellCommandSnapshot, _Mapping]] = ..., command_finished: _Optional[_Union[_shell_pb2.ShellCommandFinished, _Mapping]] = ..., error: _Optional[_Union[_shell_pb2.ShellCommandError, _Mapping]] = ...) -> None: ...

class ReadFilesResult(_message.Message):
    __slots__ = ("text_files_success", "error", "any_files_success")
    class FailedRead(_message.Message):
        __slots__ = ("path", "message")
        PATH_FIELD_NUMBER: _ClassVar[int]
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        path: str
        message: str
        def __init__(self, path: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...
    class TextFilesSuccess(_message.Message):
        __slots__ = ("files", "failed_reads")
        FILES_FIELD_NUMBER: _ClassVar[int]
        FAILED_READS_FIELD_NUMBER: _ClassVar[int]
        files: _containers.RepeatedCompositeFieldContainer[_files_pb2.FileContent]
        failed_reads: _containers.RepeatedCompositeFieldContainer[ReadFilesResult.FailedRead]
        def __init__(self, files: _Optional[_Iterable[_Union[_files_pb2.FileContent, _Mapping]]] = ..., failed_reads: _Optional[_Iterable[_Union[ReadFilesResult.FailedRead, _Mapping]]] = ...) -> None: ...
    class AnyFilesSuccess(_message.Message):
        __slots__ = ("files", "failed_reads")
        FILES_FIELD_NUMBER: _ClassVar[int]
        FAILED_READS_FIELD_NUMBER: _ClassVar[int]
        files: _containers.RepeatedCompositeFieldContainer[_files_pb2.AnyFileContent]
        failed_reads: _containers.RepeatedCompositeFieldContainer[ReadFilesResult.FailedRead]
        def __init__(self, files: _Optional[_Iterable[_Union[_files_pb2.AnyFileContent, _Mapping]]] = ..., failed_reads: _Optional[_Iterable[_Union[ReadFilesResult.FailedRead, _Mapping]]] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    TEXT_FILES_SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    ANY_FILES_SUCCESS_FIELD_NUMBER: _ClassVar[int]
    text_files_success: ReadFilesResult.TextFilesSuccess
    error: ReadFilesResult.Error
    any_files_success: ReadFilesResult.AnyFilesSuccess
    def __init__(self, text_files_success: _Optional[_Union[ReadFilesResult.TextFilesSuccess, _Mapping]] = ..., error: _Optional[_Union[ReadFilesResult.Error, _Mapping]] = ..., any_files_success: _Optional[_Union[ReadFilesResult.AnyFilesSuccess, _Mapping]] = ...) -> None: ...

class SearchCodebaseResult(_message.Message):
    __slots__ = ("success", "error")
    class Success(_message.Message):
        __slots__ = ("files",)
        FILES_FIELD_NUMBER: _ClassVar[int]
        files: _containers.RepeatedCompositeFieldContainer[_files_pb2.FileContent]
        def __init__(self, files: _Optional[_Iterable[_Union[_files_pb2.FileContent, _Mapping]]] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    success: SearchCodebaseResult.Success
    error: SearchCodebaseResult.Error
    def __init__(self, success: _Optional[_Union[SearchCodebaseResult.Success, _Mapping]] = ..., error: _Optional[_Union[SearchCodebaseResult.Error, _Mapping]] = ...) -> None: ...

class ApplyFileDiffsResult(_message.Message):
    __slots__ = ("success", "error")
    class Success(_message.Message):
        __slots__ = ("updated_files", "updated_files_v2", "deleted_files")
        class UpdatedFileContent(_message.Message):
            __slots__ = ("file", "was_edited_by_user")
            FILE_FIELD_NUMBER: _ClassVar[int]
            WAS_EDITED_BY_USER_FIELD_NUMBER: _ClassVar[int]
            file: _files_pb2.FileContent
            was_edited_by_user: bool
            def __init__(self, file: _Optional[_Union[_files_pb2.FileContent, _Mapping]] = ..., was_edited_by_user: _Optional[bool] = ...) -> None: ...
        class DeletedFile(_message.Message):
            __slots__ = ("file_path",)
            FILE_PATH_FIELD_NUMBER: _ClassVar[int]
            file_path: str
            def __init__(self, file_path: _Optional[str] = ...) -> None: ...
        UPDATED_FILES_FIELD_NUMBER: _ClassVar[int]
        UPDATED_FILES_V2_FIELD_NUMBER: _ClassVar[int]
        DELETED_FILES_FIELD_NUMBER: _ClassVar[int]
        updated_files: _containers.RepeatedCompositeFieldContainer[_files_pb2.FileContent]
        updated_files_v2: _containers.RepeatedCompositeFieldContainer[ApplyFileDiffsResult.Success.UpdatedFileContent]
        deleted_files: _containers.RepeatedCompositeFieldContainer[ApplyFileDiffsResult.Success.DeletedFile]
        def __init__(self, updated_files: _Optional[_Iterable[_Union[_files_pb2.FileContent, _Mapping]]] = ..., updated_files_v2: _Optional[_Iterable[_Union[ApplyFileDiffsResult.Success.UpdatedFileContent, _Mapping]]] = ..., deleted_files: _Optional[_Iterable[_Union[ApplyFileDiffsResult.Success.DeletedFile, _Mapping]]] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    success: ApplyFileDiffsResult.Success
    error: ApplyFileDiffsResult.Error
    def __init__(self, success: _Optional[_Union[ApplyFileDiffsResult.Success, _Mapping]] = ..., error: _Optional[_Union[ApplyFileDiffsResult.Error, _Mapping]] = ...) -> None: ...

class GrepResult(_message.Message):
    __slots__ = ("success", "error")
    class Success(_message.Message):
        __slots__ = ("matched_files",)
        class GrepFileMatch(_message.Message):
            __slots__ = ("file_path", "matched_lines")
            class GrepLineMatch(_message.Message):
                __slots__ = ("line_number",)
                LINE_NUMBER_FIELD_NUMBER: _ClassVar[int]
                line_number: int
                def __init__(self, line_number: _Optional[int] = ...) -> None: ...
            FILE_PATH_FIELD_NUMBER: _ClassVar[int]
            MATCHED_LINES_FIELD_NUMBER: _ClassVar[int]
            file_path: str
            matched_lines: _containers.RepeatedCompositeFieldContainer[GrepResult.Success.GrepFileMatch.GrepLineMatch]
            def __init__(self, file_path: _Optional[str] = ..., matched_lines: _Optional[_Iterable[_Union[GrepResult.Success.GrepFileMatch.GrepLineMatch, _Mapping]]] = ...) -> None: ...
        MATCHED_FILES_FIELD_NUMBER: _ClassVar[int]
        matched_files: _containers.RepeatedCompositeFieldContainer[GrepResult.Success.GrepFileMatch]
        def __init__(self, matched_files: _Optional[_Iterable[_Union[GrepResult.Success.GrepFileMatch, _Mapping]]] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    success: GrepResult.Success
    error: GrepResult.Error
    def __init__(self, success: _Optional[_Union[GrepResult.Success, _Mapping]] = ..., error: _Optional[_Union[GrepResult.Error, _Mapping]] = ...) -> None: ...

class FileGlobResult(_message.Message):
    __slots__ = ("success", "error")
    class Success(_message.Message):
        __slots__ = ("matched_files",)
        MATCHED_FILES_FIELD_NUMBER: _ClassVar[int]
        matched_files: str
        def __init__(self, matched_files: _Optional[str] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    success: FileGlobResult.Success
    error: FileGlobResult.Error
    def __init__(self, success: _Optional[_Union[FileGlobResult.Success, _Mapping]] = ..., error: _Optional[_Union[FileGlobResult.Error, _Mapping]] = ...) -> None: ...

class FileGlobV2Result(_message.Message):
    __slots__ = ("success", "error")
    class Success(_message.Message):
        __slots__ = ("matched_files", "warnings")
        class FileGlobMatch(_message.Message):
            __slots__ = ("file_path",)
            FILE_PATH_FIELD_NUMBER: _ClassVar[int]
            file_path: str
            def __init__(self, file_path: _Optional[str] = ...) -> None: ...
        MATCHED_FILES_FIELD_NUMBER: _ClassVar[int]
        WARNINGS_FIELD_NUMBER: _ClassVar[int]
        matched_files: _containers.RepeatedCompositeFieldContainer[FileGlobV2Result.Success.FileGlobMatch]
        warnings: str
        def __init__(self, matched_files: _Optional[_Iterable[_Union[FileGlobV2Result.Success.FileGlobMatch, _Mapping]]] = ..., warnings: _Optional[str] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    success: FileGlobV2Result.Success
    error: FileGlobV2Result.Error
    def __init__(self, success: _Optional[_Union[FileGlobV2Result.Success, _Mapping]] = ..., error: _Optional[_Union[FileGlobV2Result.Error, _Mapping]] = ...) -> None: ...

class SuggestPlanResult(_message.Message):
    __slots__ = ("accepted", "user_edited_plan")
    class UserEditedPlan(_message.Message):
        __slots__ = ("plan_text",)
        PLAN_TEXT_FIELD_NUMBER: _ClassVar[int]
        plan_text: str
        def __init__(self, plan_text: _Optional[str] = ...) -> None: ...
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    USER_EDITED_PLAN_FIELD_NUMBER: _ClassVar[int]
    accepted: _empty_pb2.Empty
    user_edited_plan: SuggestPlanResult.UserEditedPlan
    def __init__(self, accepted: _Optional[_Union[_empty_pb2.Empty, _Mapping]] = ..., user_edited_plan: _Optional[_Union[SuggestPlanResult.UserEditedPlan, _Mapping]] = ...) -> None: ...

class SuggestCreatePlanResult(_message.Message):
    __slots__ = ("accepted",)
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    accepted: bool
    def __init__(self, accepted: _Optional[bool] = ...) -> None: ...

class SuggestNewConversationResult(_message.Message):
    __slots__ = ("accepted", "rejected")
    class Accepted(_message.Message):
        __slots__ = ("message_id",)
        MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
        message_id: str
        def __init__(self, message_id: _Optional[str] = ...) -> None: ...
    class Rejected(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    accepted: SuggestNewConversationResult.Accepted
    rejected: SuggestNewConversationResult.Rejected
    def __init__(self, accepted: _Optional[_Union[SuggestNewConversationResult.Accepted, _Mapping]] = ..., rejected: _Optional[_Union[SuggestNewConversationResult.Rejected, _Mapping]] = ...) -> None: ...

class SuggestPromptResult(_message.Message):
    __slots__ = ("accepted", "rejected")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    accepted: _empty_pb2.Empty
    rejected: _empty_pb2.Empty
    def __init__(self, accepted: _Optional[_Union[_empty_pb2.Empty, _Mapping]] = ..., rejected: _Optional[_Union[_empty_pb2.Empty, _Mapping]] = ...) -> None: ...

class AskUserQuestionResult(_message.Message):
    __slots__ = ("success", "error")
    class Success(_message.Message):
        __slots__ = ("answers",)
        ANSWERS_FIELD_NUMBER: _ClassVar[int]
        answers: _containers.RepeatedCompositeFieldContainer[AskUserQuestionResult.AnswerItem]
        def __init__(self, answers: _Optional[_Iterable[_Union[AskUserQuestionResult.AnswerItem, _Mapping]]] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    class AnswerItem(_message.Message):
        __slots__ = ("question_id", "multiple_choice", "skipped")
        class MultipleChoiceAnswer(_message.Message):
            __slots__ = ("selected_options", "other_text")
            SELECTED_OPTIONS_FIELD_NUMBER: _ClassVar[int]
            OTHER_TEXT_FIELD_NUMBER: _ClassVar[int]
            selected_options: _containers.RepeatedScalarFieldContainer[str]
            other_text: str
            def __init__(self, selected_options: _Optional[_Iterable[str]] = ..., other_text: _Optional[str] = ...) -> None: ...
        QUESTION_ID_FIELD_NUMBER: _ClassVar[int]
        MULTIPLE_CHOICE_FIELD_NUMBER: _ClassVar[int]
        SKIPPED_FIELD_NUMBER: _ClassVar[int]
        question_id: str
        multiple_choice: AskUserQuestionResult.AnswerItem.MultipleChoiceAnswer
        skipped: _empty_pb2.Empty
        def __init__(self, question_id: _Optional[str] = ..., multiple_choice: _Optional[_Union[AskUserQuestionResult.AnswerItem.MultipleChoiceAnswer, _Mapping]] = ..., skipped: _Optional[_Union[_empty_pb2.Empty, _Mapping]] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    success: AskUserQuestionResult.Success
    error: AskUserQuestionResult.Error
    def __init__(self, success: _Optional[_Union[AskUserQuestionResult.Success, _Mapping]] = ..., error: _Optional[_Union[AskUserQuestionResult.Error, _Mapping]] = ...) -> None: ...

class OpenCodeReviewResult(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class InsertReviewCommentsResult(_message.Message):
    __slots__ = ("repo_path", "success", "error")
    class Success(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    REPO_PATH_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    repo_path: str
    success: InsertReviewCommentsResult.Success
    error: InsertReviewCommentsResult.Error
    def __init__(self, repo_path: _Optional[str] = ..., success: _Optional[_Union[InsertReviewCommentsResult.Success, _Mapping]] = ..., error: _Optional[_Union[InsertReviewCommentsResult.Error, _Mapping]] = ...) -> None: ...

class InitProjectResult(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReadDocumentsResult(_message.Message):
    __slots__ = ("success", "error")
    class Success(_message.Message):
        __slots__ = ("documents",)
        DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
        documents: _containers.RepeatedCompositeFieldContainer[_files_pb2.DocumentContent]
        def __init__(self, documents: _Optional[_Iterable[_Union[_files_pb2.DocumentContent, _Mapping]]] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    success: ReadDocumentsResult.Success
    error: ReadDocumentsResult.Error
    def __init__(self, success: _Optional[_Union[ReadDocumentsResult.Success, _Mapping]] = ..., error: _Optional[_Union[ReadDocumentsResult.Error, _Mapping]] = ...) -> None: ...

class EditDocumentsResult(_message.Message):
    __slots__ = ("success", "error")
    class Success(_message.Message):
        __slots__ = ("updated_documents",)
        UPDATED_DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
        updated_documents: _containers.RepeatedCompositeFieldContainer[_files_pb2.DocumentContent]
        def __init__(self, updated_documents: _Optional[_Iterable[_Union[_files_pb2.DocumentContent, _Mapping]]] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    success: EditDocumentsResult.Success
    error: EditDocumentsResult.Error
    def __init__(self, success: _Optional[_Union[EditDocumentsResult.Success, _Mapping]] = ..., error: _Optional[_Union[EditDocumentsResult.Error, _Mapping]] = ...) -> None: ...

class CreateDocumentsResult(_message.Message):
    __slots__ = ("success", "error")
    class Success(_message.Message):
        __slots__ = ("created_documents",)
        CREATED_DOCUMENTS_FIELD_NUMBER: _ClassVar[int]
        created_documents: _containers.RepeatedCompositeFieldContainer[_files_pb2.DocumentContent]
        def __init__(self, created_documents: _Optional[_Iterable[_Union[_files_pb2.DocumentContent, _Mapping]]] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    success: CreateDocumentsResult.Success
    error: CreateDocumentsResult.Error
    def __init__(self, success: _Optional[_Union[CreateDocumentsResult.Success, _Mapping]] = ..., error: _Optional[_Union[CreateDocumentsResult.Error, _Mapping]] = ...) -> None: ...

class ReadSkillResult(_message.Message):
    __slots__ = ("success", "error")
    class Success(_message.Message):
        __slots__ = ("content",)
        CONTENT_FIELD_NUMBER: _ClassVar[int]
        content: _files_pb2.FileContent
        def __init__(self, content: _Optional[_Union[_files_pb2.FileContent, _Mapping]] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    success: ReadSkillResult.Success
    error: ReadSkillResult.Error
    def __init__(self, success: _Optional[_Union[ReadSkillResult.Success, _Mapping]] = ..., error: _Optional[_Union[ReadSkillResult.Error, _Mapping]] = ...) -> None: ...

class FetchConversationResult(_message.Message):
    __slots__ = ("success", "error")
    class Success(_message.Message):
        __slots__ = ("directory_path",)
        DIRECTORY_PATH_FIELD_NUMBER: _ClassVar[int]
        directory_path: str
        def __init__(self, directory_path: _Optional[str] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    success: FetchConversationResult.Success
    error: FetchConversationResult.Error
    def __init__(self, success: _Optional[_Union[FetchConversationResult.Success, _Mapping]] = ..., error: _Optional[_Union[FetchConversationResult.Error, _Mapping]] = ...) -> None: ...

class UploadFileArtifactResult(_message.Message):
    __slots__ = ("success", "error")
    class Success(_message.Message):
        __slots__ = ("artifact_uid", "mime_type", "size_bytes")
        ARTIFACT_UID_FIELD_NUMBER: _ClassVar[int]
        MIME_TYPE_FIELD_NUMBER: _ClassVar[int]
        SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
        artifact_uid: str
        mime_type: str
        size_bytes: int
        def __init__(self, artifact_uid: _Optional[str] = ..., mime_type: _Optional[str] = ..., size_bytes: _Optional[int] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    success: UploadFileArtifactResult.Success
    error: UploadFileArtifactResult.Error
    def __init__(self, success: _Optional[_Union[UploadFileArtifactResult.Success, _Mapping]] = ..., error: _Optional[_Union[UploadFileArtifactResult.Error, _Mapping]] = ...) -> None: ...

class UseComputerResult(_message.Message):
    __slots__ = ("success", "error")
    class Success(_message.Message):
        __slots__ = ("screenshot", "cursor_position", "captured_window", "windows")
        class CapturedWindow(_message.Message):
            __slots__ = ("window_id", "width_px", "height_px")
            WINDOW_ID_FIELD_NUMBER: _ClassVar[int]
            WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
            HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
            window_id: str
            width_px: int
            height_px: int
            def __init__(self, window_id: _Optional[str] = ..., width_px: _Optional[int] = ..., height_px: _Optional[int] = ...) -> None: ...
        SCREENSHOT_FIELD_NUMBER: _ClassVar[int]
        CURSOR_POSITION_FIELD_NUMBER: _ClassVar[int]
        CAPTURED_WINDOW_FIELD_NUMBER: _ClassVar[int]
        WINDOWS_FIELD_NUMBER: _ClassVar[int]
        screenshot: _files_pb2.RawImage
        cursor_position: _tools_pb2.Coordinates
        captured_window: UseComputerResult.Success.CapturedWindow
        windows: _containers.RepeatedCompositeFieldContainer[_tools_pb2.WindowInfo]
        def __init__(self, screenshot: _Optional[_Union[_files_pb2.RawImage, _Mapping]] = ..., cursor_position: _Optional[_Union[_tools_pb2.Coordinates, _Mapping]] = ..., captured_window: _Optional[_Union[UseComputerResult.Success.CapturedWindow, _Mapping]] = ..., windows: _Optional[_Iterable[_Union[_tools_pb2.WindowInfo, _Mapping]]] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    success: UseComputerResult.Success
    error: UseComputerResult.Error
    def __init__(self, success: _Optional[_Union[UseComputerResult.Success, _Mapping]] = ..., error: _Optional[_Union[UseComputerResult.Error, _Mapping]] = ...) -> None: ...

class RequestComputerUseResult(_message.Message):
    __slots__ = ("approved", "rejected", "error")
    class Approved(_message.Message):
        __slots__ = ("screen_dimensions", "initial_screenshot", "platform", "windows")
        class Platform(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
            __slots__ = ()
            MACOS: _ClassVar[RequestComputerUseResult.Approved.Platform]
            WINDOWS: _ClassVar[RequestComputerUseResult.Approved.Platform]
            LINUX_X11: _ClassVar[RequestComputerUseResult.Approved.Platform]
            LINUX_WAYLAND: _ClassVar[RequestComputerUseResult.Approved.Platform]
        MACOS: RequestComputerUseResult.Approved.Platform
        WINDOWS: RequestComputerUseResult.Approved.Platform
        LINUX_X11: RequestComputerUseResult.Approved.Platform
        LINUX_WAYLAND: RequestComputerUseResult.Approved.Platform
        SCREEN_DIMENSIONS_FIELD_NUMBER: _ClassVar[int]
        INITIAL_SCREENSHOT_FIELD_NUMBER: _ClassVar[int]
        PLATFORM_FIELD_NUMBER: _ClassVar[int]
        WINDOWS_FIELD_NUMBER: _ClassVar[int]
        screen_dimensions: _tools_pb2.ScreenDimensions
        initial_screenshot: _files_pb2.RawImage
        platform: RequestComputerUseResult.Approved.Platform
        windows: _containers.RepeatedCompositeFieldContainer[_tools_pb2.WindowInfo]
        def __init__(self, screen_dimensions: _Optional[_Union[_tools_pb2.ScreenDimensions, _Mapping]] = ..., initial_screenshot: _Optional[_Union[_files_pb2.RawImage, _Mapping]] = ..., platform: _Optional[_Union[RequestComputerUseResult.Approved.Platform, str]] = ..., windows: _Optional[_Iterable[_Union[_tools_pb2.WindowInfo, _Mapping]]] = ...) -> None: ...
    class Rejected(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    APPROVED_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    approved: RequestComputerUseResult.Approved
    rejected: RequestComputerUseResult.Rejected
    error: RequestComputerUseResult.Error
    def __init__(self, approved: _Optional[_Union[RequestComputerUseResult.Approved, _Mapping]] = ..., rejected: _Optional[_Union[RequestComputerUseResult.Rejected, _Mapping]] = ..., error: _Optional[_Union[RequestComputerUseResult.Error, _Mapping]] = ...) -> None: ...

class StartRecordingResult(_message.Message):
    __slots__ = ("success", "error")
    class Success(_message.Message):
        __slots__ = ("recording_id", "started_at", "settings")
        RECORDING_ID_FIELD_NUMBER: _ClassVar[int]
        STARTED_AT_FIELD_NUMBER: _ClassVar[int]
        SETTINGS_FIELD_NUMBER: _ClassVar[int]
        recording_id: str
        started_at: _timestamp_pb2.Timestamp
        settings: StartRecordingResult.CaptureSettings
        def __init__(self, recording_id: _Optional[str] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., settings: _Optional[_Union[StartRecordingResult.CaptureSettings, _Mapping]] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    class CaptureSettings(_message.Message):
        __slots__ = ("width_px", "height_px")
        WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
        HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
        width_px: int
        height_px: int
        def __init__(self, width_px: _Optional[int] = ..., height_px: _Optional[int] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    success: StartRecordingResult.Success
    error: StartRecordingResult.Error
    def __init__(self, success: _Optional[_Union[StartRecordingResult.Success, _Mapping]] = ..., error: _Optional[_Union[StartRecordingResult.Error, _Mapping]] = ...) -> None: ...

class StopRecordingResult(_message.Message):
    __slots__ = ("success", "error", "discarded")
    class CompletionStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        COMPLETION_STATUS_UNSPECIFIED: _ClassVar[StopRecordingResult.CompletionStatus]
        COMPLETION_STATUS_COMPLETE: _ClassVar[StopRecordingResult.CompletionStatus]
        COMPLETION_STATUS_INCOMPLETE: _ClassVar[StopRecordingResult.CompletionStatus]
    COMPLETION_STATUS_UNSPECIFIED: StopRecordingResult.CompletionStatus
    COMPLETION_STATUS_COMPLETE: StopRecordingResult.CompletionStatus
    COMPLETION_STATUS_INCOMPLETE: StopRecordingResult.CompletionStatus
    class Discarded(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    class Success(_message.Message):
        __slots__ = ("artifact_uid", "duration", "width_px", "height_px", "size_bytes", "completion_status", "termination_reason")
        ARTIFACT_UID_FIELD_NUMBER: _ClassVar[int]
        DURATION_FIELD_NUMBER: _ClassVar[int]
        WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
        HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
        SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
        COMPLETION_STATUS_FIELD_NUMBER: _ClassVar[int]
        TERMINATION_REASON_FIELD_NUMBER: _ClassVar[int]
        artifact_uid: str
        duration: _duration_pb2.Duration
        width_px: int
        height_px: int
        size_bytes: int
        completion_status: StopRecordingResult.CompletionStatus
        termination_reason: str
        def __init__(self, artifact_uid: _Optional[str] = ..., duration: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., width_px: _Optional[int] = ..., height_px: _Optional[int] = ..., size_bytes: _Optional[int] = ..., completion_status: _Optional[_Union[StopRecordingResult.CompletionStatus, str]] = ..., termination_reason: _Optional[str] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    DISCARDED_FIELD_NUMBER: _ClassVar[int]
    success: StopRecordingResult.Success
    error: StopRecordingResult.Error
    discarded: StopRecordingResult.Discarded
    def __init__(self, success: _Optional[_Union[StopRecordingResult.Success, _Mapping]] = ..., error: _Optional[_Union[StopRecordingResult.Error, _Mapping]] = ..., discarded: _Optional[_Union[StopRecordingResult.Discarded, _Mapping]] = ...) -> None: ...

class RunAgentsResult(_message.Message):
    __slots__ = ("launched", "denied", "failure")
    class Launched(_message.Message):
        __slots__ = ("resolved_model_id", "resolved_harness", "local", "remote", "agents")
        RESOLVED_MODEL_ID_FIELD_NUMBER: _ClassVar[int]
        RESOLVED_HARNESS_FIELD_NUMBER: _ClassVar[int]
        LOCAL_FIELD_NUMBER: _ClassVar[int]
        REMOTE_FIELD_NUMBER: _ClassVar[int]
        AGENTS_FIELD_NUMBER: _ClassVar[int]
        resolved_model_id: str
        resolved_harness: _orchestration_pb2.Harness
        local: _orchestration_pb2.RunAgents.Local
        remote: _orchestration_pb2.RunAgents.Remote
        agents: _containers.RepeatedCompositeFieldContainer[RunAgentsResult.AgentOutcome]
        def __init__(self, resolved_model_id: _Optional[str] = ..., resolved_harness: _Optional[_Union[_orchestration_pb2.Harness, _Mapping]] = ..., local: _Optional[_Union[_orchestration_pb2.RunAgents.Local, _Mapping]] = ..., remote: _Optional[_Union[_orchestration_pb2.RunAgents.Remote, _Mapping]] = ..., agents: _Optional[_Iterable[_Union[RunAgentsResult.AgentOutcome, _Mapping]]] = ...) -> None: ...
    class Denied(_message.Message):
        __slots__ = ("reason",)
        REASON_FIELD_NUMBER: _ClassVar[int]
        reason: str
        def __init__(self, reason: _Optional[str] = ...) -> None: ...
    class Failure(_message.Message):
        __slots__ = ("error",)
        ERROR_FIELD_NUMBER: _ClassVar[int]
        error: str
        def __init__(self, error: _Optional[str] = ...) -> None: ...
    class AgentOutcome(_message.Message):
        __slots__ = ("name", "launched", "failed", "model_id", "harness", "execution_mode")
        NAME_FIELD_NUMBER: _ClassVar[int]
        LAUNCHED_FIELD_NUMBER: _ClassVar[int]
        FAILED_FIELD_NUMBER: _ClassVar[int]
        MODEL_ID_FIELD_NUMBER: _ClassVar[int]
        HARNESS_FIELD_NUMBER: _ClassVar[int]
        EXECUTION_MODE_FIELD_NUMBER: _ClassVar[int]
        name: str
        launched: RunAgentsResult.LaunchedAgent
        failed: RunAgentsResult.FailedAgent
        model_id: str
        harness: _orchestration_pb2.Harness
        execution_mode: _orchestration_pb2.RunAgents.ExecutionMode
        def __init__(self, name: _Optional[str] = ..., launched: _Optional[_Union[RunAgentsResult.LaunchedAgent, _Mapping]] = ..., failed: _Optional[_Union[RunAgentsResult.FailedAgent, _Mapping]] = ..., model_id: _Optional[str] = ..., harness: _Optional[_Union[_orchestration_pb2.Harness, _Mapping]] = ..., execution_mode: _Optional[_Union[_orchestration_pb2.RunAgents.ExecutionMode, _Mapping]] = ...) -> None: ...
    class LaunchedAgent(_message.Message):
        __slots__ = ("agent_id",)
        AGENT_ID_FIELD_NUMBER: _ClassVar[int]
        agent_id: str
        def __init__(self, agent_id: _Optional[str] = ...) -> None: ...
    class FailedAgent(_message.Message):
        __slots__ = ("error",)
        ERROR_FIELD_NUMBER: _ClassVar[int]
        error: str
        def __init__(self, error: _Optional[str] = ...) -> None: ...
    LAUNCHED_FIELD_NUMBER: _ClassVar[int]
    DENIED_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    launched: RunAgentsResult.Launched
    denied: RunAgentsResult.Denied
    failure: RunAgentsResult.Failure
    def __init__(self, launched: _Optional[_Union[RunAgentsResult.Launched, _Mapping]] = ..., denied: _Optional[_Union[RunAgentsResult.Denied, _Mapping]] = ..., failure: _Optional[_Union[RunAgentsResult.Failure, _Mapping]] = ...) -> None: ...

class SendMessageToAgentResult(_message.Message):
    __slots__ = ("success", "error")
    class Success(_message.Message):
        __slots__ = ("message_id",)
        MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
        message_id: str
        def __init__(self, message_id: _Optional[str] = ...) -> None: ...
    class Error(_message.Message):
        __slots__ = ("message",)
        MESSAGE_FIELD_NUMBER: _ClassVar[int]
        message: str
        def __init__(self, message: _Optional[str] = ...) -> None: ...
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    success: SendMessageToAgentResult.Success
    error: SendMessageToAgentResult.Error
    def __init__(self, success: _Optional[_Union[SendMessageToAgentResult.Success, _Mapping]] = ..., error: _Optional[_Union[SendMessageToAgentResult.Error, _Mapping]] = ...) -> None: ...

class WaitForEventsResult(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
