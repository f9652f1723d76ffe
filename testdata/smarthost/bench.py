"""How fast letters leave: Postern beside Postfix's own client, smtp(8), to the same sink on loopback.

    bench.py POSTERN SINK [LETTERS [ROUNDS]]

Both have all messages on disk when the time begins, and two connections at once, without TLS, which they may keep. Postern
claims, composes, seals, sends and records each letter; Postfix sends copies of one of those letters, as they are. The sink takes the time
from the first MAIL to the answer to the last final dot. The two take turns, so that a busy machine slows both."""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

from acts import PLANS
from appliance import Appliance
from servers import Postfix, await_true


class Sink:
    def __init__(self, binary, letters, sample):
        self.process = subprocess.Popen([binary, str(letters), sample], stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()

    def figures(self):
        """Waits for the next batch to be complete."""
        return json.loads(self.process.stdout.readline())


def people(letters, round_):
    return [{"BikePlanCode": PLANS["NL"], "FirstName": "Anke", "LastName": "van der Meersch", "Language": "NL", "ContractType": "clerk",
             "Email": f"anke.{round_}.{i}@example.com", "partner_EmployeeID": f"{round_}.{i}", "PersonnelNumber": f"{i:06}"} for i in range(letters)]


def start_postern(binary, directory, sink):
    a = Appliance(binary, os.path.join(directory, "data"), {"SMTP_URL": f"smtp://{sink.address}?tls=off", "LIMIT_PARTNER_LETTERS": "off"})
    a.start()
    a.do("plan", "add", PLANS["NL"], "--client", "Synthetisch Havenbedrijf NV", "--language", "NL")
    a.bearer = {"Authorization": "Bearer " + a.do("partner", "add", "payroll").strip()}
    return a


def postern(a, sink, letters, round_):
    a.do("letter", "pause")
    a.call(200, "POST", "/receiver/APIv3/user.create", people(letters, round_), a.bearer)
    a.do("letter", "resume")
    figures = sink.figures()
    a.await_sent()
    return figures


def start_postfix(directory, sink):
    """Takes mail without TLS and holds it, then relays all to the sink over two connections."""
    p = Postfix(directory, directory)
    for name in [n for n in p.main if n.startswith(("virtual_", "smtpd_tls_"))]:
        del p.main[name]
    host, _, port = sink.address.rpartition(":")
    hop = f"[{host}]:{port}"
    p.main |= {"relayhost": hop, "default_destination_concurrency_limit": "2", "initial_destination_concurrency": "2",
               "smtp_connection_cache_destinations": hop, "smtpd_recipient_restrictions": "check_client_access static:HOLD, permit_mynetworks, reject"}
    p.start()
    return p


def postfix(p, sink, letters, sample):
    subprocess.run(["/usr/sbin/smtp-source", "-M", "gate.example.org", "-s", "4", "-m", str(letters), "-f", "fiets@gate.example.org", "-t", "anke@example.com",
                    "-F", sample, f"127.0.0.1:{p.port}"], check=True, timeout=300)
    await_true("Postfix holds all", lambda: p.queued() == letters)
    subprocess.run(["/usr/sbin/postsuper", "-c", f"{p.dir}/etc", "-H", "ALL"], check=True, capture_output=True, timeout=300)
    subprocess.run(["/usr/sbin/postqueue", "-c", f"{p.dir}/etc", "-f"], check=True, timeout=60)
    figures = sink.figures()
    await_true("Postfix's queue is empty", lambda: p.queued() == 0)
    return figures


def main():
    if len(sys.argv) not in (3, 4, 5):
        sys.exit(__doc__)
    if os.geteuid() != 0:
        sys.exit("smarthost-bench must run as root: Postfix starts as root only. It leaves the machine's own mail alone.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    letters, rounds = (int(word) for word in (sys.argv[3:] + ["5000", "5"][len(sys.argv) - 3:]))
    directory = os.path.realpath(tempfile.mkdtemp(prefix="postern-smarthost-"))
    os.chmod(directory, 0o755)
    sample, stops = os.path.join(directory, "sample"), []
    try:
        sink = Sink(os.path.abspath(sys.argv[2]), letters, sample)
        stops.append(sink.process.kill)
        a = start_postern(os.path.abspath(sys.argv[1]), directory, sink)
        stops.append(a.stop)
        p = start_postfix(os.path.join(directory, "postfix"), sink)
        stops.append(p.stop)
        speeds = {"Postern": [], "Postfix": []}
        for round_ in range(rounds):
            for name, go in [("Postern", lambda: postern(a, sink, letters, round_)), ("Postfix", lambda: postfix(p, sink, letters, sample))]:
                f = go()
                speeds[name].append(letters / f["seconds"])
                print(f"{name}: {letters / f['seconds']:.0f} letters/s, {f['octets'] / letters:.0f} octets each, {f['connections']} connections; "
                      f"load {os.getloadavg()[0]:.1f}", flush=True)
        for name, each in speeds.items():
            print(f"{name}: {statistics.median(each):.0f} letters/s (median of {rounds}; {min(each):.0f} to {max(each):.0f})")
    finally:
        for stop in reversed(stops):
            stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
