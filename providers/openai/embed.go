package openai

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

const (
	// vectorBody is how long a vector in the body of an answer may be: 3,072 numbers have 16 KiB in base64, and 66 KiB as a list.
	vectorBody = 96 << 10
	// What OpenAI takes in one call.
	maxInputs      = 2048
	maxInputTokens = 300_000
)

var _ providers.Embedder = (*Provider)(nil)

// EmbedLimits returns OpenAI's, which most servers keep to or are below.
func (p *Provider) EmbedLimits() providers.EmbedLimits {
	return providers.EmbedLimits{Inputs: maxInputs, Tokens: maxInputTokens}
}

// embeddingsEndpoint is where the embeddings are, beside the prompts' path.
func embeddingsEndpoint(base, path string) string {
	if u, err := url.Parse(base); err == nil && base != "" {
		u.RawPath = strings.TrimSuffix(u.EscapedPath(), path)
		u.Path = strings.TrimSuffix(u.Path, path)
		base = u.String()
	}
	return endpoint(base, "/embeddings")
}

// Embed makes one call about all of the request's inputs. It waits for all of the answer, or until ctx ends. The vectors come in
// base64, a quarter of the bytes, unless the server does not know that.
func (p *Provider) Embed(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	if err := httpjson.ContextError(ctx); err != nil {
		return nil, err
	}
	e := p.embeds
	packed := !e.lessons.of(req.Model)("base64")
	reply, err := e.client.Do(ctx, httpjson.Call{Body: encodeInputs(req, packed), MaxBody: int64(len(req.Inputs)) * vectorBody})
	if err != nil {
		return nil, err
	}
	defer reply.Close()
	resp, failed := e.vectors(reply, req, packed)
	if failed != nil {
		failed.Status = reply.Status
		failed.RequestID = httpjson.RequestID(reply.Header)
		failed.RetryAfter = httpjson.RetryAfter(reply.Header, time.Now())
		failed.Quota = quotaOf(reply.Header)
		return nil, failed
	}
	resp.RequestID, resp.Quota = httpjson.RequestID(reply.Header), quotaOf(reply.Header)
	return resp, nil
}

// encodeInputs writes the body of a call.
func encodeInputs(req *providers.Request, packed bool) []byte {
	size := 128 + len(req.Model)
	for _, text := range req.Inputs {
		size += 4 + len(text) + len(text)/16
	}
	body := append(make([]byte, 0, size), `{"model":`...)
	body = httpjson.AppendString(body, req.Model)
	body = append(body, `,"input":[`...)
	for i, text := range req.Inputs {
		if i > 0 {
			body = append(body, ',')
		}
		body = httpjson.AppendString(body, text)
	}
	body = append(body, ']')
	if packed {
		body = append(body, `,"encoding_format":"base64"`...)
	}
	if req.Dimensions > 0 {
		body = append(body, `,"dimensions":`...)
		body = strconv.AppendInt(body, int64(req.Dimensions), 10)
	}
	return append(body, '}')
}

// vectorList is what weir reads of an answer.
type vectorList struct {
	Data []struct {
		Index     *int             `json:"index"`
		Embedding *httpjson.Vector `json:"embedding"`
	} `json:"data"`
	Usage json.RawMessage `json:"usage"`
	Error json.RawMessage `json:"error"`
}

// vectors turns what came back into vectors or an error.
func (p *Provider) vectors(reply *httpjson.Reply, req *providers.Request, packed bool) (*providers.Response, *providers.Error) {
	switch reply.Status / 100 {
	case 2:
		return p.decodeVectors(reply, req)
	case 3:
		return nil, p.redirected(reply)
	}
	f := readFailure(reply.Body)
	failed := p.failure(reply.Status, f, req)
	if packed && slices.Contains(teaching, reply.Status) && isAboutForm(f) {
		p.lessons.add(req.Model, "base64")
		failed.Learned = true
	}
	return nil, failed
}

// isAboutForm reports whether a failure is about the form of the vectors.
func isAboutForm(f failure) bool {
	said := strings.ToLower(f.param + " " + f.message)
	return strings.Contains(said, "encoding_format") || strings.Contains(said, "base64")
}

// decodeVectors reads the body of a 200. Some servers say there that the call failed.
func (p *Provider) decodeVectors(reply *httpjson.Reply, req *providers.Request) (*providers.Response, *providers.Error) {
	var list vectorList
	if err := json.Unmarshal(reply.Body, &list); err != nil {
		return nil, malformed("%s: %s instead of vectors; is base_url right?", p.client.Place(), looks(reply.Body))
	}
	if present(string(list.Error)) {
		return nil, p.failureIn200(string(list.Error), req)
	}
	if list.Data == nil {
		return nil, malformed("%s: the answer has no list of vectors; does this server have embeddings?", p.client.Place())
	}
	vectors, ok := list.ordered(len(req.Inputs))
	if !ok {
		return nil, malformed("%s: the list is not of vectors, each with its index, so nobody knows whose each is", p.client.Place())
	}
	return &providers.Response{Vectors: vectors, Finish: providers.FinishStop, Usage: chatUsage.of(gjson.ParseBytes(list.Usage))}, nil
}

// ordered returns the vectors in the order of the texts. Where there are more or fewer of them than texts, indexes cannot be
// believed either, and it is for the caller to say so. false: the indexes are no order, or something is no vector.
func (l *vectorList) ordered(texts int) ([][]float32, bool) {
	vectors, seen := make([][]float32, len(l.Data)), make([]bool, len(l.Data))
	for i := range l.Data {
		place := i
		if index := l.Data[i].Index; index != nil && len(l.Data) == texts {
			place = *index
		}
		if place < 0 || place >= len(vectors) || seen[place] || l.Data[i].Embedding == nil {
			return nil, false
		}
		vectors[place], seen[place] = *l.Data[i].Embedding, true
	}
	return vectors, true
}
