package telemetry

import (
	"maps"
	"sync"
	"sync/atomic"
)

// maxModels is how many models are counted on their own. They come from the configuration, so only a server whose
// configuration changes for ever gets there; models beyond it are counted together, under the name [other].
const maxModels = 1000

// other stands for whatever has no place of its own.
const other = "_other"

// catalogue finds what belongs to a key, and makes it where there is none. To find costs no lock and no allocation.
type catalogue[K comparable, V any] struct {
	make     func(K) *V
	overflow K // stands for the keys beyond maxModels

	entries atomic.Pointer[map[K]*V]
	adding  sync.Mutex
}

// all returns every entry; the map is not to be changed.
func (c *catalogue[K, V]) all() map[K]*V {
	if entries := c.entries.Load(); entries != nil {
		return *entries
	}
	return nil
}

func (c *catalogue[K, V]) get(key K) *V {
	if v, ok := c.all()[key]; ok {
		return v
	}
	return c.add(key)
}

func (c *catalogue[K, V]) add(wanted K) *V {
	c.adding.Lock()
	defer c.adding.Unlock()
	key, old := wanted, c.all()
	if len(old) >= maxModels {
		key = c.overflow
	}
	if v, ok := old[key]; ok {
		return v
	}
	entries := make(map[K]*V, len(old)+1)
	maps.Copy(entries, old)
	entries[key] = c.make(key)
	c.entries.Store(&entries)
	return entries[key]
}
