"""SpamAssassin's opinion of letters, by its rules alone: no network, nothing learnt."""

import os
import re
import shutil
import subprocess

from letters import Fault
from servers import write

LIMIT = 2.0  # SpamAssassin's own limit for spam is 5

# A letter comes to a stranger's server through other strangers' ones, not from this machine: that must be worth nothing.
RULES = """
use_bayes 0
use_auto_welcomelist 0
score ALL_TRUSTED 0
score NO_RELAYS 0
"""


def check(directory, letters):
    """Fails where a letter scores too high. A letter of each kind, language and form is enough: the rest has other names."""
    chosen = {}
    for l in letters:
        chosen.setdefault((l.kind, l.language, form(l)), l)
    rules = os.path.join(directory, "spamassassin")
    os.makedirs(rules)
    for name in os.listdir("/etc/spamassassin"):
        if name.endswith(".pre"):  # which plugins there are
            shutil.copy(os.path.join("/etc/spamassassin", name), rules)
    write(rules, "local.cf", RULES)
    mbox = os.path.join(rules, "letters")
    with open(mbox, "wb") as f:
        for l in chosen.values():
            f.write(b"From postern@example.org Thu Jan  1 00:00:00 2026\n" + re.sub(rb"(?m)^From ", b">From ", l.traced + l.raw) + b"\n\n")
    done = subprocess.run(["spamassassin", "--local", "--mbox", "--nocreate-prefs", "--prefs-file", write(rules, "none", ""),
                           "--configpath", "/usr/share/spamassassin", "--siteconfigpath", rules, mbox],
                          capture_output=True, timeout=300, env=os.environ | {"HOME": rules, "LC_ALL": "C"})
    said = re.sub(rb"\n[ \t]+", b" ", done.stdout)
    scores = [(float(score), tests.decode()) for score, tests in
              re.findall(rb"(?m)^X-Spam-Status: \w+, score=(-?[0-9.]+) .*?tests=(\S+(?: [A-Z0-9_,]+)*)", said)]
    if done.returncode != 0 or len(scores) != len(chosen):
        raise Fault(f"SpamAssassin gave {len(scores)} scores for {len(chosen)} letters: {done.stderr.decode(errors='replace')[-2000:]}")
    bad = [f"{name}: {score} {tests}" for name, (score, tests) in zip(chosen, scores) if score >= LIMIT]
    if bad:
        raise Fault(f"SpamAssassin's score is {LIMIT} or more:\n" + "\n".join(bad))
    worst, tests = max(scores)
    return f"{len(scores)} letters, the highest score {worst} ({tests})"


def form(l):
    """What the texts of one kind and language may differ in: with a link that carries a token, or with the greeting of somebody known."""
    return "token=" in l.text, l.text.count("\n\n")
