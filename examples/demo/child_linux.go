package main

import (
	"os/exec"
	"syscall"
)

// isolate puts a command into a process group of its own, so that Ctrl-C reaches the demo alone, which then ends its children
// in order. Where the demo itself is killed, the kernel ends them.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

// terminate asks the command and what it has started to end.
func terminate(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }

// kill ends what the command may have left behind.
func kill(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // there is nothing left, as a rule
}
