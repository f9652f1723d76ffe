package operator

import (
	"time"

	"postern/store/refuse"
)

// Link leads into the operator's console, once.
type Link struct {
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// MakeConsoleLink makes a link into the console of the appliance that runs.
func (o *Operator) MakeConsoleLink() (Link, error) {
	if o.ConsoleLink == nil {
		return Link{}, refuse.New(refuse.Conflict,
			"The console is a part of the running appliance, and none runs on this data directory: "+
				"start it by postern serve, then ask again.")
	}
	return o.ConsoleLink()
}
