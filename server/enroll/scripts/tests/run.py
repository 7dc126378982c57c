#!/usr/bin/env python3
"""Tests of the start-up scripts. Needs Linux, bash, curl, openssl and iproute2; linux.sh is run only by root, in namespaces.

  run.py                    everything
  run.py --static           only what needs no namespaces
  run.py --root FOLDER      linux.sh in another distribution's root, such as debootstrap makes
  run.py --bash PROGRAM     linux.sh by another bash, which must be linked statically to run in any root
  run.py CASE…              only these

Exit code 0 if all passed or were skipped, 1 if one failed. With MUSTER_TEST_NAMESPACES=required, a case that needs namespaces fails
instead of being skipped. Nothing listens outside a namespace of its own.
"""

import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path

import cases
import static
from services import HOSTS, SERVER_NAME
from world import World

CASE_SECONDS = 120
# The cases mostly wait.
AT_ONCE = 4


# What to do without namespaces: `required` fails.
NAMESPACES = os.environ.get("MUSTER_TEST_NAMESPACES", "")
UNSHARE = ["unshare", "--mount", "--net", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"]


def reason_to_skip(lower):
    """Why namespaces cannot be used here, or nothing."""
    if os.geteuid() != 0:
        return "only root can lay a root over this system's"
    for program in ("unshare", "ip", "openssl", "curl"):
        if not shutil.which(program):
            return f"{program} is not installed"
    folder = tempfile.mkdtemp()
    attempt = (
        "mount -t tmpfs none $0 && mkdir $0/u $0/w $0/r && ip link set lo up && "
        "mount -t overlay none -o lowerdir=$1,upperdir=$0/u,workdir=$0/w $0/r && chroot $0/r /bin/bash -c true"
    )
    result = subprocess.run([*UNSHARE, "sh", "-c", attempt, folder, lower], capture_output=True, text=True, check=False)
    os.rmdir(folder)
    return result.stderr.strip() if result.returncode else None


def create_certificates(folder):
    """Writes an authority, a server's certificate by it, one by another authority, and one of the downloads."""
    download = next(name for name in HOSTS if name.startswith("amazon-ssm"))
    for authority in ("ca", "other-ca"):
        openssl(folder, "req", "-x509", "-days", "2", "-subj", f"/CN={authority}", "-keyout", f"{authority}.key", "-out", f"{authority}.pem")
    for name, host, authority in (("server", SERVER_NAME, "ca"), ("other", SERVER_NAME, "other-ca"), ("downloads", download, "ca")):
        openssl(folder, "req", "-subj", "/CN=test", "-addext", f"subjectAltName=DNS:{host}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        command = ["x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-days", "2"]
        subprocess.run(
            ["openssl", *command, "-CAcreateserial", "-copy_extensions", "copy", "-out", f"{name}.crt"], cwd=folder, check=True, capture_output=True
        )
        Path(folder, f"{name}.pem").write_text(Path(folder, f"{name}.crt").read_text() + Path(folder, f"{name}.key").read_text())


def openssl(folder, *arguments):
    command = ["openssl", *arguments, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def run_inside(name, lower, certificates, folder, bash):
    """Runs one case; this is the first process of its namespaces."""
    try:
        getattr(cases, name)(World(folder, lower, certificates, bash))
    except Exception:  # A failure of any kind is the case's.
        traceback.print_exc(limit=-4)
        os._exit(1)
    # Threads of services must not delay the end.
    os._exit(0)


def run_case(name, lower, certificates, bash):
    folder = tempfile.mkdtemp()
    started = time.monotonic()
    command = [*UNSHARE, sys.executable, __file__, "--inside", folder, "--certificates", certificates, "--root", lower, name]
    command += ["--bash", bash] if bash else []
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=CASE_SECONDS)
        failure = result.stdout + result.stderr if result.returncode else None
    except subprocess.TimeoutExpired:
        failure = f"did not end within {CASE_SECONDS} seconds"
    os.rmdir(folder)
    return name, failure, time.monotonic() - started


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="CASE")
    parser.add_argument("--root", default="/")
    parser.add_argument("--bash")
    parser.add_argument("--static", action="store_true")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    parser.add_argument("--certificates", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        run_inside(options.names[0], options.root, options.certificates, options.inside, options.bash)

    static.BASH = options.bash or static.BASH
    known = {case.__name__ for case in [*static.ALL, *cases.ALL]}
    if unknown := set(options.names) - known:
        parser.error(f"there is no case {', '.join(sorted(unknown))}")
    passed, failed, skipped = 0, 0, 0
    for case in static.ALL:
        if options.names and case.__name__ not in options.names:
            continue
        try:
            reason = case()
            skipped, passed = skipped + bool(reason), passed + (not reason)
            print(f"skipped  {case.__name__}: {reason}" if reason else f"ok       {case.__name__}")
        except Exception:
            failed += 1
            print(f"FAILED   {case.__name__}\n{traceback.format_exc(limit=-3)}")

    names = [case.__name__ for case in cases.ALL if not options.names or case.__name__ in options.names]
    reason = "--static" if options.static else reason_to_skip(options.root) if names else None
    if reason:
        is_failure = NAMESPACES == "required" and not options.static
        print(f"{'FAILED' if is_failure else 'skipped':8} {len(names)} cases in namespaces: {reason}")
        failed, skipped = (failed + len(names), skipped) if is_failure else (failed, skipped + len(names))
        names = []
    with tempfile.TemporaryDirectory() as certificates, concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        if names:
            create_certificates(certificates)
        for name, failure, seconds in pool.map(lambda name: run_case(name, options.root, certificates, options.bash), names):
            failed, passed = failed + bool(failure), passed + (not failure)
            print(f"{'FAILED' if failure else 'ok':8} {name} ({seconds:.1f} s){f'{chr(10)}{failure}' if failure else ''}", flush=True)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
