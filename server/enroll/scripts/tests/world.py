"""An instance for linux.sh: a root and a network of its own in namespaces, with stand-ins for its services and for the agent.

Only `World` is used by the cases. It runs inside `unshare`, as the first process there: when it ends, so does all that it started.
"""

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

from services import HOSTS, LABELS, METADATA, PROXY, REGION, SERVER_NAME, SERVER_PORT, Downloads, Enrollment, Metadata
from services import Microsoft

SCRIPT = Path(__file__).resolve().parent.parent / "linux.sh"
# What is recorded inside, which is no part of the instance.
RECORDS = "/records"
MANAGED = "mi-0123456789abcdef0"
SNAP = "/snap/amazon-ssm-agent/current/amazon-ssm-agent"
# Where curl finds the trusted authorities, of Debian and of RPM distributions.
AUTHORITIES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")

CURL = f"""#!/bin/bash
printf '%s\\0' "$@" >>{RECORDS}/curl-arguments
cat /proc/self/environ >>{RECORDS}/curl-environment
exec /usr/bin/curl "$@"
"""

# A service's state is a file. It starts only if the agent is there.
SYSTEMCTL = f"""#!/bin/bash
echo "$*" >>{RECORDS}/systemctl
case $1 in
    is-active) [ -e {RECORDS}/active ] ;;
    start) [ ! -e {RECORDS}/broken ] && [ -x /usr/bin/amazon-ssm-agent -o -x {SNAP} ] && touch {RECORDS}/active ;;
    stop) rm -f {RECORDS}/active ;;
    show) cat {RECORDS}/unit-environment 2>/dev/null ;;
    show-environment) printf 'LANG=C\\nPATH=/usr/bin\\n' ;;
esac
"""

# The files that the agent keeps of a registration: its vault, and last the registration.
WRITE_REGISTRATION = """mkdir -p $data/Vault/Store
printf '{"instanceID":"%s","privateKey":"k"}' "$managed" >$data/Vault/Store/RegistrationKey
printf '{"fingerprint":"f","hardwareHash":{"machine-id":"%s\\\\n"}}' "$(cat /etc/machine-id)" \\
    >$data/Vault/Store/InstanceFingerprint
printf '{"ManagedInstanceID":"%s","Region":"%s"}' "$managed" "$region" >$data/registration
"""

# As agent_parser.go: asks before it registers again, writes its vault and then the registration. An activation registers once.
AGENT = f"""#!/bin/bash
data=/var/lib/amazon/ssm yes= clear= code= id= region=
while [ $# -gt 0 ]; do
    case $1 in
        -y) yes=1; touch {RECORDS}/yes ;;
        -clear) clear=1 ;;
        -code | -id | -region) declare "${{1#-}}=$2"; shift ;;
    esac
    shift
done
if [ "$clear" ]; then rm -rf $data; exit; fi
echo register >>{RECORDS}/registrations-tried
# A worker that outlives the registration, and inherits where its messages go.
[ ! -e {RECORDS}/daemon ] || {{ echo "started a worker with $code"; sleep 1000 & }}
if [ -z "$yes" ] && grep -qs mi- $data/Vault/Store/RegistrationKey; then
    read -r answer || {{ echo "Registration failed due to EOF"; exit 1; }}
fi
if [ -e {RECORDS}/fail ]; then
    rm {RECORDS}/fail
    echo "ERROR Registration failed with $code due to error registering the instance with AWS SSM."
    exit 1
fi
if [ -e {RECORDS}/failing ] || [ -e {RECORDS}/deleted-"$id" ]; then
    echo "ERROR Registration failed with $code: InvalidActivation"
    exit 1
fi
mkdir {RECORDS}/activation-"$id" || {{ echo "ActivationLimitExceeded"; exit 1; }}
printf '%s' "$code" >{RECORDS}/activation-"$id"/code
managed={MANAGED}
{WRITE_REGISTRATION}"""

# As setupcli.go: installs the agent and registers with -y, unless it is registered.
INSTALLER = f"""#!/bin/bash
echo "$0" >>{RECORDS}/installer
cp {RECORDS}/agent /usr/bin/amazon-ssm-agent
while [ $# -gt 0 ]; do
    case $1 in
        -activation-code) code=$2 ;;
        -activation-id) id=$2 ;;
        -region) region=$2 ;;
    esac
    shift
done
systemctl stop amazon-ssm-agent.service
/usr/bin/amazon-ssm-agent -register -y -region "$region" -code "$code" -id "$id" && systemctl start amazon-ssm-agent.service
"""


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


class World:
    def __init__(self, folder, lower, certificates, bash=None):
        self.folder, self.certificates = Path(folder), Path(certificates)
        self.log, self.leaks = "", set()
        self.enrollment = self.metadata = None
        self.build_root(lower)
        if bash:
            shutil.copy(bash, self.root / "bin/bash")
        self.build_network()
        self.records = self.folder / "records"
        self.write("/usr/sbin/curl", CURL, 0o755)
        self.write("/usr/sbin/systemctl", SYSTEMCTL, 0o755)
        (self.records / "agent").write_text(AGENT)
        (self.records / "agent").chmod(0o755)
        # The portal fills in the settings.
        script = SCRIPT.read_text()
        for name, value in settings().items():
            script = script.replace(f"@{name}@", value)
        self.write("/startup.sh", script, 0o755)

    def build_root(self, lower):
        mount("-t", "tmpfs", "none", str(self.folder))
        for name in ("upper", "work", "root", "records"):
            (self.folder / name).mkdir()
        self.root, self.upper = self.folder / "root", self.folder / "upper"
        layers = f"lowerdir={lower},upperdir={self.upper},workdir={self.folder}/work"
        mount("-t", "overlay", "none", "-o", layers, str(self.root))
        for name in ("run", "tmp", "sys"):
            (self.root / name).mkdir(exist_ok=True)
            mount("-t", "tmpfs", "none", str(self.root / name))
        mount("-t", "proc", "none", str(self.root / "proc"))
        mount("--rbind", "/dev", str(self.root / "dev"))
        (self.root / RECORDS[1:]).mkdir()
        mount("--bind", str(self.folder / "records"), str(self.root / RECORDS[1:]))
        # The lower root may be an enrolled instance or have a real agent.
        shutil.rmtree(self.root / "var/lib/amazon", ignore_errors=True)
        (self.root / "usr/bin/amazon-ssm-agent").unlink(missing_ok=True)
        self.write("/etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        self.write("/sys/class/dmi/id/product_uuid", "11111111-2222-3333-4444-555555555555\n")
        self.write("/sys/class/dmi/id/product_name", "Standard PC\n")
        for path in AUTHORITIES:
            # Some lead to others by links that are only right inside.
            found = subprocess.run(["chroot", str(self.root), "cat", path], capture_output=True, text=True, check=False)
            if found.returncode == 0:
                self.write(path, found.stdout + (self.certificates / "ca.pem").read_text())

    def build_network(self):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        subprocess.run(["ip", "address", "add", f"{METADATA}/32", "dev", "lo"], check=True)
        self.write("/etc/hosts", "127.0.0.1 localhost\n" + "".join(f"{address} {name}\n" for name, address in HOSTS.items()))
        self.write("/etc/resolv.conf", "")

    def write(self, path, text, mode=0o644):
        target = self.root / path[1:]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        target.write_text(text)
        target.chmod(mode)

    def make_folder(self, path, mode=0o755, owner=0):
        target = self.root / path[1:]
        target.mkdir(parents=True, exist_ok=True)
        target.chmod(mode)
        os.chown(target, owner, owner)

    def read(self, path):
        return (self.root / path[1:]).read_text()

    def exists(self, path):
        return (self.root / path[1:]).exists()

    def start(self, provider=None, labels=None, certificate="server", **options):
        """Starts the services of an instance at a provider."""
        self.enrollment = Enrollment(self.certificates / f"{certificate}.pem" if certificate else None, self.records, **options)
        Microsoft()
        family = "debian" if self.exists("/usr/bin/dpkg") else "linux"
        self.downloads = Downloads(self.certificates / "downloads.pem", INSTALLER, family)
        if provider:
            self.metadata = Metadata(provider, labels or {})

    def start_over(self):
        """Makes this another instance, which is not enrolled."""
        for path in ("/usr/bin/amazon-ssm-agent", "/var/lib/muster-enroll/enrolled"):
            (self.root / path[1:]).unlink(missing_ok=True)
        shutil.rmtree(self.root / "var/lib/amazon", ignore_errors=True)
        for path in self.records.glob("activation-*"):
            shutil.rmtree(path)
        self.enrollment.start_over()

    def install_agent(self, path="/usr/bin/amazon-ssm-agent"):
        self.write(path, AGENT, 0o755)

    def launch(self, user="0", **variables):
        environment = {"MUSTER_ENROLL_MAX_SECONDS": "20", **variables}
        command = [shutil.which("chroot"), f"--userspec={user}", str(self.root), "/bin/bash", "/startup.sh"]
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, **variables):
        """Runs the script, and returns its exit code. Looks for secrets in what it leaves."""
        self.ended = False
        watcher = threading.Thread(target=self.watch_processes)
        watcher.start()
        try:
            return self.wait(self.launch(**variables))
        finally:
            self.ended = True
            watcher.join()

    def wait(self, process):
        output, self.log = process.communicate(timeout=100)
        self.expect(output == "", "nothing is written to standard output", output)
        self.check_secrets(output + self.log)
        return process.returncode

    # What it did.

    def count(self, name):
        path = self.records / name
        return len(path.read_text().splitlines()) if path.exists() else 0

    def registrations(self):
        return len(list(self.records.glob("activation-*")))

    def requests(self):
        """All requests that reached a service."""
        services = [self.enrollment, self.metadata, self.downloads]
        return sum(len(service.requests) for service in services if service)

    @staticmethod
    def expect(condition, what, seen=""):
        if not condition:
            raise AssertionError(f"{what}{f': {seen}' if seen != '' else ''}")

    def expect_exit(self, wanted, code):
        self.expect(code == wanted, f"exit code {wanted}", f"{code}\n{self.log}")

    def expect_log(self, *texts):
        for text in texts:
            self.expect(text in self.log, f"the log says `{text}`", self.log)

    def expect_enrolled(self, code):
        self.expect_exit(0, code)
        self.expect_log(f"Enrolled as {MANAGED} in {REGION}.")
        self.expect(self.registrations() == 1, "one registration", self.registrations())
        self.expect(MANAGED in self.read("/var/lib/amazon/ssm/registration"), "the registration is written")
        self.expect((self.records / "active").exists(), "the agent runs")
        self.expect(self.enrollment.problems == [], "the server has no objection", self.enrollment.problems)

    def expect_refused_without_requests(self, code, *texts):
        self.expect_exit(10, code)
        self.expect_log(*texts)
        self.expect(self.requests() == 0, "no request is made", self.requests())

    # Secrets.

    def secrets(self):
        found = [activation["activation_code"] for activation in self.enrollment.activations] if self.enrollment else []
        if self.metadata:
            found += [self.metadata.session, self.metadata.evidence, self.metadata.enrollment_token]
            found += [getattr(self.metadata, "signature", self.metadata.evidence)]
        return found + getattr(self, "tokens", [])

    def watch_processes(self):
        """Looks at the command lines and environments of all processes until the script has ended."""
        while not self.ended:
            secrets = [secret.encode() for secret in self.secrets()]
            for process in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        content = (process / name).read_bytes()
                    except OSError:
                        continue
                    # AWS's programs take the activation code in no other way; docs/enrolling.md says so.
                    is_allowed = name == "cmdline" and b"-register" in content
                    for secret in secrets:
                        if secret in content and not (is_allowed and len(secret) < 60):
                            self.leaks.add(f"{name} of {content[:60]!r}")
            time.sleep(0.003)

    def check_secrets(self, log):
        self.expect(not self.leaks, "no process has a secret", self.leaks)
        recorded = [(self.records / name).read_bytes() for name in ("curl-arguments", "curl-environment") if (self.records / name).exists()]
        files = [path for path in [*self.upper.rglob("*"), *(self.root / "run").rglob("*"), *(self.root / "tmp").rglob("*")] if path.is_file()]
        files = [path for path in files if path.name != "enrollment-token"]
        for secret in self.secrets():
            self.expect(secret not in log, "no secret is logged", log)
            self.expect(not any(secret.encode() in content for content in recorded), "curl is started without secrets")
            holding = [str(path) for path in files if secret.encode() in path.read_bytes()]
            self.expect(not holding, "no secret is left in a file", holding)
        left = [str(path) for path in (self.root / "var/lib/muster-enroll").glob("enroll.*")]
        self.expect(not left, "the working folder is deleted", left)


def settings():
    """What the portal fills in."""
    return {"SERVER": f"https://{SERVER_NAME}:{SERVER_PORT}", "PATCHING_LABEL": LABELS[0], "PATCH_GROUP_LABEL": LABELS[1]}


def proxy_variables():
    address = f"http://{PROXY[0]}:{PROXY[1]}"
    return {"http_proxy": address, "HTTP_PROXY": address, "all_proxy": address, "ALL_PROXY": address}
