package browser

import (
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// qrCode has the partner print the document of a cleaning, and gives the link of the QR code as a phone reads it: off a
// picture of the paper. It must be that of the cleaning's page.
func (a *appliance) qrCode(t *testing.T, page, language string) (link string) {
	t.Helper()
	paper := filepath.Join(t.TempDir(), "paper")
	a.download(t, paper+".pdf", strings.Replace(page, "/eecd/", "/partner/v1/", 1)+"/document",
		"Authorization", "Bearer "+a.token, "Accept-Language", language)
	run(t, "pdftoppm", "-r", "100", "-png", "-singlefile", paper+".pdf", paper)
	link = strings.TrimSpace(run(t, "zbarimg", "--quiet", "--raw", paper+".png"))
	u, err := url.Parse(link)
	if err != nil || u.Path != page || !strings.HasPrefix(link, a.url) {
		t.Fatalf("the code says %q, %v", link, err)
	}
	return link
}

// run runs a program that install.sh has installed, and gives what it prints.
func run(t *testing.T, program string, words ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, words...).Output()
	if err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	return string(out)
}
