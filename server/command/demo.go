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
	"path/filepath"
	"strings"
	"text/template"

	"postern/server"
	"postern/server/config"
	"postern/server/operator"
	"postern/server/wire"
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

// demoData is a directory of its own, so that nobody's real data is ever mixed with made-up ones by mistake.
const demoData = "./postern-demo"

func demo() command {
	return command{
		name: "demo", short: "runs the appliance on " + demoData + " with made-up data, and prints calls to try",
		long:     "The calls can be pasted into a shell in their order. Letters stay in the built-in inbox.",
		examples: []string{"postern demo", "POSTERN_LISTEN=127.0.0.1:8081 postern demo"},
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

// demoConfig is the configuration in the environment, but for another data directory and a quieter log where none is
// set.
func demoConfig() (config.Config, error) {
	settings, err := config.ReadSettings()
	if err != nil {
		return config.Config{}, err
	}
	if os.Getenv("POSTERN_DATA") == "" {
		settings.Data = demoData
	}
	if os.Getenv("POSTERN_LOG_LEVEL") == "" {
		settings.Log.Level = "warn"
	}
	if settings.SMTP.URL != "" {
		return config.Config{}, errors.New("the demo's letters stay in the built-in inbox: unset POSTERN_SMTP_URL")
	}
	parsed, err := settings.Parse()
	parsed.Demo = true
	return parsed, err
}

// demo opens the appliance, fills it by the same requests that the commands send, and only then answers: whoever pastes
// a call meets everything that the call is about.
func (c *call) demo(config config.Config) error {
	app, err := server.Open(server.Options{Config: config, Build: c.build(),
		Log: newLogger(c.Err, config.LogFormat, config.LogLevel)})
	if err != nil {
		return err
	}
	c.session = &session{RoundTripper: inProcess{app.Operator()}, end: app.Close}
	if err := c.fill(); err != nil {
		return err
	}
	file, token, err := c.partnerToken(config.Data)
	if err != nil {
		return err
	}
	if err := hideFromGit(config.Data); err != nil {
		return err
	}
	values := demoValues{Token: token, TokenFile: file, Document: filepath.Join(filepath.Dir(file), "eecd.pdf")}
	if err := c.printCalls(app.Config(), values); err != nil {
		return err
	}
	return app.Run(c.ctx)
}

// hideFromGit keeps what is in the demo's directory out of the checkout that it may lie in.
func hideFromGit(dir string) error {
	err := os.WriteFile(filepath.Join(dir, ".gitignore"), []byte("*\n"), 0o600)
	if err != nil {
		return fmt.Errorf("the demo's directory cannot be written: %w", err)
	}
	return nil
}

// fill stores the made-up cleanings and bike plans where there are none yet.
func (c *call) fill() error {
	return errors.Join(c.fillCleanings(), c.fillPlans())
}

func (c *call) fillCleanings() error {
	var page operator.Page[wire.StoredCleaning]
	if err := c.ask(http.MethodGet, "/cleanings", url.Values{"limit": {"1"}}, nil, &page); err != nil ||
		len(page.Items) > 0 {
		return err
	}
	return c.ask(http.MethodPost, "/cleanings", nil, demoCleanings, nil)
}

// openCleaning returns the first cleaning whose document is valid; empty where there is none.
func (c *call) openCleaning() (id string, err error) {
	var page operator.Page[wire.StoredCleaning]
	err = c.ask(http.MethodGet, "/cleanings", nil, nil, &page)
	for _, one := range page.Items {
		if one.Load.Status == store.LoadOpen && one.Status == store.SignedOff {
			return one.ID.String(), err
		}
	}
	return "", err
}

// demoValues fill in the calls.
type demoValues struct {
	URL, Inbox, Data string
	Token, TokenFile string // of the partner, and where it is kept
	Document         string // where a call puts the PDF that it gets
	Binary           string // how this program is called from any directory
	Number           string // new at each start: makes people and the cleaning new
	Page             string // a cleaning on whose page a driver can begin
}

// printCalls prints the calls with the values given and those that it finds out.
func (c *call) printCalls(config config.Config, values demoValues) (err error) {
	values.URL, values.Inbox = config.PublicURL.String(), config.InboxURL().String()
	if values.Data, err = filepath.Abs(config.Data); err != nil {
		return err
	}
	values.Binary, values.Number = binaryName(), fmt.Sprintf("%06d", rand.IntN(1_000_000))
	if values.Page, err = c.openCleaning(); err != nil {
		return err
	}
	calls, err := template.New("calls").Funcs(template.FuncMap{"quote": shellQuote}).Parse(demoCalls)
	if err != nil {
		return err
	}
	return calls.Execute(c.Out, values)
}

// binaryName is how this program is called from any directory.
func binaryName() string {
	name := os.Args[0]
	if strings.Contains(name, "/") {
		if path, err := filepath.Abs(name); err == nil {
			return path
		}
	}
	return name // by the PATH
}

// shellQuote makes one word of a text for a POSIX shell. Paths go into what people paste.
func shellQuote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
