from google.protobuf import empty_pb2 as _empty_pb2
from proto.warp import files_pb2 as _files_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CurrentRef(_message.Message):
    __slots__ = ("branch_name", "headless_commit_sha")
    BRANCH_NAME_FIELD_NUMBER: _ClassVar[int]
    HEADLESS_COMMIT_SHA_FIELD_NUMBER: _ClassVar[int]
    branch_name: str
    headless_commit_sha: str
    def __init__(self, branch_name: _Optional[str] = ..., headless_commit_sha: _Optional[str] = ...) -> None: ...

class BaseRef(_message.Message):
    __slots__ = ("branch_name", "headless_commit_sha", "uncommitted_changes")
    BRANCH_NAME_FIELD_NUMBER: _ClassVar[int]
    HEADLESS_COMMIT_SHA_FIELD_NUMBER: _ClassVar[int]
    UNCOMMITTED_CHANGES_FIELD_NUMBER: _ClassVar[int]
    branch_name: str
    headless_commit_sha: str
    uncommitted_changes: _empty_pb2.Empty
    def __init__(self, branch_name: _Optional[str] = ..., headless_commit_sha: _Optional[str] = ..., uncommitted_changes: _Optional[_Union[_empty_pb2.Empty, _Mapping]] = ...) -> None: ...

class DiffHunk(_message.Message):
    __slots__ = ("file_path", "line_range", "diff_content", "lines_added", "lines_removed", "current_branch_name", "current_headless_commit_sha", "base_branch_name", "base_headless_commit_sha", "uncommitted_changes")
    FILE_PATH_FIELD_NUMBER: _ClassVar[int]
    LINE_RANGE_FIELD_NUMBER: _ClassVar[int]
    DIFF_CONTENT_FIELD_NUMBER: _ClassVar[int]
    LINES_ADDED_FIELD_NUMBER: _ClassVar[int]
    LINES_REMOVED_FIELD_NUMBER: _ClassVar[int]
    CURRENT_BRANCH_NAME_FIELD_NUMBER: _ClassVar[int]
    CURRENT_HEADLESS_COMMIT_SHA_FIELD_NUMBER: _ClassVar[int]
    BASE_BRANCH_NAME_FIELD_NUMBER: _ClassVar[int]
    BASE_HEADLESS_COMMIT_SHA_FIELD_NUMBER: _ClassVar[int]
    UNCOMMITTED_CHANGES_FIELD_NUMBER: _ClassVar[int]
    file_path: str
    line_range: _files_pb2.FileContentLineRange
    diff_content: str
    lines_added: int
    lines_removed: int
    current_branch_name: str
    current_headless_commit_sha: str
    base_branch_name: str
    base_headless_commit_sha: str
    uncommitted_changes: _empty_pb2.Empty
    def __init__(self, file_path: _Optional[str] = ..., line_range: _Optional[_Union[_files_pb2.FileContentLineRange, _Mapping]] = ..., diff_content: _Optional[str] = ..., lines_added: _Optional[int] = ..., lines_removed: _Optional[int] = ..., current_branch_name: _Optional[str] = ..., current_headless_commit_sha: _Optional[str] = ..., base_branch_name: _Optional[str] = ..., base_headless_commit_sha: _Optional[str] = ..., uncommitted_changes: _Optional[_Union[_empty_pb2.Empty, _Mapping]] = ...) -> None: ...

class DiffSet(_message.Message):
    __slots__ = ("hunks", "curr_ref", "base_ref")
    class DiffHunk(_message.Message):
        __slots__ = ("file_path", "line_range", "diff_content", "lines_added", "lines_removed")
        FILE_PATH_FIELD_NUMBER: _ClassVar[int]
        LINE_RANGE_FIELD_NUMBER: _ClassVar[int]
        DIFF_CONTENT_FIELD_NUMBER: _ClassVar[int]
        LINES_ADDED_FIELD_NUMBER: _ClassVar[int]
        LINES_REMOVED_FIELD_NUMBER: _ClassVar[int]
        file_path: str
        line_range: _files_pb2.FileContentLineRange
        diff_content: str
        lines_added: int
        lines_removed: int
        def __init__(self, file_path: _Optional[str] = ..., line_range: _Optional[_Union[_files_pb2.FileContentLineRange, _Mapping]] = ..., diff_content: _Optional[str] = ..., lines_added: _Optional[int] = ..., lines_removed: _Optional[int] = ...) -> None: ...
    HUNKS_FIELD_NUMBER: _ClassVar[int]
    CURR_REF_FIELD_NUMBER: _ClassVar[int]
    BASE_REF_FIELD_NUMBER: _ClassVar[int]
    hunks: _containers.RepeatedCompositeFieldContainer[DiffSet.DiffHunk]
    curr_ref: CurrentRef
    base_ref: BaseRef
    def __init__(self, hunks: _Optional[_Iterable[_Union[DiffSet.DiffHunk, _Mapping]]] = ..., curr_ref: _Optional[_Union[CurrentRef, _Mapping]] = ..., base_ref: _Optional[_Union[BaseRef, _Mapping]] = ...) -> None: ...

class ReviewComment(_message.Message):
    __slots__ = ("id", "comment", "commented_line", "commented_file", "commented_diffset")
    class CommentedFile(_message.Message):
        __slots__ = ("file_path", "current", "base")
        FILE_PATH_FIELD_NUMBER: _ClassVar[int]
        CURRENT_FIELD_NUMBER: _ClassVar[int]
        BASE_FIELD_NUMBER: _ClassVar[int]
        file_path: str
        current: CurrentRef
        base: BaseRef
        def __init__(self, file_path: _Optional[str] = ..., current: _Optional[_Union[CurrentRef, _Mapping]] = ..., base: _Optional[_Union[BaseRef, _Mapping]] = ...) -> None: ...
    class CommentedDiffset(_message.Message):
        __slots__ = ("current", "base")
        CURRENT_FIELD_NUMBER: _ClassVar[int]
        BASE_FIELD_NUMBER: _ClassVar[int]
        current: CurrentRef
        base: BaseRef
        def __init__(self, current: _Optional[_Union[CurrentRef, _Mapping]] = ..., base: _Optional[_Union[BaseRef, _Mapping]] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    COMMENTED_LINE_FIELD_NUMBER: _ClassVar[int]
    COMMENTED_FILE_FIELD_NUMBER: _ClassVar[int]
    COMMENTED_DIFFSET_FIELD_NUMBER: _ClassVar[int]
    id: str
    comment: str
    commented_line: DiffHunk
    commented_file: ReviewComment.CommentedFile
    commented_diffset: ReviewComment.CommentedDiffset
    def __init__(self, id: _Optional[str] = ..., comment: _Optional[str] = ..., commented_line: _Optional[_Union[DiffHunk, _Mapping]] = ..., commented_file: _Optional[_Union[ReviewComment.CommentedFile, _Mapping]] = ..., commented_diffset: _Optional[_Union[ReviewComment.CommentedDiffset, _Mapping]] = ...) -> None: ...

class ReviewComments(_message.Message):
    __slots__ = ("pending_comments", "completed_comments", "diff_set")
    PENDING_COMMENTS_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_COMMENTS_FIELD_NUMBER: _ClassVar[int]
    DIFF_SET_FIELD_NUMBER: _ClassVar[int]
    pending_comments: _containers.RepeatedCompositeFieldContainer[ReviewComment]
    completed_comments: _containers.RepeatedCompositeFieldContainer[ReviewComment]
    diff_set: DiffSet
    def __init__(self, pending_comments: _Optional[_Iterable[_Union[ReviewComment, _Mapping]]] = ..., completed_comments: _Optional[_Iterable[_Union[ReviewComment, _Mapping]]] = ..., diff_set: _Optional[_Union[DiffSet, _Mapping]] = ...) -> None: ...
