package fields

import "github.com/go-json-experiment/json/jsontext"

// ReadForm reads what a page's form has posted by the readers of a JSON body, so that its rules are written once. It
// returns the faults by field, none where all is well; pages say them in words of their own. What the readers have
// filled in is not to be used beside faults.
func ReadForm(form map[string]string, o Object) (faults map[string][]string) {
	var r Report
	for name, reader := range o {
		var value jsontext.Value
		if text, posted := form[name]; posted {
			value, _ = jsontext.AppendQuote(nil, text) // a page's form is valid UTF-8
		}
		reader.Read(value, name, &r)
	}
	return r.Faults
}
