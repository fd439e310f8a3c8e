package simulator

import (
	"net/http"
	"time"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/local"
)

// dialect is one vendor's wire format. It translates and keeps nothing between calls; what is done with a call is the
// same for all of them.
type dialect interface {
	// key is the key that a call shows; "" if none.
	key(r *http.Request) string
	// decode reads a request; its trouble is nil where the request is good.
	decode(r *http.Request, body []byte) (*ask, *trouble)
	// encode writes an answer: an HTTP status and what its body is made of.
	encode(a *ask, done *answer) (status int, body any)
	// refuse writes what went wrong.
	refuse(t *trouble) (status int, body any)
	// headers are those of every reply; t is nil where it is an answer.
	headers(id string, left *left, t *trouble) [][2]string
}

// ask is a call in no vendor's format.
type ask struct {
	model    string
	messages []providers.Message
	// maxTokens bounds the answer, thinking included; 0 does not.
	maxTokens int
	// thinking is how many tokens a reasoning model thinks before it answers.
	thinking int
	form     form
	// marks are the places, as bytes of all messages one after another, up to which the prompt shall be kept in a cache;
	// automatic says that the vendor finds them itself.
	marks     []int
	automatic bool
	// inputs are the texts to embed; nil for a completion.
	inputs     []string
	dimensions int
	// packed asks for vectors in base64, single for one vector that is not in a list.
	packed, single bool
}

// form is what an answer is held to.
type form struct {
	// json: any JSON object. schema: this schema; nil for none.
	json   bool
	schema *schema
	// tool is the name of the tool that must be called, whose input is the answer; "" for an answer in words.
	tool string
	// at is the field that asks for it.
	at path
}

// name is the form in OpenAI's words.
func (f form) name() string {
	if f.schema != nil {
		return "json_schema"
	}
	return "json_object"
}

// say adds a message.
func (a *ask) say(role, text string) {
	a.messages = append(a.messages, providers.Message{Role: providers.Role(role), Content: text})
}

// mark asks to keep all that has been said.
func (a *ask) mark() {
	n := 0
	for _, m := range a.messages {
		n += len(m.Content)
	}
	a.marks = append(a.marks, n)
}

// tokens are those of the prompt, or of the inputs.
func (a *ask) tokens() int {
	n := local.PromptTokens(a.messages)
	for _, text := range a.inputs {
		n += local.Tokens(text)
	}
	return n
}

// answer is what a call gets, in no vendor's format.
type answer struct {
	// id is unlike that of other servers and other calls.
	id      string
	created time.Time
	text    string
	ending  ending
	vectors []vector
	used    usage
}

// ending says why an answer ends.
type ending int

// The endings.
const (
	endingStop    ending = iota
	endingLength         // at the most tokens that were asked for
	endingWindow         // at the end of the context window
	endingRefusal        // the model refuses; its text is what it says to that
	endingFilter         // the vendor's filter holds the answer back; there is no text
)

// usage counts tokens. cached are those of the prompt that were found in the cache, written those that went into it,
// thinking those of the completion that were thought.
type usage struct{ prompt, completion, cached, written, thinking int }

// trouble is why a call has no answer.
type trouble struct {
	kind troubleKind
	// message says it in plain words, for the kinds that no vendor has words of its own for.
	message string
	// path is where in the request it is.
	path path
	// have and most are figures: tokens that there are and that there may be, or whatever is limited.
	have, most int
	// limit names the limit of a rateLimited one.
	limit string
	// flaw is what is wrong with the schema of a badSchema.
	flaw *flaw
	// wait is how long to wait; 0 where that does not help.
	wait time.Duration
}

// troubleKind is one of the closed set of things that go wrong with a call.
type troubleKind int

// The kinds.
const (
	badRequest   troubleKind = iota
	badJSON                  // the body is no JSON object
	unknownField             // path is not a field of the vendor's
	wrongType                // path is not of the type in message
	missingField             // path is not there
	badSchema                // see flaw
	unsupported              // the server cannot do path: it is older than that
	unauthorized             // the key is missing or wrong
	unknownModel
	tooLarge    // have is more than the most bytes of a request
	rateLimited // too many calls or tokens
	outOfQuota
	overflow // the prompt has more tokens than the context window
	serverError
	unavailable
	overloaded
)
