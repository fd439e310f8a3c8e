package gemini

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/weir-ml/weir/internal/drivers"
	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// maxInputs is how many texts Google takes in one call.
const maxInputs = 100

var _ providers.Embedder = (*Provider)(nil)

// EmbedLimits returns Google's: 100 texts.
func (p *Provider) EmbedLimits() providers.EmbedLimits {
	return providers.EmbedLimits{Inputs: maxInputs}
}

// Embed makes one call of batchEmbedContents about all of the request's inputs. It waits for all of the answer, or until ctx ends.
// Google scales vectors to length 1 only where they have the model's own number of dimensions.
func (p *Provider) Embed(ctx context.Context, req *providers.Request) (*providers.Response, error) {
	if err := httpjson.ContextError(ctx); err != nil {
		return nil, err
	}
	where, ok := path(req.Model, "batchEmbedContents")
	if !ok {
		return nil, drivers.NoModel(req.Model)
	}
	reply, err := p.client.Do(ctx, httpjson.Call{Path: where, Body: encodeInputs(req)})
	if err != nil {
		return nil, err
	}
	defer reply.Close()
	resp, failed := p.vectors(reply, req)
	if failed != nil {
		drivers.Complete(failed, reply, time.Now())
		return nil, failed
	}
	resp.RequestID = httpjson.RequestID(reply.Header)
	return resp, nil
}

// encodeInputs writes the body of a call: a request for each text, each with the model's full name.
func encodeInputs(req *providers.Request) []byte {
	name := req.Model
	if !strings.Contains(name, "/") {
		name = "models/" + name
	}
	size := 64
	for _, text := range req.Inputs {
		size += 128 + len(name) + len(text) + len(text)/16
	}
	body := append(make([]byte, 0, size), `{"requests":[`...)
	for i, text := range req.Inputs {
		if i > 0 {
			body = append(body, ',')
		}
		body = httpjson.AppendString(append(body, `{"model":`...), name)
		body = appendParts(append(body, `,"content":`...), "", []string{text})
		if req.Dimensions > 0 {
			body = strconv.AppendInt(append(body, `,"outputDimensionality":`...), int64(req.Dimensions), 10)
		}
		body = append(body, '}')
	}
	return append(body, `]}`...)
}

// vectors turns what came back into vectors or an error. Google names no indexes: the vectors are in the order of the texts.
func (p *Provider) vectors(reply *httpjson.Reply, req *providers.Request) (*providers.Response, *providers.Error) {
	c := call{req: req}
	if reply.Status/100 != 2 {
		_, failed := p.understand(reply, c)
		return nil, failed
	}
	var list struct {
		Embeddings []struct {
			Values httpjson.Vector `json:"values"`
		} `json:"embeddings"`
		Usage *usage          `json:"usageMetadata"`
		Error json.RawMessage `json:"error"`
	}
	if err := json.Unmarshal(reply.Body, &list); err != nil {
		if !onlyUsage(err) {
			return nil, p.advice.Unreadable(reply.Body, err)
		}
		list.Usage = nil
	}
	switch {
	case len(list.Error) > 0 && string(list.Error) != "null":
		f := readFailure(reply.Body)
		return nil, p.failed(f.classify(f.code), f, http.StatusOK, c)
	case list.Embeddings == nil:
		return nil, p.advice.Malformed("the answer has no embeddings; is this a Gemini API, and does the model embed?")
	}
	resp := &providers.Response{Vectors: make([][]float32, len(list.Embeddings)), Finish: providers.FinishStop, Usage: list.Usage.tokens()}
	for i := range list.Embeddings {
		resp.Vectors[i] = list.Embeddings[i].Values
	}
	return resp, nil
}
