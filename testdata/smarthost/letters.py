"""Letters as they came: parsed by Python's email package, and compared octet by octet with what the composer made.

What the composer made is what a second appliance has in its built-in inbox after the same acts. Only what must differ between
two appliances is masked, everywhere alike: the letter's id, the times in it, and the characters of tokens, which keep their
number, so that every line break stands where it stood. That tokens came unharmed is shown by using them (acts.py)."""

import base64
import collections
import email
import email.policy
import email.utils
import re
import time
import uuid


class Fault(Exception):
    """Something that is not as it must be."""


class Letter:
    """A message, with what the appliance knows of it. text, html, pdf: the decoded parts."""

    def __init__(self, raw, record, trace):
        self.id, self.kind, self.language, self.to = record["id"], record["kind"], record["language"], record["to"]
        self.cleaning, self.message_id = record.get("cleaningId"), f"<{record['messageId']}>"
        raw = raw.replace(b"\r\n", b"\n")
        if b"\r" in raw:
            raise Fault(f"{self}: a bare CR")
        self.traced, self.raw = split_trace(raw, trace)
        self.message = email.message_from_bytes(raw, policy=email.policy.default)
        self.subject = str(self.message["Subject"])
        self.check()

    def __str__(self):
        return f"{self.kind}.{self.language} {self.id}"

    def check(self):
        """The message has no defects for Python's parser, and says of itself what the appliance knows of it."""
        parts = list(self.message.walk())
        defects = [d for part in parts for d in part.defects]
        defects += [d for part in parts for _, value in part.items() for d in getattr(value, "defects", [])]
        if defects:
            raise Fault(f"{self}: defects: {[repr(d) for d in defects]}")
        types = [part.get_content_type() for part in parts]
        alternative = ["multipart/alternative", "text/plain", "text/html"]
        if types != (["multipart/mixed", *alternative, "application/pdf"] if self.kind == "document" else alternative):
            raise Fault(f"{self}: its parts are {types}")
        leaves = [part for part in parts if not part.is_multipart()]
        self.text, self.html = leaves[0].get_content(), leaves[1].get_content()
        self.pdf = leaves[2].get_content() if len(leaves) > 2 else None
        if any(d for part in parts for d in part.defects):
            raise Fault(f"{self}: defects in a part's encoding")
        if self.pdf is not None and not re.fullmatch(r"eecd-[A-Za-z0-9._-]+\.pdf", leaves[2].get_filename() or ""):
            raise Fault(f"{self}: the attachment is called {leaves[2].get_filename()!r}")
        said = {"To": self.to, "Message-ID": self.message_id, "Content-Language": self.language, "Auto-Submitted": "auto-generated"}
        for name, value in said.items():
            if self.message.get_all(name) != [value]:
                raise Fault(f"{self}: {name} is {self.message.get_all(name)}, not {value!r}")
        age = time.time() - email.utils.parsedate_to_datetime(self.message["Date"]).timestamp()
        if not 0 <= age + 1 < 3600:
            raise Fault(f"{self}: Date is {self.message['Date']}")

    def masked(self):
        """The whole message without its trace, and without what differs between appliances."""
        raw = self.raw
        if self.kind == "document":
            # A rendered document has times in it; acts.py compares the documents.
            start = raw.index(b"\n\n", raw.index(b"\nContent-Type: application/pdf")) + 2
            end = raw.index(b"\n--=_m", start)
            body = raw[start:end]
            if base64.b64encode(base64.b64decode(body)) != body.replace(b"\n", b"") or max(map(len, body.split(b"\n"))) > 76:
                raise Fault(f"{self}: the attachment's lines are not base64 (RFC 2045 §6.8)")
            raw = raw[:start] + raw[end:]
        raw = re.sub(rb"(?m)^Date: .*$", b"Date: D", raw)
        raw = raw.replace(self.message_id.encode(), b"<M>")
        raw = raw.replace(uuid.UUID(self.id).hex.encode(), b"I" * 32)
        raw = soft(list(self.id)).sub(blank, raw)
        raw = soft(list(self.id[-8:])).sub(blank, raw)  # the reference
        raw = TOKEN.sub(blank, raw)
        return TIME.sub(blank, raw)


def soft(characters):
    """A pattern of characters, between any two of which a line may be broken as quoted-printable breaks it."""
    return re.compile("(?:=\n)?".join(re.escape(c) if len(c) == 1 else c for c in characters).encode())


def blank(found):
    """As many letters as there were characters, with the same line breaks."""
    return re.sub(rb"[A-Za-z0-9_-]", b"T", found.group().replace(b"=\n", b"\0")).replace(b"\0", b"=\n")


TOKEN = re.compile(soft("pst1_").pattern + rb"(?:[A-Za-z0-9_-]|=\n)+")
DIGIT, BAR = "[0-9]", "[-./]"
TIME = re.compile(b"|".join(soft(date + [" ", *[DIGIT] * 2, ":", *[DIGIT] * 2]).pattern for date in [
    [DIGIT] * 4 + [BAR] + [DIGIT] * 2 + [BAR] + [DIGIT] * 2, [DIGIT] * 2 + [BAR] + [DIGIT] * 2 + [BAR] + [DIGIT] * 4]))


def split_trace(raw, names):
    """The header fields that servers put in front, and the message as it left."""
    end = 0
    for field in re.finditer(rb"([!-9;-~]+):.*\n(?:[ \t].*\n)*", raw):
        if field.start() != end or field.group(1).decode() not in names:
            break
        end = field.end()
    return raw[:end], raw[end:]


def read(messages, records, trace):
    """The letters in messages, each of which must be one that the appliance has a record of, once, in the order owed."""
    by_id = {f"<{record['messageId']}>": record for record in records}
    letters = []
    for raw in messages:
        found = re.search(rb"(?mi)^Message-ID: *(\S+)", raw)
        record = by_id.pop(found.group(1).decode(), None) if found else None
        if record is None:
            raise Fault(f"a message that the appliance does not know, or twice: {raw[:500]!r}")
        letters.append(Letter(raw, record, trace))
    order = {record["id"]: i for i, record in enumerate(records)}
    return sorted(letters, key=lambda l: order[l.id])


def by_recipient(letters):
    people = collections.defaultdict(list)
    for l in letters:
        people[l.to.lower()].append(l)
    return people


def by_name(letters):
    """Letters by what is the same on two appliances: to whom, which kind, about what, and the how manyth of those."""
    named, counts = {}, collections.Counter()
    for l in letters:
        name = (l.to, l.kind, l.cleaning)
        counts[name] += 1
        named[(*name, counts[name])] = l
    return named


def compare(came, made):
    """Every letter came once, as it was made."""
    came, made = by_name(came), by_name(made)
    if came.keys() != made.keys():
        raise Fault(f"did not come: {sorted(made.keys() - came.keys(), key=str)[:5]}; too many: {sorted(came.keys() - made.keys(), key=str)[:5]}")
    for name, letter in came.items():
        got, want = letter.masked().split(b"\n"), made[name].masked().split(b"\n")
        if got != want:
            at = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b), min(len(got), len(want)))
            raise Fault(f"{letter} is not as composed, line {at + 1}:\n  {got[at:at + 1]}\n  {want[at:at + 1]}")
