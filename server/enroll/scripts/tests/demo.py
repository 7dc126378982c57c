#!/usr/bin/env python3
"""Enrolls simulated instances of six providers through `muster enroll`, and finds them in the portal.

Runs inside of namespaces, as the first process there; scripts/enroll-demo.sh starts it. linux.sh, `muster enroll` and `muster
harvest` are the real ones, AWS and the metadata services are those that `muster` simulates, and only the agent, its installer and
systemctl are stand-ins. Ends with an error unless each instance is where it belongs.
"""

import csv
import io
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from run import create_certificates
from services import HOSTS, LABELS, METADATA, REGION, SERVER_NAME, SERVER_PORT, Downloads
from world import INSTALLER, RECORDS, WRITE_REGISTRATION, World, settings

AWS = "http://127.0.0.1:4566"
AUDIENCE = f"https://{SERVER_NAME}:{SERVER_PORT}/enroll/v1"
START_SECONDS = 60
# A new systems account takes a while; the script asks again as the server says.
ENROLL_SECONDS = 300
# The simulated AWS's own account.
HUB = "110000000011"
# Of every simulated project: PROJECT_NUMBER of the simulator.
PROJECT_NUMBER = 198285616681

# As the agent: registers without a signature, and reports when it is started.
AGENT = f"""#!/bin/bash
data=/var/lib/amazon/ssm code= id= region= managed=
call() {{
    printf '%s' "$2" | /usr/bin/curl -q --silent --show-error --fail-with-body --data-binary @- -H "X-Amz-Target: AmazonSSM.$1" \\
        -H "Host: ssm.$region.amazonaws.com" -H 'Content-Type: application/x-amz-json-1.1' {AWS}/
}}
member() {{ sed -n "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/p"; }}
if [ $# = 0 ]; then
    managed=$(member ManagedInstanceID <$data/registration) region=$(member Region <$data/registration)
    . /etc/os-release
    call UpdateInstanceInformation "{{\\"InstanceId\\":\\"$managed\\",\\"AgentName\\":\\"amazon-ssm-agent\\",\\"AgentStatus\\":\\"Active\\",\\
\\"AgentVersion\\":\\"3.3.3050.0\\",\\"ComputerName\\":\\"$(cat /etc/hostname)\\",\\"IPAddress\\":\\"10.0.0.9\\",\\
\\"PlatformType\\":\\"Linux\\",\\"PlatformName\\":\\"$NAME\\",\\"PlatformVersion\\":\\"$VERSION_ID\\"}}" >/dev/null
    exit
fi
while [ $# -gt 0 ]; do
    case $1 in
        -code | -id | -region) declare "${{1#-}}=$2"; shift ;;
    esac
    shift
done
answer=$(call RegisterManagedInstance "{{\\"ActivationId\\":\\"$id\\",\\"ActivationCode\\":\\"$code\\",\\"PublicKeyType\\":\\"Rsa\\",\\
\\"PublicKey\\":\\"key\\",\\"Fingerprint\\":\\"$(cat /proc/sys/kernel/random/uuid)\\"}}" 2>&1) ||
    {{ echo "ERROR Registration failed due to error registering the instance with AWS SSM. $answer"; exit 1; }}
managed=$(member InstanceId <<<"$answer")
{WRITE_REGISTRATION}"""

SYSTEMCTL = f"""#!/bin/bash
case $1 in
    is-active) [ -e {RECORDS}/active ] ;;
    start) /usr/bin/amazon-ssm-agent && touch {RECORDS}/active ;;
    stop) rm -f {RECORDS}/active ;;
esac
"""


class Instance(World):
    """One instance, with a root of its own in the demo's network."""

    def __init__(self, folder, certificates, site, group):
        folder.mkdir()
        super().__init__(folder, "/", certificates)
        self.site, self.group, self.seconds = site, group, 0.0
        self.write("/usr/sbin/systemctl", SYSTEMCTL, 0o755)
        (self.records / "agent").write_text(AGENT)
        self.write("/etc/hostname", f"{site.provider}-1\n")
        self.write("/etc/machine-id", f"{secrets.token_hex(16)}\n")

    def build_network(self):
        # Microsoft's certificates come from Azure's simulated metadata service.
        hosts = {**HOSTS, "www.microsoft.com": METADATA}
        self.write("/etc/hosts", "127.0.0.1 localhost\n" + "".join(f"{address} {name}\n" for name, address in hosts.items()))
        self.write("/etc/resolv.conf", "")

    def place_token(self, token):
        """Puts the operator's token where the instance of this provider reads it."""
        if self.site.provider == "vmware":
            (self.records / "token").write_text(token)
            self.write("/usr/sbin/vmware-rpctool", f'#!/bin/bash\n[ "$*" = "info-get guestinfo.muster.enroll" ] && cat {RECORDS}/token\n', 0o755)
        else:
            self.write("/etc/muster/enrollment-token", token, 0o600)

    def enroll(self, seconds=ENROLL_SECONDS):
        """Runs linux.sh, and returns its exit code."""
        started = time.monotonic()
        process = self.launch(MUSTER_ENROLL_MAX_SECONDS=str(seconds))
        _, self.log = process.communicate(timeout=seconds + 30)
        self.seconds = time.monotonic() - started
        return process.returncode

    def managed(self):
        registration = self.root / "var/lib/amazon/ssm/registration"
        return registration.read_text().split('"')[3] if registration.exists() else ""

    def requests(self):
        """How often curl was started, by which all requests are made."""
        path = self.records / "curl-environment"
        return path.stat().st_size if path.exists() else 0


class Site:
    """An account at a provider."""

    def __init__(self, provider, account, customer):
        self.provider, self.account, self.customer = provider, account, customer
        self.has_token = provider in ("vmware", "openstack", "dedicated")
        self.has_metadata = provider not in ("vmware", "dedicated")

    def roster(self, jwks):
        project = f"project_number = {PROJECT_NUMBER}\n" if self.provider == "gcp" else ""
        account = f'[[account]]\nprovider = "{self.provider}"\naccount_id = "{self.account}"\ncustomer_id = "{self.customer}"\n'
        issuer = f'[[issuer]]\nname = "urn:muster:simulated:{self.provider}"\nprovider = "{self.provider}"\n'
        issuer += f"accounts = [\"{self.account}\"]\njwks = '{jwks}'\n"
        enrollment = f'[account.enrollment]\nregion = "{REGION}"\napproval = "none"\n{project}'
        return f'{account}{enrollment}{issuer if self.has_token else ""}'


SITES = [
    Site("aws", "644160712188", "acme"),
    Site("azure", "8d10da13-8125-4ba9-a717-bf7490507b3d", "acme"),
    Site("gcp", "acme-prod", "acme"),
    Site("vmware", "vc-1:borealis", "borealis"),
    Site("openstack", "region-1:borealis", "borealis"),
    Site("dedicated", "hall-2:borealis", "borealis"),
]
GROUPS = ["early", "on-time", "late"]


class Demo:
    def __init__(self, folder, muster):
        self.folder, self.muster, self.keys = folder, muster, folder / "keys"
        self.processes, self.aws = [], {}
        self.certificates = folder / "certificates"
        self.certificates.mkdir()
        create_certificates(self.certificates)

    def start(self, name, *arguments):
        """Starts a command of muster, whose messages go to a file."""
        with open(self.folder / f"{name}.log", "ab") as log:
            command = [self.muster, *map(str, arguments)]
            process = subprocess.Popen(command, cwd=self.folder, env=self.environment(), stdout=subprocess.PIPE, stderr=log, text=True)
        self.processes.append(process)
        return process

    def run(self, *arguments):
        """Runs a command of muster to its end, and returns what it prints."""
        command = [self.muster, *map(str, arguments)]
        result = subprocess.run(command, cwd=self.folder, env=self.environment(), capture_output=True, text=True, check=False)
        expect(result.returncode == 0, f"muster {arguments[0]} succeeds", result.stderr)
        return result.stdout

    def environment(self):
        return {"PATH": os.environ["PATH"], "MUSTER_ORGANIZATION_ROLE": "MusterHarvester", **self.aws}

    def start_aws(self):
        process = self.start("simulate", "simulate", "--estate", "empty", "--listen", AWS.removeprefix("http://"), "--keys", self.keys)
        for _ in range(4):
            line = process.stdout.readline()
            expect(line.startswith("export "), "muster simulate starts", (self.folder / "simulate.log").read_text())
            name, value = line.removeprefix("export ").strip().split("=", 1)
            self.aws[name] = value

    def start_enroll(self):
        jwks = (self.keys / "operator-keys.json").read_text()
        customers = "".join(
            f'[[customer]]\nid = "{customer}"\ninstances_max = 10\nsystems_accounts_max = 5\n' for customer in sorted({site.customer for site in SITES})
        )
        # The portal's roster, too.
        (self.folder / "roster.toml").write_text(customers + "".join(site.roster(jwks) for site in SITES))
        secret = self.folder / "operators-secret"
        secret.write_text(secrets.token_urlsafe(32))
        secret.chmod(0o600)
        keys = self.certificates
        (self.folder / "enroll.toml").write_text(
            f'listen = "127.0.0.1:{SERVER_PORT}"\npublic_url = "https://{SERVER_NAME}:{SERVER_PORT}"\ndata = "enroll"\n'
            f'operators_secret_file = "{secret}"\n'
            f'tls_certificate = "{keys}/server.crt"\ntls_key = "{keys}/server.key"\n'
            f'google_keys_url = "{AWS}/oauth2/v3/certs"\nec2_keys = "keys/regions.pem"\nazure_roots = "keys/azure-roots.pem"\n'
            '[creation]\nharvester = "arn:aws:iam::' + HUB + ':user/muster"\nemail = "aws+{account}@example.com"\n'
        )
        process = self.start("enroll", "enroll", "--config", "enroll.toml")
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if subprocess.run(["curl", "-qsk", "-o", "/dev/null", f"https://127.0.0.1:{SERVER_PORT}/"], check=False).returncode == 0:
                return
            time.sleep(0.2)
        expect(False, "muster enroll starts", (self.folder / "enroll.log").read_text())

    def apply(self, sites):
        """Sets systems accounts up by hand, so that the first instances there do not wait for them."""
        for site in sites:
            account = f"{site.provider}/{site.account}"
            planned = self.run("plan", "--config", "enroll.toml", "--account", account)
            expect("AWS Organizations: create account" in planned, "a plan begins with the account", planned)
            done = self.run("apply", "--config", "enroll.toml", "--account", account)
            expect(f"of {account} is ready." in done, "the systems account is ready", done)

    def metadata_arguments(self, site, group):
        arguments = ["simulate-metadata", "--provider", site.provider, "--keys", self.keys, "--account", site.account, "--region", REGION]
        if site.has_token:
            arguments += ["--customer", site.customer, "--audience", AUDIENCE]
        return [*arguments, "--label", f"{LABELS[0]}=true", "--label", f"{LABELS[1]}={group}"]

    def enroll(self, instance):
        """Runs linux.sh on an instance, beside the metadata service of its provider."""
        arguments = self.metadata_arguments(instance.site, instance.group)
        service = None
        if instance.site.has_metadata:
            service = self.start("metadata", *arguments, "--listen", f"{METADATA}:80")
            expect(service.stdout.readline().startswith("http"), "the metadata service starts", (self.folder / "metadata.log").read_text())
        else:
            instance.place_token(self.run(*arguments, "--print-token"))
        try:
            return instance.enroll()
        finally:
            if service:
                service.terminate()
                service.wait()

    def instances(self):
        """The portal's list after a round, by instance."""
        self.run("harvest", "--config", "muster.toml")
        rows = csv.DictReader(io.StringIO(self.run("export", "instances", "--config", "muster.toml")))
        return {row["instance_id"]: row for row in rows}

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()


def expect(condition, what, seen=""):
    if not condition:
        sys.exit(f"error: this does not hold: {what}\n{seen}")


def enroll_all(demo, folder):
    """Enrolls one instance of each site, and prints a line for each."""
    print(f"{'provider':10} {'account':38} {'customer':9} {'instance':21} {'patch group':12} seconds")
    instances = []
    for number, site in enumerate(SITES):
        group = GROUPS[number % len(GROUPS)]
        instance = Instance(folder / site.provider, demo.certificates, site, group)
        code = demo.enroll(instance)
        expect(code == 0, f"the instance of {site.provider} enrolls", instance.log)
        expect(instance.managed().startswith("mi-"), "the agent is registered", instance.log)
        print(f"{site.provider:10} {site.account:38} {site.customer:9} {instance.managed():21} {instance.group:12} {instance.seconds:.1f}", flush=True)
        instances.append(instance)
    return instances


def check_second_run(instance):
    """The next boot finds the registration, and asks nobody."""
    managed, requests = instance.managed(), instance.requests()
    code = instance.enroll(seconds=10)
    expect(code == 0, f"the script ends well on an enrolled instance of {instance.site.provider}", instance.log)
    expect((instance.managed(), instance.requests()) == (managed, requests), "nothing is requested or registered again", instance.log)


def check_clone(demo, folder, original):
    """A copy of an instance of VMware, made before it enrolled, has its token and is refused."""
    clone = Instance(folder / "clone", demo.certificates, original.site, original.group)
    clone.place_token((original.records / "token").read_text())
    code = clone.enroll(seconds=60)
    expect(code == 10, "the clone is refused", clone.log)
    expect(clone.managed() == "", "the clone is not registered", clone.log)
    print(f"A clone of {original.managed()} was refused: {clone.log.strip().splitlines()[-1]}")


def check_portal(demo, instances):
    """Each instance is in the right account, and there is no other."""
    found = demo.instances()
    expect(sorted(found) == sorted(instance.managed() for instance in instances), "the portal has these instances", sorted(found))
    for instance in instances:
        row, site = found[instance.managed()], instance.site
        seen = tuple(row[name] for name in ("provider", "account_id", "customer_name", "region", "patch_group"))
        wanted = (site.provider, site.account, site.customer, REGION, instance.group)
        expect(seen == wanted, f"{instance.managed()} is {wanted}", seen)
        expect((row["name"], row["online"]) == (f"{site.provider}-1", "true"), f"{instance.managed()} has reported", row)
    print(f"The portal has all {len(instances)} instances in their accounts and patch groups.")


def main():
    muster, folder = sys.argv[1], Path(sys.argv[2])
    for command in (["link", "set", "lo", "up"], ["address", "add", f"{METADATA}/32", "dev", "lo"]):
        subprocess.run(["ip", *command], check=True)
    roots = Path(tempfile.mkdtemp())
    demo = Demo(folder, muster)
    try:
        demo.start_aws()
        demo.start_enroll()
        Downloads(demo.certificates / "downloads.pem", INSTALLER, "debian" if Path("/usr/bin/dpkg").exists() else "linux")
        demo.apply(SITES[1:])
        instances = enroll_all(demo, roots)
        for instance in instances:
            check_second_run(instance)
        check_clone(demo, roots, next(instance for instance in instances if instance.site.provider == "vmware"))
        check_portal(demo, instances)
    finally:
        demo.stop()


if __name__ == "__main__":
    main()
