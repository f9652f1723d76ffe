package e2e

import (
	"net/http"

	"postern/server/apitest"
	"postern/server/web"
)

// checkAnswers holds every answer from now on to the description of its route.
func (t *testApp) checkAnswers() error {
	public, socket, err := t.Routes()
	if err != nil {
		return err
	}
	for client, routes := range map[*http.Client][]web.Route{t.client: public, t.operator: socket} {
		checker, err := apitest.New(routes...)
		if err != nil {
			return err
		}
		client.Transport = checker.Transport(client.Transport)
	}
	return nil
}
