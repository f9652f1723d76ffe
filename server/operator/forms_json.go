package operator

import (
	"github.com/go-json-experiment/json"

	"postern/server/web/fields"
)

// What a page's form asks for is read by the readers of the acts' JSON: what is right is written once. Their error is a
// refusal with the faults of all fields, by the JSON's names.

// ReadPartner reads a partner to be added.
func ReadPartner(in PartnerRequest) (NewPartner, error) { return reread(in, partnerFields) }

// ReadPlan reads a bike plan to be added.
func ReadPlan(in Plan) (Plan, error) {
	return reread(map[string]string{"code": in.Code, "client": in.Client, "language": in.Language, "name": in.Name,
		"nextUrl": in.NextURL, "nextText": in.NextText}, planFields)
}

// ReadMove reads where a biker is to belong.
func ReadMove(in Move) (Move, error) { return reread(in, moveFields) }

// ReadTest reads a letter that is asked for as a test.
func ReadTest(in TestLetter) (TestLetter, error) { return reread(in, testFields) }

// ReadReason reads why a load is to be open again.
func ReadReason(text string) (string, error) {
	in, err := reread(Reopening{Reason: text}, reopeningFields)
	return in.Reason, err
}

func reread[T any](in any, object func(*T) fields.Object) (read T, err error) {
	body, err := json.Marshal(in)
	if err == nil {
		_, err = fields.Decode(body, object(&read))
	}
	return read, err
}
