"""Sends a thousand letters of all kinds and languages through real mail servers, and looks at every one that comes out.

    smarthost.py POSTERN TOOLS

POSTERN is the binary, TOOLS where install.sh has put chasquid and the checkers of HTML. `make smarthost-test` installs and runs all."""

import collections
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback

import bounces
import certificates
import html_check
import letters
import spam
from acts import EXPECTED, FOR_BIKERS, Run
from appliance import Appliance
from servers import Chasquid, Postfix, await_true, write

TOTAL = sum(EXPECTED.values())
BEGAN = time.monotonic()
LIMIT = 600  # seconds for everything; it takes about 45 on two cores
APPLIANCES = []  # whatever happens, main stops them


def say(text):
    print(f"{time.monotonic() - BEGAN:6.1f} s  {text}", flush=True)


def through(server, binary, directory, ca):
    """All acts on an appliance that has the server as its smarthost, None: its built-in inbox. Gives the letters."""
    settings = {}
    if server:
        settings = {"SMTP_URL": server.url, "SMTP_CA_FILE": ca}
        if getattr(server, "password", None):
            settings["SMTP_PASSWORD_FILE"] = write(directory, "password", server.password + "\n", 0o600)
    a = Appliance(binary, os.path.join(directory, "data"), settings)
    APPLIANCES.append(a)
    trace = server.trace if server else []

    def read():
        a.await_sent()
        if server:
            await_true(f"{server.name} has delivered all", lambda: server.queued() == 0)
        raw = server.messages().values() if server else a.inbox()
        return letters.read(raw, a.letters(), trace)

    try:
        a.start()
        if server:
            say(f"{server.name}: " + ", ".join(step["name"] for step in json.loads(a.do("letter", "check", "--json"))["steps"]) + " are well")
        run = Run(a, lambda: letters.by_recipient(read()))
        run.prepare(directory)
        run.register()
        run.act()
        came = read()
        look(a, came, server)
        run.check_links(came)
        run.check_words(came)
        say(f"{server.name if server else 'inbox'}: {len(came)} letters have come, each once")
        return came
    finally:
        a.stop()


def look(a, came, server):
    """Every letter that was owed is sent, at the first try, and has come; as many of each kind as the acts owe."""
    records = a.letters()
    states = collections.Counter(r["state"] for r in records)
    if states != {"sent": TOTAL} or len(came) != TOTAL:
        raise letters.Fault(f"{len(came)} of {TOTAL} letters came; by state: {dict(states)}")
    kinds = collections.Counter(l.kind for l in came)
    if kinds != EXPECTED:
        raise letters.Fault(f"by kind: {dict(kinds)}, not {EXPECTED}")
    languages = collections.defaultdict(set)
    for l in came:
        languages[l.kind].add(l.language)
    if wrong := {kind: found for kind, found in languages.items() if len(found) != (3 if kind in FOR_BIKERS else 4)}:
        raise letters.Fault(f"languages of kinds: {wrong}")
    if again := [r for r in records if len(r["attempts"]) != 1]:
        raise letters.Fault(f"{len(again)} letters took more than one try: {again[0]['attempts']}")
    if a.trouble:
        raise letters.Fault("the appliance's log says:\n" + "\n".join(a.trouble[:5]))
    if server:
        if wrong := [l for l in came if server.recipient(l.message) != l.to]:
            raise letters.Fault(f"{wrong[0]} went to {server.recipient(wrong[0].message)}")
        if server.complaints():
            raise letters.Fault(f"{server.name}'s log says:\n" + "\n".join(server.complaints()[:5]))


def in_parallel(jobs):
    """Runs named jobs in threads; gives what they give by name. All are waited for; any error ends the program then."""
    results, errors = {}, []

    def work(name, job):
        try:
            results[name] = job()
        except Exception as e:  # every fault is told below
            errors.append((name, e))

    threads = [threading.Thread(target=work, args=item, daemon=True) for item in jobs.items()]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for name, error in errors:
        print(f"{name}: {error}", file=sys.stderr)
        if not isinstance(error, letters.Fault):
            traceback.print_exception(error)
    if errors:
        sys.exit(1)
    return results


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    binary, tools = map(os.path.abspath, sys.argv[1:])
    if os.geteuid() != 0:
        sys.exit("smarthost-test must run as root: Postfix starts as root only, and chasquid as another user. It leaves the machine's own mail alone.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit(f"not done within {LIMIT} s"))
    signal.alarm(LIMIT)
    directory = os.path.realpath(tempfile.mkdtemp(prefix="postern-smarthost-"))
    os.chmod(directory, 0o755)  # the servers' users come through here
    servers = []
    try:
        certificates.make(directory)
        os.chmod(os.path.join(directory, "server.key"), 0o644)  # it lives as long as the run
        servers = [Postfix(os.path.join(directory, "postfix"), directory), Chasquid(os.path.join(directory, "chasquid"), directory, tools)]
        say("what comes back: " + bounces.check(binary, made(directory, "bounces"), os.path.join(directory, "ca.pem")))
        jobs = {"inbox": lambda: through(None, binary, made(directory, "inbox-run"), None)}
        for server in servers:
            server.start()
            jobs[server.name] = lambda server=server: through(server, binary, made(directory, server.name + "-run"), os.path.join(directory, "ca.pem"))
        came = in_parallel(jobs)
        for server in servers:
            letters.compare(came[server.name], came["inbox"])
            say(f"{server.name}: {TOTAL} letters are as composed")
        in_parallel({
            "SpamAssassin": lambda: say("SpamAssassin: " + spam.check(directory, came["Postfix"])),
            "HTML": lambda: say("HTML: " + html_check.check(directory, tools, came["Postfix"])),
        })
        say("all is well")
    finally:
        for each in APPLIANCES + servers:
            try:
                each.stop()
            except Exception as e:  # the others must be stopped too
                print(f"stopping {each.name}: {e}", file=sys.stderr)
        shutil.rmtree(directory, ignore_errors=True)


def made(*path):
    os.makedirs(os.path.join(*path))
    return os.path.join(*path)


if __name__ == "__main__":
    main()
