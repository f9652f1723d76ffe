package browser

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestQRCode reads the code on the paper as a phone does: off a picture of the rendered document. It leads to the page.
func TestQRCode(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"pdftoppm", "zbarimg"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is missing: install.sh installs it", tool)
		}
	}
	const email = "qr@example.org"
	page := postern.newCleaning(t, nil)
	postern.registerUser(t, email, "")
	var answer struct{ UserToken string }
	postern.json(t, http.MethodPost, "/non-license-user/activate",
		map[string]string{"ConfirmationToken": query(t, postern.activation(t, email), "token")}, &answer)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		postern.url+strings.Replace(page, "/eecd/", "/non-license-user/", 1)+"/document", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-NALLIAN-TOKEN", answer.UserToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	paper := filepath.Join(t.TempDir(), "paper")
	file, err := os.Create(paper + ".pdf")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.ReadFrom(response.Body); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("pdftoppm", "-r", "100", "-png", "-singlefile", paper+".pdf", paper).CombinedOutput()
	if err != nil {
		t.Fatalf("pdftoppm: %v: %s", err, out)
	}
	code, err := exec.Command("zbarimg", "--quiet", "--raw", paper+".png").Output()
	if err != nil {
		t.Fatalf("zbarimg: %v", err)
	}
	link, err := url.Parse(strings.TrimSpace(string(code)))
	if err != nil || link.Path != page || !strings.HasPrefix(link.String(), postern.url) {
		t.Fatalf("the code says %q, %v", code, err)
	}
	phone := postern.newTab(t, "nl")
	phone.visit(http.StatusOK, link.String())
	phone.shows("GELDIG", "-002")
}
