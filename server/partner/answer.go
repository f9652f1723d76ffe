package partner

import (
	"net/http"

	"postern/server/web"
	"postern/server/web/fields"
	"postern/store"
	"postern/store/guid"
)

// listed answers a list.
type listed struct {
	Success  bool     `json:"success" doc:"Whether nobody failed."`
	Created  int      `json:"created" doc:"How many are new."`
	Existing int      `json:"existing" doc:"How many were there already."`
	Failed   int      `json:"failed" doc:"How many break a rule."`
	Warnings []string `json:"warnings,omitempty" doc:"About what stands beside the people."`
	Results  []result `json:"results" doc:"In the order of the list."`
}

// SchemaName is what its schema is called.
func (listed) SchemaName() string { return "PeopleOutcome" }

// result is what a list's answer says of one person.
type result struct {
	Index   int                `json:"index" doc:"The place in the list, from 0."`
	Outcome store.BikerOutcome `json:"outcome"`
	About   *about             `json:",embed"` // nil once the person has been erased
}

// SchemaName is what its schema is called.
func (result) SchemaName() string { return "PersonInList" }

// about has Errors and Warnings only where there are some: a list can be long.
type about struct {
	ID         *guid.ID            `json:"id" doc:"Null: of nobody, or of another partner's person."`
	Updated    []string            `json:"updated,omitempty" doc:"The fields that were changed."`
	Email      *string             `json:"Email" doc:"As it was sent."`
	EmployeeID *string             `json:"partner_EmployeeID"`
	Errors     map[string][]string `json:"errors,omitempty" doc:"Sentences by field."`
	Warnings   []string            `json:"warnings,omitempty" doc:"What was taken, but looks wrong."`
	Letter     *guid.ID            `json:"letter" doc:"The letter that is owed; null: none is."`
}

// registered answers for a person alone who is there now.
type registered struct {
	Success bool               `json:"success" doc:"Always true."`
	Result  string             `json:"result"`
	Outcome store.BikerOutcome `json:"outcome"`
	About   *aboutOne          `json:",embed"` // nil once the person has been erased
}

// SchemaName is what its schema is called.
func (registered) SchemaName() string { return "PersonOutcome" }

type aboutOne struct {
	ID         *guid.ID `json:"id" doc:"Null: of another partner's person, or of a dry run's."`
	Updated    []string `json:"updated,omitzero" doc:"The fields that were changed; absent where the person is new."`
	Email      *string  `json:"Email" doc:"As it was sent."`
	EmployeeID *string  `json:"partner_EmployeeID"`
	Letter     *guid.ID `json:"letter" doc:"The letter that is owed; null: none is."`
	Warnings   []string `json:"warnings" doc:"What was taken, but looks wrong."`
}

// The words of the result member, as the sister call user.login of the same API has them where the seed is silent.
var resultTexts = map[store.BikerOutcome]string{
	store.BikerCreated:  "User was created.",
	store.BikerExisting: "User already exists.",
	store.BikerFailed:   "Registration failed.",
}

const failedDetail = "The person can't be registered as sent; errors says why, by field."

// answer renders results, and gives back what the call held before it writes them. The same results give the same
// bytes, whenever.
func (in *posted) answer(c *web.Call, a store.BikerAnswer, held *held) error {
	if in.single {
		return answerOne(c, a, held)
	}
	list := listed{Results: make([]result, len(a.Results))}
	if len(in.unknown) > 0 {
		list.Warnings = []string{ignored(in.unknown)}
	}
	for i := range a.Results {
		r := &a.Results[i]
		switch r.Outcome {
		case store.BikerCreated:
			list.Created++
		case store.BikerExisting:
			list.Existing++
		default:
			list.Failed++
		}
		list.Results[i] = result{Index: i, Outcome: r.Outcome}
		if !r.Erased {
			list.Results[i].About = &about{ID: told(r), Updated: r.Updated, Email: fields.OrNull(&r.Email),
				EmployeeID: fields.OrNull(&r.EmployeeID),
				Errors:     r.Errors, Warnings: r.Warnings, Letter: idOrNull(&r.Letter)}
		}
	}
	list.Success = list.Failed == 0
	return c.JSONThen(http.StatusOK, list, held.encoded)
}

func answerOne(c *web.Call, a store.BikerAnswer, held *held) error {
	r := &a.Results[0]
	switch r.Outcome {
	case store.BikerCreated:
		return c.JSONThen(http.StatusCreated, one(r), held.encoded)
	case store.BikerExisting:
		return c.JSONThen(http.StatusOK, one(r), held.encoded)
	}
	if a.Kept {
		c.Log().Debug().Str("first", a.TraceID).Msg("a kept answer is given again")
	}
	extra := map[string]any{"success": false, "result": resultTexts[r.Outcome], "outcome": r.Outcome}
	if !r.Erased {
		warnings := r.Warnings
		if warnings == nil {
			warnings = []string{}
		}
		extra["Email"], extra["partner_EmployeeID"] = fields.OrNull(&r.Email), fields.OrNull(&r.EmployeeID)
		extra["letter"], extra["warnings"] = idOrNull(&r.Letter), warnings
	}
	return &web.Problem{Status: http.StatusUnprocessableEntity, TraceID: a.TraceID, Detail: failedDetail,
		Fields: r.Errors, Extra: extra}
}

func one(r *store.BikerResult) registered {
	answer := registered{Success: true, Result: resultTexts[r.Outcome], Outcome: r.Outcome}
	if r.Erased {
		return answer
	}
	answer.About = &aboutOne{ID: told(r), Email: fields.OrNull(&r.Email), EmployeeID: fields.OrNull(&r.EmployeeID),
		Letter: idOrNull(&r.Letter), Warnings: r.Warnings}
	if r.Outcome == store.BikerExisting {
		answer.About.Updated = append([]string{}, r.Updated...)
	}
	return answer
}

// told returns the person's id where this partner may know it.
func told(r *store.BikerResult) *guid.ID {
	if !r.Mine {
		return nil
	}
	return idOrNull(&r.Biker)
}

func idOrNull(id *guid.ID) *guid.ID {
	if id.IsZero() {
		return nil
	}
	return id
}
