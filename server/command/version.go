package command

import (
	"cmp"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"

	"postern/server/metrics"
)

// versionInfo is what `postern version --json` prints.
type versionInfo struct {
	Version string `json:"version"`
	Commit  string `json:"commit"` // with "+changes" where the working copy differed from it
	Go      string `json:"go"`
}

func version() command {
	return command{
		name: "version", short: "prints version, commit and Go version",
		examples: []string{"postern version"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error {
				info := c.readVersion()
				if *asJSON {
					return printJSON(c.Out, info)
				}
				_, err := fmt.Fprintf(c.Out, "postern %s (commit %s) %s\n", info.Version, info.Commit, info.Go)
				return err
			}
		},
	}
}

// build is the same for the metrics.
func (p Process) build() metrics.Build {
	info := p.readVersion()
	return metrics.Build{Version: info.Version, Commit: info.Commit}
}

// readVersion adds to what is stamped what the build itself knows: who builds with go build alone gets a commit all the
// same, unless -buildvcs=false keeps it out.
func (p Process) readVersion() versionInfo {
	info := versionInfo{Version: p.Version, Commit: p.Commit, Go: runtime.Version()}
	if build, ok := debug.ReadBuildInfo(); ok {
		info.Version = cmp.Or(info.Version, build.Main.Version)
		info.Commit = cmp.Or(commitOf(build.Settings), info.Commit)
	}
	info.Version = cmp.Or(info.Version, "(devel)")
	info.Commit = cmp.Or(info.Commit, "unknown")
	return info
}

// commitOf is the commit that the Go tool has noted; empty: none.
func commitOf(settings []debug.BuildSetting) string {
	var commit, changes string
	for _, setting := range settings {
		switch {
		case setting.Key == "vcs.revision":
			commit = setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true":
			changes = "+changes"
		}
	}
	if commit == "" {
		return ""
	}
	return commit + changes
}
