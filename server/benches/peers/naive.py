"""The approach of public tools, for comparison: default pages, and each request once per instance.

    python naive.py --endpoint http://127.0.0.1:4566 --roster roster.toml --store naive.duckdb

Reads for each instance DescribeInstancePatchStates, patches, compliance items, software, two more types of inventory,
tags and command results, also if nothing has changed. ListInventoryEntries, which those tools use, has 50 entries per
page; GetInventory of one instance is used instead and returns all entries at once, so real tools send more requests.
Arguments, output, threads and store are those of boto3_duckdb.py.
"""

from collections.abc import Iterator

from boto3_duckdb import TABLES, Harvester, Known, inventory, listed, main, of_instance
from botocore.exceptions import ClientError

MORE_TABLES = {
    "compliance_item": {
        "instance_id": ("VARCHAR", "ResourceId"),
        "compliance_type": ("VARCHAR", "ComplianceType"),
        "id": ("VARCHAR", "Id"),
        "title": ("VARCHAR", "Title"),
        "status": ("VARCHAR", "Status"),
        "severity": ("VARCHAR", "Severity"),
        "details": ("JSON", "Details"),
    },
    "windows_update": {
        "instance_id": ("VARCHAR", "InstanceId"),
        "hot_fix_id": ("VARCHAR", "HotFixId"),
        "description": ("VARCHAR", "Description"),
        "installed_at": ("VARCHAR", "InstalledTime"),
    },
    "information": {
        "instance_id": ("VARCHAR", "InstanceId"),
        "status": ("VARCHAR", "InstanceStatus"),
        "agent_version": ("VARCHAR", "AgentVersion"),
    },
}
INVENTORY = {
    "application": "AWS:Application",
    "windows_update": "AWS:WindowsUpdate",
    "information": "AWS:InstanceInformation",
}


class Naive(Harvester):
    # botocore's default.
    retries = {"mode": "standard"}

    def tables(self) -> dict:
        return TABLES | MORE_TABLES

    def region(self, ssm, known: Known) -> Iterator[tuple[str, dict]]:
        for item in listed(ssm, "describe_instance_information"):
            yield "instance", item
            yield from self.instance(ssm, item["InstanceId"])

    def instance(self, ssm, instance: str) -> Iterator[tuple[str, dict]]:
        for state in ssm.describe_instance_patch_states(InstanceIds=[instance])["InstancePatchStates"]:
            yield "patch_state", state
        yield from of_instance(ssm, "patch", "describe_instance_patches", instance)
        resource = {"ResourceIds": [instance], "ResourceTypes": ["ManagedInstance"]}
        yield from (("compliance_item", item) for item in listed(ssm, "list_compliance_items", **resource))
        only = [{"Key": "AWS:InstanceInformation.InstanceId", "Values": [instance], "Type": "Equal"}]
        for table, type_name in INVENTORY.items():
            yield from inventory(ssm, table, type_name, Filters=only)
        yield from (("tag", tag | {"InstanceId": instance}) for tag in tags(ssm, instance))
        yield from of_instance(ssm, "invocation", "list_command_invocations", instance, Details=True)


def tags(ssm, instance: str) -> list[dict]:
    """The tags that SSM has. It has them for hybrid instances only, but EC2 instances are requested too."""
    try:
        return ssm.list_tags_for_resource(ResourceType="ManagedInstance", ResourceId=instance)["TagList"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "InvalidResourceId":
            raise
        return []


if __name__ == "__main__":
    main(Naive, __doc__, incremental=False)
