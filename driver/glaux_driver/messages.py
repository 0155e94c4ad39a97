"""The control messages of docs/driver-protocol.md, one dataclass each.

On the wire, a message is one line with a JSON object: a member `type`, and the fields in camelCase. A field
that has a default is left out of the line while it holds that default. All other fields are always there,
even if they are null. Unknown members are ignored. A message that lacks a member, or has a member of a wrong
type, is a `MessageError`.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from functools import cache
from typing import (
    Any,
    ClassVar,
    Dict,
    List,
    Mapping,
    Optional,
    Type,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

# The annotations of fields are evaluated at run time, so they use only forms that Python 3.9 can evaluate.


class MessageError(ValueError):
    """A line that is not a message: it is no JSON object, or members are missing or of a wrong type."""


@dataclass(frozen=True)
class Part:
    """An object with members: a message, or an object inside a message."""


@dataclass(frozen=True)
class Message(Part):
    type: ClassVar[str]


P = TypeVar("P", bound=Part)
RequestId = Union[int, str]


# Server → supervisor


@dataclass(frozen=True)
class Hello(Message):
    type = "hello"
    protocol: int
    token: str
    from_: int


@dataclass(frozen=True)
class Ack(Message):
    type = "ack"
    seq: int


@dataclass(frozen=True)
class Assign(Message):
    """Also sent from the supervisor to the runner."""

    type = "assign"
    session_id: str
    work_group: str
    engine_version: str
    description: Optional[str] = None


@dataclass(frozen=True)
class Claim(Message):
    """Makes a pool member the driver of a session."""

    type = "claim"
    session_id: str
    work_group: str
    engine_version: str
    conf: Dict[str, str]
    context_conf: Dict[str, str]
    description: Optional[str] = None


@dataclass(frozen=True)
class Pause(Message):
    type = "pause"


@dataclass(frozen=True)
class Resume(Message):
    type = "resume"


@dataclass(frozen=True)
class Run(Message):
    """Also sent from the supervisor to the runner. The three paths are absolute, and their folder exists."""

    type = "run"
    calculation_id: str
    code: str
    stdout: str
    stderr: str
    results: str


@dataclass(frozen=True)
class Stop(Message):
    """Also sent from the supervisor to the runner, because the runner's code may ignore SIGINT."""

    type = "stop"
    calculation_id: str


@dataclass(frozen=True)
class GetExecutors(Message):
    type = "executors"
    id: RequestId


@dataclass(frozen=True)
class GetQueries(Message):
    type = "queries"
    id: RequestId


@dataclass(frozen=True)
class Ping(Message):
    type = "ping"
    id: RequestId


@dataclass(frozen=True)
class Shutdown(Message):
    type = "shutdown"
    grace_ms: int


# Supervisor → server, not journaled


@dataclass(frozen=True)
class Welcome(Message):
    type = "welcome"
    protocol: int
    driver_id: str
    pid: int
    seq: int
    phase: str
    calculation_id: Optional[str]
    pooled: bool = False
    can_raise_priority: bool = False


@dataclass(frozen=True)
class Pong(Message):
    type = "pong"
    id: RequestId
    jvm: bool


@dataclass(frozen=True)
class Executors(Message):
    type = "executors"
    id: RequestId
    executors: List[Dict[str, Any]]


@dataclass(frozen=True)
class Query(Part):
    """An active streaming query.

    `calculation_id` names the calculation that started the query; None if not known.
    """

    id: str
    run_id: str
    name: Optional[str]
    since_at: Union[int, float]
    calculation_id: Optional[str]


@dataclass(frozen=True)
class Queries(Message):
    type = "queries"
    id: RequestId
    queries: List[Query]


@dataclass(frozen=True)
class Stage(Part):
    stage_id: int
    name: str
    completed: int
    total: int


@dataclass(frozen=True)
class Progress(Message):
    type = "progress"
    calculation_id: str
    progress: int
    executors: int
    active_tasks: int
    completed_tasks: int
    total_tasks: int
    stages: List[Stage]


# Supervisor → server, journaled first; the journal adds `seq` and `at`


@dataclass(frozen=True)
class Started(Message):
    type = "started"
    pid: int
    boot_id: str


@dataclass(frozen=True)
class Ready(Message):
    type = "ready"
    spark_version: str
    python_version: str
    java_version: str
    application_id: str
    jvm_pid: int
    runner_pid: int
    boot_ms: int


@dataclass(frozen=True)
class Claimed(Message):
    type = "claimed"
    session_id: str
    application_id: str
    context_replaced: bool
    took_ms: Union[int, float]


@dataclass(frozen=True)
class Accepted(Message):
    type = "accepted"
    calculation_id: str


@dataclass(frozen=True)
class Running(Message):
    type = "running"
    calculation_id: str


@dataclass(frozen=True)
class Stopping(Message):
    type = "stopping"
    calculation_id: str


@dataclass(frozen=True)
class Finished(Message):
    type = "finished"
    calculation_id: str
    outcome: str
    error_type: Optional[str]
    error_message: Optional[str]
    variables_lost: bool
    driver_lost: Optional[str]
    """Why the driver and its session end with this calculation; None if they go on.

    It is always sent: a server takes an event without this member for an event of an earlier version.
    """
    displayed: bool
    duration_ms: int
    dpu_ms: int


@dataclass(frozen=True)
class RunnerLost(Message):
    type = "runner_lost"
    reason: str


@dataclass(frozen=True)
class RunnerReady(Message):
    type = "runner_ready"
    runner_pid: int


@dataclass(frozen=True)
class ContextRestarted(Message):
    type = "context_restarted"
    application_id: str


@dataclass(frozen=True)
class Degraded(Message):
    type = "degraded"
    reason: str


@dataclass(frozen=True)
class Recovered(Message):
    type = "recovered"


@dataclass(frozen=True)
class Ended(Message):
    type = "ended"
    reason: str
    clean: bool


# On the socket of the inner ports, both ways


@dataclass(frozen=True)
class Open(Message):
    type = "open"
    protocol: int
    token: str
    port: str
    """The port's name."""


@dataclass(frozen=True)
class Opened(Message):
    """From here on, the connection carries the bytes of a connection to the port."""

    type = "opened"


@dataclass(frozen=True)
class Refused(Message):
    """`reason` is a sentence for people."""

    type = "refused"
    reason: str


# Supervisor → runner


@dataclass(frozen=True)
class Attach(Message):
    type = "attach"
    port: int
    secret: str
    session: Optional[Assign]


@dataclass(frozen=True)
class Context(Message):
    type = "context"


@dataclass(frozen=True)
class Configure(Message):
    """Properties that the context's conf has got since the runner attached to the context."""

    type = "configure"
    conf: Dict[str, str]


@dataclass(frozen=True)
class ClearInterrupt(Message):
    """Tells the runner to clear the interrupt flag of the Java thread that serves it.

    The flag may still be set, because the interrupted call may have ended without noticing the interruption.
    """

    type = "clear_interrupt"


@dataclass(frozen=True)
class Exit(Message):
    type = "exit"


# Runner → supervisor


@dataclass(frozen=True)
class Imported(Message):
    type = "imported"


@dataclass(frozen=True)
class Attached(Message):
    type = "attached"
    pid: int
    python_version: str
    spark_version: str
    application_id: str


@dataclass(frozen=True)
class RunnerRunning(Message):
    """`java_thread_id` is the id of the Java thread that serves the main thread's py4j connection."""

    type = "running"
    calculation_id: str
    java_thread_id: int


@dataclass(frozen=True)
class RunnerFinished(Message):
    type = "finished"
    calculation_id: str
    outcome: str
    error_type: Optional[str]
    error_message: Optional[str]
    displayed: bool
    context_stopped: bool


@dataclass(frozen=True)
class QueryStarting(Message):
    """A thread of the calculation is starting a streaming query.

    QueryStarted follows if the query has started. QueryStartOver follows in any case.
    """

    type = "query_starting"
    calculation_id: str
    start: int
    """The number of the start. No other start of this runner has the same number."""


@dataclass(frozen=True)
class QueryStartOver(Message):
    type = "query_start_over"
    start: int


@dataclass(frozen=True)
class QueryStarted(Message):
    """A streaming query has started.

    `calls_python`: its batches go to a Python function of the runner (`foreachBatch`).
    """

    type = "query_started"
    calculation_id: str
    id: str
    run_id: str
    name: Optional[str]
    calls_python: bool


@dataclass(frozen=True)
class Log(Message):
    type = "log"
    message: str


Table = Mapping[str, Type[Message]]


def _table(*classes: Type[Message]) -> Table:
    return {cls.type: cls for cls in classes}


FROM_SERVER = _table(Hello, Ack, Assign, Claim, Pause, Resume, Run, Stop, GetExecutors, GetQueries, Ping, Shutdown)
TO_SERVER = _table(Welcome, Pong, Executors, Queries, Progress)
EVENTS = _table(
    Started,
    Ready,
    Claimed,
    Accepted,
    Running,
    Stopping,
    Finished,
    RunnerLost,
    RunnerReady,
    ContextRestarted,
    Degraded,
    Recovered,
    Ended,
)
OF_INNER_PORTS = _table(Open, Opened, Refused)
TO_RUNNER = _table(Attach, Assign, Configure, Run, Stop, ClearInterrupt, Context, Exit)
OF_QUERIES = _table(QueryStarting, QueryStarted, QueryStartOver)
FROM_RUNNER = {**_table(Imported, Attached, RunnerRunning, RunnerFinished, Log), **OF_QUERIES}


def encode(message: Message, **more: object) -> bytes:
    """The message as one line with its newline.

    `more` are members of the envelope (`seq`, `at`), which come first.
    """
    wire = {**more, "type": message.type, **to_members(message)}
    # ASCII escapes keep readers from taking U+2028 and the like for line ends, and can represent lone
    # surrogates.
    return json.dumps(wire, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes, table: Table) -> Optional[Message]:
    """The message of a line; None if its type is not in the table and the line is to be ignored.

    Raises MessageError.
    """
    try:
        wire = json.loads(line)
    except ValueError as error:
        raise MessageError(f"not JSON: {error}") from None
    if not isinstance(wire, dict) or not isinstance(wire.get("type"), str):
        raise MessageError("not an object with a type")
    cls = table.get(wire["type"])
    return None if cls is None else from_members(cls, wire)


def to_members(message: Part) -> Dict[str, Any]:
    members: Dict[str, Any] = {}
    for field in dataclasses.fields(message):
        value = getattr(message, field.name)
        if field.default is dataclasses.MISSING or value != field.default:
            members[_wire_name(field.name)] = _to_wire(value)
    return members


def from_members(cls: Type[P], wire: Mapping[str, Any]) -> P:
    """Makes a `cls` of the members `wire`. Raises MessageError, which names the member that is wrong."""
    values = {}
    hints = _hints(cls)  # type: ignore[arg-type]  # a class can be hashed, whatever mypy thinks
    for field in dataclasses.fields(cls):
        name = _wire_name(field.name)
        if name not in wire:
            if field.default is dataclasses.MISSING:
                raise MessageError(f"{name} is missing")
            continue
        values[field.name] = _from_wire(hints[field.name], wire[name], name)
    return cls(**values)


@cache
def _wire_name(field: str) -> str:
    first, *rest = field.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


@cache
def _hints(cls: Type[Part]) -> Dict[str, Any]:
    return get_type_hints(cls)  # type: ignore[arg-type]  # a class can be hashed, whatever mypy thinks


def _to_wire(value: Any) -> Any:
    if isinstance(value, Part):
        return to_members(value)
    if isinstance(value, list):
        return [_to_wire(item) for item in value]
    return value


def _from_wire(hint: Any, value: Any, path: str) -> Any:
    origin = get_origin(hint)
    if origin is Union:
        for option in get_args(hint):
            if option is type(None):
                if value is None:
                    return None
            elif _fits(option, value):
                return _from_wire(option, value, path)
    elif origin is list and isinstance(value, list):
        (item,) = get_args(hint)
        return [_from_wire(item, one, f"{path}[{index}]") for index, one in enumerate(value)]
    elif origin is dict and isinstance(value, dict):
        _, item = get_args(hint)
        return {key: one if item is Any else _from_wire(item, one, f"{path}.{key}") for key, one in value.items()}
    elif _fits(hint, value):
        if isinstance(hint, type) and issubclass(hint, Part):
            return from_members(hint, value)
        return value
    raise MessageError(f"{path} has a wrong type")


def _fits(hint: Any, value: Any) -> bool:
    if isinstance(hint, type) and issubclass(hint, Part):
        return isinstance(value, dict)
    # In Python a bool is an int; in JSON it is not.
    return isinstance(value, hint) and (hint is bool) == isinstance(value, bool)
