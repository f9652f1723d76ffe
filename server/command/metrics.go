package command

import (
	"errors"
	"flag"
	"io"
	"net/http"

	"postern/server/metrics"
	"postern/server/operator"
)

func metricsCommand() command {
	return command{
		name: "metrics", args: "[--dashboard|--rules]", short: "prints what is counted, a dashboard for it, or alert rules",
		long: `Without a flag: what the appliance that runs counts, as /metrics answers it. --dashboard prints a dashboard to
import into Grafana, --rules alert rules for Prometheus; neither needs an appliance.`,
		examples: []string{"postern metrics", "postern metrics --dashboard > postern-dashboard.json",
			"postern metrics --rules > postern.rules.yml"},
		prepare: func(f *flag.FlagSet) action {
			dashboard := f.Bool("dashboard", false, "a dashboard for Grafana, as JSON")
			rules := f.Bool("rules", false, "alert rules for Prometheus, as YAML")
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error {
				switch {
				case *dashboard && *rules:
					return wrongUse("say --dashboard or --rules, not both")
				case *asJSON && (*dashboard || *rules):
					return wrongUse("--json is for the metrics themselves: a dashboard is JSON, and rules are YAML")
				case *dashboard:
					return printJSON(c.Out, metrics.NewDashboard())
				case *rules:
					_, err := io.WriteString(c.Out, metrics.Rules)
					return err
				}
				return c.metrics(*asJSON)
			}
		},
	}
}

// metrics prints what the appliance that runs has counted.
func (c *call) metrics(asJSON bool) error {
	if err := c.open(); err != nil {
		return err
	}
	if !c.session.running {
		return errors.New("no appliance is running, and nothing is counted without one: start it, and ask again")
	}
	var answer operator.MetricsText
	if err := c.ask(http.MethodGet, "/metrics", nil, nil, &answer); err != nil {
		return err
	}
	if asJSON {
		return printJSON(c.Out, answer)
	}
	_, err := io.WriteString(c.Out, answer.Text)
	return err
}
