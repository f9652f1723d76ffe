package command

import (
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"

	"postern/server/metrics"
)

// versionInfo is what `postern version --json` prints.
type versionInfo struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitzero"` // with "+changes" where the working copy differed from it
	Go      string `json:"go"`
}

func version() command {
	return command{
		name: "version", short: "prints version, commit and Go version",
		examples: []string{"postern version"},
		prepare: func(f *flag.FlagSet) action {
			asJSON := jsonFlag(f)
			return func(c *call, _ []string) error {
				info := readVersion(c.Version)
				if *asJSON {
					return printJSON(c.Out, info)
				}
				fmt.Fprintf(c.Out, "postern %s", info.Version)
				if info.Commit != "" {
					fmt.Fprintf(c.Out, " (%s)", info.Commit)
				}
				fmt.Fprintf(c.Out, " %s\n", info.Go)
				return nil
			}
		},
	}
}

// buildOf is the same for the metrics.
func buildOf(stamped string) metrics.Build {
	info := readVersion(stamped)
	return metrics.Build{Version: info.Version, Commit: info.Commit}
}

// readVersion adds to a stamped version what the build itself knows: who builds with go build alone gets a commit all
// the same, and one that was not committed as it is says so.
func readVersion(stamped string) versionInfo {
	info := versionInfo{Version: stamped, Go: runtime.Version()}
	build, ok := debug.ReadBuildInfo()
	if ok && info.Version == "" {
		info.Version = build.Main.Version
	}
	if info.Version == "" {
		info.Version = "(devel)"
	}
	if !ok {
		return info
	}
	changed := ""
	for _, setting := range build.Settings {
		switch setting.Key {
		case "vcs.revision":
			info.Commit = setting.Value
		case "vcs.modified":
			if setting.Value == "true" {
				changed = "+changes"
			}
		}
	}
	if info.Commit != "" {
		info.Commit += changed
	}
	return info
}
