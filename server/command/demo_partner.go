package command

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"postern/server/operator"
	"postern/store"
)

// demoPlans are made-up bike plans.
//
//go:embed demo/plans.json
var demoPlans []byte

const (
	demoPartner   = "demo-payroll"
	demoTokenFile = "demo-payroll.token" // in the data directory; the demo's next start needs the token again
)

// fillPlans stores the made-up bike plans where there are none yet.
func (c *call) fillPlans() error {
	var page operator.Page[operator.Plan]
	if err := c.ask(http.MethodGet, "/plans", nil, nil, &page); err != nil || len(page.Items) > 0 {
		return err
	}
	var plans []operator.Plan
	if err := json.Unmarshal(demoPlans, &plans); err != nil {
		return err
	}
	for _, plan := range plans {
		if err := c.ask(http.MethodPost, "/plans", nil, plan, nil); err != nil {
			return err
		}
	}
	return nil
}

// partnerToken returns the file with the demo's partner's token, and the token. The partner is added where it is
// missing; where its file is, too, it is given another token, which ends the lost one: the store has only hashes, and
// cannot tell it again.
func (c *call) partnerToken(dir string) (path, token string, err error) {
	if path, err = filepath.Abs(filepath.Join(dir, demoTokenFile)); err != nil {
		return "", "", err
	}
	kept, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", "", err
	}
	var page operator.Page[operator.Partner]
	if err := c.ask(http.MethodGet, "/partners", nil, nil, &page); err != nil {
		return "", "", err
	}
	i := slices.IndexFunc(page.Items, func(p operator.Partner) bool {
		return p.Name == demoPartner && p.RevokedAt.IsZero()
	})
	if i >= 0 {
		token = strings.TrimSpace(string(kept))
		whole := len(page.Items[i].Scopes) == len(store.Scopes) // a demo of before gave it less
		if whole && slices.ContainsFunc(page.Items[i].Tokens, func(t operator.KeptToken) bool {
			return token != "" && strings.HasSuffix(token, t.Last)
		}) {
			return path, token, nil
		}
		lost := operator.NamedPartner{Name: demoPartner}
		if err := c.ask(http.MethodPost, "/partners/revoke", nil, lost, nil); err != nil {
			return "", "", err
		}
	}
	var made operator.PartnerToken
	in := operator.PartnerRequest{Name: demoPartner} // with all scopes
	if err := c.ask(http.MethodPost, "/partners", nil, in, &made); err != nil {
		return "", "", err
	}
	return path, made.Token, writeSecret(path, made.Token)
}

// writeSecret puts a text and a line break into a file of mode 0600, in the place of what was there, whole or not at
// all.
func writeSecret(path, text string) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // made with mode 0600
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(file, text)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
