package inference

import (
	"math"
	"sync"

	"github.com/weir-ml/weir/providers"
)

// What a plan takes for granted until its provider has said otherwise: 3.5 bytes to a token, as in English, give or take a
// third, and answers of a line.
var (
	firstPerByte   = learned{mean: 1 / 3.5, deviation: 1 / 14.0}
	firstPerAnswer = learned{mean: 32, deviation: 16}
)

// What the meter does not learn from, because what is not text (a message's frame, a schema) weighs too much there.
const leastMetered = 1 << 10

// meter learns from the usage of a plan's calls how many tokens its prompts and answers have.
type meter struct {
	mu  sync.Mutex
	now figures
}

// figures are what a meter knows.
type figures struct {
	perByte   learned // tokens of a prompt for each of its bytes
	perAnswer learned // tokens that are written for each record with an answer
}

func newMeter() *meter { return &meter{now: figures{perByte: firstPerByte, perAnswer: firstPerAnswer}} }

func (m *meter) figures() figures {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// expect returns how many tokens a prompt of so many bytes has, and an answer about so many records.
func (m *meter) expect(bytes, records int) (prompt, answer int) {
	known := m.figures()
	return int(float64(bytes)*known.perByte.mean + 0.5), int(float64(records)*known.perAnswer.mean + 0.5)
}

// note learns from a call with a prompt of so many bytes that answered so many records.
func (m *meter) note(usage providers.Usage, bytes, answered int) {
	if !usage.Reported {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if bytes >= leastMetered && usage.PromptTokens > 0 {
		m.now.perByte.note(float64(usage.PromptTokens) / float64(bytes))
	}
	if answered > 0 && usage.CompletionTokens > 0 {
		m.now.perAnswer.note(float64(usage.CompletionTokens) / float64(answered))
	}
}

// learned is a figure that changes slowly, and how far off it mostly is: the way in which TCP learns how long to wait.
type learned struct {
	mean, deviation float64
	told            bool // by a provider
}

func (l *learned) note(x float64) {
	if !l.told {
		*l = learned{mean: x, deviation: x / 4, told: true}
		return
	}
	off := math.Abs(x - l.mean)
	l.mean += (x - l.mean) / 8
	l.deviation += (off - l.deviation) / 4
}

// high is what is hardly ever exceeded, and low what there hardly ever is less of.
func (l *learned) high() float64 { return l.mean + max(2*l.deviation, l.mean/10) }
func (l *learned) low() float64  { return max(l.mean-2*l.deviation, l.mean/2) }
