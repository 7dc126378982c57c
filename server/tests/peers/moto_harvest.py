"""Harvests a Systems Manager that nobody here wrote: moto's server.

    python moto_harvest.py path/to/muster

Starts moto on a free port of loopback, makes a baseline, a window and a command in the account behind a role, harvests
it, and checks that what moto implements is stored and that each operation it lacks is one error of that account and
operation, with everything else kept. Needs requirements.txt. Exits with 1 if not.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import duckdb
from botocore import xform_name
from moto.server import ThreadedMotoServer
from moto.ssm.responses import SimpleSystemManagerResponse

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/muster-harvest"
REGION = "us-east-1"
# What every harvest asks for and moto 5 answers with HTTP 500 and a page of HTML.
LACKING = {"DescribeInstanceInformation", "ListCommandInvocations", "GetInventory"}
# moto has nothing of Quick Setup, and whatever it answers does not matter.
QUICK_SETUP = "ListConfigurations"


# A harvest that waits longer for moto hangs. (Most of its time are the retries of what moto lacks.)
HARVEST_SECONDS_MAX = 90


@contextmanager
def moto() -> Iterator[str]:
    """moto's server for as long as the block lasts; its address."""
    # It prints each request, and a traceback for each operation that it lacks.
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def prepare(endpoint: str) -> list[tuple[str, str, str]]:
    """One of each thing that moto knows, in the account that the role leads to: the table and column of its id."""
    hub = boto3.Session("testing", "testing", region_name=REGION)
    keys = hub.client("sts", endpoint_url=endpoint).assume_role(RoleArn=ROLE, RoleSessionName="prepare")["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], REGION)
    ssm = session.client("ssm", endpoint_url=endpoint)
    baseline = ssm.create_patch_baseline(Name="muster-test", OperatingSystem="AMAZON_LINUX_2")["BaselineId"]
    window = ssm.create_maintenance_window(
        Name="late", Schedule="cron(0 3 ? * SUN *)", Duration=3, Cutoff=1, AllowUnassociatedTargets=False
    )["WindowId"]
    command = ssm.send_command(
        InstanceIds=["i-0123456789abcdef0"], DocumentName="AWS-RunPatchBaseline", Parameters={"Operation": ["Scan"]}
    )["Command"]["CommandId"]
    return [
        ("patch_baseline", "baseline_id", baseline),
        ("maintenance_window", "window_id", window),
        ("run", "command_id", command),
    ]


def harvest(muster: Path, endpoint: str, folder: Path) -> dict:
    """What `muster harvest` reports; nothing of the caller's own settings reaches it."""
    (folder / "roster.toml").write_text(
        f'[[account]]\nprovider = "aws"\naccount_id = "{ACCOUNT}"\naccount_name = "moto"\ncustomer_id = "c"\n'
        f'customer_name = "C"\nsystems_account = "{ACCOUNT}"\nrole_arn = "{ROLE}"\nexternal_id = "x-1"\n'
        f'regions = ["{REGION}"]\n'
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MUSTER_"))} | {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
    }
    output = subprocess.run(
        [muster, "harvest"], cwd=folder, env=environment, capture_output=True, text=True, timeout=HARVEST_SECONDS_MAX
    )
    assert output.stdout.startswith("{"), f"a line of JSON, not {output.stdout!r}; it said: {output.stderr}"
    return json.loads(output.stdout)


def check(report: dict, store: Path, made: list[tuple[str, str, str]]) -> None:
    errors = [error for error in report["errors"] if error["operation"] != QUICK_SETUP]
    failed = [error["operation"] for error in errors]
    assert set(failed) >= LACKING and len(set(failed)) == len(failed), f"one error for each of {LACKING}, not {failed}"
    known = [operation for operation in failed if hasattr(SimpleSystemManagerResponse, xform_name(operation))]
    assert not known, f"moto answers {known}, and yet they are errors"
    classes = {error["class"] for error in errors}
    assert classes == {"server"}, f"an error of moto is the server's, not {classes}"
    print(f"{', '.join(failed)}: one error each")
    with duckdb.connect(str(store), read_only=True) as connection:
        for table, column, wanted in made:
            stored = {row[0] for row in connection.execute(f"SELECT {column} FROM {table}").fetchall()}
            assert wanted in stored, f"{wanted} is not in {table}: {stored}"
            print(f"{table}: {wanted} is stored")


def main() -> None:
    muster = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name, moto() as endpoint:
        folder = Path(name)
        made = prepare(endpoint)
        report = harvest(muster, endpoint, folder)
        check(report, folder / "muster.duckdb", made)
    print(f"moto harvested with {report['api_calls']} calls in {report['duration_ms'] / 1000:.1f} seconds")


main()
