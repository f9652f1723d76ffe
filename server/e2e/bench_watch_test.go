package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// BenchmarkWatch asks the real binary for /metrics and /readyz as a scraper does. Everybody is owed a letter, and the
// smarthost is silent, so that as many letters are queued as there are people.
func BenchmarkWatch(b *testing.B) {
	binary := buildBinary(b)
	forEachSize(b, func(b *testing.B, people int) {
		dir, _ := seededDir(b, people)
		p := launch(b, binary, benchSettings(dir, silentSmarthost(b))...)
		ask := func(path string) (took time.Duration, body string) {
			began := time.Now()
			answer, err := http.Get("http://" + p.address + path)
			if err != nil {
				b.Fatal(err)
			}
			defer answer.Body.Close()
			text, err := io.ReadAll(answer.Body)
			if err != nil || answer.StatusCode != http.StatusOK {
				b.Fatalf("%s %s, %v", path, answer.Status, err)
			}
			return time.Since(began), string(text)
		}
		first, _ := ask("/metrics")
		for want := fmt.Sprintf("postern_people{kind=\"user\"} %d\n", people); ; time.Sleep(50 * time.Millisecond) {
			if _, text := ask("/metrics"); strings.Contains(text, want) {
				break
			}
		}
		metrics, ready := newTimes(1), newTimes(1)
		for b.Loop() {
			took, _ := ask("/metrics")
			metrics.add(0, took)
			took, _ = ask("/readyz")
			ready.add(0, took)
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(first.Seconds()*1000, "first-ms")
		b.ReportMetric(metrics.quantile(0.5), "metrics-ms")
		b.ReportMetric(metrics.quantile(0.99), "metrics-p99-ms")
		b.ReportMetric(ready.quantile(0.5), "readyz-ms")
		b.ReportMetric(ready.quantile(0.99), "readyz-p99-ms")
		p.end(b)
	})
}
