package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
)

// manner is how a client of the soak behaves.
type manner string

const (
	proper   manner = "proper"    // sends, reads, half-closes
	slow     manner = "slow"      // the same, and takes its time over every message
	cancels  manner = "cancels"   // cancels its stream in the middle
	hangsUp  manner = "hangs up"  // closes its connection in the middle
	deaf     manner = "deaf"      // sends and never reads
	deadline manner = "deadline"  // its stream has a deadline that comes too early
	lingers  manner = "lingers"   // does not half-close for a while after its last result
	bad      manner = "bad input" // sends records that are none among the good ones
)

var manners = []manner{proper, slow, cancels, hangsUp, deaf, deadline, lingers, bad}

// soakPlan is a random stream: what it asks for and how its client behaves.
type soakPlan struct {
	load
	manner    manner
	unordered bool
	records   int
	timeout   time.Duration // of each record; 0: none
	breakAt   int           // after so many results the client does what its manner says
}

func (p *soakPlan) String() string {
	set := make([]string, 0, len(p.options))
	for _, name := range slices.Sorted(maps.Keys(p.options)) {
		set = append(set, name+"="+p.options[name])
	}
	return fmt.Sprintf("a %s stream of %d records, %d a message, window %d, timeout %v, unordered %v, model %s, %s",
		p.manner, p.records, p.perMessage, p.window, p.timeout, p.unordered, p.model, strings.Join(set, " "))
}

// plan makes a random plan.
func (s *soaking) plan(chance *rand.Rand) *soakPlan {
	p := &soakPlan{
		manner: oneOf(chance, proper, proper, proper, proper, slow, slow, cancels, cancels, hangsUp, hangsUp, deadline, lingers, bad),
		load: load{
			texts: s.reviews, perMessage: 1 + chance.IntN(32), window: oneOf(chance, 1, 7, 25, 40, 128, 500, 2048),
			options: soakOptions(chance), model: oneOf(chance, modelHash, modelSlow, modelUpstream, modelUpstream), check: s.labelled,
		},
		unordered: chance.IntN(3) == 0,
		records:   1 + chance.IntN(800),
		timeout:   oneOf(chance, 0, 0, 0, 0, 0, 0, 50*time.Millisecond, time.Second),
	}
	if chance.IntN(200) == 0 {
		p.behave(deaf)
	}
	if p.model == modelUpstream {
		// In single mode the whole reply is the value, also where a fault has put words around it.
		p.options["record.format"] = oneOf(chance, "text", "json", "xml")
	} else {
		p.check = s.hashed
	}
	if p.window < 10 {
		p.records = min(p.records, 60) // one call for each record takes its time
	}
	p.perMessage = min(p.perMessage, p.window)
	p.breakAt = chance.IntN(p.records)
	return p
}

// behave makes the client of the plan a certain one. A deaf one needs a fast model: its results must fill the connection.
func (p *soakPlan) behave(m manner) {
	p.manner = m
	if m == deaf {
		p.model, p.window = modelHash, 2048
	}
}

func soakOptions(chance *rand.Rand) map[string]string {
	all := map[string]string{
		"batch.size":         strconv.Itoa(oneOf(chance, 1, 2, 5, 20, 20, 50, 100)),
		"batch.timeout.ms":   strconv.Itoa(oneOf(chance, 0, 5, 50, 300)),
		"batch.scope":        oneOf(chance, "stream", "stream", "model"),
		"max.retries":        strconv.Itoa(chance.IntN(4)),
		"request.timeout.ms": strconv.Itoa(oneOf(chance, 200, 1000, 5000)),
		"batch.max.bytes":    strconv.Itoa(oneOf(chance, 500, 5_000, 1<<20)),
	}
	for name := range all {
		if name != "batch.size" && chance.IntN(2) == 0 {
			delete(all, name)
		}
	}
	return all
}

func oneOf[T any](chance *rand.Rand, of ...T) T { return of[chance.IntN(len(of))] }

// The records that are none, by what is wrong with them.
var badRecords = []*weirv1.Record{
	{},
	{Text: " \n\t"},
	{Text: "not UTF-8: \xff\xfe"},
	{Fields: []*weirv1.Field{{Name: "a", Value: &weirv1.Field_Text{Text: "1"}}, {Name: "a", Value: &weirv1.Field_Text{Text: "2"}}}},
	{Fields: []*weirv1.Field{{Name: "j", Value: &weirv1.Field_Json{Json: "{"}}}},
	{Text: strings.Repeat("too large ", 1<<20/10+1)},
}
