"""Harvests a Systems Manager that nobody here wrote: moto's server.

    pip install boto3 'moto[server]' duckdb==1.5.5
    python moto_harvest.py path/to/muster

Starts moto on a port of its own, makes a baseline, a window and a command in the account behind a role, harvests it, and
checks that what moto implements is stored and that each operation it lacks is one error of that account and operation,
with everything else kept. Exits with 1 if not.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
import duckdb
from moto.server import ThreadedMotoServer

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/muster-harvest"
REGION = "us-east-1"
# What moto 5 answers with HTTP 500 and a page of HTML.
LACKING = {"DescribeInstanceInformation", "ListCommandInvocations", "GetInventory"}


def prepare(endpoint):
    """One of each thing that moto knows, in the account that the role leads to."""
    keys = boto3.client("sts", region_name=REGION, endpoint_url=endpoint).assume_role(
        RoleArn=ROLE, RoleSessionName="prepare"
    )["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], REGION)
    ssm = session.client("ssm", endpoint_url=endpoint)
    baseline = ssm.create_patch_baseline(Name="muster-test", OperatingSystem="AMAZON_LINUX_2")["BaselineId"]
    window = ssm.create_maintenance_window(
        Name="late", Schedule="cron(0 3 ? * SUN *)", Duration=3, Cutoff=1, AllowUnassociatedTargets=False
    )["WindowId"]
    command = ssm.send_command(
        InstanceIds=["i-0123456789abcdef0"], DocumentName="AWS-RunPatchBaseline", Parameters={"Operation": ["Scan"]}
    )["Command"]["CommandId"]
    return baseline, window, command


def harvest(muster, endpoint, folder):
    (folder / "roster.toml").write_text(
        f'[[account]]\nprovider = "aws"\naccount_id = "{ACCOUNT}"\naccount_name = "moto"\ncustomer_id = "c"\n'
        f'customer_name = "C"\nsystems_account = "{ACCOUNT}"\nrole_arn = "{ROLE}"\nexternal_id = "x-1"\n'
        f'regions = ["{REGION}"]\n'
    )
    environment = os.environ | {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": REGION}
    output = subprocess.run([muster, "harvest"], cwd=folder, env=environment, capture_output=True, text=True)
    print(output.stdout, output.stderr, sep="")
    return json.loads(output.stdout)


def main():
    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    muster = Path(sys.argv[1]).resolve()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        baseline, window, command = prepare(endpoint)
        report = harvest(muster, endpoint, folder)
        failed = [error["operation"] for error in report["errors"]]
        assert sorted(failed) == sorted(LACKING), f"one error for each operation that moto lacks, not {failed}"
        assert all(error["class"] == "server" for error in report["errors"])
        store = duckdb.connect(str(folder / "muster.duckdb"), read_only=True)
        for table, column, wanted in [
            ("patch_baseline", "baseline_id", baseline),
            ("maintenance_window", "window_id", window),
            ("run", "command_id", command),
        ]:
            stored = {row[0] for row in store.execute(f"SELECT {column} FROM {table}").fetchall()}
            assert wanted in stored, f"{wanted} is not in {table}: {stored}"
            print(f"{table}: {wanted} is stored")
    server.stop()
    print("moto's own things are stored, and each operation it lacks is one error")


main()
