"""Holds the portal against boto3: what AWS's own client lists at the same endpoint must be what the portal shows.

    muster simulate --estate demo --listen 127.0.0.1:4566 --roster roster.toml     # only to write the roster
    muster demo                                                                    # prints both addresses
    python boto3_agrees.py --portal http://127.0.0.1:8080 --endpoint http://127.0.0.1:PORT --roster roster.toml

Needs boto3. Exits with 1 and prints what differs, if anything does.
"""

import argparse
import json
import sys
import tomllib
import urllib.request
from collections import Counter

import boto3
from botocore.exceptions import ClientError

# What `muster simulate` prints; nothing but the simulator knows them.
HUB = {"aws_access_key_id": "AKIAMUSTERSIMULATOR1", "aws_secret_access_key": "muster-simulator-operator-secret-key-000"}

# The figures of an instance that count its updates in one state, and the state.
FIGURES = {
    "missing": "Missing",
    "failed": "Failed",
    "pending_reboot": "InstalledPendingReboot",
    "installed_rejected": "InstalledRejected",
    "available_security_updates": "AvailableSecurityUpdate",
}


def portal_rows(portal, path):
    cursor, rows = None, []
    while True:
        address = f"{portal}/api/v1/{path}{'&' if '?' in path else '?'}per_page=500" + (f"&cursor={cursor}" if cursor else "")
        with urllib.request.urlopen(address) as answer:
            page = json.load(answer)
        rows += page["rows"]
        cursor = page["next"]
        if cursor is None:
            assert len(rows) == page["total"], f"{path}: {len(rows)} rows of {page['total']}"
            return rows


def client(service, region, endpoint, keys):
    return boto3.client(service, region_name=region, endpoint_url=endpoint, **keys)


def assume(account, endpoint, hub):
    answer = client("sts", account["regions"][0], endpoint, hub).assume_role(
        RoleArn=account["role_arn"], RoleSessionName="compare", ExternalId=account["external_id"]
    )["Credentials"]
    return {
        "aws_access_key_id": answer["AccessKeyId"],
        "aws_secret_access_key": answer["SecretAccessKey"],
        "aws_session_token": answer["SessionToken"],
    }


def everything(ssm, operation, key, **arguments):
    return [row for page in ssm.get_paginator(operation).paginate(**arguments) for row in page[key]]


def compare_account(portal, account, endpoint, hub):
    keys = assume(account, endpoint, hub)
    shown = {row["instance_id"]: row for row in portal_rows(portal, f"instances?account={account['account_id']}")}
    listed, differences, updates = {}, [], 0
    for region in account["regions"]:
        ssm = client("ssm", region, endpoint, keys)
        rows = everything(ssm, "describe_instance_information", "InstanceInformationList")
        listed |= {row["InstanceId"]: row for row in rows}
        ids = [row["InstanceId"] for row in rows]
        states = {}
        for start in range(0, len(ids), 50):
            answer = ssm.describe_instance_patch_states(InstanceIds=ids[start : start + 50])
            states |= {row["InstanceId"]: row for row in answer["InstancePatchStates"]}
        policies = policies_of(ssm, client("ssm-quicksetup", region, endpoint, keys), ids)
        for instance in ids:
            if instance in shown and shown[instance]["patch_policy"] != ", ".join(sorted(policies[instance])):
                differences.append(f"{instance}: patch policies differ: {policies[instance]}")
            updates += compare_instance(portal, ssm, instance, shown.get(instance), states.get(instance), differences)
    if set(shown) != set(listed):
        differences.append(f"{account['account_id']}: only one side has {set(shown) ^ set(listed)}")
    for instance in set(shown) & set(listed):
        online = listed[instance]["PingStatus"] == "Online"
        if shown[instance]["online"] != online or shown[instance]["agent_version"] != listed[instance]["AgentVersion"]:
            differences.append(f"{instance}: online or agent differ")
    return len(listed), updates, differences


def policies_of(ssm, quick_setup, ids):
    """The names of each instance's patch policies: from AWS's tags, and from policies of all instances."""
    policies = {instance: set() for instance in ids}
    tags = everything(ssm, "get_inventory", "Entities", ResultAttributes=[{"TypeName": "AWS:Tag"}])
    for entity in tags:
        rows = entity["Data"]["AWS:Tag"]["Content"]
        names = {row["Value"] for row in rows if row["Key"].startswith("QSConfigName-")}
        policies.get(entity["Id"], set()).update(names)
    for row in everything(quick_setup, "list_configurations", "ConfigurationsList"):
        if row["Type"].endswith("-PatchPolicy"):
            parameters = quick_setup.get_configuration(ConfigurationId=row["Id"])["Parameters"]
            if parameters.get("TargetType") == "*":
                for names in policies.values():
                    names.add(parameters["PatchPolicyName"])
    return policies


def compare_instance(portal, ssm, instance, shown, state, differences):
    patches = everything(ssm, "describe_instance_patches", "Patches", InstanceId=instance, PaginationConfig={"PageSize": 50})
    if shown is None:
        return 0
    own = portal_rows(portal, f"instances/{instance}/updates")
    theirs = Counter((row["Title"] or row["KBId"], row["KBId"], row["State"]) for row in patches)
    ours = Counter((row["description"], row["name"], row["install_status"]) for row in own)
    if theirs != ours:
        differences.append(f"{instance}: updates differ: {list(((theirs - ours) + (ours - theirs)).items())[:3]}")
    rows = Counter(row["State"] for row in patches)
    figures = [rows[state] for state in FIGURES.values()]
    if figures != [shown[figure] for figure in FIGURES]:
        differences.append(f"{instance}: counts differ: {figures}")
    if state is not None and state["MissingCount"] >= 0:
        unlisted = sum(max(state.get(f"{name}Count", 0) - rows[name], 0) for name in FIGURES.values())
        if unlisted != shown["details_missing"]:
            differences.append(f"{instance}: {unlisted} updates are counted and not listed")
    return len(patches)


def main():
    parser = argparse.ArgumentParser()
    for name in ("portal", "endpoint", "roster"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--access-key-id", default=HUB["aws_access_key_id"])
    parser.add_argument("--secret-access-key", default=HUB["aws_secret_access_key"])
    arguments = parser.parse_args()
    hub = {"aws_access_key_id": arguments.access_key_id, "aws_secret_access_key": arguments.secret_access_key}
    with open(arguments.roster, "rb") as file:
        accounts = tomllib.load(file)["account"]
    instances = updates = refused = 0
    differences = []
    for account in accounts:
        try:
            some, rows, found = compare_account(arguments.portal, account, arguments.endpoint, hub)
        except ClientError as error:
            # The demo has accounts that cannot be reached; the portal must say so too.
            with urllib.request.urlopen(f"{arguments.portal}/api/v1/harvest?account={account['account_id']}") as answer:
                harvest = json.load(answer)["rows"]
            refused += 1
            if all(row["state"] == "fresh" for row in harvest):
                differences.append(f"{account['account_id']}: boto3 got {error}, the portal calls it fresh")
            continue
        instances, updates, differences = instances + some, updates + rows, differences + found
    print(f"{len(accounts)} accounts ({refused} refuse both), {instances} instances, {updates} updates compared")
    print("\n".join(differences) or "no difference")
    sys.exit(bool(differences))


main()
