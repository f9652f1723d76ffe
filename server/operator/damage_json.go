package operator

import (
	"errors"
	"net/http"

	"postern/server/web"
	"postern/store/file"
	"postern/store/refuse"
)

// TellDamage makes what the operator's endpoints fail with for a damaged data file a sentence that says what to do.
// Elsewhere the log alone has it; here whoever asks is the operator, who has to act, and a command that reads the file
// itself has no log.
func TellDamage(routes []web.Route) []web.Route {
	for i := range routes {
		handle := routes[i].Handle
		routes[i].Handle = func(c *web.Call) error { return toldDamage(handle(c)) }
	}
	return routes
}

func toldDamage(err error) error {
	advice := file.Advice(err)
	if advice == "" {
		return err
	}
	var refusal *refuse.Refusal
	if errors.As(err, &refusal) { // a commit broke off: whether it was stored is said first
		advice = refusal.Reason + " The cause: " + advice
	}
	return &web.Problem{Status: http.StatusInternalServerError, Detail: advice, Cause: err}
}
