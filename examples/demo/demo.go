package main

import (
	"context"
	"fmt"
	"io"

	"github.com/weir-ml/weir/internal/client"
)

// demo is one run of a scene.
type demo struct {
	scene

	weir    string // the binary; "": it is built
	picture string // "": none
	out     io.Writer
	live    io.Writer // where a line of progress may be rewritten; nil: nowhere
}

const builtWeir = "bin/weir"

// play is the whole demo. It ends everything that it has started, whatever happens.
func (d *demo) play(ctx context.Context) error {
	reviews, err := loadReviews(d.reviews, max(d.ways[0].records, d.ways[1].records))
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "%s\n\n", d.title)
	if d.weir == "" {
		fmt.Fprintf(d.out, "  go build -o %s ./cmd/weir\n", builtWeir)
		if err := command(ctx, "go", "build", "-o", builtWeir, "./cmd/weir"); err != nil {
			return err
		}
		d.weir = builtWeir
	}
	measured, err := d.measureAll(ctx, reviews)
	if err != nil {
		return err
	}
	return d.report(measured, reviews)
}

// measureAll sets the stage, measures all runs, one after the other, and clears the stage again.
func (d *demo) measureAll(ctx context.Context, reviews []review) (measured measurements, err error) {
	s, err := d.setStage(ctx)
	if err != nil {
		return measured, err
	}
	defer s.clear()
	c, err := client.Dial(client.Config{Address: s.address, Name: "demo"})
	if err != nil {
		return measured, err
	}
	defer c.Close() //nolint:errcheck // its streams are over
	ctx, stop := s.watch(ctx)
	defer stop()
	bounded, cancel := context.WithTimeoutCause(ctx, d.within, errTimeUp)
	defer cancel()
	for i, w := range d.ways {
		p := progress{to: d.live, way: w}
		m, err := measure(bounded, c, w, reviews, p.tick)
		p.clear()
		if err == nil {
			m.counted, err = s.count(ctx, w)
		}
		if err != nil {
			return measured, because(ctx, fmt.Errorf("%s: %w", w.name, err))
		}
		fmt.Fprintf(d.out, "  %-19s%s records, %s\n", w.name, number(m.answered), seconds(m.took))
		measured.ways[i] = m
	}
	if d.faulty > 0 {
		p := progress{to: d.live, way: d.ways[1]}
		measured.withFaults, err = s.measureWithFaults(bounded, c, reviews, &p)
		p.clear()
		if err != nil {
			return measured, because(ctx, fmt.Errorf("with faults: %w", err))
		}
	}
	return measured, nil
}

// measurements are those of both ways, and of the second with faults on; nil where there are none.
type measurements struct {
	ways       [2]*measurement
	withFaults *measurement
}

// report prints what was measured, checks it, and says how to go on.
func (d *demo) report(measured measurements, reviews []review) error {
	c := &comparison{scene: d.scene, a: measured.ways[0], b: measured.ways[1], reviews: reviews}
	fmt.Fprintf(d.out, "\n%s\n%s\n", c.table(), c.notes())
	if err := c.verify(d.out); err != nil {
		return err
	}
	if measured.withFaults != nil {
		faults, err := faultsReport(measured.withFaults, c.b)
		if err != nil {
			return err
		}
		fmt.Fprintf(d.out, "\n%s", faults)
	}
	if d.picture != "" {
		if err := c.draw(d.picture); err != nil {
			return err
		}
		fmt.Fprintf(d.out, "\nThe run is drawn in %s.\n", d.picture)
	}
	fmt.Fprintf(d.out, "\n%s", d.byHand)
	return nil
}
