"""What people do in one run, so that a thousand letters are owed: the same on every appliance."""

import html
import json
import os
import re
import unicodedata
import uuid

from appliance import link

HERE = os.path.dirname(os.path.abspath(__file__))

PLANS = {"NL": "SYN-NL-ANT-01", "FR": "SYN-FR-LIE-02", "EN": "SYN-EN-BRU-03"}
PASSWORD = "velvet otter climbs marble"

# Letters by kind. Those to bikers come in three languages, the others in four.
FOR_BIKERS = ["welcome", "existing", "failed", "password-changed", "recover"]
EXPECTED = {"test": 4, "welcome": 300, "existing": 200, "failed": 60, "password-changed": 48, "recover": 48,
            "activate": 110, "document": 115, "decided": 115}

# Names that headers, MIME and SMTP may stumble over.
NAMES = [
    ("Émilie", "Dubois"), ("’t", "Kint"), ("Łukasz", "Wójcik"), ("Đặng Thị", "Nguyễn"), ("Χρήστος", "Παπαδόπουλος"), ("Ирина", "Щербакова"),
    ("محمد", "الأمين"), ("שרה", "כהן"), ("小明", "李"), ("Ünal", "Şahin"), ("🚲", "Fiets 👩‍🔧"), ("x" * 100, "y" * 100), ("é" * 100, "ß" * 100),
    ("Anna Maria Ludovica Cornelia Josephina Wilhelmina Theodora", "van den Bossche-de la Vallée Poussin tot Oudenaarde"),
    ("=?utf-8?q?Jan?=", "=?iso-8859-1?b?SmFu?="), ('"Jan"', "O'Neill\\"), ("<b>Jan</b>", "& Zonen; Co, BV"), (".", ".."), ("From", "From: x"),
    ("=3D", "=20="), ("{{.Link}}", "%s %00 100%"), ("--", "=_a"), ("Jan", "(Peeters)"), ("e\u0301", "n\u0303"),
]

# Comments of decisions, up to the 2,000 code points that there may be.
COMMENTS = [
    "compartment 1, 24 t", "Geur van vorig product in mangat; zie foto’s.", ".", "..\r\n.\r\nQUIT\r\n", "From here on\nFrom: nobody\n\n.dot",
    "x" * 2000, "é" * 2000, "woord " * 333, "spaties aan het eind   \n   en aan het begin\nSlot", "=3D =\n=20", "<b>&amp;</b> {{.Link}} %s", "漢字" * 500,
    "--=_a00\n\n--=_a00--\n-- \nondertekening", "٢٤ طن", "1\n\n\n\n2",
]

LANGUAGES = ["nl", "fr", "en", "de"]


def bikers():
    """274 invented people, beside the 26 of people.json who can be registered."""
    people = []
    for i in range(274):
        first, last = NAMES[i % len(NAMES)]
        local = ["biker", "Biker.Met-Punt", "biker+fiets", "o'neill", "x_{y}|z~", "b" * 55][i // 3 % 6]
        domain = ["example.com", "Example.ORG", "bücher.example"][i % 3]
        people.append({"BikePlanCode": list(PLANS.values())[i % 3], "FirstName": first, "LastName": last, "Email": f"{local}{i}@{domain}",
                       "Language": ["NL", "FR", "EN"][i // 2 % 3], "ContractType": "clerk", "partner_EmployeeID": f"GEN{i}",
                       "PersonnelNumber": f"{i:06}"})
    return people


def failing():
    """58 people who cannot be registered, and can be told so."""
    return [{"BikePlanCode": "SYN-XX-000-99", "FirstName": "Tom", "LastName": "Maes", "Email": f"fout{i}@example.net",
             "Language": ["NL", "FR", "EN"][i % 3]} for i in range(58)]


def cleanings():
    """115 of them: the words of the demo's, their texts in many alphabets."""
    with open(os.path.join(HERE, "../../server/command/demo/cleanings.json"), encoding="utf-8") as f:
        models = [c for c in json.load(f) if c["status"] == "signedOff"]
    made = []
    for i in range(115):
        station = {"name": ["Synthetische Tankreiniging Kaai 9", "Lavage Citernes Synthétique", "Šynthetická čistírna nádrží"][i % 3],
                   "city": "Liège", "country": "BE", "phone": "+32 3 555 01 09"}
        made.append(models[i % len(models)] | {
            "id": str(uuid.UUID(int=0x40008 << 60 | i + 1)), "number": f"SYN-BE-{i:06}" + ["", "/ÄÖ é", " «№»"][i % 3], "station": station,
            "comments": COMMENTS[i % len(COMMENTS)].strip()})
    return made


def own_document(i):
    """A PDF that a station might have uploaded: octets of all values, and lines that SMTP must not take for its own."""
    body = b"%PDF-1.7\n" + bytes(range(256)) * (20 * i) + b"\r\n.\r\n..\n.\r" * 50
    return body + b"xref\n0 1\nstartxref\n%d\n%%%%EOF\n" % len(body)


def title(pdf):
    """What a rendered document calls itself, with the cleaning's number; None of an uploaded one."""
    found = re.search(rb"/Title[(<].*?/Producer", pdf)
    return found and found.group()


class Run:
    """One run of everything on one appliance. read() gives the decoded letters that have come so far, by recipient (see
    letters.py): links are taken from them, as people do."""

    def __init__(self, appliance, read):
        self.a, self.read, self.cleanings, self.tokens = appliance, read, cleanings(), {}

    def prepare(self, directory):
        """What an operator does first."""
        for language, code in PLANS.items():
            self.a.do("plan", "add", code, "--client", f"Synthetisch & Zonen {language} «Liège»", "--language", language)
        self.bearer = {"Authorization": "Bearer " + self.a.do("partner", "add", "payroll").strip()}
        listed = os.path.join(directory, "cleanings.json")
        with open(listed, "w", encoding="utf-8") as f:
            json.dump(self.cleanings[5:], f, ensure_ascii=False)
        self.a.do("cleaning", "add", listed)
        for i, cleaning in enumerate(self.cleanings[:5], 1):
            for name, content in [("one.json", json.dumps(cleaning).encode()), ("one.pdf", own_document(i))]:
                with open(os.path.join(directory, name), "wb") as f:
                    f.write(content)
            self.a.do("cleaning", "add", os.path.join(directory, "one.json"), "--pdf", os.path.join(directory, "one.pdf"))

    def register(self):
        """Everybody is registered for the first time."""
        with open(os.path.join(HERE, "people.json"), encoding="utf-8") as f:
            self.known = json.load(f)
        self.push(self.known, created=26, existing=1, failed=3)
        self.bikers = bikers()
        self.push(self.bikers, created=274)
        self.push(failing(), failed=58)
        for i in range(100):
            first, last = NAMES[i % len(NAMES)]
            self.a.call(201, "POST", "/non-license-user/register",
                        {"email": self.driver(i), "firstName": first, "lastName": last, "organisationName": f"Synthetische Terminal {last}",
                         "cleaningId": self.cleanings[i]["id"]}, {"Accept-Language": LANGUAGES[i % 4]})
        for language in LANGUAGES:
            self.a.do("letter", "test", f"postmaster+{language}@example.org", "--language", language)

    def push(self, people, **counts):
        answer = self.a.call(200, "POST", "/receiver/APIv3/user.create", {"users": people}, self.bearer)
        got = {k: answer[k] for k in ("created", "existing", "failed")}
        if got != {"created": 0, "existing": 0, "failed": 0} | counts:
            raise RuntimeError(f"user.create: {got}, not {counts}: {[r for r in answer['results'] if r.get('errors')][:3]}")

    @staticmethod
    def driver(i):
        return f"driver{i}@{['example.com', 'example.org', 'example.net'][i % 3]}"

    @staticmethod
    def stored(email):
        """An address as letters have it."""
        local, _, domain = email.strip().rpartition("@")
        return f"{local}@{domain.encode('idna').decode()}"

    def act(self):
        """Links are opened, passwords set, documents asked for, loads decided; the partner posts the same people again."""
        came = self.read()
        one = lambda email, kind: next(l for l in came[self.stored(email).lower()] if l.kind == kind)
        with_password = self.bikers[:48]
        for person in with_password:
            token = link(one(person["Email"], "welcome").text, "/biker/password")
            self.a.call(200, "GET", "/biker/password?token=" + token)
            self.a.post_form(303, "/biker/password", token=token, password=PASSWORD)
        again = [p | {"LastName": p["LastName"] + "2"} if len(p["LastName"]) < 99 else p for p in self.bikers[:174]]
        self.push(self.known, existing=27, failed=3)
        self.push(again, existing=174)
        for person in self.bikers[30:78]:
            self.a.post_form(200, "/biker/forgot", email=person["Email"])
        for i in range(100):
            token = link(one(self.driver(i), "activate").text, "/eecd/activate")
            self.tokens[i] = {"X-NALLIAN-TOKEN": self.a.call(200, "POST", "/non-license-user/activate", {"ConfirmationToken": token})["UserToken"]}
        self.documents, self.decisions = {}, {}
        for i, cleaning in enumerate(self.cleanings):
            path = f"/non-license-user/cleanings/{cleaning['id']}/"
            self.documents[cleaning["id"]] = self.a.call(200, "GET", path + "document", headers=self.tokens[i % 100])
            if i < 5 and self.documents[cleaning["id"]] != own_document(i + 1):
                raise RuntimeError("an uploaded document is not given back as it was")
            self.a.call(200, "GET", path + "email", headers=self.tokens[i % 100])
        self.a.await_sent()  # a decision changes what a rendered document says
        for i, cleaning in enumerate(self.cleanings):
            user, comment = self.tokens[i % 100], COMMENTS[i % len(COMMENTS)]
            path = f"/non-license-user/loads/{cleaning['id']}/"
            if i % 3:
                body = {"ProductName": "Ethanol 96 % " + NAMES[i % len(NAMES)][1][:99], "Comment": comment}
                self.a.call(200, "PUT", path + "complete", body, user)
            else:
                self.a.call(200, "PUT", path + "reject", {"Comment": comment}, user)
            self.decisions[cleaning["id"]] = comment
        for i in range(10):
            self.a.do("user", "reactivate", self.driver(i))
            self.a.call(403, "POST", "/non-license-user/sign-in", {"Email": self.driver(i)})

    def check_links(self, letters):
        """Every link that should still work does: the tokens have come as they were minted."""
        for l in letters:
            token = link(l.text, "/biker/password")
            if l.kind in ("existing", "recover") and token:
                self.a.call(200, "GET", "/biker/password?token=" + token)
        for i in range(10):
            latest = [l for l in letters if l.to.lower() == self.driver(i) and l.kind == "activate"][-1]
            self.a.call(200, "POST", "/non-license-user/activate", {"ConfirmationToken": link(latest.text, "/eecd/activate")})

    def check_words(self, letters):
        """What people typed is in the letters to them, untouched; documents are what the appliance gives by HTTP."""
        names = {self.stored(p["Email"]).lower(): unicodedata.normalize("NFC", f"{p['FirstName']} {p['LastName']}")
                 for p in self.known[:28] + self.bikers}  # the 28th is the first again, written otherwise
        for l in letters:
            if l.kind == "welcome":
                name = names[l.to.lower()]
                if not (l.subject.endswith(name) and name in l.text and name in html.unescape(l.html)):
                    raise RuntimeError(f"the welcome letter to {l.to} does not have {name!r} in subject, text and HTML")
            if l.kind == "decided":
                comment = self.decisions[l.cleaning]
                for line in filter(None, (line.strip() for line in comment.splitlines())):
                    if line not in l.text or line not in html.unescape(l.html):
                        raise RuntimeError(f"the decided letter {l.id} does not have {line[:80]!r}")
            if l.kind == "document":
                want = self.documents[l.cleaning]
                # A rendered one says of which minute it is: of another minute, it is one of the same title.
                if l.pdf != want and (l.pdf is None or title(l.pdf) is None or title(l.pdf) != title(want)):
                    raise RuntimeError(f"the document letter {l.id} has a document of {len(l.pdf)} octets, not the one of {len(want)}")
