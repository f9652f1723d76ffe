package operator

import (
	"net/http"
	"time"

	"postern/server/doctor"
	"postern/server/web"
)

// MetricsText is what is counted.
type MetricsText struct {
	Text string `json:"text" doc:"In Prometheus's text format."`
}

// doctor examines the appliance, which asks others and takes as long as the slowest of them.
func (o *Operator) doctor(c *web.Call) error {
	_ = http.NewResponseController(c.W).SetWriteDeadline(time.Time{}) // called in process there is no deadline
	report, err := o.Doctor(c.R.Context())
	return answer(c, report, err)
}

func (o *Operator) metrics(c *web.Call) error {
	text, err := o.Metrics()
	return answer(c, MetricsText{string(text)}, err)
}

// watchRoutes are about the appliance as a whole.
func (o *Operator) watchRoutes() []web.Route {
	return []web.Route{
		post("/doctor", o.doctor, web.Doc{
			ID: "examine", Summary: "Look at the appliance from all sides, and say what to mend",
			Text: "It dials the smarthost, asks DNS and calls the public URL; nothing is sent.",
			Out:  []web.Answer{shows[doctor.Report]("What was found.")},
		}),
		get("/metrics", o.metrics, web.Doc{
			ID: "showMetrics", Summary: "Read what is counted", Out: []web.Answer{shows[MetricsText]("It.")},
		}),
	}
}
