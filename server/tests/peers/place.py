"""All that one account and Region has, listed by boto3 in every way that the operations offer."""

from collections.abc import Callable
from datetime import UTC, datetime

from botocore.exceptions import ClientError

# Inventory is one operation for many types.
INVENTORY_TYPES = ["InstanceInformation", "InstanceDetailedInformation", "Tag", "Application", "WindowsUpdate"]
# The steps of AWS-RunPatchBaseline.
PLUGINS = ["PatchWindows", "PatchLinux", "PatchMacOS"]
# Which count of a patch state is of the rows in which state.
COUNTS = {
    "InstalledCount": "Installed",
    "InstalledOtherCount": "InstalledOther",
    "InstalledPendingRebootCount": "InstalledPendingReboot",
    "InstalledRejectedCount": "InstalledRejected",
    "MissingCount": "Missing",
    "FailedCount": "Failed",
}

# DescribeInstanceInformation gives so many rows to who does not ask for more.
DEFAULT_PAGE = 10
TIER = "/ssm/managed-instance/activation-tier"
# So many machines, windows and commands of each place are asked about once more, in small pages or one by one.
SAMPLE = 3


def moment(time: datetime) -> str:
    """A time as filters write it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Place:
    """One account in one Region, listed step by step. `run` is conformance.Run."""

    def __init__(self, run, ssm, quick_setup) -> None:
        self.run = run
        self.ssm = ssm
        self.quick_setup = quick_setup
        self.fleet: list[dict] = []
        self.states: dict[str, dict] = {}
        self.windows: list[dict] = []
        self.baselines: list[dict] = []
        self.invocations: list[dict] = []

    def steps(self) -> list[Callable[[], object]]:
        return [
            self.list_fleet,
            self.list_properties,
            self.get_tier,
            self.list_patch_states,
            self.list_patches,
            *[lambda name=name: self.list_inventory(f"AWS:{name}") for name in INVENTORY_TYPES],
            self.list_commands,
            self.list_invocations,
            self.get_invocations,
            self.list_baselines,
            self.list_windows,
            self.list_tags,
            self.list_associations,
            self.list_nodes,
            self.list_compliance,
            self.list_configurations,
        ]

    @property
    def ids(self) -> list[str]:
        return [row["InstanceId"] for row in self.fleet]

    @property
    def hybrid(self) -> list[str]:
        return [one for one in self.ids if one.startswith("mi-")]

    def is_scene(self) -> bool:
        """Whether all is here that refusals need."""
        return bool(self.hybrid and self.windows and self.baselines and self.invocations)

    def paged(self, method: str, **arguments) -> list[dict]:
        return self.run.paged(self.ssm, method, **arguments)

    def pages(self, method: str, **arguments) -> list[dict]:
        return self.run.pages(self.ssm, method, **arguments)

    def filtered(self, method: str, key: str, values: list[str], wanted: list[dict], **arguments) -> None:
        """A filter spelt `Key` and `Values` must give these rows."""
        rows = self.pages(method, Filters=[{"Key": key, "Values": values}], **arguments)
        self.run.same(method, f"the filter {key} gives other rows than filtering", rows, wanted)

    def list_fleet(self) -> None:
        method = "describe_instance_information"
        self.fleet = self.paged(method)
        if len(self.ssm.describe_instance_information()["InstanceInformationList"]) > DEFAULT_PAGE:
            self.run.checker.object("DescribeInstanceInformation", f"a default page of more than {DEFAULT_PAGE} rows")
        for key, member, value in [
            ("PingStatus", "PingStatus", "Online"),
            ("PlatformTypes", "PlatformType", "Linux"),
            ("ResourceType", "ResourceType", "ManagedInstance"),
        ]:
            wanted = [row for row in self.fleet if row[member] == value]
            self.filtered(method, key, [value], wanted)
            legacy = self.pages(method, InstanceInformationFilterList=[{"key": key, "valueSet": [value]}])
            self.run.same(method, f"the older filter {key} gives other rows than filtering", legacy, wanted)
        if self.ids:
            self.filtered(method, "InstanceIds", self.ids[:SAMPLE], self.fleet[:SAMPLE])

    def list_properties(self) -> None:
        """The newer list of the same machines, which also has those that are stopped or terminated."""
        listed = {row["InstanceId"] for row in self.paged("describe_instance_properties")}
        if strangers := set(self.ids) - listed:
            self.run.checker.object("DescribeInstanceProperties", "lacks instances of the older list", strangers)

    def get_tier(self) -> None:
        tier = self.ssm.get_service_setting(SettingId=TIER)["ServiceSetting"]["SettingValue"]
        if tier not in ("standard", "advanced"):
            self.run.checker.object("GetServiceSetting", "names no tier of activations", tier)

    def list_patch_states(self) -> None:
        for start in range(0, len(self.ids), 50):
            ids = self.ids[start : start + 50]
            states = self.paged("describe_instance_patch_states", InstanceIds=ids)
            self.states |= {row["InstanceId"]: row for row in states}
            if strangers := {row["InstanceId"] for row in states} - set(ids):
                self.run.checker.object("DescribeInstancePatchStates", "answers for others", sorted(strangers))

    def list_patches(self) -> None:
        method = "describe_instance_patches"
        for at, instance in enumerate(self.ids):
            if at >= SAMPLE:
                self.patches_make_sense(instance, self.pages(method, size=50, InstanceId=instance))
                continue
            rows = self.paged(method, InstanceId=instance)
            self.patches_make_sense(instance, rows)
            for state in ("Missing", "Installed"):
                wanted = [row for row in rows if row["State"] == state]
                self.filtered(method, "State", [state], wanted, InstanceId=instance)

    def patches_make_sense(self, instance: str, rows: list[dict]) -> None:
        """What the model cannot say: rows are as many as the state counts, and CVEs are of what is not installed."""
        object_to = self.run.checker.object
        for row in rows:
            if row.get("CVEIds") and row["State"] not in ("Missing", "Failed"):
                object_to("DescribeInstancePatches", f"CVEIds on a row that is {row['State']}", row)
            if not row["Title"] and not row["KBId"]:
                object_to("DescribeInstancePatches", "a row that names nothing", row)
        state = self.states.get(instance)
        if state is None or state["MissingCount"] < 0:
            if rows:
                object_to("DescribeInstancePatches", "rows of a machine without a report", instance)
            return
        if not rows and any(state[count] for count in COUNTS):
            self.run.withheld.add(instance)
            return
        for count, name in COUNTS.items():
            if state[count] != sum(row["State"] == name for row in rows):
                object_to("DescribeInstancePatchStates", f"{count} is not the number of rows", instance)

    def list_inventory(self, type_name: str) -> None:
        attributes = [{"TypeName": type_name}]
        rows = self.run.optional("ssm", type_name, self.paged, "get_inventory", ResultAttributes=attributes)
        for row in rows:
            if names := set(row["Data"]) - {type_name}:
                self.run.checker.object("GetInventory", f"{type_name} comes with other types", names)
        if rows:
            some = [row["Id"] for row in rows[:SAMPLE]]
            arguments = {"ResultAttributes": attributes}
            self.filtered("get_inventory", "AWS:InstanceInformation.InstanceId", some, rows[:SAMPLE], **arguments)

    def list_commands(self) -> None:
        self.commands_filtered("list_commands", self.paged("list_commands"))

    def list_invocations(self) -> None:
        self.invocations = self.paged("list_command_invocations", Details=True)
        self.commands_filtered("list_command_invocations", self.pages("list_command_invocations"))
        for instance in {row["InstanceId"] for row in self.invocations[:SAMPLE]}:
            wanted = [row for row in self.invocations if row["InstanceId"] == instance]
            rows = self.pages("list_command_invocations", InstanceId=instance, Details=True)
            self.run.same("ListCommandInvocations", "InstanceId gives other rows than filtering", rows, wanted)

    def commands_filtered(self, method: str, rows: list[dict]) -> None:
        if not rows:
            return
        # To the second, as the filter is written.
        middle = rows[len(rows) // 2]["RequestedDateTime"].replace(microsecond=0)
        command = rows[0]["CommandId"]
        for filters, wanted in [
            ({"InvokedAfter": moment(middle)}, [row for row in rows if row["RequestedDateTime"] > middle]),
            ({"InvokedBefore": moment(middle)}, [row for row in rows if row["RequestedDateTime"] < middle]),
            ({"Status": "Failed"}, [row for row in rows if row["Status"] == "Failed"]),
            ({"DocumentName": rows[0]["DocumentName"]}, rows),
        ]:
            found = self.pages(method, Filters=[{"key": key, "value": value} for key, value in filters.items()])
            self.run.same(method, f"the filter {' and '.join(filters)} gives other rows than filtering", found, wanted)
        wanted = [row for row in rows if row["CommandId"] == command]
        self.run.same(method, "CommandId gives other rows", self.pages(method, CommandId=command), wanted)

    def get_invocations(self) -> None:
        failed = [row for row in self.invocations if row["Status"] != "Success"]
        for row in self.invocations[:SAMPLE] + failed[:SAMPLE]:
            for plugin in PLUGINS:
                names = {"CommandId": row["CommandId"], "InstanceId": row["InstanceId"], "PluginName": plugin}
                answer = self.ssm.get_command_invocation(**names)
                listed = next(one for one in row["CommandPlugins"] if one["Name"] == plugin)
                if (answer["Status"], answer["ResponseCode"]) != (listed["Status"], listed["ResponseCode"]):
                    self.run.checker.object("GetCommandInvocation", "contradicts ListCommandInvocations", names)

    def list_baselines(self) -> None:
        method = "describe_patch_baselines"
        self.baselines = self.paged(method)
        owned = [row for row in self.baselines if row["BaselineId"].startswith("arn:")]
        self.filtered(method, "OWNER", ["AWS"], owned)
        self.filtered(method, "OWNER", ["Self"], [row for row in self.baselines if row not in owned])
        for row in self.baselines:
            answer = self.ssm.get_patch_baseline(BaselineId=row["BaselineId"])
            if (answer["Name"], answer["OperatingSystem"]) != (row["BaselineName"], row["OperatingSystem"]):
                self.run.checker.object("GetPatchBaseline", "contradicts DescribePatchBaselines", row)
        known = {row["BaselineId"] for row in self.baselines}
        for row in self.paged("describe_patch_groups"):
            if row["BaselineIdentity"]["BaselineId"] not in known:
                self.run.checker.object("DescribePatchGroups", "names a baseline that is not listed", row)

    def list_windows(self) -> None:
        self.windows = self.paged("describe_maintenance_windows")
        for window in self.windows[:SAMPLE]:
            arguments = {"WindowId": window["WindowId"]}
            self.paged("describe_maintenance_window_targets", **arguments)
            self.paged("describe_maintenance_window_tasks", **arguments)
            method = "describe_maintenance_window_executions"
            rows = self.paged(method, **arguments)
            if rows:
                middle = rows[len(rows) // 2]["StartTime"].replace(microsecond=0)
                wanted = [row for row in rows if row["StartTime"] > middle]
                self.filtered(method, "ExecutedAfter", [moment(middle)], wanted, **arguments)

    def list_tags(self) -> None:
        for kind, ids in [
            ("ManagedInstance", self.hybrid),
            ("MaintenanceWindow", [row["WindowId"] for row in self.windows]),
            ("PatchBaseline", [row["BaselineId"] for row in self.baselines if row["BaselineId"].startswith("pb-")]),
        ]:
            for one in ids[:SAMPLE]:
                self.ssm.list_tags_for_resource(ResourceType=kind, ResourceId=one)
        # EC2 keeps the tags of its machines itself.
        for one in [one for one in self.ids if one.startswith("i-")][:1]:
            machine = {"ResourceType": "ManagedInstance", "ResourceId": one}
            what = "ListTagsForResource of an EC2 machine"
            self.run.refuse(what, {"InvalidResourceId"}, self.ssm.list_tags_for_resource, machine)

    def list_associations(self) -> None:
        self.run.optional("ssm", "ListAssociations", self.paged, "list_associations")

    def list_nodes(self) -> None:
        """The nodes of all Regions, where the account's console is on: the summary counts each of them once."""
        by_type = {"AggregatorType": "Count", "TypeName": "Instance", "AttributeName": "ResourceType"}
        by_region = by_type | {"AttributeName": "Region", "Aggregators": [by_type]}
        where = {"SyncName": "AWS-QuickSetup-ManagedNode"}
        try:
            nodes = self.run.pages(self.ssm, "list_nodes", 50, **where)
        except ClientError as error:
            self.run.same("ListNodes", "refused otherwise than as unsupported", [error.response["Error"]["Code"]], ["UnsupportedOperationException"])
            return
        summary = self.run.pages(self.ssm, "list_nodes_summary", 50, Aggregators=[by_region], **where)
        counted = sum(int(row["Count"]) for row in summary)
        self.run.same("ListNodesSummary", "counts other nodes than are listed", [counted], [len(nodes)])

    def list_compliance(self) -> None:
        method = "list_compliance_items"
        for at, instance in enumerate(self.ids):
            arguments = {"ResourceIds": [instance], "ResourceTypes": ["ManagedInstance"]}
            listing = self.paged if at < SAMPLE else self.pages
            rows = self.run.optional("ssm", "ListComplianceItems", listing, method, **arguments)
            if at < SAMPLE and rows:
                wanted = [row for row in rows if row["ComplianceType"] == "Patch"]
                equal = [{"Key": "ComplianceType", "Values": ["Patch"], "Type": "EQUAL"}]
                found = self.pages(method, Filters=equal, **arguments)
                self.run.same("ListComplianceItems", "the filter ComplianceType gives other rows", found, wanted)

    def list_configurations(self) -> None:
        """What Quick Setup has deployed, and the details of its patch policies."""
        rows = self.run.paged(self.quick_setup, "list_configurations")
        for row in [row for row in rows if row["Type"].endswith("-PatchPolicy")]:
            answer = self.quick_setup.get_configuration(ConfigurationId=row["Id"])
            same = ("Id", "Type", "ManagerArn", "Account", "Region")
            name = answer["Parameters"]["PatchPolicyName"]
            if [answer[one] for one in same] != [row[one] for one in same]:
                self.run.checker.object("GetConfiguration", "contradicts ListConfigurations", row)
            if row["FirstClassParameters"]["PatchPolicyName"] != name:
                self.run.checker.object("GetConfiguration", "has another name than ListConfigurations", name)
        nowhere = {"ConfigurationId": "no-such-configuration"}
        what = "GetConfiguration of none"
        self.run.refuse(what, {"ResourceNotFoundException"}, self.quick_setup.get_configuration, nowhere)
