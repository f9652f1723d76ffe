package partner

import (
	"fmt"
	"strings"
	"testing"

	"postern/store"
)

const problem = `{"type":"about:blank","title":"Unprocessable Entity","status":422,"detail":"` + failedDetail +
	`","traceId":"trace","errors":`

// TestSingle holds every outcome, one person a call. The calls build on each other.
func TestSingle(t *testing.T) {
	s := open(t)
	paye := s.add(t, store.PartnerInput{Name: "paye"})
	other := s.add(t, store.PartnerInput{Name: "other", Plans: []string{"SYN-NL-ANT-01"}})
	const (
		created  = `{"success":true,"result":"User was created.","outcome":"created",`
		existing = `{"success":true,"result":"User already exists.","outcome":"existing",`
		fraction = ` was sent as a number with a fraction or an exponent and is taken as absent: ` +
			`a spreadsheet or a program has made a number of it; send it as a text, in quotation marks.`
		noPlan = `{"BikePlanCode":["This is no bike plan that you may use; ask the operator of this service."]},`
	)
	for _, test := range []struct {
		name, token, body string
		status            int
		want              string
	}{
		{"created", paye, `{"user": ` + jane + `}`, 201,
			created + `"id":ID,"Email":"jane@example.org","partner_EmployeeID":"ABC123","letter":ID,"warnings":[]}`},
		{"again, while the welcome is unsent", paye, `{"USER": ` + jane + `}`, 200,
			existing + `"id":ID,"updated":[],"Email":"jane@example.org",` +
				`"partner_EmployeeID":"ABC123","letter":null,"warnings":[]}`},
		{"changed fields", paye, `{"user": ` + changed("Johansson", "Delvaux", `"FR"`, `"nl"`, "jane@example.org",
			" JANE@Example.ORG ", `"ABC123"`, "null") + `}`, 200,
			existing + `"id":ID,"updated":["LastName","Language"],"Email":"JANE@Example.ORG",` +
				`"partner_EmployeeID":null,"letter":null,"warnings":[]}`},
		{"another partner's person", other, `{"user": ` + changed("SYN-FR-LIE-02", "SYN-NL-ANT-01") + `}`, 200,
			existing + `"id":null,"updated":[],"Email":"jane@example.org",` +
				`"partner_EmployeeID":"ABC123","letter":null,"warnings":[]}`},
		{"an employee id that named another", paye, `{"user": ` + changed("jane@", "jan@") + `, "meta": 1}`, 201,
			created + `"id":ID,"Email":"jan@example.org","partner_EmployeeID":"ABC123","letter":ID,"warnings":[` +
				`"Ignored, as these properties are not known here: \"meta\".",` +
				`"partner_EmployeeID named another person of yours before, and still does; ` +
				`this one is registered without it. Give each person an id of its own, or none."]}`},
		{"whole numbers", paye, `{"user": ` + changed("jane@", "num@", `"ABC123"`, "123450", `"A1234"`, "-7") + `}`,
			201,
			created + `"id":ID,"Email":"num@example.org","partner_EmployeeID":"123450","letter":ID,"warnings":[]}`},
		{"a spreadsheet's numbers", paye,
			`{"user": ` + changed("jane@", "float@", `"ABC123"`, "1.0", `"A1234"`, "1e2") + `}`, 201,
			created + `"id":ID,"Email":"float@example.org","partner_EmployeeID":null,"letter":ID,"warnings":[` +
				`"partner_EmployeeID` + fraction + `","PersonnelNumber` + fraction + `"]}`},
		{"damaged words", paye, `{"user": ` + changed("jane@", "damaged@", "Jane", "ZoÃ«", "Johansson", "#N/A",
			`"ABC123"`, `"1,23457E+11"`, `"A1234"`, `"12\ufffd"`) + `}`, 201,
			created + `"id":ID,"Email":"damaged@example.org","partner_EmployeeID":"1,23457E+11","letter":ID,` +
				`"warnings":["FirstName looks like UTF-8 that was read as Windows-1252: it should perhaps be Zoë.",` +
				`"LastName looks like the error value of a spreadsheet.",` +
				`"partner_EmployeeID looks like a long number that a spreadsheet has shortened: its last digits are lost.",` +
				`"PersonnelNumber holds the character U+FFFD, which stands where another one has been lost."]}`},
		{"a plan that is not this partner's", other, `{"user": ` + changed("jane@", "tom@") + `}`, 422,
			problem + noPlan + `"Email":"tom@example.org","letter":ID,"outcome":"failed",` +
				`"partner_EmployeeID":"ABC123","result":"Registration failed.","success":false,"warnings":[]}`},
		{"the same fault again", other, `{"user": ` + changed("jane@", "tom@") + `}`, 422,
			problem + noPlan + `"Email":"tom@example.org","letter":null,"outcome":"failed",` +
				`"partner_EmployeeID":"ABC123","result":"Registration failed.","success":false,"warnings":[]}`},
		{"everything wrong", paye, `{"user": {"Email": " a@@b ", "FirstName": "x://", "LastName": 7, ` +
			`"Language": "DE", "ContractType": "boss", "foo": 1}}`, 422,
			problem +
				`{"BikePlanCode":["This field is required."],"ContractType":["This must be one of: clerk, worker."],` +
				`"Email":["An e-mail address has one @, and this has more: send one address alone."],` +
				`"FirstName":["A name may hold neither :// nor @."],"Language":["This must be one of: NL, FR, EN."],` +
				`"LastName":["This must be a text, in quotation marks."]},` +
				`"Email":"a@@b","letter":null,"outcome":"failed","partner_EmployeeID":null,` +
				`"result":"Registration failed.","success":false,` +
				`"warnings":["Ignored, as these properties are not known here: \"foo\"."]}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := s.post(t, test.token, "", test.body, "Content-Type", "text/plain")
			if status != test.status {
				t.Errorf("status %d, want %d", status, test.status)
			}
			same(t, "answer", masked(body), test.want)
		})
	}
}

// TestList holds that one bad item sinks no other, that results come in order, that a person named twice is registered
// once, and that nobody is written to where two addresses are given.
func TestList(t *testing.T) {
	s := open(t)
	paye := s.add(t, store.PartnerInput{Name: "paye"})
	items := []string{jane, `{"user":` + changed("jane@", "jan@", "ABC123", "7") + `}`, changed("jane@", "JANE@"), `7`,
		changed("jane@", "an@", "FirstName", "LASTNAME", "LastName", "lastname"),
		changed("jane@", "eva@", "ABC123", "8", `"Jane"`, `"\ud83d\udeb2 Ève"`),
		`{"user":` + changed("Language", "first name") + `,"User":1}`,
		changed("jane@", "one@", `"LastName": "Johansson"`, `"email": "two@example.org"`)}
	const failed = `"outcome":"failed","id":null,"Email":`
	results := []string{
		`{"index":0,"outcome":"created","id":ID,"Email":"jane@example.org","partner_EmployeeID":"ABC123","letter":ID}`,
		`{"index":1,"outcome":"created","id":ID,"Email":"jan@example.org","partner_EmployeeID":"7","letter":ID}`,
		`{"index":2,"outcome":"existing","id":ID,"Email":"JANE@example.org","partner_EmployeeID":"ABC123","letter":null}`,
		`{"index":3,` + failed + `null,"partner_EmployeeID":null,` +
			`"errors":{"":["This must be a JSON object, in curly brackets."]},"letter":null}`,
		`{"index":4,` + failed + `"an@example.org","partner_EmployeeID":"ABC123",` +
			`"errors":{"":["The property \"LastName\" is given twice (names match whatever their case)."],` +
			`"FirstName":["This field is required."]},"letter":ID}`,
		`{"index":5,"outcome":"created","id":ID,"Email":"eva@example.org","partner_EmployeeID":"8","letter":ID}`,
		`{"index":6,` + failed + `"jane@example.org","partner_EmployeeID":"ABC123",` +
			`"errors":{"":["The property \"user\" is given twice (names match whatever their case)."],` +
			`"Language":["This field is required."]},` +
			`"warnings":["Ignored, as these properties are not known here: \"first name\"."],"letter":null}`,
		`{"index":7,` + failed + `"two@example.org","partner_EmployeeID":"ABC123",` +
			`"errors":{"":["The property \"Email\" is given twice (names match whatever their case)."],` +
			`"LastName":["This field is required."]},"letter":null}`,
	}
	status, body := s.post(t, paye, "", `{"users":[`+strings.Join(items, ",")+`],"batch":{"n":1}}`)
	if status != 200 {
		t.Errorf("status %d", status)
	}
	same(t, "answer", strings.ReplaceAll(masked(body), `},{"index"`, "},\n{\"index\""),
		`{"success":false,"created":3,"existing":1,"failed":4,`+
			`"warnings":["Ignored, as these properties are not known here: \"batch\"."],"results":[`+
			strings.Join(results, ",\n")+`]}`)
}

// TestUnreadableItems holds that an item which can't be read sinks no other, and a body of one person alone.
func TestUnreadableItems(t *testing.T) {
	s := open(t)
	paye := s.add(t, store.PartnerInput{Name: "paye"})
	for i, test := range []struct{ value, sentence string }{
		{strings.Repeat("[", 40) + strings.Repeat("]", 40), "levels deep"},
		{`"\ud83d"`, "surrogate"},
		{`{` + strings.Repeat(`"x":1,`, 1000) + `"y":1}`, "more than 1000 properties"},
	} {
		wrong := changed(`"ABC123"`, test.value)
		fine := changed("jane@", fmt.Sprintf("jane%d@", i), `"ABC123"`, fmt.Sprintf(`"%d"`, i))
		for _, item := range []string{wrong, `{"user":` + wrong + `}`, `{"user":` + jane + `,"x":` + test.value + `}`,
			test.value} {
			status, body := s.post(t, paye, "?dryRun=true", `[`+item+`,`+fine+`]`)
			if status != 200 || !strings.Contains(body, `"created":1,"existing":0,"failed":1,`) ||
				!strings.Contains(body, test.sentence) && item != test.value {
				t.Errorf("%.80s: %d %.300s", item, status, body)
			}
		}
		if status, body := s.post(t, paye, "", `{"user":`+wrong+`}`); status != 400 ||
			!strings.Contains(body, test.sentence) {
			t.Errorf("alone: %d %.300s", status, body)
		}
		if status, body := s.post(t, paye, "", `{"x":`+test.value+`,"users":[`+fine+`]}`); status != 400 ||
			!strings.Contains(body, test.sentence) {
			t.Errorf("beside the list: %d %.300s", status, body)
		}
	}
}

// TestShapes holds that the shape decides, not the count, and what is no shape at all.
func TestShapes(t *testing.T) {
	s := open(t)
	paye := s.add(t, store.PartnerInput{Name: "paye"})
	const one, none = `{"success":true,"created":0,"existing":1,"failed":0,"results":[{"index":0,`,
		`{"success":true,"created":0,"existing":0,"failed":0,"results":[]}`
	for _, test := range []struct {
		body   string
		status int
		part   string
	}{
		{`{"user":` + jane + `}`, 201, `{"success":true,"result":"User was created."`},
		{"\ufeff" + `{"User":` + jane + `,"users":null}`, 200, `{"success":true,"result":"User already exists."`},
		{`{"users":[` + jane + `]}`, 200, one},
		{`{"USERS":[{"User":` + jane + `}]}`, 200, one},
		{`{"user":[` + jane + `]}`, 200, one},
		{`[` + jane + `]`, 200, one},
		{`[{"user":` + jane + `}]`, 200, one},
		{`[]`, 200, none}, {`{"users":[]}`, 200, none}, {`{"user":[]}`, 200, none},

		{``, 400, "empty"}, {`{`, 400, "ends before"}, {`{"user":` + jane + `}{}`, 400, "follows"},
		{"{\"user\":\"\xff\"}", 400, "UTF-8"},
		{`[` + jane + `,{"a":tru}]`, 400, "not valid JSON"}, {`[` + jane + `,"` + "\xff" + `"]`, 400, "UTF-8"},
		{`[{"a":1,"a":2},]`, 400, "not valid JSON"},
		{`7`, 400, "JSON object that holds user or users"}, {`null`, 400, "JSON object that holds"},
		{`"user"`, 400, "JSON object that holds"},
		{`{}`, 400, "neither user nor users"}, {`{"user":null}`, 400, "neither user nor users"},
		{jane, 400, "neither user nor users"},
		{`{"user":` + jane + `,"users":[]}`, 400, "both user and users"},
		{`{"user":5}`, 400, "user must be a person"}, {`{"user":"` + "jane" + `"}`, 400, "user must be a person"},
		{`{"users":` + jane + `}`, 400, "users must be a list"}, {`{"users":5}`, 400, "users must be a list"},
		{`{"user":` + jane + `,"user":` + jane + `}`, 400, `\"user\" is given twice`},
		{`{"users":[],"USERS":[]}`, 400, `\"users\" is given twice`},
		{`{"x":1,"X":1,"users":[]}`, 400, `\"X\" is given twice`},
		{`{"x":{"y":1,"y":2},"users":[]}`, 400, `\"y\" is given twice`},
		{`{"user":` + changed("FirstName", "LASTNAME") + `}`, 400, `\"LastName\" is given twice`},
		{`{"user":` + changed("FirstName", "LastName") + `}`, 400, `\"LastName\" is given twice`},
		{`{"user":` + changed(`"Jane"`, `{"a":1,"a":2}`) + `}`, 400, `\"a\" is given twice`},
		{`[` + strings.Repeat(`0,`, maxPeople) + `0]`, 413, "at most 10000 people"},
	} {
		status, body := s.post(t, paye, "", test.body)
		if status != test.status || !strings.Contains(body, test.part) {
			t.Errorf("%.60s: %d %.300s, want %d with %s", test.body, status, body, test.status, test.part)
		}
		if status == 400 && !strings.Contains(body, `"errors":{"":["`) {
			t.Errorf("%.60s: no errors in %s", test.body, body)
		}
	}
	if status, body := s.post(t, paye, "", `[`+strings.Repeat(`0,`, maxPeople-1)+`0]`); status != 200 ||
		!strings.Contains(body, fmt.Sprintf(`"failed":%d`, maxPeople)) {
		t.Errorf("the longest list: %d %.200s", status, body)
	}
	if status, _ := s.post(t, paye, "", strings.Repeat(" ", maxBody+1)); status != 413 {
		t.Errorf("a body that is too long: %d", status)
	}
}

// TestDryRun holds that a dry run answers as the call would, and does nothing.
func TestDryRun(t *testing.T) {
	s := open(t)
	paye, other := s.add(t, store.PartnerInput{Name: "paye"}), s.add(t, store.PartnerInput{Name: "other"})
	for _, test := range []struct {
		name, token, query, body string
		status                   int
		want                     string
	}{
		{"created", paye, "?dryRun=true", `{"user":` + jane + `}`, 201,
			`"outcome":"created","id":null,"Email":"jane@example.org","partner_EmployeeID":"ABC123","letter":null`},
		{"still created", paye, "?DRYRUN=true", `{"user":` + jane + `}`, 201, `"outcome":"created","id":null`},
		{"failed", paye, "?dryRun=true", `{"user":` + changed("FR-LIE", "XX") + `}`, 422,
			`"letter":null,"outcome":"failed"`},
		{"no dry run", paye, "?dryRun=false", `{"user":` + jane + `}`, 201, `"outcome":"created","id":"0`},
		{"existing", paye, "?dryRun=true", `{"user":` + changed("Johansson", "Claes") + `}`, 200,
			`"outcome":"existing","id":null,"updated":["LastName"]`},
		{"another partner's person is not told of", other, "?dryRun=true", `{"user":` + jane + `}`, 201,
			`"outcome":"created","id":null`},
		{"list", paye, "?dryRun=true", `[` + jane + `,` + changed("jane@", "jan@") + `,7]`, 200,
			`{"success":false,"created":1,"existing":1,"failed":1,"results":[{"index":0,"outcome":"existing","id":null`},
		{"true in capitals", paye, "?dryRun=TRUE", `{"user":` + changed("jane@", "never@") + `}`, 201,
			`"outcome":"created","id":null`},
		{"misspelt", paye, "?dryrn=true", `{"user":` + changed("jane@", "never@") + `}`, 400,
			`no parameter \"dryrn\", only dryRun=true; nothing was done`},
		{"with a hyphen", paye, "?dry-run=true", `[` + changed("jane@", "never@") + `]`, 400,
			`no parameter \"dry-run\"`},
		{"with a space", paye, "?dryRun%20=true", `{"user":` + changed("jane@", "never@") + `}`, 400, "no parameter"},
		{"something beside it", paye, "?dryRun=true&x=1", `{"user":` + changed("jane@", "never@") + `}`, 400,
			`no parameter \"x\"`},
		{"a value alone", paye, "?=true", `{"user":` + changed("jane@", "never@") + `}`, 400, "no parameter"},
		{"yes", paye, "?dryRun=yes", `{"user":` + changed("jane@", "never@") + `}`, 400,
			"dryRun must be true or false"},
		{"a space in the value", paye, "?dryRun=true%20", `{"user":` + changed("jane@", "never@") + `}`, 400,
			"dryRun must be true or false"},
		{"neither", paye, "?dryRun=1", `{"user":` + jane + `}`, 400, "dryRun must be true or false"},
		{"empty", paye, "?dryRun", `{"user":` + jane + `}`, 400, "dryRun must be true or false"},
		{"twice", paye, "?dryRun=true&dryrun=true", `{"user":` + jane + `}`, 400, "given twice"},
		{"unreadable query", paye, "?dryRun=true;x", `{"user":` + jane + `}`, 400, "percent-encode"},
		{"unreadable person", paye, "?dryRun=true", `{"user":` + changed("FirstName", "LASTNAME") + `}`, 400,
			"given twice"},
		{"unreadable body", paye, "?dryRun=true", `{"user":7}`, 400, "user must be a person"},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, body := s.post(t, test.token, test.query, test.body, "Idempotency-Key", "k"+test.name[:1])
			if status != test.status || !strings.Contains(body, test.want) {
				t.Errorf("%d %s, want %d with %s", status, body, test.status, test.want)
			}
		})
	}
	if letters, err := s.Letters(store.LetterFilter{}); err != nil || len(letters) != 1 {
		t.Errorf("%d letters, %v", len(letters), err)
	}
}
