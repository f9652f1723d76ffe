package smtp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"

	"postern/mail/refusal"
)

// The values of Options.Auth.
const (
	authPlain   = "plain"
	authLogin   = "login"
	authXOAuth2 = "xoauth2"
)

// xoauth2Name is the mechanism as EHLO offers it.
const xoauth2Name = "XOAUTH2"

// authenticate logs in, and returns the mechanism by which it did. It comes after the EHLO within TLS: what was offered
// in the clear counts for nothing (RFC 3207 §4.2).
func (h *Smarthost) authenticate(ctx context.Context, s *session) (string, *fault) {
	name, mechanism, err := h.mechanism(ctx, s.client)
	if err != nil {
		return "", &fault{phase: PhaseAuth, err: err, login: isRefusedToken(err)}
	}
	s.dialogue.auth = true // see dialogue.Write
	err = s.client.Auth(mechanism)
	s.dialogue.auth = false
	if err == nil {
		return name, nil
	}
	if h.tokens != nil {
		// It may have been revoked before its time: the next login fetches another one. What was at fault, it or the
		// user, the answer does not tell.
		h.tokens.forget()
	}
	return "", &fault{phase: PhaseAuth, err: err, login: refusesLogin(err)}
}

// refusesLogin reports whether AUTH was refused because of who we say we are (RFC 4954 §6: 535, 534, 538, 530; and what
// else servers put in their place). Not so where it is refused for now (4xx), where the server has no such command or
// mechanism (50x), takes no mail at all (521) or speaks by its status code of something else than security.
func refusesLogin(err error) bool {
	refused, ok := errors.AsType[*gosmtp.SMTPError](err)
	if !ok || refused.Code/100 != 5 || refused.Code/10 == 50 || refused.Code == 521 {
		return false
	}
	status := cmp.Or(enhanced(refused.EnhancedCode), refusal.StatusIn(refused.Code, refused.Message))
	return status == "" || strings.HasPrefix(status, "5.7.")
}

// mechanism chooses how to authenticate. An access token is fetched only where the smarthost takes one. PLAIN and LOGIN
// send the password itself; go-sasl does not look whether there is TLS, so that is settled before (secure).
func (h *Smarthost) mechanism(ctx context.Context, client *gosmtp.Client) (string, sasl.Client, error) {
	user, password, wanted := h.options.Username, h.options.Password, h.options.Auth
	switch {
	case wanted == authXOAuth2 && client.SupportsAuth(xoauth2Name):
		token, err := h.tokens.get(ctx)
		return xoauth2Name, &xoauth2{user: user, token: token}, err
	case (wanted == "" || wanted == authPlain) && client.SupportsAuth(sasl.Plain):
		return sasl.Plain, sasl.NewPlainClient("", user, password), nil
	case (wanted == "" || wanted == authLogin) && client.SupportsAuth(sasl.Login):
		return sasl.Login, &login{answers: []string{user, password}}, nil
	}
	_, offered := client.Extension("AUTH")
	return "", nil, fmt.Errorf("the smarthost offers no way to authenticate that is wanted here; it offers %q", offered)
}

// login is AUTH LOGIN as servers speak it: they ask for the name, then for the password, in whatever words. (go-sasl's
// sends the name unasked and then takes no question but "Password:".)
type login struct{ answers []string }

// Start names the mechanism and says nothing else, so that every server asks for the name first.
func (l *login) Start() (string, []byte, error) { return sasl.Login, nil, nil }

// Next answers the next question.
func (l *login) Next([]byte) ([]byte, error) {
	if len(l.answers) == 0 {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	answer := l.answers[0]
	l.answers = l.answers[1:]
	return []byte(answer), nil
}

// xoauth2 is AUTH XOAUTH2 as Microsoft 365 and Google speak it. (go-sasl has dropped it for OAUTHBEARER, RFC 7628,
// which Microsoft does not offer.)
type xoauth2 struct {
	user, token string
	refused     bool
}

// Start sends name and token at once.
func (x *xoauth2) Start() (string, []byte, error) {
	return xoauth2Name, []byte("user=" + x.user + "\x01auth=Bearer " + x.token + "\x01\x01"), nil
}

// Next answers the one question there may be, which holds what is wrong with the token as JSON. It wants an empty line,
// and only then comes the refusal.
func (x *xoauth2) Next([]byte) ([]byte, error) {
	if x.refused {
		return nil, sasl.ErrUnexpectedServerChallenge
	}
	x.refused = true
	return []byte{}, nil
}
