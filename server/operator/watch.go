package operator

import (
	"bytes"
	"context"
	"io"

	"postern/server/doctor"
	"postern/store/refuse"
)

// Examiner looks at the appliance that runs from all sides.
type Examiner func(ctx context.Context) doctor.Report

// MetricsWriter writes what is counted, as Prometheus text.
type MetricsWriter func(io.Writer) error

// errNotRunning refuses what only an appliance that runs can tell.
var errNotRunning = refuse.New(refuse.Unavailable,
	"No appliance is running, and nothing is counted without one: start it, and ask again.")

// Doctor examines the appliance, and says what to mend.
func (o *Operator) Doctor(ctx context.Context) (doctor.Report, error) {
	if o.Examine == nil {
		return doctor.Report{}, errNotRunning
	}
	return o.Examine(ctx), nil
}

// Metrics returns what is counted, as Prometheus text.
func (o *Operator) Metrics() ([]byte, error) {
	if o.WriteMetrics == nil {
		return nil, errNotRunning
	}
	var text bytes.Buffer
	err := o.WriteMetrics(&text)
	return text.Bytes(), err
}
