"""What the simulated AWS has to refuse, and with which error: boto3 lets most of it through to the service."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from unittest import mock

from botocore import UNSIGNED
from botocore.auth import get_current_datetime

# What a simulator may lack for the time being, and the errors that tell so: `conformance.py --allow-missing`. (One that
# does not know Organizations at all takes its signatures for wrong.)
MISSING = {
    ("ssm", "ListAssociations"): {"UnknownOperationException"},
    ("ssm", "ListComplianceItems"): {"UnknownOperationException"},
    ("ssm", "AWS:InstanceDetailedInformation"): {"InvalidTypeNameException"},
    ("organizations", "ListAccounts"): {"UnknownOperationException", "InvalidSignatureException"},
    ("organizations", "ListTagsForResource"): {"UnknownOperationException", "InvalidSignatureException"},
}

UNKNOWN_INSTANCE = "mi-0123456789abcdef0"
UNKNOWN_WINDOW = "mw-0123456789abcdef0"
UNKNOWN_BASELINE = "pb-0123456789abcdef0"
UNKNOWN_COMMAND = "00000000-0000-4000-8000-000000000000"
UNKNOWN_ACCOUNT = "000000000000"
INVALID = {"ValidationException"}

# What is tried, the codes that are right, the method, and its arguments.
Refusal = tuple[str, set[str], Callable, dict]


@dataclass
class Scene:
    """Where to ask: one account and Region that has everything."""

    run: object  # conformance.Run
    place: object  # conformance.Place
    account: dict
    region: str
    keys: dict
    ssm: object = field(init=False)

    def __post_init__(self) -> None:
        self.ssm = self.place.ssm

    def client(self, service: str, keys: dict, **config):
        return self.run.client(service, self.region, keys, **config)


def without(arguments: dict, name: str) -> dict:
    return {key: value for key, value in arguments.items() if key != name}


def refusals(scene: Scene) -> Iterator[Refusal]:
    for group in (roles, identities, sizes, filters, instances, tokens, names, organizations):
        yield from group(scene)


def roles(scene: Scene) -> Iterator[Refusal]:
    """Who may assume a role: the operator with the right ExternalId, for at most an hour."""
    right = {
        "RoleArn": scene.account["role_arn"],
        "RoleSessionName": "refused",
        "ExternalId": scene.account["external_id"],
    }
    stranger = scene.account["role_arn"].replace(scene.account["systems_account"], UNKNOWN_ACCOUNT)
    assume = scene.client("sts", scene.run.hub).assume_role
    chained = scene.client("sts", scene.keys).assume_role
    denied, invalid = {"AccessDenied"}, {"ValidationError"}
    yield "AssumeRole, wrong ExternalId", denied, assume, right | {"ExternalId": "wrong-external-id"}
    yield "AssumeRole, no ExternalId", denied, assume, without(right, "ExternalId")
    yield "AssumeRole, unknown role", denied, assume, right | {"RoleArn": stranger}
    yield "AssumeRole by another role", denied, chained, right
    yield "AssumeRole, no RoleArn", invalid, assume, without(right, "RoleArn")
    yield "AssumeRole, a session name of one letter", invalid, assume, right | {"RoleSessionName": "x"}
    yield "AssumeRole, a session name with a space", invalid, assume, right | {"RoleSessionName": "x y"}
    yield "AssumeRole, 899 seconds", invalid, assume, right | {"DurationSeconds": 899}
    yield "AssumeRole, more than an hour by chaining", invalid, assume, right | {"DurationSeconds": 3601}


def identities(scene: Scene) -> Iterator[Refusal]:
    """Whose requests are heard at all."""
    forged = scene.keys | {"aws_secret_access_key": "forged"}
    stranger = scene.keys | {"aws_access_key_id": "ASIASTRANGER00000000"}
    garbage = scene.keys | {"aws_session_token": "garbage"}
    tokenless = without(scene.keys, "aws_session_token")
    unrecognized, unproven = {"UnrecognizedClientException"}, {"InvalidSignatureException"}
    unknown = {"InvalidClientTokenId"}
    anonymous = {"MissingAuthenticationTokenException", "MissingAuthenticationToken"}

    def ssm(keys: dict, **config) -> Callable:
        return scene.client("ssm", keys, **config).describe_instance_information

    def sts(keys: dict) -> Callable:
        return scene.client("sts", keys).get_caller_identity

    def signed_long_ago() -> object:
        an_hour_ago = get_current_datetime() - timedelta(hours=1)
        with mock.patch("botocore.auth.get_current_datetime", return_value=an_hour_ago):
            return scene.ssm.describe_instance_information()

    yield "SSM, unknown key", unrecognized, ssm(stranger), {}
    yield "SSM, garbage for a session token", unrecognized, ssm(garbage), {}
    yield "SSM, no session token", unrecognized, ssm(tokenless), {}
    yield "SSM, wrong secret", unproven, ssm(forged), {}
    yield "SSM, signed an hour ago", unproven, signed_long_ago, {}
    yield "SSM, not signed", anonymous, ssm(scene.keys, signature_version=UNSIGNED), {}
    yield "SSM as the operator, without a role", {"AccessDeniedException"}, ssm(scene.run.hub), {}
    yield "STS, unknown key", unknown, sts(stranger), {}
    yield "STS, garbage for a session token", unknown, sts(garbage), {}
    yield "STS, wrong secret", {"SignatureDoesNotMatch"}, sts(forged), {}


def sizes(scene: Scene) -> Iterator[Refusal]:
    """Pages and lists that are too great or too small."""
    ssm, some = scene.ssm, scene.place.ids[0]
    window = {"WindowId": scene.place.windows[0]["WindowId"]}
    resource = {"ResourceIds": [some], "ResourceTypes": ["ManagedInstance"]}
    for least, most, ask, arguments in [
        (5, 50, ssm.describe_instance_information, {}),
        (10, 50, ssm.describe_instance_patch_states, {"InstanceIds": [some]}),
        (10, 50, ssm.describe_instance_patches, {"InstanceId": some}),
        (10, 100, ssm.describe_maintenance_windows, {}),
        (10, 100, ssm.describe_maintenance_window_executions, window),
        (10, 100, ssm.describe_maintenance_window_targets, window),
        (10, 100, ssm.describe_maintenance_window_tasks, window),
        (1, 100, ssm.describe_patch_baselines, {}),
        (1, 100, ssm.describe_patch_groups, {}),
        (1, 50, ssm.get_inventory, {}),
        (1, 50, ssm.list_associations, {}),
        (1, 50, ssm.list_command_invocations, {}),
        (1, 50, ssm.list_commands, {}),
        (1, 50, ssm.list_compliance_items, resource),
    ]:
        for size in (least - 1, most + 1):
            yield f"{ask.__name__}, MaxResults {size}", INVALID, ask, arguments | {"MaxResults": size}
    many = [f"mi-{number:017x}" for number in range(101)]
    states, fleet = ssm.describe_instance_patch_states, ssm.describe_instance_information
    yield "51 InstanceIds", INVALID, states, {"InstanceIds": many[:51]}
    yield "no InstanceIds", INVALID, states, {}
    # AWS documents the limit of one, but not the error.
    two = resource | {"ResourceIds": [some, UNKNOWN_INSTANCE]}
    yield "two ResourceIds", INVALID | {"InvalidResourceId"}, ssm.list_compliance_items, two
    types = [{"TypeName": "AWS:Tag"}, {"TypeName": "AWS:Application"}]
    yield "two inventory types", INVALID, ssm.get_inventory, {"ResultAttributes": types}
    yield "a filter of 101 values", INVALID, fleet, {"Filters": [{"Key": "InstanceIds", "Values": many}]}
    yield "a filter of no values", INVALID, fleet, {"Filters": [{"Key": "InstanceIds", "Values": []}]}


def filters(scene: Scene) -> Iterator[Refusal]:
    """Keys that do not exist, and filters that do not go together."""
    ssm, some = scene.ssm, {"InstanceId": scene.place.ids[0]}
    upper = {"Filters": [{"Key": "Colour", "Values": ["red"]}]}
    lower = {"Filters": [{"key": "Colour", "value": "red"}]}
    online = {"Key": "PingStatus", "Values": ["Online"]}
    both = {
        "Filters": [online],
        "InstanceInformationFilterList": [{"key": "PingStatus", "valueSet": ["Online"]}],
    }
    tagged = {"Filters": [online, {"Key": "tag:Name", "Values": ["x"]}]}
    key, invalid = {"InvalidFilterKey"} | INVALID, {"InvalidFilter"} | INVALID
    mixed = {"InvalidInstanceInformationFilterValue"} | INVALID
    fleet = ssm.describe_instance_information
    yield "DescribeInstanceInformation, unknown filter", {"InvalidFilterKey"}, fleet, upper
    yield "DescribeInstanceInformation, both kinds of filter", mixed, fleet, both
    yield "DescribeInstanceInformation, a tag with another filter", mixed, fleet, tagged
    yield "DescribeInstancePatches, unknown filter", invalid, ssm.describe_instance_patches, some | upper
    yield "GetInventory, unknown filter", {"InvalidFilter"}, ssm.get_inventory, upper
    yield "ListCommands, unknown filter", key, ssm.list_commands, lower
    yield "ListCommandInvocations, unknown filter", key, ssm.list_command_invocations, lower
    # These operations have no error of their own for it.
    yield "DescribePatchBaselines, unknown filter", INVALID, ssm.describe_patch_baselines, upper
    yield "DescribePatchGroups, unknown filter", INVALID, ssm.describe_patch_groups, upper
    yield "DescribeMaintenanceWindows, unknown filter", INVALID, ssm.describe_maintenance_windows, upper


def instances(scene: Scene) -> Iterator[Refusal]:
    """Machines that do not exist, and ids that cannot."""
    ssm, known = scene.ssm, {"InvalidInstanceId"}
    yield "DescribeInstancePatches, unknown", known, ssm.describe_instance_patches, {"InstanceId": UNKNOWN_INSTANCE}
    for wrong in ("i-short", "mi-0123456789abcdef", "web-1", ""):
        for ask in (ssm.describe_instance_patches, ssm.list_commands, ssm.list_command_invocations):
            yield f"{ask.__name__} of {wrong!r}", known | INVALID, ask, {"InstanceId": wrong}
        ask = ssm.describe_instance_patch_states
        yield f"{ask.__name__} of {wrong!r}", known | INVALID, ask, {"InstanceIds": [wrong]}


def tokens(scene: Scene) -> Iterator[Refusal]:
    """Page tokens that were made up."""
    ssm, some = scene.ssm, scene.place.ids[0]
    for ask, arguments in [
        (ssm.describe_instance_information, {}),
        (ssm.describe_instance_patch_states, {"InstanceIds": [some]}),
        (ssm.describe_instance_patches, {"InstanceId": some}),
        (ssm.get_inventory, {}),
        (ssm.list_associations, {}),
        (ssm.list_command_invocations, {}),
        (ssm.list_commands, {}),
        (ssm.list_compliance_items, {"ResourceIds": [some], "ResourceTypes": ["ManagedInstance"]}),
    ]:
        yield f"{ask.__name__}, a token made up", {"InvalidNextToken"}, ask, arguments | {"NextToken": "made-up"}


def names(scene: Scene) -> Iterator[Refusal]:
    """Things that do not exist."""
    ssm, missing, resource = scene.ssm, {"DoesNotExistException"}, {"InvalidResourceId"}
    row = scene.place.invocations[0]
    real = {"CommandId": row["CommandId"], "InstanceId": row["InstanceId"], "PluginName": "PatchLinux"}
    plugin, malformed = {"InvalidPluginName"}, {"InvalidCommandId"} | INVALID
    get = ssm.get_command_invocation
    yield "GetCommandInvocation, unknown", {"InvocationDoesNotExist"}, get, real | {"CommandId": UNKNOWN_COMMAND}
    yield "GetCommandInvocation of many steps, no PluginName", plugin, get, without(real, "PluginName")
    yield "GetCommandInvocation, unknown PluginName", plugin, get, real | {"PluginName": "PatchAmiga"}
    yield "GetCommandInvocation, malformed CommandId", malformed, get, real | {"CommandId": "x"}
    yield "ListCommands, malformed CommandId", malformed, ssm.list_commands, {"CommandId": "x"}
    yield "GetPatchBaseline, unknown", missing, ssm.get_patch_baseline, {"BaselineId": UNKNOWN_BASELINE}
    yield "GetPatchBaseline, malformed", resource | INVALID, ssm.get_patch_baseline, {"BaselineId": "pb-1"}
    for ask in (ssm.describe_maintenance_window_targets, ssm.describe_maintenance_window_tasks):
        yield f"{ask.__name__}, unknown", missing, ask, {"WindowId": UNKNOWN_WINDOW}
        yield f"{ask.__name__}, no WindowId", INVALID, ask, {}
    nothing = {"ResultAttributes": [{"TypeName": "AWS:Nothing"}]}
    yield "GetInventory, unknown type", {"InvalidTypeNameException"}, ssm.get_inventory, nothing
    tags, toaster = ssm.list_tags_for_resource, {"ResourceType": "Toaster", "ResourceId": "x"}
    unknown = {"ResourceType": "ManagedInstance", "ResourceId": UNKNOWN_INSTANCE}
    yield "ListTagsForResource, unknown", resource, tags, unknown
    yield "ListTagsForResource, unknown type", {"InvalidResourceType"} | INVALID, tags, toaster
    yield "an unknown operation", {"UnknownOperationException"}, ssm.list_documents, {}


def organizations(scene: Scene) -> Iterator[Refusal]:
    """Pages of at most 20 accounts, for the organisation's own account only."""
    operator = scene.run.client("organizations", "us-east-1", scene.run.hub)
    member = scene.run.client("organizations", "us-east-1", scene.keys)
    invalid, unknown = {"InvalidInputException"} | INVALID, {"TargetNotFoundException"}
    for arguments in ({"MaxResults": 21}, {"MaxResults": 0}, {"NextToken": "made-up"}):
        yield f"ListAccounts, {arguments}", invalid, operator.list_accounts, arguments
    yield "ListAccounts by a member", {"AccessDeniedException"}, member.list_accounts, {}
    yield "the tags of no account", unknown, operator.list_tags_for_resource, {"ResourceId": UNKNOWN_ACCOUNT}
