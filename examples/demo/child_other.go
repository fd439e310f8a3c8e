//go:build !linux

package main

import (
	"os"
	"os/exec"
	"syscall"
)

// isolate leaves the command in the demo's process group: Ctrl-C ends both.
func isolate(*exec.Cmd) {}

// terminate asks the command to end, where the system knows how.
func terminate(cmd *exec.Cmd) error {
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return cmd.Process.Signal(os.Kill)
	}
	return nil
}

// kill has nothing to end: the command is gone.
func kill(*exec.Cmd) {}
