"""What linux.sh does, as functions of a `World`. Each runs in a world of its own."""

import base64
import json
import platform
import subprocess
import time

from services import HOSTS, LABELS, PROCESSORS, PROXY, REGION, SERVER_NAME, Microsoft, Proxy, error, provisioning, token
from world import MANAGED, SNAP, proxy_variables, settings

HOSTILE = "a\"b\\c/d\n\te\u0007é😀 $(touch /pwned) `id` ${x} ' %s \\u0041 ]}"


def attested(world):
    """The request that was answered with an activation."""
    return world.enrollment.accepted[-1]


def enrolls_at_ec2(world):
    world.start("aws", {LABELS[0]: "true", LABELS[1]: "late"})
    world.expect_enrolled(world.run())
    request = attested(world)
    world.expect(request["provider"] == "aws", "the provider", request)
    world.expect(request["evidence"] == {"rsa2048": world.metadata.evidence}, "the evidence", request)
    world.expect(request["labels"] == {LABELS[0]: "true", LABELS[1]: "late"}, "the labels", request)
    system = dict(line.split("=", 1) for line in world.read("/etc/os-release").splitlines() if "=" in line)
    # Distributions that are still developed have no VERSION_ID.
    wanted = {"id": system["ID"].strip('"'), "version": system.get("VERSION_ID", "").strip('"'), "architecture": platform.machine()}
    world.expect(request["os"] == wanted, "the operating system", request)
    world.expect(world.count("installer") == 1, "the installer ran")


def enrolls_on_each_processor_and_without_a_version(world):
    world.start("aws")
    world.write("/etc/os-release", 'NAME="Debian"\nID=debian\n')
    for machine, processor in PROCESSORS.items():
        world.write("/usr/sbin/uname", f"#!/bin/bash\necho {machine}\n", 0o755)
        world.downloads.processor = processor
        world.expect_enrolled(world.run())
        world.expect(attested(world)["os"] == {"id": "debian", "version": "", "architecture": machine}, "the system", attested(world)["os"])
        world.start_over()


def enrolls_without_dpkg_as_on_rpm_distributions(world):
    world.start("aws")
    for folder in ("usr/bin", "bin"):
        (world.root / folder / "dpkg").unlink(missing_ok=True)
    world.downloads.family = "linux"
    for name, version in (("centos", "7"), ("rhel", "9.4"), ("almalinux", "8.10"), ("ol", "7.9"), ("amzn", "2")):
        text = f'NAME="{name} Linux"\nVERSION="{version} (Name)"\nID="{name}"\nID_LIKE="rhel fedora"\nVERSION_ID="{version}"\nBUILD_VERSION_ID="1"\n'
        world.write("/etc/os-release", text)
        world.expect_enrolled(world.run())
        system = attested(world)["os"]
        world.expect((system["id"], system["version"]) == (name, version), "the system", system)
        world.start_over()


def enrolls_at_ec2_without_tags_in_metadata(world):
    world.start("aws", {LABELS[0]: "true"})
    world.metadata.tags_enabled = False
    world.expect_enrolled(world.run())
    world.expect(attested(world)["labels"] == {}, "no labels")


def enrolls_at_azure(world):
    world.start("azure", {LABELS[0]: "true"})
    world.expect_enrolled(world.run())
    request = attested(world)
    intermediates = [base64.b64encode(certificate).decode() for certificate in (Microsoft.FIRST, Microsoft.SECOND)]
    world.expect(request["evidence"] == {"signature": world.metadata.signature, "intermediates": intermediates}, "the evidence")
    world.expect(request["labels"] == {LABELS[0]: "true"}, "the labels", request)


def asks_azure_again_for_a_cached_nonce(world):
    world.start("azure")
    world.metadata.cached_nonces = 2
    world.expect_enrolled(world.run())
    world.expect(len(world.enrollment.requests) == 2, "one challenge is enough", len(world.enrollment.requests))
    world.expect(world.enrollment.nonce.encode() in base64.b64decode(attested(world)["evidence"]["signature"]), "the nonce is new")


def azure_that_always_answers_a_cached_nonce_ends_with_20(world):
    world.start("azure")
    world.metadata.cached_nonces = 1000
    world.expect_exit(20, world.run(MUSTER_ENROLL_MAX_SECONDS="6"))
    world.expect_log("not of this challenge")
    world.expect(world.enrollment.accepted == [], "nothing is attested")


def enrolls_at_google(world):
    world.start("gcp", {LABELS[0]: "true", LABELS[1]: "on-time"})
    world.expect_enrolled(world.run())
    request = attested(world)
    world.expect(request["evidence"] == {"token": world.metadata.evidence}, "the evidence")
    world.expect(world.metadata.audience == f"{world.enrollment.audience}/{world.enrollment.nonce}", "the audience", world.metadata.audience)
    world.expect(request["labels"] == {LABELS[0]: "true", LABELS[1]: "on-time"}, "the labels", request)


def google_without_a_service_account_is_refused(world):
    world.start("gcp")
    world.metadata.service_account = False
    world.expect_exit(10, world.run())
    world.expect_log("no service account")


def enrolls_at_vmware(world):
    world.start()
    world.tokens = [token()]
    # Only this key, and as the real program: the value with a line end.
    program = f'#!/bin/bash\n[ "$*" = "info-get guestinfo.muster.enroll" ] && cat /records/token\n'
    (world.records / "token").write_text(world.tokens[0] + "\n")
    world.write("/usr/sbin/vmware-rpctool", program, 0o755)
    world.expect_enrolled(world.run())
    request = attested(world)
    world.expect((request["provider"], request["evidence"]) == ("vmware", {"token": world.tokens[0]}), "the evidence", request["provider"])


def enrolls_at_openstack_by_vendor_data(world):
    world.start("openstack")
    world.expect_enrolled(world.run())
    request = attested(world)
    world.expect((request["provider"], request["evidence"]) == ("openstack", {"token": world.metadata.enrollment_token}), "the evidence")


def enrolls_by_a_token_file_and_deletes_it(world):
    world.start()
    world.tokens = [token()]
    for name, provider in (("Standard PC", "dedicated"), ("OpenStack Nova", "openstack")):
        world.write("/sys/class/dmi/id/product_name", name + "\n")
        world.write("/etc/muster/enrollment-token", world.tokens[0] + "\n", 0o600)
        world.enrollment.attests = [(403, error("account_not_enrolled"))]
        world.expect_exit(10, world.run())
        world.expect(json.loads(world.enrollment.requests[-1][3])["provider"] == provider, "the provider", provider)
        world.expect(world.exists("/etc/muster/enrollment-token"), "a token that was refused is kept")
    world.expect_enrolled(world.run())
    world.expect(not world.exists("/etc/muster/enrollment-token"), "a token that was used is deleted")


def the_provider_can_be_set(world):
    world.start("aws")
    world.tokens = [token()]
    world.write("/etc/muster/enrollment-token", world.tokens[0], 0o600)
    world.expect_enrolled(world.run(MUSTER_ENROLL_PROVIDER="aws"))
    world.expect(attested(world)["provider"] == "aws", "the provider")
    world.expect(world.read("/etc/muster/enrollment-token") == world.tokens[0], "a token that was not used is kept")


def a_token_of_vendor_data_leaves_the_token_file(world):
    world.start("openstack")
    world.write("/etc/muster/enrollment-token", "not a token", 0o600)
    world.expect_enrolled(world.run(MUSTER_ENROLL_PROVIDER="openstack"))
    world.expect(world.exists("/etc/muster/enrollment-token"), "a file that was not used is kept")


def an_empty_token_file_names_no_provider(world):
    world.start("aws")
    world.write("/etc/muster/enrollment-token", "", 0o600)
    world.expect_enrolled(world.run())
    world.expect(attested(world)["provider"] == "aws", "the provider")


def no_provider_ends_with_20(world):
    world.start()
    world.expect_exit(20, world.run(MUSTER_ENROLL_MAX_SECONDS="4"))
    world.expect_log("No provider was found", "/etc/muster/enrollment-token")


def a_second_boot_makes_no_request(world):
    world.start("aws")
    world.expect_enrolled(world.run())
    made, curls = world.requests(), (world.records / "curl-arguments").stat().st_size
    world.expect_exit(0, world.run())
    world.expect_log(f"registered as {MANAGED} and is running. Nothing to do.")
    world.expect(world.requests() == made, "no request")
    world.expect((world.records / "curl-arguments").stat().st_size == curls, "curl is not started")


def an_agent_that_stopped_is_started_without_a_request(world):
    world.start("aws")
    world.expect_enrolled(world.run())
    made = world.requests()
    (world.records / "active").unlink()
    world.expect_exit(0, world.run())
    world.expect((world.records / "active").exists(), "the agent runs")
    world.expect(world.requests() == made and world.registrations() == 1, "nothing else happens")


def registers_an_agent_that_is_there_without_y(world):
    world.start("aws")
    world.install_agent()
    world.expect_enrolled(world.run())
    world.expect(world.count("installer") == 0, "nothing is installed")
    # With -y a registration that was missed would become a second managed node.
    world.expect(not (world.records / "yes").exists(), "the agent would ask before it registers again")


def registers_the_agent_of_a_snap(world):
    world.start("aws")
    world.install_agent(SNAP)
    world.expect_enrolled(world.run())
    units = {line.split()[-1] for line in (world.records / "systemctl").read_text().splitlines()}
    world.expect(units == {"snap.amazon-ssm-agent.amazon-ssm-agent.service"}, "the snap's unit", units)


def an_agent_that_does_not_start_ends_with_20(world):
    world.start("aws")
    world.install_agent()
    (world.records / "broken").touch()
    world.expect_exit(20, world.run())
    world.expect_log("is registered but does not start", "journalctl -u amazon-ssm-agent.service")
    world.expect(world.read("/var/lib/muster-enroll/enrolled").startswith(MANAGED), "the instance is noted")
    (world.records / "broken").unlink()
    world.expect_exit(0, world.run())
    world.expect(world.registrations() == 1, "one registration")


def a_state_folder_that_others_can_change_is_refused(world):
    world.start("aws")
    state = "/var/lib/muster-enroll"
    for mode, owner in ((0o700, 65534), (0o777, 0), (0o775, 0)):
        world.make_folder(state, mode, owner)
        world.expect_refused_without_requests(world.run(), f"Others than root can change {state}.", f"chown root {state}", f"chmod go-w {state}")
    world.make_folder(state, 0o700)
    for parent, mode, owner in (("/var/lib", 0o777, 0), ("/var", 0o755, 65534)):
        world.make_folder(parent, mode, owner)
        world.expect_refused_without_requests(world.run(), f"Others than root can change {parent}.")
        world.make_folder(parent)
    # A link of somebody else, which leads to a folder of root.
    (world.root / state[1:]).rmdir()
    (world.root / state[1:]).symlink_to("/root")
    world.expect_refused_without_requests(world.run(), f"{state} is not a folder. Delete it")
    (world.root / state[1:]).unlink()
    world.expect_enrolled(world.run())
    seen = (world.root / state[1:]).stat()
    world.expect((seen.st_uid, seen.st_mode & 0o777) == (0, 0o700), "the folder is root's", oct(seen.st_mode))


def the_state_folder_of_the_portal_is_not_used(world):
    world.start("aws")
    world.make_folder("/var/lib/muster", 0o700, 65534)
    world.expect_enrolled(world.run())
    world.expect(list((world.root / "var/lib/muster").iterdir()) == [], "nothing is written there")


def a_token_file_that_others_can_change_is_refused(world):
    world.start()
    world.tokens = [token()]
    world.write("/etc/muster/enrollment-token", world.tokens[0], 0o666)
    world.expect_exit(10, world.run())
    world.expect_log("Others than root can change /etc/muster/enrollment-token.")
    world.make_folder("/etc/muster", 0o755, 65534)
    world.write("/etc/muster/enrollment-token", world.tokens[0], 0o600)
    world.expect_exit(10, world.run())
    world.expect_log("Others than root can change /etc/muster.")
    world.expect(world.enrollment.accepted == [], "nothing is attested")
    world.make_folder("/etc/muster")
    world.expect_enrolled(world.run())


def others_than_root_are_refused(world):
    world.start("aws")
    world.expect_refused_without_requests(world.run(user="65534"), "Run this script as root")


def a_registration_that_failed_is_tried_again_with_the_same_code(world):
    world.start("aws")
    world.install_agent()
    (world.records / "fail").touch()
    world.expect_enrolled(world.run(MUSTER_ENROLL_MAX_SECONDS="60"))
    world.expect(world.count("registrations-tried") == 2, "two tries")
    world.expect(len(world.enrollment.activations) == 1, "one activation")
    world.expect_log("ERROR Registration failed with (code)")


def a_registration_that_fails_until_the_deadline_succeeds_in_the_next_run(world):
    world.start("aws")
    world.install_agent()
    (world.records / "failing").touch()
    # The pauses are 8 to 15 and 16 to 31 seconds. The second would end after the deadline.
    world.expect_exit(20, world.run(MUSTER_ENROLL_MAX_SECONDS="24"))
    world.expect_log("It said: ERROR Registration failed with (code)", "Check that this instance reaches ssm.eu-west-1", "Gave up after 24 seconds")
    world.expect(world.count("registrations-tried") == 2, "two tries", world.count("registrations-tried"))
    world.expect(len(world.enrollment.activations) == 1, "one activation")
    (world.records / "failing").unlink()
    world.expect_enrolled(world.run())
    world.expect(len(world.enrollment.activations) == 2, "another activation")
    deleted = [path.name.removeprefix("deleted-") for path in world.records.glob("deleted-*")]
    world.expect(deleted == [world.enrollment.activations[0]["activation_id"]], "the first activation is deleted", deleted)


def a_daemon_that_registering_starts_does_not_keep_the_script(world):
    world.start("aws")
    world.install_agent()
    for name in ("daemon", "fail"):
        (world.records / name).touch()
    started = time.monotonic()
    world.expect_enrolled(world.run(MUSTER_ENROLL_MAX_SECONDS="60"))
    world.expect(time.monotonic() - started < 40, "the script does not wait for the worker")
    world.expect_log("It said: started a worker with (code) ERROR Registration failed with (code)")


def an_instance_that_was_registered_before_is_refused(world):
    world.start("aws")
    world.expect_enrolled(world.run())
    subprocess.run(["chroot", str(world.root), "amazon-ssm-agent", "-register", "-clear"], check=True)
    world.expect_exit(10, world.run())
    world.expect_log("status 409, already_enrolled")
    world.expect(world.registrations() == 1, "it is not registered again")


def two_runs_at_once_register_once(world):
    world.start("aws")
    first, second = world.launch(), world.launch()
    codes = [world.wait(first), world.wait(second)]
    world.expect(codes == [0, 0], "both succeed", codes)
    world.expect(world.registrations() == 1, "one registration")
    world.expect(len(world.enrollment.activations) == 1, "one activation")


def a_state_folder_that_another_run_creates_is_used(world):
    world.start("aws")
    # As if the other run were faster.
    program = '#!/bin/bash\nPATH=/usr/bin:/bin\n[[ "$*" != *muster-enroll* ]] || mkdir "$@"\nexec mkdir "$@"\n'
    world.write("/usr/sbin/mkdir", program, 0o755)
    world.expect_enrolled(world.run())


def a_state_folder_that_cannot_be_created_ends_with_20(world):
    world.start("aws")
    world.write("/usr/sbin/mkdir", "#!/bin/bash\nexit 1\n", 0o755)
    world.expect_exit(20, world.run())
    world.expect_log("/var/lib/muster-enroll cannot be created")


def refusals_end_with_10_after_one_attempt(world):
    world.start("aws")
    codes = {400: "malformed", 401: "evidence_invalid", 403: "account_not_enrolled", 409: "already_enrolled", 422: "wrong_provider"}
    for status, code in codes.items():
        world.enrollment.attests = [(status, error(code))]
        before = len(world.enrollment.requests)
        world.expect_exit(10, world.run())
        world.expect_log(f"status {status}, {code}: The message of {code}.")
        world.expect(len(world.enrollment.requests) == before + 2, "one attempt")
    world.expect(world.registrations() == 0, "nothing is registered")


def errors_that_are_not_the_servers_are_retried(world):
    world.start("aws")
    page = "<html><head><title>403 Forbidden</title></head></html>"
    others = [(403, page), (404, ""), (408, ""), (407, page), (400, '{"error": {"code": 400, "message": "Bad"}}'), (401, '{"error": "denied"}')]
    for first, second in zip(others[::2], others[1::2]):
        world.enrollment.challenges, world.enrollment.attests = [first], [second]
        world.expect_enrolled(world.run())
        world.expect_log(f"answered with status {first[0]}", f"answered with status {second[0]}")
        world.start_over()


def a_busy_server_is_asked_again(world):
    world.start("aws")
    world.enrollment.challenges = [(503, "")]
    world.enrollment.attests = [(429, error("rate_limited"))]
    world.expect_enrolled(world.run(MUSTER_ENROLL_MAX_SECONDS="60"))
    world.expect(world.enrollment.requests[-1][1] == "/enroll/v1/attest", "it ends with an attestation")


def a_new_systems_account_is_waited_for(world):
    world.start("aws")
    world.enrollment.attests = [provisioning(1), provisioning(2)]
    world.expect_enrolled(world.run())
    world.expect_log("Asking again in 1 seconds.", "Asking again in 2 seconds.")
    challenges = [request for request in world.enrollment.requests if request[1].endswith("challenge")]
    world.expect(len(challenges) == 3, "each attempt has its challenge", len(challenges))


def an_account_that_is_never_created_ends_with_20(world):
    world.start("aws")
    world.enrollment.attests = [provisioning(900)]
    world.expect_exit(20, world.run())
    world.expect_log("still being created", "Gave up after 20 seconds")


def a_server_that_never_answers_ends_with_20(world):
    world.start("aws")
    world.enrollment.hangs = True
    world.expect_exit(20, world.run(MUSTER_ENROLL_MAX_SECONDS="4"))
    world.expect_log("did not answer in time")


def a_server_that_is_down_ends_with_20(world):
    world.start("aws")
    world.expect_exit(20, world.run(MUSTER_ENROLL_SERVER="https://enroll.example.test:9", MUSTER_ENROLL_MAX_SECONDS="3"))
    world.expect_log("does not accept connections")


def answers_of_others_are_not_believed(world):
    world.start("aws")
    challenge = {"challenge_id": "x", "nonce": "abcdefgh\"; id", "aud": "https://x", "expires_in": 300}
    others = "is not the enrollment server's"
    long = "too long to be the enrollment server's"
    answers = [(403, "<html>" + "x" * 9000, long), (200, "<html>", others), (200, '{"a":' * 1500, others), (302, "", "status 302"), (200, json.dumps(challenge), "The challenge of")]
    for status, answer, message in answers:
        world.enrollment.challenges = [(status, answer)] * 9
        world.expect_exit(20, world.run(MUSTER_ENROLL_MAX_SECONDS="4"))
        world.expect_log(message)
    world.expect(world.enrollment.accepted == [], "nothing is attested")


def an_activation_that_could_be_options_or_code_is_not_used(world):
    world.start("aws")
    world.install_agent()
    good = {"activation_id": "1" * 36, "activation_code": "c" * 20, "region": REGION}
    bad = [{"region": "eu-west-1.evil.test/"}, {"region": "-y"}, {"activation_code": "short"}, {"activation_id": "$(id) x"}]
    for change in bad:
        world.enrollment.attests = [(200, json.dumps({**good, **change}))] + [(503, "")] * 9
        world.expect_exit(20, world.run(MUSTER_ENROLL_MAX_SECONDS="3"))
    world.expect(world.count("registrations-tried") == 0, "the agent is not started")


def a_certificate_of_another_authority_is_not_trusted(world):
    world.start("aws", certificate="other")
    world.expect_exit(20, world.run(MUSTER_ENROLL_MAX_SECONDS="4"))
    world.expect_log("certificate")
    world.expect(world.enrollment.requests == [], "nothing is sent")


def a_certificate_of_another_name_is_not_trusted(world):
    world.start("aws", certificate="downloads")
    world.expect_exit(20, world.run(MUSTER_ENROLL_MAX_SECONDS="4"))
    world.expect(world.enrollment.requests == [], "nothing is sent")


def a_server_without_tls_is_refused(world):
    world.start("aws", certificate=None)
    address = settings()["SERVER"].replace("https", "http")
    world.expect_refused_without_requests(world.run(MUSTER_ENROLL_SERVER=address), "does not start with https")
    world.expect_enrolled(world.run(MUSTER_ENROLL_SERVER=address, MUSTER_ENROLL_ALLOW_HTTP="yes"))


def settings_that_are_wrong_are_refused(world):
    world.start("aws")
    wrong = [
        {"MUSTER_ENROLL_SERVER": "@" + "SERVER@"},
        {"MUSTER_ENROLL_SERVER": "https://x/'; touch /pwned; '"},
        {"MUSTER_ENROLL_SERVER": "https://user@x"},
        {"MUSTER_ENROLL_PATCHING_LABEL": "../../x"},
        {"MUSTER_ENROLL_PATCH_GROUP_LABEL": 'a"b'},
        {"MUSTER_ENROLL_PROVIDER": "aws; touch /pwned"},
        {"MUSTER_ENROLL_MAX_SECONDS": "a[$(touch /pwned)]"},
    ]
    for variables in wrong:
        world.expect_refused_without_requests(world.run(**variables))
    world.expect(not world.exists("/pwned"), "nothing is run")


def hostile_labels_arrive_as_they_are(world):
    world.start("azure", {LABELS[0]: HOSTILE, LABELS[1]: '","' + LABELS[0] + '":"true'})
    world.expect_enrolled(world.run())
    world.expect(attested(world)["labels"] == world.metadata.labels, "the labels of Azure", attested(world)["labels"])
    for provider in ("aws", "gcp"):
        world.metadata.provider = provider
        world.metadata.evidence = token() if provider == "gcp" else world.metadata.evidence
        world.enrollment.attests = [(403, error("stop"))]
        world.write("/usr/bin/amazon-ssm-agent", world.read("/records/agent"), 0o755)
        subprocess.run(["chroot", str(world.root), "amazon-ssm-agent", "-register", "-clear"], check=True)
        world.expect_exit(10, world.run())
        sent = json.loads(world.enrollment.requests[-1][3])
        world.expect(sent["labels"] == world.metadata.labels, f"the labels of {provider}", sent["labels"])
    world.expect(not world.exists("/pwned"), "nothing is run")


def labels_that_cannot_be_read_are_not_taken_for_absent(world):
    world.start("aws", {LABELS[0]: "true", LABELS[1]: "late"})
    for provider in ("aws", "azure", "gcp"):
        world.metadata.provider, world.metadata.busy = provider, 1
        world.metadata.evidence = token() if provider == "gcp" else world.metadata.evidence
        world.enrollment.attests = [(403, error("stop"))]
        world.expect_exit(10, world.run())
        world.expect_log("does not say which labels")
        sent = json.loads(world.enrollment.requests[-1][3])
        world.expect(sent["labels"] == world.metadata.labels, f"the labels of {provider}", sent["labels"])


def answers_that_are_no_labels_are_not_taken_for_absent(world):
    """Each is an answer, but none says that there is no label."""
    sessions = [(200, "<html>"), (404, ""), (503, "")]
    tags = [(200, "<html>"), (200, '{"error": "x"}'), (200, "null"), (200, '[{"name": "cut')]
    world.start("aws", {LABELS[0]: "true"})
    for provider, answers in (("aws", sessions), ("azure", tags)):
        world.metadata.provider = provider
        for answer in answers:
            world.metadata.is_document_read = False
            world.metadata.session_answers, world.metadata.tags_answers = [answer], [answer]
            world.enrollment.attests = [(403, error("stop"))]
            world.expect_exit(10, world.run())
            world.expect_log("does not say which labels")
            sent = json.loads(world.enrollment.requests[-1][3])
            world.expect(sent["labels"] == world.metadata.labels, f"the labels of {provider} after {answer}", sent["labels"])
    world.metadata.tags_answers = [(200, " [ ] ")]
    world.expect_enrolled(world.run())
    world.expect(attested(world)["labels"] == {}, "an empty list has no labels")


def a_label_that_is_too_long_is_not_sent(world):
    world.start("gcp", {LABELS[0]: "true", LABELS[1]: "x" * 257})
    world.expect_enrolled(world.run())
    world.expect(attested(world)["labels"] == {LABELS[0]: "true"}, "the labels")
    world.expect_log(f"{LABELS[1]} is longer than 256 bytes")


def proxies_are_not_asked_for_metadata(world):
    world.start("azure", {LABELS[0]: "true"})
    proxy = Proxy()
    world.expect_enrolled(world.run(**proxy_variables(), no_proxy=f"{settings()['SERVER'].split('/')[2].split(':')[0]},.amazonaws.com"))
    # Microsoft's certificates may come through a proxy; it refuses, and the server decides without them.
    asked = {path for _, path, *_ in proxy.requests}
    world.expect(all(path.startswith("http://www.microsoft.com/pkiops/certs/") for path in asked), "no metadata", asked)
    world.expect(attested(world)["evidence"]["intermediates"] == [], "no intermediates")
    world.expect_log("was not downloaded from www.microsoft.com")


def warns_if_a_proxy_is_set_but_not_for_the_agent(world):
    world.start("aws")
    Proxy()
    message = "A proxy is set here, but not for the agent"
    variables = {"https_proxy": f"http://{PROXY[0]}:{PROXY[1]}", "no_proxy": f"{SERVER_NAME},.amazonaws.com"}
    units = {
        "Environment=\nEnvironmentFiles=": True,
        "EnvironmentFiles=\nEnvironment=HTTP_PROXY=http://p": True,
        "Environment=a=b https_proxy=http://p:1": False,
        "Environment=HTTPS_PROXY=http://p:1": False,
        "Environment=\nEnvironmentFiles=/etc/proxy (ignore_errors=yes)": False,
    }
    for unit, is_warned in units.items():
        (world.records / "unit-environment").write_text(unit + "\n")
        world.expect_enrolled(world.run(**variables))
        world.expect((message in world.log) == is_warned, f"warns with {unit}: {is_warned}", world.log)
        world.start_over()
    (world.records / "unit-environment").unlink()
    world.expect_enrolled(world.run())
    world.expect(message not in world.log, "no proxy, no warning", world.log)


def a_curlrc_changes_nothing(world):
    world.start("aws", certificate="other")
    world.write("/root/.curlrc", "insecure\n")
    world.expect_exit(20, world.run(MUSTER_ENROLL_MAX_SECONDS="4", HOME="/root"))
    world.expect(world.enrollment.requests == [], "nothing is sent")


def a_copy_of_an_enrolled_instance_is_refused(world):
    world.start("aws")
    world.expect_enrolled(world.run())
    made = world.requests()
    world.write("/sys/class/dmi/id/product_uuid", "99999999-2222-3333-4444-555555555555\n")
    world.expect_exit(10, world.run())
    world.expect_log(f"The registration {MANAGED} is of another instance", "-register -clear", "/var/lib/muster-enroll/enrolled")
    world.expect(world.requests() == made, "no request is made")
    # What the message says works.
    subprocess.run(["chroot", str(world.root), "amazon-ssm-agent", "-register", "-clear"], check=True)
    (world.root / "var/lib/muster-enroll/enrolled").unlink()
    # The provider signs another identity for the copy.
    world.enrollment.start_over()
    world.expect_exit(0, world.run())
    world.expect(world.registrations() == 2, "the copy is registered as itself")


def a_copy_of_an_instance_registered_by_hand_is_refused(world):
    world.start("aws")
    world.expect_enrolled(world.run())
    (world.root / "var/lib/muster-enroll/enrolled").unlink()
    world.expect_exit(0, world.run())
    world.write("/etc/machine-id", "f" * 32 + "\n")
    world.expect_exit(10, world.run())
    world.expect_log("is of another instance")


def a_vault_without_its_registration_is_refused(world):
    world.start("aws")
    world.expect_enrolled(world.run())
    (world.root / "var/lib/amazon/ssm/registration").unlink()
    made = world.requests()
    world.expect_exit(10, world.run())
    world.expect_log("/var/lib/amazon/ssm/registration is missing", "-register -clear")
    world.expect(world.requests() == made, "no request is made")


def a_missing_installer_ends_with_20(world):
    world.start("aws")
    world.downloads.answer = lambda *_: (403, "")
    world.expect_exit(20, world.run(MUSTER_ENROLL_MAX_SECONDS="9"))
    world.expect_log(f"the installer was not downloaded from {list(HOSTS)[2]}")


def a_part_of_the_script_does_nothing(world):
    world.start("aws")
    script = world.read("/startup.sh")
    for end in (len(script) // 3, len(script) // 2, script.rindex("\nmain")):
        world.write("/startup.sh", script[:end])
        world.run()
        world.expect(world.requests() == 0, "no request is made")


ALL = [case for name, case in list(globals().items()) if callable(case) and getattr(case, "__module__", "") == __name__ and name != "attested"]
