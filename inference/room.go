package inference

import "sync"

// roomGrowth is by what part the room grows with each call that has used most of it.
const roomGrowth = 64

// room is how many bytes of records a model's context is known to have room for: nothing is known until a call was too
// long. It is halved then, and grows slowly, so that the next call that is too long comes late.
type room struct {
	mu    sync.Mutex
	bytes int // 0: not known
}

// overflowed notes that so many bytes were too many.
func (r *room) overflowed(bytes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if half := max(bytes/2, 1); r.bytes == 0 || half < r.bytes {
		r.bytes = half
	}
}

// fitted notes that so many bytes were not.
func (r *room) fitted(bytes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bytes > 0 && bytes > r.bytes-r.bytes/4 {
		r.bytes += r.bytes/roomGrowth + 1
	}
}

// parts cuts records into parts that there is room for. A record that is larger alone is a part of its own.
func (r *room) parts(places []int, bytes func(place int) int) []part {
	r.mu.Lock()
	most := r.bytes
	r.mu.Unlock()
	if most == 0 {
		return []part{{places: places}}
	}
	var parts []part
	sum, from := 0, 0
	for i, place := range places {
		n := bytes(place)
		if i > from && sum+n > most {
			parts = append(parts, part{places: places[from:i]})
			sum, from = 0, i
		}
		sum += n
	}
	return append(parts, part{places: places[from:]})
}
