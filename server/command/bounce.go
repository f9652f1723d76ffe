package command

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"postern/mail/bounce"
	"postern/mail/returns"
	"postern/server/operator"
)

func bounceCommand() command {
	return command{
		name: "bounce", args: "[FILE|-]", most: 1, short: "takes one message that came back, and says what became of it",
		long: `For a mail system's pipe, or by hand. Without a FILE the message is read from standard input.

What changes nothing, as a report that came before, is no failure: exit code 0, or the pipe's mail system would send the
message back once more. Exit code 1 says that it could not be written down: have it tried again.`,
		examples: []string{"postern bounce returned.eml", "postern bounce < returned.eml"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, args []string) error {
				message, err := c.returnedMessage(args)
				if err != nil {
					return err
				}
				var taken operator.Bounce
				if err := c.ask(http.MethodPost, "/bounces", nil, mailBody(message), &taken); err != nil {
					return err
				}
				if *asJSON {
					return printJSON(c.Out, taken)
				}
				_, err = fmt.Fprintln(c.Out, inLine(whatBecame(taken)))
				return err
			}
		},
	}
}

// returnedMessage reads a message, as far as it is looked at. The rest is read too, as who writes into a pipe that is
// closed takes that for a failure.
func (c *call) returnedMessage(args []string) ([]byte, error) {
	in := c.In
	if len(args) == 1 && args[0] != "-" {
		file, err := os.Open(args[0])
		if err != nil {
			return nil, fmt.Errorf("the message cannot be read: %w", err)
		}
		defer file.Close()
		in = file
	}
	message, err := io.ReadAll(io.LimitReader(in, bounce.MaxMessage))
	if err == nil {
		_, err = io.Copy(io.Discard, in)
	}
	if err != nil {
		return nil, fmt.Errorf("the message cannot be read: %w", err)
	}
	return message, nil
}

// whatBecame says in a sentence what became of a message.
func whatBecame(b operator.Bounce) string {
	letter := "letter " + b.LetterID.String()
	switch b.Outcome {
	case returns.Failed:
		return letter + " is failed, " + strings.TrimSuffix(b.Reason, ".") + "; postern letter retry sends it again"
	case returns.Delayed, returns.Delivered, returns.Relayed, returns.Expanded:
		return "noted on " + letter + ", which stays " + string(b.State) + ": " + string(b.Outcome)
	case returns.Noted:
		return "noted on " + letter + ", which stays " + string(b.State)
	case returns.Repeated:
		return "nothing is done: " + letter + ", " + string(b.State) + ", has this report already"
	case returns.Unmatched:
		return "nothing is done: it is a report, and leads to no letter that is kept"
	case returns.Unread:
		return "nothing is done: it is no report that is understood, and leads to no letter"
	}
	return "nothing is done: it is no report, but an answer or something else"
}
