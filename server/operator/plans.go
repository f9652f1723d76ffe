package operator

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/store"
)

const (
	longestCode   = 64  // of a bike plan, in characters
	longestClient = 200 // code points
)

// planLanguages are those of bikers' letters and pages, as the contract writes them.
var planLanguages = []string{"NL", "FR", "EN"}

// planCode reads the code of a bike plan. A comma would part it in the list of a partner's plans.
func planCode(text string) (code, wrong string) {
	for _, c := range []byte(text) {
		if c <= ' ' || c > '~' || c == ',' {
			return "", fmt.Sprintf("%q is no code of a bike plan: one has visible ASCII characters, and neither spaces nor commas.", text)
		}
	}
	if len(text) > longestCode {
		return "", fmt.Sprintf("The code of a bike plan has at most %d characters.", longestCode)
	}
	return text, ""
}

func (o *Operator) addPlan(c *web.Call) error {
	var plan store.Plan
	err := c.Decode(fields.Object{
		"code":     parsed(&plan.Code, true, planCode),
		"client":   fields.Name(&plan.Client, longestClient, true),
		"language": fields.Enum(&plan.Language, false, planLanguages...),
	})
	if err != nil {
		return err
	}
	plan.Language = strings.ToLower(plan.Language)
	added, err := o.Store.AddPlan(c.R.Context(), plan)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, viewPlan(added))
}

func (o *Operator) plans(c *web.Call) error {
	found, err := o.Store.Plans()
	if err != nil {
		return err
	}
	list := Page[Plan]{Items: make([]Plan, len(found))}
	for i, plan := range found {
		list.Items[i] = viewPlan(plan)
	}
	return c.JSON(http.StatusOK, list)
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
	if err := o.Store.RemovePlan(c.R.Context(), code); err != nil {
		return err
	}
	return c.NoContent()
}
