package operator

import "postern/store/guid"

// Prefix starts the path of every endpoint here.
const Prefix = "/operator/v1"

// Page is a stretch of a list. Next is the `after` of the following stretch, for letters the `before`; none: this is the
// last.
type Page[T any] struct {
	Items []T     `json:"items"`
	Next  guid.ID `json:"next,omitzero"`
}

// SmarthostCheck answers POST sending/check.
type SmarthostCheck struct {
	Inbox bool        `json:"inbox"` // there is no smarthost: letters go to the built-in inbox
	Steps []StepCheck `json:"steps"`
}

// StepCheck is a Step.
type StepCheck struct {
	Name   string `json:"name"`
	Detail string `json:"detail,omitzero"` // the smarthost's words, or what was found
	Fault  string `json:"fault,omitzero"`  // none: it went well
}

// ViewSmarthost is the answer to a check of the smarthost; no steps at all: there is none.
func ViewSmarthost(steps []Step) SmarthostCheck {
	view := SmarthostCheck{Inbox: len(steps) == 0, Steps: make([]StepCheck, len(steps))}
	for i, step := range steps {
		view.Steps[i] = StepCheck{Name: step.Name, Detail: step.Detail}
		if step.Err != nil {
			view.Steps[i].Fault = step.Err.Error()
		}
	}
	return view
}
