package command

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/template"

	"postern/server"
	"postern/server/operator"
	"postern/store"
)

// The made-up data of the demo, and the calls that it prints. The calls are a shell script: whatever is not a call is a
// comment, so that the whole can be pasted.
var (
	//go:embed demo/cleanings.json
	demoCleanings []byte
	//go:embed demo/calls.sh
	demoCalls string
)

const demoData = "./postern-demo"

func demo() command {
	return command{
		name: "demo", short: "runs the appliance on " + demoData + " with made-up data, and prints calls to try",
		long: "The calls can be pasted into a shell in their order. Letters stay in the built-in inbox.",
		prepare: func(*flag.FlagSet) action {
			return func(c *call, _ []string) error {
				config, err := demoConfig()
				if err != nil {
					return err
				}
				return c.demo(config)
			}
		},
	}
}

// demoConfig is the configuration in the environment, but for another data directory and a quieter log where none is set.
func demoConfig() (server.Config, error) {
	settings, err := server.ReadSettings()
	if err != nil {
		return server.Config{}, err
	}
	if os.Getenv("POSTERN_DATA") == "" {
		settings.Data = demoData
	}
	if os.Getenv("POSTERN_LOG_LEVEL") == "" {
		settings.Log.Level = "warn"
	}
	if settings.SMTP.URL != "" {
		return server.Config{}, errors.New("the demo's letters stay in the built-in inbox: unset POSTERN_SMTP_URL")
	}
	return settings.Parse()
}

func (c *call) demo(config server.Config) error {
	app, err := server.Open(config, newLogger(c.Err, config.LogFormat, config.LogLevel))
	if err != nil {
		return err
	}
	c.session = &session{RoundTripper: inProcess{app.Operator()}, end: app.Close}
	if err := c.fill(); err != nil {
		return err
	}
	if err := app.Listen(); err != nil {
		return err
	}
	if err := c.printCalls(config.WithAddress(app.Addr())); err != nil {
		return err
	}
	return app.Run(c.ctx)
}

// fill stores the made-up cleanings where there are none yet.
func (c *call) fill() error {
	var page operator.Page[store.Cleaning]
	if err := c.ask(http.MethodGet, "/cleanings", url.Values{"limit": {"1"}}, nil, &page); err != nil || len(page.Items) > 0 {
		return err
	}
	return c.ask(http.MethodPost, "/cleanings", nil, demoCleanings, nil)
}

// demoValues fill in the calls.
type demoValues struct {
	URL, Inbox, Data string
	Email            string // new at each start
	Complete, Reject string // cleanings whose loads are open; empty: none is left
}

func (c *call) printCalls(config server.Config) error {
	var page operator.Page[store.Cleaning]
	if err := c.ask(http.MethodGet, "/cleanings", nil, nil, &page); err != nil {
		return err
	}
	values := demoValues{
		URL: config.PublicURL.String(), Inbox: config.InboxURL().String(), Data: config.Data,
		Email: fmt.Sprintf("loader-%06d@example.org", rand.IntN(1_000_000)),
	}
	for _, one := range page.Items {
		switch open := one.Load.Status == store.LoadOpen && one.Status == store.SignedOff; {
		case open && values.Complete == "":
			values.Complete = one.ID.String()
		case open && values.Reject == "":
			values.Reject = one.ID.String()
		}
	}
	calls, err := template.New("calls").Funcs(template.FuncMap{"quote": shellQuote}).Parse(demoCalls)
	if err != nil {
		return err
	}
	return calls.Execute(c.Out, values)
}

// shellQuote makes one word of a text for a POSIX shell.
func shellQuote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
