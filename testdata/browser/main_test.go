// Package browser drives Postern's pages in a real Chromium, against a real appliance with its built-in inbox: what a
// person does by mouse or by keyboard alone, with scripts and without, in each language; what mail scanners do to links
// before; and what each page looks like. `make browser` in the repository's root installs what is missing and runs it.
//
// It is a module of its own, so that the product's dependencies do not include a browser's protocol.
package browser

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
)

var (
	binary  = flag.String("postern", "../../.build/postern", "the binary to run")
	axeFile = flag.String("axe", "", "axe.min.js of axe-core")

	pictures = flag.Bool("pictures", false, "keep a picture of each page at each width, in "+shots)
)

// shots is where the pictures are kept; it is emptied first.
const shots = "shots"

// What all tests share, made by TestMain before any runs.
var (
	browser context.Context // a Chromium that runs
	axe     string          // the source of axe-core
	postern *appliance
	hooks   *receiver // of its events
)

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runAll(m *testing.M) (code int, err error) {
	source, err := os.ReadFile(*axeFile)
	if err != nil {
		return 0, fmt.Errorf("-axe must name axe.min.js of axe-core: %w", err)
	}
	axe = string(source)
	if err := os.RemoveAll(shots); err != nil {
		return 0, err
	}
	if err := os.MkdirAll(shots, 0o755); err != nil {
		return 0, err
	}
	// Without its sandbox the browser runs as root in a container too; it sees only pages of this machine.
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	defer cancel()
	browser, cancel = chromedp.NewContext(allocator)
	defer cancel()
	if err := chromedp.Do(browser); err != nil {
		return 0, fmt.Errorf("starting Chromium: %w", err)
	}
	secrets, err := os.MkdirTemp("", "postern-browser-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(secrets)
	if hooks, err = newReceiver(secrets); err != nil {
		return 0, err
	}
	// Everybody here is one client, and nobody is to wait a minute for the next letter.
	settings := append(hooks.settings(), "ORGANISATION=Synthetische Fietsplannen",
		"PRIVACY_URL=https://example.org/privacy", "CONTACT=Fietsloket <fietsloket@example.org>",
		"LIMIT_REGISTER=off", "LIMIT_SIGN_IN=off", "LIMIT_ADDRESS_LETTERS=off", "LIMIT_STRANGER_LETTERS=off")
	if postern, err = startAppliance(settings...); err != nil {
		return 0, err
	}
	code = m.Run()
	return code, errors.Join(postern.stop(), hooks.stop())
}
