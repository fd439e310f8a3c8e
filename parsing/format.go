package parsing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Format reads one form of answer. Its methods may be called by several goroutines at once.
//
// Those of weir are each one file. One of the caller's own is made known with [Register]; the bounds of a reply, the
// check of the values, and matching are the same for all of them.
type Format interface {
	// Read turns a reply into claims. It does not decide whose they are. The reply is valid UTF-8, at most MaxReplyBytes
	// long, and not blank; Read must take time in proportion to it, whatever is in it, and must not put text of the reply
	// into messages and warnings.
	Read(reply Reply) Reading
	// Instruction describes the form to a model; "" where any reply will do.
	Instruction() string
}

// Reading is what a format found in a reply.
type Reading struct {
	// Claims are in the order of the reply.
	Claims []Claim
	// InOrder says that the claims are one list and nothing else, so that their order may stand in for indexes.
	InOrder bool
	// Whole says that the one claim is the whole reply: it needs neither an index nor a place in a list.
	Whole bool
	// CutOff says that the reply ends at a limit in the middle of its claims. One whose claims are all there and that is cut
	// off in the words behind them is not meant.
	CutOff bool
	// Again says that behind a whole list of claims the reply begins another one, and ends before the first entry of that: the model
	// was about to correct itself, and nobody knows what.
	Again bool
	// Problem and Message say why there are no claims.
	Problem Problem
	Message string
	// Warnings are those of the format: at most 2.
	Warnings []string
}

// Claim is one thing that a model says: values, or the problem with them, and the record it says them about.
type Claim struct {
	// Named says that there is an index, or something in its place.
	Named bool
	// ID is the index as the model wrote it, such as 3, 3.0, Input 3 or #3; "" where what stands there cannot be one.
	ID string
	// Hint is what another field holds that could be an index, of several the first; "" where none does. It names no record,
	// but it can show that the order of the claims is not that of the records.
	Hint string
	// Echo is what the field Config.EchoField holds; "" where it is not there, or twice with two contents.
	Echo string
	// Fields are the values, in the order of Config.ValueFields; nil with a Problem.
	Fields []Field
	// Problem is ProblemNone or ProblemInvalid, and Message explains it.
	Problem Problem
	Message string
}

// create makes a format from a Config. Each of its errors begins with the option that it is about
// and a colon.
type create func(Config) (Format, []error)

// defaultFormat is the format of a Config that names none.
const defaultFormat = "json"

// registry holds the formats by their names.
var registry = struct {
	sync.RWMutex
	formats map[string]create
}{formats: map[string]create{
	"json":      newJSONFormat,
	"xml":       newXMLFormat,
	"delimited": newDelimitedFormat,
	"regex":     newRegexFormat,
	"text":      newTextFormat,
}}

// Register makes a format known as a value of Config.Format, for all parsers that are made after it. newFormat makes one
// from a Config; each of its errors begins with the option that it is about and a colon. Register panics if the name is
// taken: it is for the start of a program.
func Register(name string, newFormat func(Config) (Format, []error)) {
	registry.Lock()
	defer registry.Unlock()
	if _, taken := registry.formats[name]; taken || name == "" {
		panic(fmt.Sprintf("parsing: the format %q cannot be registered: the name is empty or taken", name))
	}
	registry.formats[name] = newFormat
}

// formatOf returns what makes the format of that name.
func formatOf(name string) (create, error) {
	registry.RLock()
	defer registry.RUnlock()
	if f, ok := registry.formats[name]; ok {
		return f, nil
	}
	names := strings.Join(slices.Sorted(maps.Keys(registry.formats)), " or ")
	return nil, fmt.Errorf("response.format: %q is unknown; use %s", name, names)
}
