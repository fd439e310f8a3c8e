package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/weir-ml/weir/simulator"
)

// compared is a run with figures that never change.
func compared(s scene) *comparison {
	reviews := make([]review, 10_000)
	for i := range reviews {
		reviews[i] = []review{{"I love it.", 3}, {"It broke, a terrible buy.", -2.5}, {"It has two buttons.", 0.5}}[i%3]
	}
	return &comparison{
		scene:   s,
		a:       made(s.ways[0], reviews, 25*time.Second, s.atOnce),
		b:       made(s.ways[1], reviews, 19*time.Second, s.atOnce),
		reviews: reviews,
	}
}

// made answers every record as the model itself would.
func made(w way, reviews []review, took time.Duration, atOnce int) *measurement {
	m := &measurement{
		way: w, took: took, answered: w.records, values: make([]string, w.records), errors: map[string]int{},
		prompt: uint64(30*w.records + 20*w.calls()), completion: uint64(10*w.records - 8*w.calls()),
	}
	for i := range m.values {
		m.values[i] = reviews[i].own()
	}
	for i := range 20 {
		m.marks = append(m.marks, mark{took * time.Duration(i+1) / 20, w.records * (i + 1) / 20})
	}
	m.counted = counts{
		calls: w.calls(), callTime: took * time.Duration(atOnce),
		model: simulator.Stats{
			Calls: w.calls(), MostConcurrent: min(atOnce, w.calls()),
			PromptTokens: int(m.prompt), CompletionTokens: int(m.completion),
		},
	}
	return m
}

// testReport is everything that is printed of a comparison but the commands.
func (c *comparison) testReport() []byte {
	var b bytes.Buffer
	b.WriteString(c.table() + "\n" + c.notes() + "\n")
	if err := c.verify(&b); err != nil {
		b.WriteString(err.Error() + "\n")
	}
	return b.Bytes()
}

func TestReport(t *testing.T) {
	failing := compared(simulated())
	failing.b.values[7] = "positive"
	failing.b.errors["MISSING_ANSWER"] = 1
	failing.b.counted.model.Calls++
	poor := compared(realModel())
	for i := range 60 {
		poor.b.values[i] = ""
	}
	poor.b.errors["UNPARSABLE_ANSWER"] = 60
	copy(poor.b.values[60:], poor.example)
	late := compared(realModel())
	late.b.values[3], late.b.errors[noAnswer] = "", 1
	for name, c := range map[string]*comparison{
		"report.txt": compared(simulated()), "failing.txt": failing, "poor.txt": poor, "late.txt": late,
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, c.testReport()) })
	}
}

func TestPicture(t *testing.T) {
	picture, err := compared(simulated()).picture()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "picture.svg", picture)
	for decoder := xml.NewDecoder(bytes.NewReader(picture)); ; {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n := bytes.Count(picture, []byte("NaN")); n > 0 || strings.Contains(string(picture), "Inf") {
		t.Error("the picture has coordinates that are no numbers")
	}
}
