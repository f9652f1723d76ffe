"""An OAuth 2.0 provider on loopback: tokens for client credentials (RFC 6749 §4.4), and what they are worth, for the
servers that are shown them."""

import base64
import http.server
import json
import threading
import urllib.parse


class Provider:
    """Deals tokens for one mailbox. Those of the client "revoked" are worth nothing."""

    secret = "geheim-é"

    def __init__(self, user):
        self.user, self.asked, self.shown = user, [], []
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.answer(*provider.deal(form, self.headers.get("Authorization", "")))

            def do_GET(self):
                self.answer(*provider.tell(urllib.parse.urlsplit(self.path).query))

            def answer(self, status, values):
                body = json.dumps(values).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        base = f"http://127.0.0.1:{self.server.server_port}"
        self.url, self.info = f"{base}/token", f"{base}/tokeninfo?access_token="

    def deal(self, form, authorization):
        """Answers a client that wants a token, whichever way it names itself (RFC 6749 §2.3.1)."""
        client, secret = form.get("client_id", [""])[0], form.get("client_secret", [""])[0]
        if authorization.startswith("Basic "):
            pair = base64.b64decode(authorization[6:]).decode().split(":")
            client, secret = map(urllib.parse.unquote_plus, pair)
        self.asked.append(client)
        if form.get("grant_type") != ["client_credentials"] or secret != self.secret:
            return 401, {"error": "invalid_client"}
        return 200, {"access_token": f"{client}.{len(self.asked)}", "token_type": "Bearer", "expires_in": 3600}

    def tell(self, query):
        """Answers a server that was shown a token."""
        client = urllib.parse.parse_qs(query)["access_token"][0].partition(".")[0]
        self.shown.append(client)
        if client == "revoked":
            return 401, {"error": "invalid_token"}
        return 200, {"username": self.user, "expires_in": 3600}

    def start(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()

    def log(self):
        return f"tokens were asked by {self.asked} and shown by {self.shown}\n"
