package metrics

import (
	"os"
	"runtime/metrics"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// writeProcess writes what a process is watched by, under the names that Prometheus's own clients use: dashboards and
// alert rules that are made for any Go program fit. What the system does not tell, as in a container without /proc, is
// left out, and is no error.
func writeProcess(t *text, started time.Time) {
	since := float64(started.UnixMilli()) / 1000
	t.single("process_start_time_seconds", gauge, "When the process started, in seconds since 1970.", since)
	var used syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &used) == nil {
		seconds := time.Duration(used.Utime.Nano() + used.Stime.Nano()).Seconds()
		t.single("process_cpu_seconds_total", counter, "Processor time used.", seconds)
	}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		t.single("process_open_fds", gauge, "Open file descriptors.", float64(len(open)))
	}
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		t.single("process_max_fds", gauge, "How many file descriptors may be open.", float64(limit.Cur))
	}
	writeMemory(t)
	writeRuntime(t)
}

// writeMemory writes what the kernel says of the process's memory (proc(5), status). The data file is mapped into
// memory, so that resident memory grows with what is read of it and is the kernel's to take back; what the process
// needs for itself is the anonymous part, which the clients of Prometheus have no name for.
func writeMemory(t *text) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return
	}
	fields := make(map[string]float64)
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		value, inKB := strings.CutSuffix(strings.TrimSpace(value), " kB")
		if n, err := strconv.ParseFloat(value, 64); err == nil && inKB {
			fields[name] = n * 1024
		}
	}
	for _, m := range []struct{ field, name, help string }{
		{"VmSize", "process_virtual_memory_bytes", "Address space, with the map of the data file."},
		{"VmRSS", "process_resident_memory_bytes", "Memory in use, with the pages of the data file that are in it."},
		{"RssAnon", "process_resident_memory_anon_bytes", "Memory in use without the pages of files."},
	} {
		if value, there := fields[m.field]; there {
			t.single(m.name, gauge, m.help, value)
		}
	}
}

// goMetrics are those of the Go runtime.
var goMetrics = []struct{ sample, name, kind, help string }{
	{"/sched/goroutines:goroutines", "go_goroutines", gauge, "Goroutines that exist."},
	{"/sched/gomaxprocs:threads", "go_sched_gomaxprocs_threads", gauge, "Threads that may run Go code at once."},
	{"/memory/classes/heap/objects:bytes", "go_memstats_heap_alloc_bytes", gauge, "Memory of objects on the heap."},
	{"/memory/classes/total:bytes", "go_memstats_sys_bytes", gauge, "Memory that the runtime has from the system."},
	{"/gc/heap/goal:bytes", "go_memstats_next_gc_bytes", gauge, "Heap size at which the collector starts again."},
	{"/gc/heap/allocs:bytes", "go_memstats_alloc_bytes_total", counter, "Memory allocated since the start."},
	{"/gc/cycles/total:gc-cycles", "go_gc_cycles_total", counter, "Collections since the start."},
}

// writeRuntime writes goMetrics. One that a later Go no longer has is left out.
func writeRuntime(t *text) {
	samples := make([]metrics.Sample, len(goMetrics))
	for i, m := range goMetrics {
		samples[i].Name = m.sample
	}
	metrics.Read(samples)
	for i, m := range goMetrics {
		if samples[i].Value.Kind() == metrics.KindUint64 {
			t.single(m.name, m.kind, m.help, float64(samples[i].Value.Uint64()))
		}
	}
}
