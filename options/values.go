package options

import (
	"strconv"
	"strings"
	"time"
)

// Values are all options as they hold for one model or one stream. [Resolve] makes them; after that they are for reading,
// by any number of goroutines.
type Values struct {
	// BatchSize is the most records of a batch; at least 1.
	BatchSize int
	// BatchTimeout is the longest time a batch waits for more records; 0: none.
	BatchTimeout time.Duration
	// BatchMaxBytes is the most bytes of record text in a batch of more than one record.
	BatchMaxBytes int
	// BatchMaxTokens is the most tokens of a call; 0: as many as fit into the model's context.
	BatchMaxTokens int
	// BatchScope says whose records share a batch.
	BatchScope Scope
	// SystemPrompt is the system message; empty: none.
	SystemPrompt string
	// PromptTemplate is the Mustache template of a batch; empty: weir's own instruction.
	PromptTemplate string
	// RecordFormat is RecordText, RecordJSON or RecordXML.
	RecordFormat string
	// RecordOverflow is OverflowError, OverflowTruncateHead or OverflowTruncateTail.
	RecordOverflow string
	// RecordIDs is IDsSequential or IDsToken.
	RecordIDs string
	// ResponseFormat is FormatJSON, FormatXML, FormatDelimited, FormatRegex or FormatText, or one of [AllowFormat].
	ResponseFormat string
	// ResponsePath is the JSONPath or XPath of the entries, or the pattern of FormatRegex; empty with the other formats.
	ResponsePath string
	// Delimiter is what is between the columns of FormatDelimited.
	Delimiter string
	// IndexField is the field of an entry that holds the record's index; empty with FormatText.
	IndexField string
	// ValueFields are the fields of an entry that hold the value, or the values if there are several; empty with FormatText.
	ValueFields []string
	// EchoField is the field of an entry that repeats the record's echo; empty: there is none.
	EchoField string
	// ResponseMatch is MatchBestEffort or MatchStrict.
	ResponseMatch string
	// ResponseValues are the values that the first of ValueFields may have; nil: any.
	ResponseValues []string
	// ResponseSchema is the JSON Schema of a value; empty: any value.
	ResponseSchema string
	// Structured is StructuredOn or StructuredOff: whether the answer is an object with a member for each record.
	Structured string
	// EmbeddingFields are the fields of a record that are embedded; nil: all.
	EmbeddingFields []string
	// Dimensions is how long vectors are; 0: the model's own length.
	Dimensions int
	// MaxRetries is the most further calls after one that failed.
	MaxRetries int
	// FailureStrategy is what is asked again of a batch whose answer is not complete: one of the strategies.
	FailureStrategy string
	// RequestTimeout is the longest time of one call.
	RequestTimeout time.Duration
	// Temperature is the sampling temperature; nil: the provider's default.
	Temperature *float64
	// MaxOutputTokens bounds an answer; 0: the provider's default.
	MaxOutputTokens int

	// setBy holds, for each option that a layer sets, the layer's name.
	setBy map[string]string
}

// Scope says whose records share a batch.
type Scope string

// The scopes.
const (
	// ScopeStream: each stream has batches of its own.
	ScopeStream Scope = "stream"
	// ScopeModel: all streams with the same model and the same [Values.Key] share them.
	ScopeModel Scope = "model"
)

// The strategies of `batch.failure.strategy`.
const (
	StrategyError      = "error"
	StrategyRetry      = "retry"
	StrategySplit      = "split"
	StrategyIndividual = "individual"
)

// What becomes of a record that is too long for a call.
const (
	OverflowError        = "error"
	OverflowTruncateHead = "truncate-head"
	OverflowTruncateTail = "truncate-tail"
)

// The formats of an answer.
const (
	FormatJSON      = "json"
	FormatXML       = "xml"
	FormatDelimited = "delimited"
	FormatRegex     = "regex"
	FormatText      = "text"
)

// What a prompt calls its records.
const (
	IDsSequential = "sequential"
	IDsToken      = "token"
)

// Whether an answer is held to a schema. Values that have been resolved are never StructuredAuto.
const (
	StructuredAuto = "auto"
	StructuredOn   = "on"
	StructuredOff  = "off"
)

// What becomes of an answer without indexes.
const (
	MatchBestEffort = "best-effort"
	MatchStrict     = "strict"
)

// The formats of a record in a prompt.
const (
	RecordText = "text"
	RecordJSON = "json"
	RecordXML  = "xml"
)

// Single reports single mode, what ML_PREDICT does without weir: the record's text is the user message and the whole reply
// is its value. It holds where batch.size is 1 and no template, record.format or option of the answer's form is set. Everything
// else is batch mode, even if a batch has one record.
func (v Values) Single() bool {
	return v.BatchSize == 1 && v.PromptTemplate == "" && v.ResponseFormat == FormatText
}

// IsSet reports whether a layer sets the option, to whatever value. It is for messages: what happens must follow from the
// values alone, so that streams with equal keys behave the same.
func (v Values) IsSet(name string) bool {
	_, ok := v.setBy[name]
	return ok
}

// Map returns every option as it stands, as text that Resolve takes back: resolving it gives the same values. An option
// without a value is the empty text. The map is the caller's own.
func (v Values) Map() map[string]string {
	m := make(map[string]string, len(table))
	for i := range table {
		m[table[i].Name] = table[i].text(&v)
	}
	return m
}

// Key returns a text that is equal for two Values exactly if their Maps are. It is long, and it holds the prompts.
func (v Values) Key() string {
	var b strings.Builder
	for i := range table {
		b.WriteString(strconv.Quote(table[i].text(&v)))
	}
	return b.String()
}
