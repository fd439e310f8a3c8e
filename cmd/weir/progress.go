package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress keeps a tally and shows it where there is a terminal.
type progress struct {
	out   io.Writer
	live  bool // a bar is shown
	quiet bool
	start time.Time

	mu    sync.Mutex
	tally tally
	shown bool // the bar is on the line
	stop  chan struct{}
	ended chan struct{}
}

// barEvery is how often the bar moves.
const barEvery = 200 * time.Millisecond

func newProgress(out io.Writer, live, quiet bool) *progress {
	p := &progress{out: out, live: live && !quiet, quiet: quiet, start: time.Now(), stop: make(chan struct{}), ended: make(chan struct{})}
	go p.run()
	return p
}

func (p *progress) run() {
	defer close(p.ended)
	if !p.live {
		return
	}
	tick := time.NewTicker(barEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.show()
		case <-p.stop:
			return
		}
	}
}

func (p *progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.out, "\r\x1b[K%s", p.tally.bar(time.Since(p.start), columns(p.out)-1))
	p.shown = true
}

// update changes the tally.
func (p *progress) update(do func(t *tally)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	do(&p.tally)
}

// sayf writes a line of its own, above the bar.
func (p *progress) sayf(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.quiet {
		return
	}
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = false
	}
	fmt.Fprintf(p.out, format+"\n", args...)
}

// end takes the bar away and returns the tally and how long it took.
func (p *progress) end() (*tally, time.Duration) {
	close(p.stop)
	<-p.ended
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = false
	}
	return &p.tally, time.Since(p.start)
}

// isTerminal reports whether w is one.
func isTerminal(w io.Writer) bool {
	file, is := w.(*os.File)
	return is && term.IsTerminal(int(file.Fd()))
}

// columns is how wide a terminal is: 80 columns where it does not say.
func columns(w io.Writer) int {
	if file, is := w.(*os.File); is {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}
