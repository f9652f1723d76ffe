package command

import (
	"flag"
	"fmt"
	"net/http"
	"time"

	"postern/server/operator"
)

func consoleLink() command {
	return command{
		name: "console", short: "prints a link into the operator's console, which works once",
		long: `The console is a part of the running appliance, and answers on POSTERN_OPERATOR_LISTEN, else on this
machine alone. The link works for five minutes, by the button of the page that it opens; from another machine, forward
its port first: ssh -L 8080:127.0.0.1:8080 HOST.`,
		examples: []string{"postern console"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error {
				var link operator.Link
				if err := c.ask(http.MethodPost, "/console", nil, nil, &link); err != nil {
					return err
				}
				if *asJSON {
					return printJSON(c.Out, link)
				}
				if _, err := fmt.Fprintln(c.Out, link.URL); err != nil {
					return err
				}
				fmt.Fprintf(c.Err, "it works once, until %s; open it in a browser on this machine\n",
					link.ExpiresAt.Format(time.TimeOnly+" UTC"))
				return nil
			}
		},
	}
}
