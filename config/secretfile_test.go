package config_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestSecretFollowsItsFile: a new key is used within a second, however it gets there; a bad one leaves the last good one.
func TestSecretFollowsItsFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	write := func(path, text string, at time.Time) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	write(path, "first\n", day)
	synctest.Test(t, func(t *testing.T) {
		s := secret(t, "file:"+path)
		expect := func(want, when string) {
			t.Helper()
			if got := s.Reveal(); got != want {
				t.Errorf("%s: %q, want %q", when, got, want)
			}
		}
		expect("first", "at the start")
		write(path, "other", day.Add(time.Hour))
		expect("first", "within the second")
		<-time.After(time.Second)
		expect("other", "written over")
		for name, text := range map[string]string{"empty": "\n", "two lines": "a\nb", "large": string(make([]byte, 1<<17))} {
			write(path, text, day.Add(2*time.Hour))
			<-time.After(time.Second)
			expect("other", name)
		}
		write(filepath.Join(dir, "new"), "third", day.Add(time.Hour)) // as old and as long as the last good one
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Second)
		expect("other", "removed")
		if err := os.Rename(filepath.Join(dir, "new"), path); err != nil {
			t.Fatal(err)
		}
		<-time.After(time.Second)
		expect("third", "moved over")
	})
}

// TestSecretFileFromManyGoroutines is for the race detector.
func TestSecretFileFromManyGoroutines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte("key"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := secret(t, "file:"+path)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				if s.Reveal() != "key" {
					t.Error("another value")
				}
			}
		})
	}
	wg.Wait()
}
