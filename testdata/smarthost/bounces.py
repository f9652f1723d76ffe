"""Mail that comes back, by real servers: Postfix takes the letters, a host behind it refuses them, and Postfix's own
reports come home to BOUNCE_LISTEN and, by Dovecot, from a mailbox, with a password and with tokens. chasquid's come
through a pipe."""

import http.client
import json
import os
import socketserver
import ssl
import subprocess
import threading

from appliance import Appliance
from letters import Fault
from oauth import Provider
from servers import Chasquid, Dovecot, Postfix, await_true, free_port, give, write

OTHERS = 10_000  # messages in the mailbox that are nobody's business


class Refusing(socketserver.StreamRequestHandler):
    """The host behind the smarthost. It knows nobody at gone.example, and takes no mail at full.example now."""

    def handle(self):
        say = lambda line: self.wfile.write(line.encode() + b"\r\n")
        say("220 mx.far.example ESMTP")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"EHLO":
                say("250-mx.far.example\r\n250-ENHANCEDSTATUSCODES\r\n250 DSN")
            elif word == b"RCPT":
                said = "452 4.2.2 mailbox full" if b"full.example" in line else "550 5.1.1 no such user here, says mx.far.example"
                say(said)
            elif word == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


def readiness(appliance):
    host, port = appliance.connection.host, appliance.connection.port
    c = http.client.HTTPConnection(host, port, timeout=10)
    c.request("GET", "/readyz")
    return json.loads(c.getresponse().read())["details"]["bounces"]


def register(appliance, people):
    appliance.do("plan", "add", "P", "--client", "C", "--language", "EN")
    bearer = {"Authorization": "Bearer " + appliance.do("partner", "add", "payroll").strip()}
    users = [{"BikePlanCode": "P", "FirstName": "A", "LastName": "B", "Email": e, "Language": "EN", "partner_EmployeeID": e} for e in people]
    appliance.call(200, "POST", "/receiver/APIv3/user.create", {"users": users}, bearer)
    return bearer


def state(appliance, bearer, email):
    return appliance.call(200, "GET", f"/partner/v1/users?partner_EmployeeID={email}", headers=bearer)["letter"]


def await_failed(appliance, bearer, people):
    await_true("the letters come back", lambda: all(state(appliance, bearer, e)["state"] == "failed" for e in people))
    for e in people:
        letter = state(appliance, bearer, e)
        if not letter["reason"].startswith("returned: 550 5.1.1") or "mx.far.example" not in letter["reason"]:
            raise Fault(f"the letter to {e}: {letter}")


class Scene:
    """The servers of all that follows."""

    def __init__(self, binary, directory, ca, tools):
        self.binary, self.dir, self.ca, self.running = binary, directory, ca, []
        self.listen, next_hop = free_port(), free_port()
        self.far = socketserver.ThreadingTCPServer(("127.0.0.1", next_hop), Refusing)
        self.far.daemon_threads = True
        threading.Thread(target=self.far.serve_forever, daemon=True).start()
        certificates = os.path.dirname(ca)
        self.postfix = Postfix(os.path.join(directory, "postfix"), certificates)
        self.postfix.main |= {
            "virtual_mailbox_domains": "imap.example", "virtual_mailbox_maps": "static:gate/",
            "relayhost": f"[127.0.0.1]:{next_hop}", "recipient_delimiter": "+", "disable_dns_lookups": "yes",
            "transport_maps": f"inline:{{ gate@bounce.example=smtp:[127.0.0.1]:{self.listen} }}",
            "smtp_tls_security_level": "may", "smtp_tls_loglevel": "1",
        }
        self.provider = Provider(Dovecot.user)
        self.dovecot = Dovecot(os.path.join(directory, "dovecot"), certificates,
                               os.path.join(directory, "postfix/mail/gate"), self.provider.info)
        self.postfix.main |= {
            "smtpd_sasl_auth_enable": "yes", "smtpd_sasl_type": "dovecot", "smtpd_sasl_path": self.dovecot.logins,
        }
        self.chasquid = Chasquid(os.path.join(directory, "chasquid"), certificates, tools, ["bounce.example"], ["gone.example"])

    def appliance(self, name, **settings):
        a = Appliance(self.binary, os.path.join(self.dir, name), {"SMTP_URL": self.postfix.url, "SMTP_CA_FILE": self.ca} | settings)
        self.running.append(a)
        a.start()
        if "TLS_CERT" in settings:
            trusted = ssl.create_default_context(cafile=self.ca)
            a.connection = http.client.HTTPSConnection("127.0.0.1", a.connection.port, timeout=60, context=trusted)
        return a

    def start(self):
        for server in [self.provider, self.postfix, self.dovecot, self.chasquid]:
            server.start()
            self.running.append(server)

    def stop(self):
        for each in reversed(self.running):
            each.stop()
        self.far.shutdown()


def by_listener(scene):
    """Postfix's reports come by SMTP, with the code in their recipient. What it still tries fails nothing."""
    a = scene.appliance("listener", BOUNCE_LISTEN=f"127.0.0.1:{scene.listen}", BOUNCE_ADDRESS="gate+{code}@bounce.example",
                        TLS_CERT=os.path.join(os.path.dirname(scene.ca), "server.pem"),
                        TLS_KEY=os.path.join(os.path.dirname(scene.ca), "server.key"))
    people = [f"jan{i}@gone.example" for i in range(50)]
    bearer = register(a, people + ["an@full.example"])
    await_failed(a, bearer, people)
    if (kept := state(a, bearer, "an@full.example"))["state"] != "sent":
        raise Fault(f"what Postfix still tries is {kept}")
    if "TLS connection established to 127.0.0.1" not in scene.postfix.log():
        raise Fault("Postfix has not brought its reports by STARTTLS:\n" + scene.postfix.log()[-2000:])
    letter = json.loads(a.do("letter", "list", "--state", "failed", "--json"))[0]
    if [t["class"] for t in letter["attempts"]] != ["sent", "returned"]:
        raise Fault(f"its attempts: {letter['attempts']}")
    return f"{len(people)} reports by SMTP"


def by_mailbox(scene):
    """Postfix delivers its reports to a mailbox of ten thousand others, which Dovecot has."""
    new = os.path.join(scene.dir, "postfix/mail/gate/new")
    for folder in ["new", "cur", "tmp"]:
        os.makedirs(os.path.join(os.path.dirname(new), folder))
    for i in range(OTHERS):
        write(new, f"1.{i}.x", f"From: a@b.example\nTo: gate@imap.example\nSubject: other {i}\nDate: Thu, 26 Nov 2026 12:00:00 +0000\n\nhello\n")
    give(os.path.join(scene.dir, "postfix/mail"), "nobody")
    password = write(scene.dir, "imap-password", scene.dovecot.password + "\n", 0o600)
    settings = {"BOUNCE_ADDRESS": "gate@imap.example", "BOUNCE_IMAP_URL": scene.dovecot.url + "/INBOX?move=Bounces"}
    wrong = scene.appliance("wrong", **settings | {"BOUNCE_IMAP_PASSWORD_FILE": write(scene.dir, "wrong-password", "wrong\n", 0o600)})
    await_true("a wrong password is told", lambda: "the login is refused" in readiness(wrong).get("mailboxFault", ""))
    wrong.stop()
    a = scene.appliance("mailbox", **settings | {"BOUNCE_IMAP_PASSWORD_FILE": password})
    await_true("the mailbox is read", lambda: "mailboxLookedAt" in readiness(a), 120)
    people = [f"an{i}@gone.example" for i in range(20)]
    bearer = register(a, people)
    await_failed(a, bearer, people)
    scene.dovecot.stop()  # and with it the connection
    await_true("a lost connection is told", lambda: readiness(a).get("mailboxFault"))
    scene.dovecot.start()
    await_true("it is read again", lambda: not readiness(a).get("mailboxFault"))
    later = [f"zoe{i}@gone.example" for i in range(5)]
    a.call(200, "POST", "/receiver/APIv3/user.create", {"users": [
        {"BikePlanCode": "P", "FirstName": "A", "LastName": "B", "Email": e, "Language": "EN", "partner_EmployeeID": e} for e in later]}, bearer)
    await_failed(a, bearer, later)
    await_true("the reports are moved", lambda: scene.dovecot.count("Bounces", "SEEN") == len(people + later))
    if (left := scene.dovecot.count("INBOX", "UNSEEN")) != OTHERS:
        raise Fault(f"{left} of {OTHERS} other messages are left as they were")
    a.stop()  # it counts what a connection has fetched when that ends
    await_true("all connections have ended", lambda: scene.dovecot.fetched() >= OTHERS + len(people + later))
    read = scene.dovecot.fetched()
    if read > OTHERS + len(people + later) + 50:
        raise Fault(f"{read} messages were fetched, of {OTHERS + len(people + later)}")
    return f"{len(people + later)} reports from a mailbox of {OTHERS} others, through a lost connection"


def by_tokens(scene):
    """The appliance logs in to Postfix and to the mailbox by tokens (XOAUTH2). Both servers refuse a revoked one."""
    user = scene.dovecot.user.replace("@", "%40")
    settings = {
        "BOUNCE_ADDRESS": "gate@imap.example",
        "SMTP_URL": scene.postfix.url.replace("//", f"//{user}@") + "?auth=xoauth2",
        "BOUNCE_IMAP_URL": scene.dovecot.url + "/INBOX?auth=xoauth2&move=Bounces",
        "SMTP_OAUTH_URL": scene.provider.url,
        "SMTP_OAUTH_SECRET_FILE": write(scene.dir, "oauth-secret", scene.provider.secret + "\n", 0o600),
    }
    revoked = scene.appliance("revoked", **settings | {"SMTP_OAUTH_CLIENT_ID": "revoked"})
    await_true("the mailbox refuses it", lambda: "the login is refused" in readiness(revoked).get("mailboxFault", ""))
    check = subprocess.run([revoked.binary, "letter", "check"], env=revoked.env, capture_output=True, text=True,
                           timeout=60)
    if check.returncode != 1 or "535" not in check.stdout + check.stderr:
        raise Fault(f"with a revoked token: {check}")
    revoked.stop()
    a = scene.appliance("tokens", **settings | {"SMTP_OAUTH_CLIENT_ID": "postern"})
    a.do("letter", "check")
    await_true("the mailbox is read", lambda: "mailboxLookedAt" in readiness(a), 120)
    people = [f"eva{i}@gone.example" for i in range(5)]
    await_failed(a, register(a, people), people)
    if "sasl_method=XOAUTH2, sasl_username=" + scene.dovecot.user not in scene.postfix.log():
        raise Fault("nobody has logged in to Postfix by a token:\n" + scene.postfix.log()[-2000:])
    a.stop()
    return f"{len(people)} by logins with tokens"


def by_pipe(scene):
    """chasquid's reports go through a pipe into postern bounce, each twice, as a mail system that was not sure would do."""
    a = scene.appliance("pipe", SMTP_URL=scene.chasquid.url, BOUNCE_ADDRESS="gate+{code}@bounce.example",
                        SMTP_PASSWORD_FILE=write(scene.dir, "chasquid-password", scene.chasquid.password + "\n", 0o600))
    people = [f"tom{i}@gone.example" for i in range(10)]
    bearer = register(a, people)
    await_true("chasquid has reported all", lambda: len(scene.chasquid.messages()) == len(people))
    for report in scene.chasquid.messages().values():
        for outcome in ["failed", "repeated"]:
            done = subprocess.run([a.binary, "bounce", "-", "--json"], env=a.env, input=report, capture_output=True, timeout=60, check=True)
            if json.loads(done.stdout)["outcome"] != outcome:
                raise Fault(f"{done.stdout.decode()} for {report.decode()}")
    if left := [e for e in people if state(a, bearer, e)["state"] != "failed"]:
        raise Fault(f"the letters to {left} are not failed")
    return f"{len(people)} through a pipe"


def check(binary, directory, ca, tools):
    """All, one after the other; gives what was seen."""
    scene = Scene(binary, directory, ca, tools)
    try:
        scene.start()
        return "; ".join([by_listener(scene), by_pipe(scene), by_mailbox(scene), by_tokens(scene)])
    except Exception:
        print(*(server.log()[-3000:] for server in [scene.postfix, scene.chasquid, scene.dovecot, scene.provider]))
        raise
    finally:
        scene.stop()

