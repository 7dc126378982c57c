"""A script that a careful user could write instead of Muster: boto3, a thread per account, and DuckDB.

    python boto3_duckdb.py --endpoint http://127.0.0.1:4566 --roster roster.toml --store careful.duckdb [--incremental]

Requests the largest pages and patch states of 50 instances at a time, lets botocore slow down when it is throttled,
and replaces an account's rows in one transaction; a failed account keeps its rows. With `--incremental` it does not
read the patches of an instance whose last operation is stored already. Credentials come from the environment. Needs
the packages in server/tests/peers/requirements.txt. Prints one line of JSON: HTTP requests with retries, rows, seconds,
and the number of failed accounts.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import duckdb
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

# The columns of each table: type, and member of AWS's answer.
TABLES = {
    "instance": {
        "instance_id": ("VARCHAR", "InstanceId"),
        "ping_status": ("VARCHAR", "PingStatus"),
        "last_ping_at": ("TIMESTAMP", "LastPingDateTime"),
        "agent_version": ("VARCHAR", "AgentVersion"),
        "is_latest_version": ("BOOLEAN", "IsLatestVersion"),
        "platform_type": ("VARCHAR", "PlatformType"),
        "platform_name": ("VARCHAR", "PlatformName"),
        "platform_version": ("VARCHAR", "PlatformVersion"),
        "name": ("VARCHAR", "Name"),
        "ip_address": ("VARCHAR", "IPAddress"),
        "computer_name": ("VARCHAR", "ComputerName"),
        "source_id": ("VARCHAR", "SourceId"),
        "source_type": ("VARCHAR", "SourceType"),
    },
    "patch_state": {
        "instance_id": ("VARCHAR", "InstanceId"),
        "patch_group": ("VARCHAR", "PatchGroup"),
        "baseline_id": ("VARCHAR", "BaselineId"),
        "snapshot_id": ("VARCHAR", "SnapshotId"),
        "operation": ("VARCHAR", "Operation"),
        "operation_started_at": ("TIMESTAMP", "OperationStartTime"),
        "operation_ended_at": ("TIMESTAMP", "OperationEndTime"),
        "reboot_option": ("VARCHAR", "RebootOption"),
        "installed": ("INTEGER", "InstalledCount"),
        "installed_other": ("INTEGER", "InstalledOtherCount"),
        "pending_reboot": ("INTEGER", "InstalledPendingRebootCount"),
        "rejected": ("INTEGER", "InstalledRejectedCount"),
        "missing": ("INTEGER", "MissingCount"),
        "failed": ("INTEGER", "FailedCount"),
        "not_applicable": ("INTEGER", "NotApplicableCount"),
    },
    "patch": {
        "instance_id": ("VARCHAR", "InstanceId"),
        "title": ("VARCHAR", "Title"),
        "kb_id": ("VARCHAR", "KBId"),
        "classification": ("VARCHAR", "Classification"),
        "severity": ("VARCHAR", "Severity"),
        "state": ("VARCHAR", "State"),
        "installed_at": ("TIMESTAMP", "InstalledTime"),
        "cve_ids": ("VARCHAR", "CVEIds"),
    },
    "invocation": {
        "command_id": ("VARCHAR", "CommandId"),
        "instance_id": ("VARCHAR", "InstanceId"),
        "document_name": ("VARCHAR", "DocumentName"),
        "requested_at": ("TIMESTAMP", "RequestedDateTime"),
        "status": ("VARCHAR", "Status"),
        "status_details": ("VARCHAR", "StatusDetails"),
        "plugins": ("JSON", "CommandPlugins"),
    },
    "tag": {
        "instance_id": ("VARCHAR", "InstanceId"),
        "key": ("VARCHAR", "Key"),
        "value": ("VARCHAR", "Value"),
    },
    "application": {
        "instance_id": ("VARCHAR", "InstanceId"),
        "name": ("VARCHAR", "Name"),
        "version": ("VARCHAR", "Version"),
        "release": ("VARCHAR", "Release"),
        "publisher": ("VARCHAR", "Publisher"),
        "architecture": ("VARCHAR", "Architecture"),
        "installed_at": ("VARCHAR", "InstalledTime"),
    },
}
# The first columns of every table.
TARGET_COLUMNS = {"account_id": "VARCHAR", "region": "VARCHAR"}

PAGE = {"PaginationConfig": {"PageSize": 50}}
# The default before the first harvest. SSM itself keeps commands for 30 days.
FIRST_INVOKED_AFTER = datetime(2020, 1, 1)
# The longest time from the request of a command to its end.
INVOKED_OVERLAP = timedelta(hours=1)

# The stored last operation of each instance, and the stored last command of the account.
Known = tuple[dict[str, datetime], datetime]
Row = dict[str, object]


def batches(ids: list[str], size: int = 50) -> Iterator[list[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def stored(time: datetime) -> datetime:
    """A time as it is stored: in UTC, without a zone."""
    return time.astimezone(UTC).replace(tzinfo=None)


class Harvester:
    """Reads accounts, with the pages, batches and retries that AWS's documentation recommends."""

    retries = {"mode": "adaptive", "total_max_attempts": 10}

    def __init__(self, endpoint: str, workers: int) -> None:
        self.endpoint = endpoint
        self.config = Config(retries=self.retries, max_pool_connections=workers)
        self.session = boto3.Session()
        self.calls = 0
        self.lock = threading.Lock()
        self.session.events.register("before-send", self.count)
        self.sts = self.client("sts", self.session.region_name or "us-east-1")

    def count(self, **_: object) -> None:
        with self.lock:
            self.calls += 1

    def client(self, service: str, region: str, **keys: str):
        # Threads may share clients, but must not create them at the same time.
        with self.lock:
            return self.session.client(
                service, region_name=region, endpoint_url=self.endpoint, config=self.config, **keys
            )

    def account(self, account: dict, known: Known) -> dict[str, list[Row]]:
        """Reads an account. Returns its rows by table."""
        credentials = self.sts.assume_role(
            RoleArn=account["role_arn"], RoleSessionName="harvest", ExternalId=account["external_id"]
        )["Credentials"]
        keys = {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials["SessionToken"],
        }
        found: dict[str, list[Row]] = defaultdict(list)
        for region in account["regions"]:
            ssm = self.client("ssm", region, **keys)
            target = {"account_id": account["account_id"], "region": region}
            for table, item in self.region(ssm, known):
                columns = self.tables()[table].items()
                found[table].append(target | {column: item.get(member) for column, (_, member) in columns})
        return found

    def tables(self) -> dict:
        return TABLES

    def region(self, ssm, known: Known) -> Iterator[tuple[str, dict]]:
        """Reads a Region. Yields tables and AWS's items for them."""
        ended, invoked = known
        fleet = list(listed(ssm, "describe_instance_information", **PAGE))
        yield from (("instance", item) for item in fleet)
        for ids in batches([item["InstanceId"] for item in fleet]):
            for state in listed(ssm, "describe_instance_patch_states", InstanceIds=ids, **PAGE):
                yield "patch_state", state
                if ended.get(state["InstanceId"]) != stored(state["OperationEndTime"]):
                    yield from of_instance(ssm, "patch", "describe_instance_patches", state["InstanceId"], **PAGE)
        after = (invoked - INVOKED_OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")
        filters = [{"key": "InvokedAfter", "value": after}]
        for item in listed(ssm, "list_command_invocations", Filters=filters, Details=True, **PAGE):
            yield "invocation", item
        for table, type_name in [("tag", "AWS:Tag"), ("application", "AWS:Application")]:
            yield from inventory(ssm, table, type_name, **PAGE)


def in_json(time: datetime) -> str:
    return stored(time).isoformat()


def listed(ssm, method: str, **arguments) -> Iterator[dict]:
    """All items of botocore's paginator."""
    paginator = ssm.get_paginator(method)
    key = paginator.result_keys[0].expression
    for page in paginator.paginate(**arguments):
        yield from page[key]


def of_instance(ssm, table: str, method: str, instance: str, **arguments) -> Iterator[tuple[str, dict]]:
    for item in listed(ssm, method, InstanceId=instance, **arguments):
        yield table, item | {"InstanceId": instance}


def inventory(ssm, table: str, type_name: str, **arguments) -> Iterator[tuple[str, dict]]:
    for entity in listed(ssm, "get_inventory", ResultAttributes=[{"TypeName": type_name}], **arguments):
        for entry in entity["Data"].get(type_name, {}).get("Content", []):
            yield table, entry | {"InstanceId": entity["Id"]}


class Store:
    """The DuckDB file, which one thread writes."""

    def __init__(self, path: str, tables: dict) -> None:
        self.tables = {
            name: TARGET_COLUMNS | {column: kind for column, (kind, _) in of.items()} for name, of in tables.items()
        }
        self.connection = duckdb.connect(path)
        for name, columns in self.tables.items():
            listing = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            self.connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({listing})")

    def known(self, account_id: str) -> Known:
        ended = self.connection.execute(
            "SELECT instance_id, operation_ended_at FROM patch_state WHERE account_id = ?", [account_id]
        ).fetchall()
        newest = "SELECT max(requested_at) FROM invocation WHERE account_id = ?"
        (invoked,) = self.connection.execute(newest, [account_id]).fetchone()
        return dict(ended), invoked or FIRST_INVOKED_AFTER

    def write(self, account_id: str, found: dict[str, list[Row]], incremental: bool) -> int:
        """Replaces the account's rows in one transaction. Returns the number of written rows."""
        self.connection.begin()
        try:
            for name in self.tables:
                rows = found.get(name, [])
                self.delete(name, account_id, rows, incremental)
                self.insert(name, rows)
            if incremental:
                # Patches of instances that are gone are deleted.
                self.connection.execute(
                    "DELETE FROM patch WHERE account_id = $1 AND instance_id NOT IN "
                    "(SELECT instance_id FROM instance WHERE account_id = $1)",
                    [account_id],
                )
            self.connection.commit()
        except BaseException:
            self.connection.rollback()
            raise
        return sum(map(len, found.values()))

    def delete(self, name: str, account_id: str, rows: list[Row], incremental: bool) -> None:
        statement, values = f"DELETE FROM {name} WHERE account_id = ?", [account_id]
        # Rows that were not read again stay.
        key = {"patch": "instance_id", "invocation": "command_id"}.get(name)
        if incremental and key:
            statement += f" AND list_contains(?, {key})"
            values.append(sorted({row[key] for row in rows}))
        self.connection.execute(statement, values)

    def insert(self, name: str, rows: list[Row]) -> None:
        """Inserts through a file of JSON lines: much faster than executemany, without another package."""
        if not rows:
            return
        columns = ", ".join(f"{column}: '{kind}'" for column, kind in self.tables[name].items())
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.writelines(json.dumps(row, default=in_json) + "\n" for row in rows)
            file.flush()
            self.connection.execute(
                f"INSERT INTO {name} SELECT * FROM read_json('{file.name}', format = 'newline_delimited', "
                f"columns = {{{columns}}})"
            )


def arguments(description: str, incremental: bool) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("endpoint", "roster", "store"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--workers", type=int, default=16, help="accounts at the same time")
    parser.set_defaults(incremental=False)
    if incremental:
        parser.add_argument("--incremental", action="store_true", help="skip unchanged instances")
    return parser.parse_args()


def harvest(harvester: Harvester, store: Store, accounts: Iterable[dict], workers: int, incremental: bool) -> dict:
    """Harvests all accounts, several at a time, and writes each one when it is read."""
    nothing: Known = ({}, FIRST_INVOKED_AFTER)
    rows = failed = 0
    with ThreadPoolExecutor(workers) as pool:
        running: dict[Future, str] = {}
        for account in accounts:
            known = store.known(account["account_id"]) if incremental else nothing
            running[pool.submit(harvester.account, account, known)] = account["account_id"]
        for future in as_completed(running):
            try:
                rows += store.write(running[future], future.result(), incremental)
            except (BotoCoreError, ClientError) as error:
                failed += 1
                print(f"{running[future]}: {error}", file=sys.stderr)
    return {"calls": harvester.calls, "rows": rows, "accounts_failed": failed}


def main(kind: type[Harvester], description: str, incremental: bool) -> None:
    options = arguments(description, incremental)
    started = time.monotonic()
    accounts = tomllib.loads(Path(options.roster).read_text())["account"]
    harvester = kind(options.endpoint, options.workers)
    store = Store(options.store, harvester.tables())
    report = harvest(harvester, store, accounts, options.workers, options.incremental)
    store.connection.close()
    report["seconds"] = round(time.monotonic() - started, 3)
    print(json.dumps({key: report[key] for key in ("calls", "rows", "seconds", "accounts_failed")}))


if __name__ == "__main__":
    main(Harvester, __doc__, incremental=True)
