package operator

import (
	"cmp"
	"fmt"
	"net/url"

	"postern/server/web"
	"postern/server/web/fields"
)

const (
	longestCode   = 64  // of a bike plan, in characters
	longestClient = 200 // code points
	longestNext   = 1000
	longestURL    = 2000
)

// planLanguages are those of bikers' letters and pages, as registrations write them.
var planLanguages = []string{"NL", "FR", "EN"}

// planCode reads the code of a bike plan. A comma would part it in the list of a partner's plans.
func planCode(text string) (code, wrong string) {
	for _, c := range []byte(text) {
		if c <= ' ' || c > '~' || c == ',' {
			return "", fmt.Sprintf(
				"%q cannot be the code of a bike plan: a code has visible ASCII characters only, and no commas.", text)
		}
	}
	if len(text) > longestCode {
		return "", fmt.Sprintf("The code of a bike plan has at most %d characters.", longestCode)
	}
	return text, ""
}

// webAddress reads a URL that people are sent to.
func webAddress(text string) (address, wrong string) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
		return "", fmt.Sprintf("%q is not a web address: write it as https://bikes.example.org/start.", text)
	}
	if len(text) > longestURL {
		return "", fmt.Sprintf("A web address has at most %d characters here.", longestURL)
	}
	return u.String(), ""
}

// planFields are the properties of POST plans.
func planFields(plan *Plan) fields.Object {
	return fields.Object{
		"code":     parsed(&plan.Code, true, planCode),
		"client":   fields.Name(&plan.Client, longestClient, true),
		"language": fields.Enum(&plan.Language, false, planLanguages...),
		"name":     fields.Name(&plan.Name, longestClient, false),
		"nextUrl":  parsed(&plan.NextURL, false, webAddress),
		"nextText": fields.Text(&plan.NextText, fields.Limits{Max: longestNext, Lines: true}),
	}
}

func (o *Operator) addPlan(c *web.Call) error {
	var plan Plan
	if err := c.Decode(planFields(&plan)); err != nil {
		return err
	}
	added, err := o.AddPlan(c.R.Context(), plan)
	return answer(c, added, err)
}

func (o *Operator) plans(c *web.Call) error {
	all, err := o.Plans()
	return answer(c, Page[Plan]{Items: all}, err)
}

func (o *Operator) removePlan(c *web.Call) error {
	q := readQuery(c)
	code, wrong := planCode(fields.Trim(q.values.Get("code")))
	if wrong != "" || code == "" {
		q.fault("code", cmp.Or(wrong, "Name the bike plan by its code."))
	}
	if err := q.err(); err != nil {
		return err
	}
	return done(c, o.RemovePlan(c.R.Context(), code))
}
