package command

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"postern/server/wire"
	"postern/store/guid"
)

func events() command {
	return command{
		name: "events", args: "[--follow] [--after N]", short: "prints the events, the oldest first",
		long: "With --json an event is one line. --follow goes on through a restart of the appliance, until it is " +
			"interrupted.",
		examples: []string{"postern events --after 1200", "postern events --follow --json"},
		prepare: func(f *flag.FlagSet) action {
			follow := f.Bool("follow", false, "go on with events as they happen")
			after := f.Uint64("after", 0, "begin after event `N`; without it, with the oldest that is kept")
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error {
				feed := feed{call: c, after: *after, asJSON: *asJSON}
				given := false
				f.Visit(func(set *flag.Flag) { given = given || set.Name == "after" })
				return feed.print(*follow, !given)
			}
		},
	}
}

// feed prints events.
type feed struct {
	*call
	after  uint64
	id     guid.ID // of the numbering; zero until a page has been read
	asJSON bool
}

// print prints what there is, and goes on as more comes where it is to follow. fromOldest: where the feed no longer
// holds its beginning, it begins with the oldest event that is kept.
func (f *feed) print(follow, fromOldest bool) error {
	for wait := ""; ; {
		n, err := f.page(wait)
		switch {
		case f.ctx.Err() != nil:
			return nil // the operator has seen enough
		case err != nil:
			if err = f.overcome(err, follow, fromOldest); err != nil {
				return err
			}
			fromOldest = false
		case n > 0:
		case !follow:
			return nil
		case !f.session.running:
			return fmt.Errorf("no appliance is running: there is nothing to follow")
		default:
			wait = "30s"
		}
	}
}

// overcome decides how to go on after an error; it returns those that end it all. Who follows goes on through an
// appliance's restart, also with another data file.
func (f *feed) overcome(err error, follow, fromOldest bool) error {
	var refused *refusal
	isRefusal, follows := errors.As(err, &refused), follow && !f.id.IsZero()
	switch {
	case isRefusal && refused.Oldest > 0 && fromOldest:
		f.after = refused.Oldest - 1
	case isRefusal && refused.Oldest > 0 && follows:
		fmt.Fprintf(f.Err, "postern: events %d to %d are no longer kept\n", f.after+1, refused.Oldest-1)
		f.after = refused.Oldest - 1
	case isRefusal && follows && refused.status == http.StatusConflict && refused.Feed != f.id:
		f.renumbered(refused.Feed)
		f.after = refused.Last
	case follows && (!isRefusal || refused.status == http.StatusServiceUnavailable):
		return f.awaitAppliance()
	default:
		return err
	}
	return nil
}

// renumbered says that the data file is another one, as after a restore.
func (f *feed) renumbered(id guid.ID) {
	f.id = id
	fmt.Fprintln(f.Err, "postern: the data file is another one than before: its events are numbered anew, and some of "+
		"them may have been passed over; postern events prints them all")
}

// redialEvery is how often an appliance that has stopped is looked for.
const redialEvery = 500 * time.Millisecond

// awaitAppliance returns once an appliance answers again, or the operator has seen enough. It does not open the data
// directory itself, which would keep that appliance out.
func (f *feed) awaitAppliance() error {
	fmt.Fprintln(f.Err, "postern: the appliance does not answer; events go on once it does")
	tick := time.NewTicker(redialEvery)
	defer tick.Stop()
	for {
		if reached, err := f.redial(); reached || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-f.ctx.Done():
			return nil
		}
	}
}

// page prints the next events and tells how many there were.
func (f *feed) page(wait string) (int, error) {
	query := url.Values{"after": {strconv.FormatUint(f.after, 10)}, "wait": {wait}}
	var page wire.Feed
	if err := f.ask(http.MethodGet, "/events", query, nil, &page); err != nil {
		return 0, err
	}
	if f.id.IsZero() {
		f.id = page.ID
	} else if f.id != page.ID {
		f.renumbered(page.ID)
	}
	for _, event := range page.Events {
		if err := printEvent(f.Out, event, f.asJSON); err != nil {
			return 0, err
		}
	}
	f.after = page.Next
	return len(page.Events), nil
}

func printEvent(out io.Writer, event wire.Event, asJSON bool) error {
	if asJSON {
		line, err := json.Marshal(event, json.Deterministic(true))
		if err == nil {
			_, err = fmt.Fprintf(out, "%s\n", line)
		}
		return err
	}
	line := fmt.Sprintf("%8d  %s  %-22s", event.Seq, clock(event.At), event.Type)
	for _, about := range []struct {
		what string
		id   guid.ID
	}{{"biker", event.Biker}, {"user", event.User}, {"cleaning", event.Cleaning}, {"letter", event.Letter}} {
		if !about.id.IsZero() {
			line += "  " + about.what + " " + about.id.String()
		}
	}
	if event.About != "" {
		line += "  " + inLine(event.About)
	}
	_, err := fmt.Fprintln(out, line)
	return err
}
