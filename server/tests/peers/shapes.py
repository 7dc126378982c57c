"""Holds raw answers against botocore's own service models: what AWS says an answer looks like, and what came.

boto3 itself parses almost anything: a member that is missing, misspelt or of another type just is not there. `Checker`
sees the bytes before boto3 parses them, and objects.
"""

import json
import re
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from xml.etree import ElementTree

from botocore.model import OperationModel, Shape

ISO_TIME = r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z)?"

# Where the wire is known to differ from the model: the operation and the member, and what is true instead.
ON_THE_WIRE: dict[tuple[str, str], dict] = {
    # The model says INSTALLED_OTHER; the service and its own filters say InstalledOther.
    ("DescribeInstancePatches", "Patches[].State"): {
        "enum": [
            "Installed",
            "InstalledOther",
            "InstalledPendingReboot",
            "InstalledRejected",
            "Missing",
            "NotApplicable",
            "Failed",
            "AvailableSecurityUpdate",
        ]
    },
    # Empty where a machine has no patch group; the owner is always empty.
    ("DescribeInstancePatchStates", "InstancePatchStates[].PatchGroup"): {"min": 0},
    ("DescribeInstancePatchStates", "InstancePatchStates[].OwnerInformation"): {"min": 0},
    # The model's pattern knows one digit after the second and no durations.
    ("GetCommandInvocation", "ExecutionStartDateTime"): {"pattern": ISO_TIME},
    ("GetCommandInvocation", "ExecutionEndDateTime"): {"pattern": ISO_TIME},
    ("GetCommandInvocation", "ExecutionElapsedTime"): {"pattern": r"(PT[0-9HM]*\d+(\.\d+)?S)?"},
    ("GetCommandInvocation", "CloudWatchOutputConfig.CloudWatchLogGroupName"): {"min": 0},
    # Empty for Windows updates that do not apply.
    ("ListComplianceItems", "ComplianceItems[].Status"): {"enum": ["COMPLIANT", "NON_COMPLIANT", ""]},
}

# Errors that any operation may answer with, whatever its model lists.
COMMON_ERRORS = {
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "IncompleteSignatureException",
    "InvalidAction",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "SerializationException",
    "ServiceUnavailable",
    "SignatureDoesNotMatch",
    "Throttling",
    "ThrottlingException",
    "UnknownOperationException",
    "UnrecognizedClientException",
    "ValidationError",
    "ValidationException",
}

SERVER_ERRORS = {"InternalServerError", "InternalServerException", "ServiceUnavailable"}

# No answer of AWS lies outside of these.
EPOCH_SECONDS_MAX = 4_102_444_800  # the year 2100: milliseconds taken for seconds are beyond it
INTEGER_MAX = 2**31 - 1
CLOCK_MAX = timedelta(minutes=5)

JSON = "application/x-amz-json-1.1"
CONTENT_TYPES = {"json": JSON, "rest-json": "application/json", "query": "text/xml"}


class Checker:
    """Collects objections, each with how often it was made and the first value that gave rise to it."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, str]] = Counter()
        self.rows: Counter[tuple[str, str]] = Counter()
        self.objections: Counter[str] = Counter()
        self.first: dict[str, str] = {}

    def object(self, where: str, what: str, value: object = None) -> None:
        objection = f"{where}: {what}"
        self.objections[objection] += 1
        self.first.setdefault(objection, "" if value is None else repr(value)[:120])

    def violations(self) -> list[str]:
        """Each objection on a line of its own."""
        lines = []
        for objection, count in self.objections.items():
            example = f", such as {self.first[objection]}" if self.first[objection] else ""
            lines.append(objection + example + (f" ({count} times)" if count > 1 else ""))
        return lines

    def before_parse(self, operation_model: OperationModel, response_dict: dict, **_: object) -> None:
        """botocore's event of that name: the answer as it came off the wire."""
        self.answer(operation_model, response_dict["status_code"], response_dict["headers"], response_dict["body"])

    def answer(self, operation: OperationModel, status: int, headers, body: bytes) -> None:
        service = operation.service_model.service_name
        name = operation.name
        protocol = operation.service_model.protocol
        is_json, epoch = protocol != "query", protocol == "json"
        self.headers(name, headers, CONTENT_TYPES[protocol])
        try:
            if status == 200:
                value = json.loads(body) if is_json else result(operation, ElementTree.fromstring(body))
                self.answers[service, name] += 1
                self.rows[service, name] += row_count(operation, value)
                self.value(operation.output_shape, value, name, "", epoch)
            else:
                self.error(operation, status, headers, body, is_json)
        except (ValueError, ElementTree.ParseError) as error:
            self.object(name, f"the body of an answer with HTTP {status} cannot be read: {error}", body[:120])

    def headers(self, name: str, headers, wanted: str) -> None:
        if headers.get("content-type") != wanted:
            self.object(name, f"Content-Type is not {wanted}", headers.get("content-type"))
        try:
            uuid.UUID(headers.get("x-amzn-requestid", ""))
        except ValueError:
            self.object(name, "x-amzn-RequestId is not a UUID", headers.get("x-amzn-requestid"))
        try:
            away = abs(datetime.now(UTC) - parsedate_to_datetime(headers.get("date", "")))
        except ValueError:
            away = timedelta.max
        if away > CLOCK_MAX:
            self.object(name, "Date is not the present", headers.get("date"))

    def error(self, operation: OperationModel, status: int, headers, body: bytes, is_json: bool) -> None:
        """An error's code, status and members."""
        where = f"{operation.name} (error)"
        if is_json:
            members = json.loads(body)
            code = members.pop("__type", None)
            if headers.get("x-amzn-errortype", code) != code:
                self.object(where, "x-amzn-errortype and __type differ", headers.get("x-amzn-errortype"))
        else:
            members = xml_error(ElementTree.fromstring(body))
            code = members.pop("Code", None)
        if not isinstance(code, str) or not code:
            self.object(where, "no code", body[:120])
            return
        modelled = {shape.error_code: shape for shape in operation.error_shapes}
        if code not in modelled and code not in COMMON_ERRORS:
            self.object(where, f"{code} is none of its errors, and none that all operations share")
        elif is_json and code in modelled and modelled[code].members:
            self.value(modelled[code], members, f"{where} {code}", "", is_json)
        expected = range(500, 600) if code in SERVER_ERRORS else range(400, 405)
        if status not in expected:
            self.object(where, f"{code} comes with HTTP {status}")

    def value(self, shape: Shape, value: object, name: str, path: str, epoch: bool) -> None:
        """One value and everything in it; `path` has no numbers, so that many rows make one objection."""
        where = f"{name} {path}".rstrip()
        kind = shape.type_name
        expected = str if kind == "timestamp" and not epoch else TYPES[kind]
        # To Python, true is an integer.
        if not isinstance(value, expected) or (isinstance(value, bool) and kind != "boolean"):
            self.object(where, f"is not a {kind}", value)
            return
        limits = shape.metadata | ON_THE_WIRE.get((name, path), {})
        if kind == "structure":
            self.structure(shape, value, name, path, epoch)
        elif kind == "list":
            self.size(where, len(value), limits, value)
            for item in value:
                self.value(shape.member, item, name, f"{path}[]", epoch)
        elif kind == "map":
            self.size(where, len(value), limits, value)
            for key, item in value.items():
                self.value(shape.key, key, name, f"{path}{{key}}", epoch)
                self.value(shape.value, item, name, f"{path}{{}}", epoch)
        elif kind == "string":
            self.string(where, value, limits)
        elif kind == "integer":
            if not limits.get("min", -INTEGER_MAX) <= value <= limits.get("max", INTEGER_MAX):
                self.object(where, "is outside its bounds", value)
        elif kind == "timestamp":
            self.timestamp(where, value, epoch)

    def structure(self, shape: Shape, value: dict, name: str, path: str, epoch: bool) -> None:
        where = f"{name} {path}".rstrip()
        for member in shape.required_members:
            if member not in value:
                self.object(where, f"the required member {member} is missing", sorted(value))
        for member, item in value.items():
            if member in shape.members:
                self.value(shape.members[member], item, name, f"{path}.{member}".lstrip("."), epoch)
            else:
                self.object(where, f"the model knows no member {member}", item)

    def size(self, where: str, size: int, limits: dict, value: object) -> None:
        if not limits.get("min", 0) <= size <= limits.get("max", size):
            bounds = f"{limits.get('min', 0)} to {limits.get('max', 'any')}"
            self.object(where, f"its length is outside {bounds}", value)

    def string(self, where: str, value: str, limits: dict) -> None:
        self.size(where, len(value), limits, value)
        if "enum" in limits:
            if value not in limits["enum"]:
                self.object(where, "is none of its enum", value)
        elif "pattern" in limits and not pattern(limits["pattern"]).fullmatch(value):
            self.object(where, "does not match its pattern", value)

    def timestamp(self, where: str, value: object, epoch: bool) -> None:
        if epoch:
            if not 0 <= value < EPOCH_SECONDS_MAX:
                self.object(where, "is not in seconds since the epoch", value)
        elif not value or not pattern(ISO_TIME).fullmatch(value):
            self.object(where, "is not an ISO 8601 time", value)


TYPES = {
    "structure": dict,
    "map": dict,
    "list": list,
    "string": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
    "timestamp": (int, float),
    "blob": str,
}


@cache
def pattern(text: str) -> re.Pattern:
    """A pattern of the models, which are Java's: `\\p{L}` and its like are unknown to Python, `\\w` is ASCII."""
    if r"\p{" not in text:
        return re.compile(text, re.ASCII)
    for java, python in [(r"\p{L}", r"\w"), (r"\p{N}", r"\w"), (r"\p{Z}", r" \u00a0\u1680\u2000-\u200a\u202f\u3000")]:
        text = text.replace(java, python)
    return re.compile(text)


def row_count(operation: OperationModel, value: dict) -> int:
    """The rows of a list operation, or 1 for an operation that describes one thing."""
    lists = [name for name, shape in operation.output_shape.members.items() if shape.type_name == "list"]
    if "NextToken" in operation.output_shape.members or len(operation.output_shape.members) == 1:
        return sum(len(value.get(name) or []) for name in lists)
    return 1


def local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def result(operation: OperationModel, root: ElementTree.Element) -> object:
    """The result inside a query answer, as JSON would have it."""
    wrapper = operation.output_shape.serialization["resultWrapper"]
    parts = {local(child): child for child in root}
    if local(root) != f"{operation.name}Response" or set(parts) != {wrapper, "ResponseMetadata"}:
        raise ValueError(f"{local(root)} with {sorted(parts)} is no envelope of {operation.name}")
    if not root.tag.startswith(f"{{{operation.metadata['xmlNamespace']}}}"):
        raise ValueError(f"{root.tag} is not in the service's namespace")
    if not parts["ResponseMetadata"].findtext("{*}RequestId"):
        raise ValueError("ResponseMetadata has no RequestId")
    return from_xml(operation.output_shape, parts[wrapper])


def from_xml(shape: Shape | None, element: ElementTree.Element) -> object:
    """XML as JSON would have it. What cannot be told apart or read stays text, and is objected to as such."""
    text = element.text or ""
    if shape is None or shape.type_name not in ("structure", "integer", "boolean"):
        return text
    if shape.type_name == "structure":
        return {local(child): from_xml(shape.members.get(local(child)), child) for child in element}
    if shape.type_name == "integer":
        return int(text) if re.fullmatch(r"-?\d+", text) else text
    return {"true": True, "false": False}.get(text, text)


def xml_error(root: ElementTree.Element) -> dict[str, str]:
    """The members of `<ErrorResponse><Error>…</Error><RequestId/></ErrorResponse>`."""
    error = root.find("{*}Error")
    if local(root) != "ErrorResponse" or error is None or not root.findtext("{*}RequestId"):
        raise ValueError(f"{local(root)} is no ErrorResponse with Error and RequestId")
    return {local(child): child.text or "" for child in error}
