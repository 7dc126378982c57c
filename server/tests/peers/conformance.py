"""Drives the simulated AWS with boto3, every operation, and checks each answer against AWS's own service models.

    muster simulate --estate small --listen 127.0.0.1:4566 --roster roster.toml    # prints the keys to export
    python conformance.py --endpoint http://127.0.0.1:4566 --roster roster.toml
    python conformance.py --self-test

Lists everything by botocore's paginators, in small pages too, which must give the same rows (place.py), and
asks for what has to be refused (refusals.py). Prints what was checked, and exits with 1
if anything was wrong. `--troubled` is for an estate whose accounts refuse some calls on purpose: without it, every
refusal that was not provoked is wrong.
"""

import argparse
import json
import os
import sys
import tomllib
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import boto3
import botocore.session
import members
from botocore.config import Config
from botocore.exceptions import ClientError
from place import SAMPLE, Place
from refusals import MISSING, Scene, refusals
from shapes import JSON, Checker

# What a harvest calls, and what only the simulator has.
OPERATIONS = {**members.OPERATIONS, "ssm": [*members.OPERATIONS["ssm"], "ListComplianceItems"]}

# The patch operations take fewer rows than the model says.
PAGE_MAX = {"DescribeInstancePatches": 50, "DescribeInstancePatchStates": 50}
# AWS sometimes counts updates and lists none. The estate has one such machine.
WITHHELD_MAX = 1
# A small page: no more than this, and so small that there are three of them where the operation allows it.
SMALL_PAGE = 7


def code_of(error: ClientError) -> str:
    return error.response["Error"]["Code"]


class Run:
    """One simulator: how to reach it, and what was found out about it."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.endpoint: str = arguments.endpoint
        self.allow_missing: bool = arguments.allow_missing
        self.troubled: bool = arguments.troubled
        self.hub = {
            "aws_access_key_id": arguments.access_key_id,
            "aws_secret_access_key": arguments.secret_access_key,
        }
        with open(arguments.roster, "rb") as file:
            self.accounts: list[dict] = tomllib.load(file)["account"]
        self.checker = Checker()
        self.missing: set[tuple[str, str]] = set()
        self.unasked: Counter[tuple[str, str]] = Counter()
        # Machines whose report has counts, but no rows.
        self.withheld: set[str] = set()
        self.provoked = 0
        self.session = boto3.Session()
        self.session.events.register("before-parse", self.checker.before_parse)

    def client(self, service: str, region: str, keys: dict, **config):
        """A client that repeats nothing, and lets everything through that the service should refuse."""
        config = {"retries": {"total_max_attempts": 1}, "parameter_validation": False} | config
        return self.session.client(
            service, region_name=region, endpoint_url=self.endpoint, config=Config(**config), **keys
        )

    def everything(self) -> None:
        self.attempt(self.organizations)
        has_refused = False
        for account in self.accounts:
            keys = self.attempt(self.assume, account)
            for region in account["regions"] if keys else []:
                place = Place(self, self.client("ssm", region, keys), self.client("ssm-quicksetup", region, keys))
                for step in place.steps():
                    self.attempt(step)
                if not has_refused and place.is_scene():
                    for refusal in refusals(Scene(self, place, account, region, keys)):
                        self.refuse(*refusal)
                    has_refused = True
        if not has_refused:
            self.checker.object("refusals", "no place has all that they need")
        self.conclude()

    def attempt(self, step: Callable, *arguments) -> object:
        """What the step returns; None, and a note of it, where the service refused."""
        try:
            return step(*arguments)
        except ClientError as error:
            self.unasked[error.operation_name, code_of(error)] += 1
            return None

    def optional(self, service: str, name: str, listing: Callable, *where, **arguments) -> list:
        """What the listing returns; nothing where the simulator may lack that."""
        try:
            return listing(*where, **arguments)
        except ClientError as error:
            if not self.allow_missing or code_of(error) not in MISSING.get((service, name), ()):
                raise
            self.missing.add((service, name))
            return []

    def forgiven(self, operation: str) -> set[str]:
        """The errors that tell of an operation that was found missing, and may be."""
        return {code for key in self.missing if key[1] == operation for code in MISSING[key]}

    def conclude(self) -> None:
        if len(self.withheld) > WITHHELD_MAX:
            self.checker.object("DescribeInstancePatchStates", "counts rows that are not there", sorted(self.withheld))
        for (operation, code), count in self.unasked.items():
            if not self.troubled or code not in ("AccessDenied", "AccessDeniedException", "InternalServerError"):
                self.checker.object(operation, f"{code} where an answer was due, {count} times")
        for service, operations in OPERATIONS.items():
            for operation in operations:
                if not self.checker.answers[service, operation] and (service, operation) not in self.missing:
                    self.checker.object(f"{service} {operation}", "was never answered")

    def assume(self, account: dict) -> dict:
        """Keys of the account's role, which must be its own and last for as long as was asked."""
        sts = self.client("sts", account["regions"][0], self.hub)
        answer = sts.assume_role(
            RoleArn=account["role_arn"],
            RoleSessionName="conformance",
            ExternalId=account["external_id"],
            DurationSeconds=900,
        )["Credentials"]
        lasts = answer["Expiration"] - datetime.now(UTC)
        if not timedelta(seconds=840) < lasts <= timedelta(seconds=960):
            self.checker.object("AssumeRole", "the session does not last for DurationSeconds", lasts)
        keys = {
            "aws_access_key_id": answer["AccessKeyId"],
            "aws_secret_access_key": answer["SecretAccessKey"],
            "aws_session_token": answer["SessionToken"],
        }
        named = self.client("sts", account["regions"][0], keys).get_caller_identity()["Account"]
        if named != account["systems_account"]:
            self.checker.object("GetCallerIdentity", "names another account than the role's", named)
        return keys

    def organizations(self) -> None:
        """The organisation's accounts, of which the roster's are some, and their tags."""
        client = self.client("organizations", "us-east-1", self.hub)
        accounts = self.optional("organizations", "ListAccounts", self.paged, client, "list_accounts")
        strangers = {account["systems_account"] for account in self.accounts} - {one["Id"] for one in accounts}
        if accounts and strangers:
            self.checker.object("ListAccounts", "lacks systems accounts of the roster", sorted(strangers))
        for account in [one["Id"] for one in accounts[:SAMPLE]] or [self.accounts[0]["systems_account"]]:
            tags = (self.pages, client, "list_tags_for_resource")
            self.optional("organizations", "ListTagsForResource", *tags, ResourceId=account)

    def pages(self, client, method: str, size: int | None = None, **arguments) -> list[dict]:
        """All rows by botocore's paginator. No page may be greater than asked for."""
        paginator = client.get_paginator(method)
        key = paginator.result_keys[0].expression
        paging = {"PaginationConfig": {"PageSize": size}} if size else {}
        rows: list[dict] = []
        for page in paginator.paginate(**arguments, **paging):
            page_rows = page.get(key, [])
            if size and len(page_rows) > size:
                self.checker.object(method, f"a page of {len(page_rows)} rows where {size} were asked for")
            rows += page_rows
        return rows

    def paged(self, client, method: str, **arguments) -> list[dict]:
        """All rows in the greatest pages, and in small ones, which must be the same rows in the same order."""
        operation = client.meta.method_to_api_mapping[method]
        members = client.meta.service_model.operation_model(operation).input_shape.members
        limits = members["MaxItems" if "MaxItems" in members else "MaxResults"].metadata
        rows = self.pages(client, method, PAGE_MAX.get(operation, limits["max"]), **arguments)
        few = max(limits["min"], min(SMALL_PAGE, len(rows) // 3))
        small = self.pages(client, method, few, **arguments)
        self.same(operation, "small pages give other rows than great ones", small, rows)
        return rows

    def same(self, where: str, what: str, got: list, wanted: list) -> None:
        if got != wanted:
            self.checker.object(where, what, f"{len(got)} rows, {len(wanted)} wanted")

    def refuse(self, what: str, codes: set[str], ask: Callable, arguments: dict) -> None:
        """This request has to fail, with one of these codes."""
        self.provoked += 1
        wanted = " or ".join(sorted(codes))
        try:
            ask(**arguments)
        except ClientError as error:
            if code_of(error) not in codes | self.forgiven(error.operation_name):
                self.checker.object("refusals", f"{what}: {code_of(error)}, not {wanted}")
        else:
            self.checker.object("refusals", f"{what}: not refused with {wanted}")


def report(run: Run) -> list[str]:
    """Prints what was checked; returns what was wrong."""
    checker = run.checker
    print(f"{'operation':45} {'answers checked':>15} {'rows':>8}")
    for service, operations in OPERATIONS.items():
        for operation in operations:
            answers, rows = checker.answers[service, operation], checker.rows[service, operation]
            print(f"{service + ' ' + operation:45} {answers:15} {rows:8}")
    print(f"{'refusals, provoked':45} {run.provoked:15}")
    for (operation, code), count in sorted(run.unasked.items()):
        print(f"{operation}: {code} where the estate is troubled, {count} times")
    for service, name in sorted(run.missing):
        print(f"{service} {name}: not there yet")
    violations = checker.violations()
    print("\n".join(f"wrong: {violation}" for violation in violations) or "nothing is wrong")
    return violations


def self_test() -> None:
    """The checker must be silent about a good answer, and object to each of three broken ones."""
    model = botocore.session.get_session().get_service_model("ssm")
    good = {
        "InstanceId": "mi-0123456789abcdef0",
        "PatchGroup": "",
        "BaselineId": "pb-0123456789abcdef0",
        "OperationStartTime": 1620064856,
        "OperationEndTime": 1620064869.25,
        "Operation": "Scan",
    }
    text_time = good | {"OperationEndTime": "2021-05-03T18:01:09Z"}
    nameless = {name: value for name, value in good.items() if name != "BaselineId"}
    content = {"TypeName": "AWS:Tag", "SchemaVersion": "1.0", "CaptureTime": "2021-05-03", "Content": [{"Key": 1}]}
    patch = {"Title": "", "KBId": "KB1", "Classification": "", "Severity": "", "State": "INSTALLED", "InstalledTime": 0}
    states = "DescribeInstancePatchStates"
    for operation, answer, wanted in [
        (states, {"InstancePatchStates": [good]}, []),
        (states, {"InstancePatchStates": [text_time, nameless]}, ["not a timestamp", "required member BaselineId"]),
        (
            "GetInventory",
            {"Entities": [{"Id": "i-1", "Data": {"AWS:Tag": content}, "Owner": "x"}]},
            ["CaptureTime: does not match", "Content[]{}: is not a string", "no member Owner"],
        ),
        ("DescribeInstancePatches", {"Patches": [patch], "NextToken": None}, ["State: is none", "NextToken: is not"]),
    ]:
        checker = Checker()
        headers = {
            "content-type": JSON,
            "x-amzn-requestid": str(uuid.uuid4()),
            "date": format_datetime(datetime.now(UTC), usegmt=True),
        }
        checker.answer(model.operation_model(operation), 200, headers, json.dumps(answer).encode())
        found = checker.violations()
        assert len(found) == len(wanted), f"{operation}: {found} where {wanted} was wanted"
        for text in wanted:
            assert any(text in objection for objection in found), f"{operation}: no objection {text!r} in {found}"
    print("self-test: the checker lets a good answer pass, and objects to three broken ones")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", help="where the simulator listens")
    parser.add_argument("--roster", help="the roster that it wrote")
    parser.add_argument("--access-key-id", default=os.environ.get("AWS_ACCESS_KEY_ID"))
    parser.add_argument("--secret-access-key", default=os.environ.get("AWS_SECRET_ACCESS_KEY"))
    parser.add_argument("--allow-missing", action="store_true", help="some operations need not be there yet")
    parser.add_argument("--troubled", action="store_true", help="accounts may refuse what they were not provoked to")
    parser.add_argument("--self-test", action="store_true", help="only see whether the checker can object")
    arguments = parser.parse_args()
    if arguments.self_test:
        self_test()
        return
    if not arguments.endpoint or not arguments.roster:
        parser.error("--endpoint and --roster are needed")
    run = Run(arguments)
    run.everything()
    sys.exit(bool(report(run)))


main()
