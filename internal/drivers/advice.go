package drivers

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// Advice makes the messages of a driver's errors: where, what, and what to do.
type Advice struct {
	// Client is the driver's. Its place is named, and what it knows as secret is kept out.
	Client *httpjson.Client
	// Answer is what the vendor calls an answer, such as "a completion".
	Answer string
	// Model says what to look at where there is no such model.
	Model string
	// Key says what to look at where the credentials are not taken, and NoKey where none was sent.
	Key, NoKey string
}

// Failed makes the error of an answer that says the call failed; said is the vendor's message. A refusal's message is left out,
// because it may be about a record.
func (a Advice) Failed(kind providers.Kind, said string, status int, req *providers.Request) *providers.Error {
	what := fmt.Sprintf("%s answers %d", a.Client.Place(), status)
	if said = a.Client.Message(said, req); said != "" && kind != providers.KindRefused {
		what += ": " + said
	}
	return &providers.Error{Kind: kind, Message: what + a.todo(kind, req)}
}

func (a Advice) todo(kind providers.Kind, req *providers.Request) string {
	switch kind {
	case providers.KindUnauthorized:
		return "; " + a.key()
	case providers.KindUnknownModel:
		return fmt.Sprintf("; is there a model %q, %s?", shown(req.Model), a.Model)
	case providers.KindQuota:
		return "; the account has no money or quota left"
	case providers.KindContextOverflow:
		return "; the prompt is too long for the model: lower batch.size or shorten the records"
	case providers.KindRefused:
		return "; the provider's content filter refuses this prompt"
	default:
		return ""
	}
}

func (a Advice) key() string {
	if a.Client.HasKey() {
		return a.Key
	}
	return a.NoKey
}

// shown cuts the name of a model, which may be an ARN, to what a message has room for.
func shown(model string) string {
	const most = 200
	return strings.ToValidUTF8(model[:min(len(model), most)], "")
}

// Unreadable makes the error of a body that is no answer. It does not show it: it may answer a record.
func (a Advice) Unreadable(body []byte, cause error) *providers.Error {
	e := a.Malformed("%s instead of %s; is base_url right?", looks(body), a.Answer)
	e.Err = cause
	return e
}

// Malformed makes the error of an answer that lacks something.
func (a Advice) Malformed(format string, args ...any) *providers.Error {
	return &providers.Error{Kind: providers.KindMalformed, Message: a.Client.Place() + ": " + fmt.Sprintf(format, args...)}
}

// looks names what a body is.
func looks(body []byte) string {
	start := bytes.TrimSpace(body[:min(len(body), 512)])
	switch {
	case len(start) == 0:
		return "an empty body"
	case start[0] == '<':
		return "an HTML page, perhaps of a proxy,"
	case bytes.HasPrefix(start, []byte("data:")), bytes.HasPrefix(start, []byte("event:")):
		return "a stream of events, which weir did not ask for,"
	case start[0] == '{':
		return fmt.Sprintf("%d bytes of broken or unexpected JSON", len(body))
	default:
		return fmt.Sprintf("%d bytes that are not a JSON object", len(body))
	}
}

// Text returns what an error body says that is not the vendor's JSON: its text, or that it is a page.
func Text(body []byte) string {
	if bytes.HasPrefix(bytes.TrimSpace(body[:min(len(body), 512)]), []byte("<")) {
		return "an HTML page, perhaps of a proxy"
	}
	return string(body)
}

// Redirected makes the error of a redirect. It is not followed: the key would go to wherever it points.
func (a Advice) Redirected(reply *httpjson.Reply) *providers.Error {
	target := "nowhere"
	if place := httpjson.Target(reply.Header); place != "" {
		target = "to " + place
	}
	message := fmt.Sprintf("%s answers %d, a redirect %s; weir follows none, because the key would go along: correct base_url",
		a.Client.Place(), reply.Status, target)
	return &providers.Error{Kind: providers.KindBadRequest, Message: message}
}

// Without makes the error of a request that the provider refuses for one of its extras, which the next attempt leaves out: the
// retry link makes it at once, because a driver makes one call.
func (a Advice) Without(extra string, status int) *providers.Error {
	message := fmt.Sprintf("%s answers %d: it does not take %s; the call is made again without", a.Client.Place(), status, extra)
	return &providers.Error{Kind: providers.KindBadRequest, Message: message, Learned: true}
}
