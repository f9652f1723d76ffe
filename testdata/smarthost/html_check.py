"""The letters' HTML before npm's html-validate and caniemail (check.mjs)."""

import os
import subprocess

from letters import Fault
from spam import form

HERE = os.path.dirname(os.path.abspath(__file__))


def check(directory, tools, letters):
    """Fails where one of them finds an error that is not allowed, with a reason, in rules.mjs."""
    files = os.path.join(directory, "html")
    os.makedirs(files)
    chosen = {(l.kind, l.language, form(l)): l for l in letters}
    for l in chosen.values():
        with open(os.path.join(files, f"{l.kind}.{l.language}.{l.id}.html"), "w", encoding="utf-8") as f:
            f.write(l.html)
    done = subprocess.run(["node", os.path.join(HERE, "check.mjs"), tools, files], capture_output=True, text=True, timeout=300)
    if done.returncode != 0:
        raise Fault(done.stdout + done.stderr)
    return done.stdout.strip()
