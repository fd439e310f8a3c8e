package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the linker: -ldflags "-X main.version=v1.2.3". Without it the build's own record is used.
var version string //nolint:gochecknoglobals // the linker sets variables only

// build is what is known of this binary.
type build struct{ version, commit, date string }

func thisBuild() build {
	b := build{version: version}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		b.version = orElse(b.version, "unknown")
		return b
	}
	if info.Main.Version != "(devel)" {
		b.version = orElse(b.version, info.Main.Version)
	}
	changed := false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = s.Value[:min(12, len(s.Value))]
		case "vcs.time":
			b.date = s.Value
		case "vcs.modified":
			changed = s.Value == "true"
		}
	}
	if changed && b.commit != "" {
		b.commit += " with changes"
	}
	b.version = orElse(b.version, "devel")
	return b
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Say which weir this is",
		Long:    "Prints the version, the commit and its date where they are known, and the Go version and platform.",
		Example: "  weir version",
		Args:    cobra.NoArgs,
		RunE: action(func(cmd *cobra.Command, _ []string) error {
			b := thisBuild()
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "weir %s\n", b.version)
			if b.commit != "" {
				fmt.Fprintf(out, "commit %s, %s\n", b.commit, b.date)
			}
			fmt.Fprintf(out, "%s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		}).run,
	}
}
