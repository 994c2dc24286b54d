"""A device's side of section 13: requests to a relay over HTTP, each signed, over the newest challenge."""
import http.client
import urllib.parse

import httpbodies
import httpfields
import httpproblems
import httpvectors
from primitives import refuse_unless
from structures import ZERO, Reader, labelled_hash

MEDIA_TYPE = "application/vnd.letterlock.relay"


class RelayProblem(Exception):
    """A problem that the relay told of."""


class Client:
    def __init__(self, url, signing_seed):
        parts = urllib.parse.urlsplit(url)
        refuse_unless(parts.scheme == "http" and not parts.path, "an http URL of a host and a port")
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
        self.keys, self.sign = httpvectors.signer(signing_seed)
        self.device, self.account = labelled_hash("device id", self.keys), ZERO
        self.challenge = None
        self.checkpoint_key = self.send(httpfields.Request("GET", "/v1/relay", None, [], b""))
        refuse_unless(len(self.checkpoint_key) == 32, "checkpoint key")

    def exchange(self, request):
        """The status and the body of an answer."""
        fields = dict(request.fields)
        target = request.path + (f"?{request.query}" if request.query is not None else "")
        self.connection.request(request.method, target, request.body or None, fields)
        answer = self.connection.getresponse()
        body = answer.read()
        self.challenge = httpfields.byte_sequence(answer.headers["Letterlock-Challenge"])
        refuse_unless(answer.headers["Cache-Control"] == "no-store", "Cache-Control")
        refuse_unless(answer.headers["Content-Encoding"] is None, "compressed")
        return answer.status, answer.headers["Content-Type"], body

    def send(self, request):
        """The body of an answer; `RelayProblem` for any other."""
        return self.judge(*self.exchange(request))

    def judge(self, status, media_type, body):
        if status in (200, 204):
            refuse_unless(status == 204 or media_type == MEDIA_TYPE, "media type")
            return body
        refuse_unless(media_type == "application/problem+json", "media type of a problem")
        found = httpproblems.read(body)
        refuse_unless(found and httpproblems.PROBLEMS[found[0]][0] == status, "a problem that is not known")
        raise RelayProblem(found[0])

    def call(self, method, path, query=None, body=b"", media_type=MEDIA_TYPE):
        """Makes a signed call, once more if the challenge was too old (section 13.4)."""
        fields = [("Content-Type", media_type)] if body else []
        request = httpfields.Request(method, path, query, fields, body)
        for is_last in (False, True):
            signed = httpfields.signed(
                request, self.keys, self.sign, self.checkpoint_key, self.challenge, self.account)
            try:
                return self.send(signed)
            except RelayProblem as problem:
                if str(problem) != "stale-challenge" or is_last:
                    raise

    def find_account(self):
        """The account whose recovery device this is."""
        reader = Reader(self.call("POST", "/v1/recovery", body=self.keys))
        self.account = httpbodies.optional(reader, lambda inner: inner.fixed(32))
        reader.finish()
        refuse_unless(self.account, "no account has this recovery key")

    def log_entries(self, start):
        reader = Reader(self.call("GET", "/v1/log", f"from={start}"))
        found = httpbodies.items(reader.opaque(), httpbodies.Entry)
        reader.finish()
        return found

    def wrap(self, epoch):
        reader = Reader(self.call("GET", "/v1/wrap", f"epoch={epoch}"))
        wrap = httpbodies.optional(reader, Reader.opaque)
        reader.finish()
        return wrap

    def history(self, start, most=1 << 20):
        return httpbodies.HistoryAnswer(self.call("GET", "/v1/history", f"from={start}&bytes={most}"))
