package parsing

import (
	"maps"
	"slices"
	"strings"
)

// format reads one form of answer. A new one is one more file and one more line in formats. Its methods may be called
// by several goroutines at once.
type format interface {
	// read turns a reply into entries. It does not decide whose they are. The reply is valid UTF-8, at most
	// MaxReplyBytes long; read takes time in proportion to it, whatever is in it.
	read(reply Reply) reading
	// instruction describes the form to a model; "" where any reply will do.
	instruction() string
}

// defaultFormat is the format of a Config that names none.
const defaultFormat = "json"

// formats creates a format by its name. Each problem of the second result names its option.
var formats = map[string]func(Config) (format, []error){
	"json": newJSONFormat,
	"text": newTextFormat,
}

func formatNames() string {
	return strings.Join(slices.Sorted(maps.Keys(formats)), " or ")
}

// reading is what a format found in a reply.
type reading struct {
	// entries are in the order of the reply.
	entries []rawEntry
	// inOrder says that the entries are one list and nothing else, so that their order may stand in for indexes.
	inOrder bool
	// whole says that the one entry is the whole reply: it needs neither an index nor a place in a list.
	whole bool
	// cutOff says that the reply ends at a limit in the middle of its entries. One whose entries are all there and that
	// is cut off in the words behind them is not meant.
	cutOff bool
	// problem and message say why there are no entries.
	problem Problem
	message string
	// warnings are those of the format: at most 2.
	warnings []string
}

// rawEntry is one thing that the model says: values, or the problem with them, and what it says them about.
type rawEntry struct {
	naming  naming
	index   int
	fields  []Field
	problem Problem
	message string
}

// naming says whether an entry names an index.
type naming uint8

const (
	// unnamed: there is no index.
	unnamed naming = iota
	// misnamed: there is something in its place that is no index.
	misnamed
	// named: rawEntry.index is what the model wrote, 0 or more.
	named
)
