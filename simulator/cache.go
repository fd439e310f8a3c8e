package simulator

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"
)

// The cache of prompts, by the figures that OpenAI and Anthropic publish.
const (
	// cacheLeast is the least tokens of a beginning that is kept.
	cacheLeast = 1024
	// cacheStep is by how many tokens beginnings grow that the vendor finds itself.
	cacheStep = 128
	// cacheTime is how long a beginning is kept after it was last used.
	cacheTime = 5 * time.Minute
	// maxCached is the most beginnings that are kept; then all are forgotten.
	maxCached = 1 << 16
	// tokenBytes is the length of a token, as in the embedded model.
	tokenBytes = 4
)

// cache knows the beginnings of prompts that it has seen: their hashes, no text. It may be used by several goroutines at once.
type cache struct {
	seed maphash.Seed
	mu   sync.Mutex
	seen map[uint64]time.Time
}

func newCache() *cache { return &cache{seed: maphash.MakeSeed(), seen: map[uint64]time.Time{}} }

// look returns how many tokens at the start of a prompt are known, and how many it keeps of it now that were not.
func (c *cache) look(now time.Time, a *ask) (known, kept int) {
	ends := a.beginnings()
	if len(ends) == 0 {
		return 0, 0
	}
	hashes := c.hashes(a, ends)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.seen)+len(hashes) > maxCached {
		clear(c.seen)
	}
	for i, hash := range hashes {
		if last, ok := c.seen[hash]; ok && now.Sub(last) <= cacheTime {
			known = ends[i] / tokenBytes
		}
		c.seen[hash] = now
	}
	return known, ends[len(ends)-1]/tokenBytes - known
}

// beginnings are the places up to which a prompt is looked for, in bytes, the shortest first.
func (a *ask) beginnings() []int {
	if !a.automatic {
		marks := slices.DeleteFunc(slices.Clone(a.marks), func(end int) bool { return end < cacheLeast*tokenBytes })
		slices.Sort(marks)
		return marks
	}
	size := 0
	for _, m := range a.messages {
		size += len(m.Content)
	}
	var ends []int
	for end := cacheLeast * tokenBytes; end <= size; end += cacheStep * tokenBytes {
		ends = append(ends, end)
	}
	return ends
}

// hashes are those of the model's name and the prompt up to each end.
func (c *cache) hashes(a *ask, ends []int) []uint64 {
	var hash maphash.Hash
	hash.SetSeed(c.seed)
	hash.WriteString(a.model + "\n")
	var all strings.Builder
	for _, m := range a.messages {
		all.WriteString(m.Content)
	}
	text, at := all.String(), 0
	list := make([]uint64, len(ends))
	for i, end := range ends {
		hash.WriteString(text[at:end])
		list[i], at = hash.Sum64(), end
	}
	return list
}
