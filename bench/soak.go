package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"
)

// The soak's server and its company.
const (
	slowest        = 40 * time.Millisecond // a call of modelSlow
	soakStall      = 5 * time.Second
	soakWorkers    = 48
	soakInFlight   = 32
	soakLongRun    = 1_000_000
	soakSettle     = 20 * time.Second
	soakReport     = 10 * time.Second
	soakMemory     = 1.25 // what the server may have at the end, over the start
	soakMemorySlop = 4 * mib
)

// soakFaults are what the simulator does to calls, besides answering them.
var soakFaults = []string{
	"--fault", "429=0.02", "--fault", "500=0.02", "--fault", "503=0.02", "--fault", "reset=0.01", "--fault", "hang=0.003",
	"--fault", "malformed=0.01", "--fault", "html=0.01", "--fault", "truncate=0.01", "--fault", "drop=0.02",
	"--fault", "prose=0.05", "--fault", "fence=0.05",
	"--latency", "15ms", "--jitter", "15ms", "--retry-after", "50ms", "--hang-for", "3s",
}

// soak loads one server with streams of all kinds at once, for as long as it is told and until a million records have gone
// through one of them, and then looks at what is left of it.
func soak(ctx context.Context, l *lab) (err error) {
	if l.seed == 0 {
		l.seed = rand.Uint64()
	}
	fmt.Fprintf(l.out, "soak: seed %d, new streams for %v\n", l.seed, l.duration)
	simulator, err := l.simulator(ctx, append(soakFaults, "--seed", strconv.FormatUint(l.seed, 10))...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, simulator.stop()) }()
	weir, err := l.child(ctx, roleSettings{name: roleWeir, upstream: simulator.address, inFlight: soakInFlight, stall: soakStall})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, weir.stop()) }()
	s := &soaking{lab: l, weir: weir, hashed: l.hashedRight(), tally: newTally()}
	idle, err := s.warmUp(ctx)
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := s.all(ctx); err != nil {
		return err
	}
	s.tally.report(l.out, time.Since(begin))
	stats, err := simulator.calls(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(l.out, "simulator: %s calls, faults %v\n", grouped(int64(stats.Calls)), stats.ByFault)
	return errors.Join(s.tally.verdict(), s.settled(ctx, idle))
}

// soaking is a run of the soak.
type soaking struct {
	*lab
	weir   *process
	hashed func(text, value string) bool
	tally  *tally
	first  []manner // of the first streams, so that a short soak has some of each
}

// warmUp lets everything happen once that happens only once, and returns what the server has when it is idle.
func (s *soaking) warmUp(ctx context.Context) (level, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	until, stop := context.WithTimeout(ctx, 3*time.Second)
	defer stop()
	if err := s.workers(ctx, until); err != nil {
		return level{}, err
	}
	s.tally, s.first = newTally(), manners
	return s.level(ctx)
}

// all runs the workers and the long stream.
func (s *soaking) all(ctx context.Context) error {
	until, stop := context.WithTimeout(ctx, s.duration)
	defer stop()
	long := make(chan error, 1)
	go func() { long <- s.longRun(ctx) }()
	reporting, enough := context.WithCancel(ctx)
	go s.report(reporting)
	err := s.workers(ctx, until)
	err = errors.Join(err, <-long)
	enough()
	return err
}

// workers open streams, one after the other each, until `until` ends, and then finish those they have.
func (s *soaking) workers(ctx, until context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failed := make(chan error, soakWorkers)
	var all sync.WaitGroup
	for i := range soakWorkers {
		all.Go(func() {
			chance := rand.New(rand.NewPCG(s.seed, uint64(i)))
			for n := 0; until.Err() == nil; n++ {
				plan := s.plan(chance)
				if n == 0 && i < len(s.first) {
					plan.behave(s.first[i])
				}
				if err := s.stream(ctx, plan, chance); err != nil {
					failed <- err
					cancel() // one failure is enough to look at
					return
				}
			}
		})
	}
	all.Wait()
	close(failed)
	var errs []error
	for err := range failed {
		if len(errs) == 0 {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// stream runs one stream on a connection of its own.
func (s *soaking) stream(ctx context.Context, plan *soakPlan, chance *rand.Rand) error {
	conn, err := dial(s.weir.address)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it may be closed already: that is one of the plans
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	run := &soakStream{soakPlan: plan, conn: conn, chance: chance, tally: s.tally}
	if err := run.run(ctx); err != nil {
		return fmt.Errorf("%s: %w", plan, err)
	}
	return nil
}

// longRun sends a million records on one stream.
func (s *soaking) longRun(ctx context.Context) error {
	conn, err := dial(s.weir.address)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it is not needed any more
	load := s.hashLoad(16)
	records := s.count(soakLongRun)
	took, err := load.run(ctx, conn, records)
	if err != nil {
		return fmt.Errorf("the long stream: %w", err)
	}
	s.tally.long(records, took)
	return nil
}

func (s *soaking) report(ctx context.Context) {
	every := time.NewTicker(soakReport)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			fmt.Fprintln(s.out, "  "+s.tally.line())
		case <-ctx.Done():
			return
		}
	}
}

// level is what a server has.
type level struct {
	goroutines, files int
	memory            float64
}

func (v level) String() string {
	return fmt.Sprintf("%d goroutines, %d open files, %.1f MiB", v.goroutines, v.files, v.memory/mib)
}

func (s *soaking) level(ctx context.Context) (level, error) {
	now, err := stateOf(ctx, s.weir)
	if err != nil {
		return level{}, err
	}
	files, err := s.weir.files()
	return level{goroutines: int(now.goroutines), files: files, memory: now.memory}, err
}

// allowed is the memory that the server may have at the end: a heap that was larger keeps holes.
func (s *soaking) allowed(idle level) float64 { return idle.memory*soakMemory + soakMemorySlop }

// settled waits until the server is back at the level that it had when it was idle before.
func (s *soaking) settled(ctx context.Context, idle level) error {
	deadline := time.Now().Add(soakSettle)
	every := time.NewTicker(500 * time.Millisecond)
	defer every.Stop()
	for {
		now, err := s.level(ctx)
		if err != nil {
			return err
		}
		back := now.goroutines <= idle.goroutines && now.files <= idle.files && now.memory <= s.allowed(idle)
		if back || time.Now().After(deadline) {
			fmt.Fprintf(s.out, "idle before: %v\nidle after:  %v (allowed: the same, and %.1f MiB)\n", idle, now, s.allowed(idle)/mib)
			if back {
				return nil
			}
			return errors.New("the server does not return to the level that it had when it was idle")
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
