"""Stand-ins for what the start-up script talks to: metadata services, the enrollment server, AWS's downloads, Microsoft's certificates.

They answer as the real ones do, and record what they were asked.
"""

import base64
import json
import platform
import secrets
import ssl
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

METADATA = "169.254.169.254"
LABELS = ("rackspace-addon-patching", "rackspace-addon-patching-patchgroup")
# Where names that are not ours lead to in the namespace.
SERVER_NAME, SERVER_PORT = "enroll.example.test", 8443
REGION = "eu-west-1"
HOSTS = {
    SERVER_NAME: "127.0.0.1",
    "www.microsoft.com": "127.0.0.2",
    f"amazon-ssm-{REGION}.s3.{REGION}.amazonaws.com": "127.0.0.3",
    "metadata.google.internal": METADATA,
}
PROXY = ("127.0.0.9", 3128)
# What AWS's bucket calls the processors that `uname -m` names.
PROCESSORS = {"x86_64": "amd64", "aarch64": "arm64"}


def token():
    """Returns a random value in the form of a JWT."""
    return ".".join(secrets.token_urlsafe(40) for _ in range(3))


class Service:
    """An HTTP server in a thread. Answers by `answer`, and keeps each request in `requests`."""

    def __init__(self, address, certificate=None):
        service = self
        self.requests = []

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                service.requests.append((self.command, self.path, dict(self.headers), body))
                status, answer = service.answer(self.command, self.path, self.headers, body)
                answer = answer if isinstance(answer, bytes) else answer.encode()
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "https://other.example.test/")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PUT = do_CONNECT = handle_any

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(address, Handler)
        self.http.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        self.http.handle_error = lambda *_: None
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def answer(self, method, path, headers, body):
        raise NotImplementedError


class Metadata(Service):
    """The metadata service of one provider. Refuses what the real one refuses."""

    def __init__(self, provider, labels, tags_enabled=True):
        self.provider, self.labels, self.tags_enabled = provider, labels, tags_enabled
        self.session = secrets.token_urlsafe(40) + "=="
        self.evidence = token() if provider == "gcp" else base64.b64encode(secrets.token_bytes(900)).decode()
        self.enrollment_token = token()
        # Azure: answers with this nonce for the next requests, as a cache does.
        self.cached_nonces = 0
        self.intermediates = []
        self.service_account = True
        # EC2: answers to requests for a session once the instance's document was read. Azure: answers to requests for tags.
        self.session_answers, self.tags_answers = [], []
        self.is_document_read = False
        # The number of requests for labels that fail, as when there are too many.
        self.busy = 0
        super().__init__((METADATA, 80))

    def answer(self, method, path, headers, body):
        if headers.get("X-Forwarded-For") or headers.get("Via"):
            return 403, "no proxies"
        if self.busy and any(word in path for word in ("/tags", "/attributes/")):
            self.busy -= 1
            return 429, ""
        url = urllib.parse.urlsplit(path)
        query = dict(urllib.parse.parse_qsl(url.query))
        return getattr(self, f"answer_{self.provider}")(method, url.path, query, headers)

    def answer_aws(self, method, path, query, headers):
        if path == "/latest/api/token":
            if self.is_document_read and self.session_answers:
                return self.session_answers.pop(0)
            is_valid = method == "PUT" and headers.get("X-aws-ec2-metadata-token-ttl-seconds", "").isdigit()
            return (200, self.session) if is_valid else (405, "")
        if headers.get("X-aws-ec2-metadata-token") != self.session:
            return 401, ""
        tags = "/latest/meta-data/tags/instance/"
        if path == "/latest/dynamic/instance-identity/document":
            return 200, '{"instanceId": "i-0123"}'
        if path == "/latest/dynamic/instance-identity/rsa2048":
            self.is_document_read = True
            return 200, "\n".join(self.evidence[at : at + 76] for at in range(0, len(self.evidence), 76))
        if path.startswith(tags) and self.tags_enabled and path[len(tags) :] in self.labels:
            return 200, self.labels[path[len(tags) :]]
        return 404, "<?xml version='1.0'?><html>404</html>"

    def answer_azure(self, method, path, query, headers):
        if headers.get("Metadata") != "true":
            return 400, '{"error": "Bad request. Required metadata header not specified"}'
        if path == "/metadata/instance/compute/vmId":
            return 200, "02aab8a4-74ef-476e-8182-f6d2ba4166a6"
        if path == "/metadata/instance/compute/tagsList":
            if self.tags_answers:
                return self.tags_answers.pop(0)
            others = [{"name": 'a"},{"name":"b', "value": "\\\" ]}"}, {"name": "empty", "value": ""}]
            tags = [{"name": name, "value": value} for name, value in self.labels.items()]
            return 200, json.dumps(others + tags)
        if path == "/metadata/attested/document":
            nonce = query["nonce"]
            if self.cached_nonces:
                self.cached_nonces, nonce = self.cached_nonces - 1, "a" * 32
            # A certificate names where its issuer's is, among bytes of any kind.
            others = b"http://169.254.169.254/pkiops/certs/a.crt0\x82http://www.microsoft.com/pkiops/certs/../a.crt\x30"
            issuer = b"\x86\x45http://www.microsoft.com/pkiops/certs/Issuing%20CA%2003%20-%20xsign.crt0\x82"
            document = b"0\x82\x00" + others + issuer + b'{"nonce":"' + nonce.encode() + b'"}\xff' + self.evidence.encode()
            self.signature = base64.b64encode(document).decode()
            return 200, json.dumps({"encoding": "pkcs7", "signature": self.signature})
        return 404, ""

    def answer_gcp(self, method, path, query, headers):
        if headers.get("Metadata-Flavor") != "Google":
            return 403, "Missing Metadata-Flavor:Google header."
        attributes = "/computeMetadata/v1/instance/attributes/"
        if path == "/computeMetadata/v1/instance/id":
            return 200, "4520031799277581759"
        if path.endswith("/service-accounts/default/identity") and self.service_account:
            self.audience = query["audience"]
            return (200, self.evidence) if query["format"] == "full" else (400, "")
        if path.startswith(attributes) and path[len(attributes) :] in self.labels:
            return 200, self.labels[path[len(attributes) :]]
        return 404, "<html>404</html>"

    def answer_openstack(self, method, path, query, headers):
        if path == "/openstack/latest/vendor_data2.json":
            return 200, json.dumps({"muster": {"enrollment_token": self.enrollment_token}})
        return 404, ""


class Microsoft(Service):
    """Certificates of issuers: one that names another, which names none."""

    FIRST = b"0\x82\x01http://www.microsoft.com/pkiops/certs/Root.crt\x00\x01first"
    SECOND = b"0\x82\x02http://cacerts.example.test/Root.crt\x00second"

    def __init__(self):
        super().__init__((HOSTS["www.microsoft.com"], 80))

    def answer(self, method, path, headers, body):
        names = {"/pkiops/certs/Issuing%20CA%2003%20-%20xsign.crt": self.FIRST, "/pkiops/certs/Root.crt": self.SECOND}
        return (200, names[path]) if path in names else (404, "")


class Proxy(Service):
    """Refuses everything. What it was asked shows what went through it."""

    def __init__(self):
        super().__init__(PROXY)

    def answer(self, method, path, headers, body):
        return 502, "proxied"


class Downloads(Service):
    """AWS's bucket of one Region, with the installer."""

    def __init__(self, certificate, installer, family):
        self.installer, self.family = installer, family
        self.processor = PROCESSORS[platform.machine()]
        name = next(name for name in HOSTS if name.startswith("amazon-ssm"))
        super().__init__((HOSTS[name], 443), certificate)

    def answer(self, method, path, headers, body):
        is_installer = path == f"/latest/{self.family}_{self.processor}/ssm-setup-cli"
        return (200, self.installer) if is_installer else (403, "")


class Enrollment(Service):
    """The enrollment server's contract, for one instance. `attests` and `challenges` say how the next requests are answered.

    An instance that comes again gets a new activation in place of the one before, unless a registration with that was seen.
    `records` is where the agent notes registrations, and finds which activations were deleted.
    """

    def __init__(self, certificate, records, audience="https://enroll.example.test/enroll/v1"):
        self.records, self.audience = records, audience
        self.open, self.activations, self.accepted = {}, [], []
        self.challenges, self.attests, self.problems = [], [], []
        self.hangs = False
        super().__init__((HOSTS[SERVER_NAME], SERVER_PORT), certificate)

    def start_over(self):
        """Forgets the instance."""
        self.activations = []

    def answer(self, method, path, headers, body):
        while self.hangs:
            time.sleep(1)
        request = json.loads(body)
        if headers.get("Content-Type") != "application/json":
            self.problems.append("a request has no content type")
        if path == "/enroll/v1/challenge":
            if self.challenges:
                return self.challenges.pop(0)
            challenge, nonce = secrets.token_urlsafe(16), secrets.token_hex(16)
            self.open[challenge] = (request["provider"], nonce)
            answer = {"challenge_id": challenge, "nonce": nonce, "aud": f"{self.audience}/{nonce}", "expires_in": 300}
            return 200, json.dumps(answer)
        if path != "/enroll/v1/attest":
            return 404, error("not_found")
        if sorted(request) != ["challenge_id", "evidence", "labels", "os", "provider"]:
            self.problems.append(f"an attestation has the members {sorted(request)}")
        provider, self.nonce = self.open.pop(request["challenge_id"], (None, None))
        if provider != request["provider"]:
            return 409, error("replayed")
        if self.attests and (answer := self.attests.pop(0)):
            return answer
        for earlier in self.activations:
            if (self.records / f"activation-{earlier['activation_id']}").exists():
                return 409, error("already_enrolled")
            (self.records / f"deleted-{earlier['activation_id']}").touch()
        self.accepted.append(request)
        activation = {
            "activation_id": "12345678-1234-1234-1234-" + secrets.token_hex(6),
            "activation_code": secrets.token_urlsafe(30),
            "region": REGION,
        }
        self.activations.append(activation)
        return 200, json.dumps(activation)


def error(code):
    return json.dumps({"error": {"code": code, "message": f"The message\nof {code}."}})


def provisioning(seconds):
    return 200, json.dumps({"status": "provisioning", "retry_after": seconds})
