"""A certificate authority for one run, and the certificate that both servers show."""

import os
import subprocess


def make(directory):
    """Makes ca.pem, server.pem and server.key in the directory; the certificate is for 127.0.0.1 alone."""

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=directory, check=True, capture_output=True, text=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    # A configuration of our own: the machine's must not add extensions.
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Synthetic CA",
            "-config", empty(directory), "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=keyCertSign")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=smarthost", "-config", empty(directory))
    with open(os.path.join(directory, "server.ext"), "w", encoding="ascii") as f:
        f.write("subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-out", "server.pem", "-extfile", "server.ext")


def empty(directory):
    path = os.path.join(directory, "openssl.cnf")
    with open(path, "w", encoding="ascii") as f:
        f.write("[req]\ndistinguished_name=name\n[name]\n")
    return path
