"""Real mail servers on loopback, each with its whole configuration in a directory of its own."""

import os
import pwd
import shutil
import socket
import subprocess
import time

DOMAINS = ["example.com", "example.org", "example.net", "xn--bcher-kva.example"]  # of those who get letters


def free_port():
    """A port that was free a moment ago."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def write(directory, name, text, mode=0o644):
    path = os.path.join(directory, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)
    return path


def give(path, user):
    """Makes a user the owner of a directory and all in it."""
    who = pwd.getpwnam(user)
    for top, _, files in os.walk(path):
        for name in [top, *(os.path.join(top, f) for f in files)]:
            os.chown(name, who.pw_uid, who.pw_gid)


def await_true(what, true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.2)


def answers(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def read_files(directory):
    """The messages in a directory, by file name."""
    found = {}
    for entry in os.scandir(directory):
        with open(entry.path, "rb") as f:
            found[entry.name] = f.read()
    return found


# Postfix's services as Debian has them, without those that a relay on loopback has no use for.
MASTER = """\
# service        type        private unprivileged chroot wakeup processes command
127.0.0.1:{port} inet        n       -            n      -      -         smtpd
pickup           unix        n       -            n      60     1         pickup
cleanup          unix        n       -            n      -      0         cleanup
qmgr             unix        n       -            n      300    1         qmgr
tlsmgr           unix        -       -            n      1000?  1         tlsmgr
rewrite          unix        -       -            n      -      -         trivial-rewrite
bounce           unix        -       -            n      -      0         bounce
defer            unix        -       -            n      -      0         bounce
trace            unix        -       -            n      -      0         bounce
flush            unix        n       -            n      1000?  0         flush
proxymap         unix        -       -            n      -      -         proxymap
smtp             unix        -       -            n      -      -         smtp
error            unix        -       -            n      -      -         error
retry            unix        -       -            n      -      -         error
virtual          unix        -       n            n      -      -         virtual
anvil            unix        -       -            n      -      1         anvil
scache           unix        -       -            n      -      1         scache
postlog          unix-dgram  n       -            n      -      1         postlogd
"""


class Postfix:
    """Postfix as a relay that wants STARTTLS and takes mail from this machine. It refuses what breaks the rules of MIME or of
    line ends, and delivers everything into one maildir by its own virtual(8), which writes the envelope's recipient down."""

    name = "Postfix"
    trace = ["Return-Path", "X-Original-To", "Delivered-To", "Received"]

    def __init__(self, directory, certificates):
        self.dir, self.port = directory, free_port()
        for name in ["etc", "queue", "data", "mail/archive"]:
            os.makedirs(os.path.join(directory, name))
        give(os.path.join(directory, "data"), "postfix")
        give(os.path.join(directory, "mail"), "nobody")
        self.url = f"smtp://127.0.0.1:{self.port}"
        nobody = pwd.getpwnam("nobody")
        self.main = {
            "compatibility_level": "3.6",
            "queue_directory": f"{directory}/queue",
            "data_directory": f"{directory}/data",
            "maillog_file": f"{directory}/log",
            "maillog_file_prefixes": directory,
            "myhostname": "mx.example.net",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "mynetworks": "127.0.0.0/8",
            "mydestination": "",
            "alias_maps": "",
            "alias_database": "",
            "smtpd_tls_security_level": "encrypt",
            "smtpd_tls_cert_file": f"{certificates}/server.pem",
            "smtpd_tls_key_file": f"{certificates}/server.key",
            "smtpd_relay_restrictions": "permit_mynetworks, reject",
            "smtpd_helo_required": "yes",
            "smtpd_helo_restrictions": "reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname",
            "strict_rfc821_envelopes": "yes",
            "strict_7bit_headers": "yes",
            "strict_8bitmime_body": "yes",
            "strict_mime_encoding_domain": "yes",
            "smtpd_forbid_bare_newline": "reject",
            "virtual_mailbox_domains": "static:every",
            "virtual_mailbox_base": f"{directory}/mail",
            "virtual_mailbox_maps": "static:archive/",
            "virtual_uid_maps": f"static:{nobody.pw_uid}",
            "virtual_gid_maps": f"static:{nobody.pw_gid}",
            "enable_original_recipient": "yes",
        }

    def start(self):
        write(self.dir, "etc/main.cf", "".join(f"{k} = {v}\n" for k, v in self.main.items()))
        write(self.dir, "etc/master.cf", MASTER.format(port=self.port))
        self.control("start")
        await_true("Postfix listens", lambda: answers(self.port))

    def control(self, act):
        done = subprocess.run(["/usr/sbin/postfix", "-c", f"{self.dir}/etc", act], capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"postfix {act}: {done.stdout}{done.stderr}{self.log()}")

    def queued(self):
        """How many messages are in any of its queues."""
        return sum(len(files) for queue in ["maildrop", "incoming", "active", "deferred", "hold", "corrupt"]
                   for _, _, files in os.walk(f"{self.dir}/queue/{queue}"))

    def messages(self):
        return read_files(f"{self.dir}/mail/archive/new")

    def recipient(self, message):
        """The envelope's recipient, as the server wrote it into the message."""
        return message["Delivered-To"]

    def log(self):
        with open(f"{self.dir}/log", encoding="utf-8", errors="replace") as f:
            return f.read()

    def complaints(self):
        return [line for line in self.log().splitlines()
                if any(word in line for word in ["warning:", "error:", "fatal:", "panic:", "reject:", "status=bounced", "status=deferred"])]

    def stop(self):
        self.control("stop")


class Chasquid:
    """chasquid as a submission server: TLS from the first octet, and AUTH. Whatever comes for one of its domains goes into one
    directory, a file a message; but for those that refuse, which run what fails."""

    name = "chasquid"
    trace = ["Received"]
    user, password = "postern@gate.example.org", "wachtwoord %/@ é"

    def __init__(self, directory, certificates, tools, takes=DOMAINS, refuses=()):
        self.dir, self.port, self.bin, self.process = directory, free_port(), f"{tools}/usr/bin", None
        for name in ["data", "archive"]:
            os.makedirs(os.path.join(directory, name))
        write(directory, "chasquid.conf", "\n".join([
            'hostname: "mx.example.net"', f'submission_over_tls_address: "127.0.0.1:{self.port}"', f'data_dir: "{directory}/data"',
            f'mail_log_path: "{directory}/maillog"', 'suffix_separators: ""', 'drop_characters: ""', ""]))
        # chasquid starts it anew for each message: a name that exists already is never written again.
        deliver = write(directory, "deliver.sh", f'set -C\nexec cat >"{directory}/archive/$$"\n')
        for domain in takes:
            write(directory, f"domains/{domain}/aliases", f"*: | /bin/sh {deliver}\n")
        for domain in refuses:
            write(directory, f"domains/{domain}/aliases", "*: | /bin/false\n")
        os.makedirs(f"{directory}/certs/mx.example.net")
        shutil.copy(f"{certificates}/server.pem", f"{directory}/certs/mx.example.net/fullchain.pem")
        shutil.copy(f"{certificates}/server.key", f"{directory}/certs/mx.example.net/privkey.pem")
        os.makedirs(f"{directory}/domains/gate.example.org")
        subprocess.run([f"{self.bin}/chasquid-util", f"-C={directory}", "user-add", self.user, f"--password={self.password}"],
                       check=True, capture_output=True)
        give(directory, "nobody")
        self.url = f"smtps://{self.user.replace('@', '%40')}@127.0.0.1:{self.port}"

    def start(self):
        with open(f"{self.dir}/log", "wb") as log:
            self.process = subprocess.Popen([f"{self.bin}/chasquid", f"-config_dir={self.dir}"], user="nobody", group="nogroup",
                                            stdout=log, stderr=log)
        await_true("chasquid listens", lambda: answers(self.port))

    def queued(self):
        return len(os.listdir(f"{self.dir}/data/queue"))

    def messages(self):
        return read_files(f"{self.dir}/archive")

    def recipient(self, message):
        return message["To"]  # a pipe alias is not told the envelope's; a wrong one would not have found its domain

    def log(self):
        text = ""
        for name in ["log", "maillog"]:
            if os.path.exists(f"{self.dir}/{name}"):
                with open(f"{self.dir}/{name}", encoding="utf-8", errors="replace") as f:
                    text += f.read()
        return text

    def complaints(self):
        return [line for line in self.log().splitlines() if any(word in line for word in [" rejected", " failed", "panic"])]

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)


class Dovecot:
    """Dovecot's IMAP over TLS, with one mailbox: a maildir that somebody else delivers into. Its logins, by a password or
    by a token that info knows (XOAUTH2), serve Postfix, too."""

    name = "Dovecot"
    user, password = "gate@imap.example", "wachtwoord-é"

    def __init__(self, directory, certificates, maildir, info):
        self.dir, self.port, self.process = directory, free_port(), None
        self.logins = f"inet:127.0.0.1:{(auth_port := free_port())}"
        tokens = write(directory, "tokens.conf", f"tokeninfo_url = {info}\nusername_attribute = username\n")
        self.url = f"imaps://{self.user.replace('@', '%40')}@127.0.0.1:{self.port}"
        self.conf = write(directory, "dovecot.conf", f"""\
protocols = imap
listen = 127.0.0.1
base_dir = {directory}/run
state_dir = {directory}/state
log_path = {directory}/log
ssl = required
ssl_cert = <{certificates}/server.pem
ssl_key = <{certificates}/server.key
mail_location = maildir:{maildir}
mail_debug = no
first_valid_gid = 1
maildir_very_dirty_syncs = no
auth_mechanisms = plain xoauth2
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {tokens}
}}
passdb {{
  driver = static
  mechanisms = plain none
  args = password={self.password}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={directory}
}}
namespace inbox {{
  inbox = yes
  mailbox Bounces {{
    auto = create
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {self.port}
    ssl = yes
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {auth_port}
  }}
}}
service anvil {{
  chroot =
}}
imap_logout_format = fetched=%{{fetch_body_count}}
""")
        for name in ["run", "state"]:
            os.makedirs(os.path.join(directory, name))

    def start(self):
        self.process = subprocess.Popen(["/usr/sbin/dovecot", "-F", "-c", self.conf], stderr=subprocess.DEVNULL)
        await_true("Dovecot listens", lambda: answers(self.port))

    def count(self, folder, which):
        """How many messages of a folder are SEEN or UNSEEN."""
        done = subprocess.run(["/usr/bin/doveadm", "-c", self.conf, "search", "-u", self.user, "mailbox", folder, which],
                              capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"doveadm search: {done.stderr}")
        return len(done.stdout.splitlines())

    def fetched(self):
        """How many messages it has sent, over the connections that have ended."""
        return sum(int(line.rpartition("fetched=")[2]) for line in self.log().splitlines() if "fetched=" in line)

    def log(self):
        path = f"{self.dir}/log"
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            self.process = None
