package e2e

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkStart runs the real binary until it listens: on an empty directory, and on one with people in it.
func BenchmarkStart(b *testing.B) {
	binary := buildBinary(b)
	measure := func(b *testing.B, prepare func() (dir string)) {
		sink := silentSmarthost(b)
		var took []float64
		for b.Loop() {
			dir := prepare()
			began := time.Now()
			p := launch(b, binary, benchSettings(dir, sink)...)
			took = append(took, time.Since(began).Seconds()*1000)
			p.end(b)
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(median(took), "ms")
	}
	b.Run("empty", func(b *testing.B) { measure(b, b.TempDir) })
	forEachSize(b, func(b *testing.B, people int) {
		dir, _ := seededDir(b, people) // for 0: a second start
		measure(b, func() string { return dir })
	})
}

// BenchmarkMemory looks at the real binary's anonymous memory: idle, and at its most while 64 connections register
// 50,000 people. The size of the binary is told beside it.
func BenchmarkMemory(b *testing.B) {
	binary := buildBinary(b)
	about, err := os.Stat(binary)
	if err != nil {
		b.Fatal(err)
	}
	forEachSize(b, func(b *testing.B, people int) {
		dir, _ := seededDir(b, people)
		for b.Loop() {
			p := launch(b, binary, benchSettings(dir, silentSmarthost(b))...)
			b.ReportMetric(p.idleMemory(b), "idle-MB")
			register := registering(rawClients(b, p.address, 64))
			most := 0.0
			for range 50 {
				if _, err := together(64, 1000, register); err != nil {
					b.Fatal(err)
				}
				most = max(most, p.memory(b))
			}
			b.ReportMetric(most, "busy-MB")
			p.end(b)
		}
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(float64(about.Size())/1e6, "binary-MB")
	})
}

// buildBinary builds the product as make build does.
func buildBinary(b *testing.B) (path string) {
	b.Helper()
	path = filepath.Join(b.TempDir(), "postern")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, "postern")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		b.Fatalf("building: %v\n%s", err, said)
	}
	return path
}

// launched is the real binary in a process of its own.
type launched struct {
	*exec.Cmd
	address string
	ended   chan struct{} // closed when it says nothing more
}

var listeningLine = regexp.MustCompile(`"address":"([^"]+)".*"listening"`)

// launch starts the binary and returns when it listens.
func launch(b *testing.B, binary string, settings ...string) *launched {
	b.Helper()
	p := &launched{Cmd: exec.Command(binary, "serve"), ended: make(chan struct{})}
	p.Env = append(os.Environ(), "POSTERN_LISTEN=127.0.0.1:0")
	for _, setting := range settings {
		p.Env = append(p.Env, "POSTERN_"+setting)
	}
	said, err := p.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := p.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = p.Process.Kill() })
	lines := bufio.NewReader(said)
	for heard := ""; ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			b.Fatalf("the appliance did not start:\n%s", heard+line)
		}
		heard += line
		if found := listeningLine.FindStringSubmatch(line); found != nil {
			p.address = found[1]
			break
		}
	}
	go func() { // the pipe must not fill up
		defer close(p.ended)
		_, _ = io.Copy(io.Discard, lines)
	}()
	return p
}

// end stops the process as an operator does, and waits for it.
func (p *launched) end(b *testing.B) {
	b.Helper()
	_ = p.Process.Signal(syscall.SIGTERM)
	<-p.ended
	if err := p.Wait(); err != nil {
		b.Fatalf("stopping: %v", err)
	}
}

// memory is RssAnon in MB.
func (p *launched) memory(b *testing.B) float64 {
	b.Helper()
	mb, err := p.status("RssAnon")
	if err != nil {
		b.Skip(err)
	}
	return mb
}

// status reads one of the process's figures of memory, in MB.
func (p *launched) status(name string) (mb float64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if words := strings.Fields(line); words[0] == name+":" {
			kib, err := strconv.Atoi(words[1])
			return float64(kib) * 1024 / 1e6, err
		}
	}
	return 0, fmt.Errorf("there is no %s here", name)
}

// watch looks at a figure of memory every 5 ms until stop, which gives the most that there was.
func (p *launched) watch(name string) (stop func() float64) {
	most := 0.0
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			now, _ := p.status(name)
			most = max(most, now)
			select {
			case <-tick.C:
			case <-end:
				return
			}
		}
	}()
	return func() float64 {
		close(end)
		<-ended
		return most
	}
}

// idleMemory looks until the memory has been the same, within 1 %, for a second, and two have passed.
func (p *launched) idleMemory(b *testing.B) float64 {
	b.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	last, same := p.memory(b), 0
	for looks := 0; looks < 20 || same < 10; looks++ {
		<-tick.C
		now := p.memory(b)
		if same++; now > 1.01*last || now < 0.99*last {
			last, same = now, 0
		}
	}
	return last
}
