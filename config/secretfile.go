package config

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

const (
	maxSecret = 64 << 10
	// lookAgain is how often a file is looked at: a key is asked for with every call.
	lookAgain = time.Second
)

// secretFile is the file of a secret. A new value takes effect without a restart: keys are rotated, and tokens end.
type secretFile struct {
	path    string
	allowed func(rune) bool

	mu     sync.Mutex
	value  string
	state  fs.FileInfo // of the file when it was read
	looked time.Time
}

// current returns the value, and reads the file again where it has changed. A file that has no good value for the moment, such
// as one that is just being written, leaves the last good one.
func (f *secretFile) current() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.looked) < lookAgain {
		return f.value
	}
	f.looked = time.Now()
	now, err := os.Stat(f.path)
	if err != nil || f.same(now) {
		return f.value
	}
	_ = f.read()
	return f.value
}

func (f *secretFile) same(now fs.FileInfo) bool {
	return os.SameFile(f.state, now) && f.state.ModTime().Equal(now.ModTime()) && f.state.Size() == now.Size()
}

// read reads the file. Its state is taken before, so that a change in between is seen the next time.
func (f *secretFile) read() error {
	state, missing := os.Stat(f.path)
	data, err := readFile(f.path, maxSecret)
	if err = cmp.Or(err, missing); err != nil {
		return fmt.Errorf("refers to a file that cannot be read: %w", err)
	}
	if len(data) > maxSecret {
		return fmt.Errorf("refers to %s, which is larger than %s", f.path, Bytes(maxSecret))
	}
	value, err := sound("file:"+f.path, string(data), f.allowed)
	if err != nil {
		return err
	}
	f.value, f.state, f.looked = value, state, time.Now()
	return nil
}
