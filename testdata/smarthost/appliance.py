"""The product as a process of its own, and what callers, people and the operator do with it."""

import http.client
import json
import os
import re
import signal
import subprocess
import threading
import urllib.parse

from servers import await_true

SETTINGS = {
    # Fixed, so that two appliances write the same links; of this machine, or the built-in inbox would be refused.
    "PUBLIC_URL": "https://localhost:8443",
    "MAIL_FROM": "Synthetische Fietsplannen & Tankstations <fiets@gate.example.org>",
    "ORGANISATION": "Synthetische Fietsplannen & Tankstations",
    "CONTACT": "Hulp bij Zoë <hulp@example.org>",
    "PRIVACY_URL": "https://www.example.org/privacy?taal=alle&bron=mail",
    # Everybody here is one client, and some get many letters.
    "LIMIT_REGISTER": "off", "LIMIT_SIGN_IN": "off", "LIMIT_STRANGER_LETTERS": "off", "LIMIT_ADDRESS_LETTERS": "off",
    "LISTEN": "127.0.0.1:0", "LOG_FORMAT": "json",
}


class Appliance:
    """One on a data directory of its own; settings are without their prefix."""

    name = "the appliance"

    def __init__(self, binary, directory, settings):
        self.binary, self.process, self.connection, self.trouble = binary, None, None, []
        self.log_ended = threading.Event()
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("POSTERN_")} | {
            "POSTERN_" + k: v for k, v in (SETTINGS | settings | {"DATA": directory}).items()}

    def do(self, *words):
        """Runs a command and gives what it prints."""
        done = subprocess.run([self.binary, *words], env=self.env, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"postern {' '.join(words)}: {done.stderr}")
        return done.stdout

    def start(self):
        self.process = subprocess.Popen([self.binary, "serve"], env=self.env, stderr=subprocess.PIPE, text=True, encoding="utf-8")
        listening = threading.Event()
        threading.Thread(target=self.read_log, args=(listening,), daemon=True).start()
        if not listening.wait(20) or not self.connection:
            self.process.kill()
            raise RuntimeError("the appliance does not start:\n" + "\n".join(self.trouble))

    def read_log(self, listening):
        """Follows the log to its end, and keeps what went wrong."""
        for line in self.process.stderr:
            try:
                entry = json.loads(line)
            except ValueError:
                entry = {"level": "error"}
            if entry["level"] in ("warn", "error", "fatal"):
                self.trouble.append(line.strip())
            if entry.get("message") == "listening":
                host, _, port = entry["address"].rpartition(":")
                self.connection = http.client.HTTPConnection(host, int(port), timeout=60)
                listening.set()
        self.log_ended.set()
        listening.set()

    def call(self, status, method, path, body=None, headers=None):
        """One call; JSON is taken apart. Another answer than expected is an error."""
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body, ensure_ascii=False).encode()
            headers.setdefault("Content-Type", "application/json")
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status != status:
            raise RuntimeError(f"{method} {path.split('?')[0]}: {answer.status}, not {status}: {content[:2000].decode(errors='replace')}")
        return json.loads(content) if "json" in answer.getheader("Content-Type", "") else content

    def post_form(self, status, path, **fields):
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.call(status, "POST", path, urllib.parse.urlencode(fields).encode(), headers)

    def letters(self):
        """What the appliance knows of its letters, in the order in which they were owed."""
        return json.loads(self.do("letter", "list", "--json"))[::-1]

    def await_sent(self, seconds=90):
        """Waits until no letter is queued."""
        left = []

        def none_queued():
            left[:] = json.loads(self.do("letter", "list", "--state", "queued", "--json"))
            return not left

        try:
            await_true("all letters are sent", none_queued, seconds)
        except TimeoutError as e:
            raise TimeoutError(f"{e}; {len(left)} are queued, the oldest after {left[-1]['attempts']}") from None

    def inbox(self):
        """The raw messages in the built-in inbox."""
        raw = []
        while True:
            page = self.call(200, "GET", f"/inbox/api/v1/messages?start={len(raw)}&limit=200")["messages"]
            if not page:
                return raw
            raw += [self.call(200, "GET", f"/inbox/api/v1/message/{m['ID']}/raw") for m in page]

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
            self.log_ended.wait(5)


def link(text, path):
    """The token of the link to a page in a letter's text; None where there is none."""
    found = re.search(re.escape(SETTINGS["PUBLIC_URL"] + path) + r"\?token=([A-Za-z0-9_-]+)", text)
    return found and found.group(1)
