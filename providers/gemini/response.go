package gemini

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/weir-ml/weir/internal/drivers"
	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// answer is what weir reads of a generateContent response.
type answer struct {
	Candidates []candidate `json:"candidates"`
	Feedback   struct {
		BlockReason string `json:"blockReason"`
	} `json:"promptFeedback"`
	Usage      *usage          `json:"usageMetadata"`
	ResponseID string          `json:"responseId"`
	Error      json.RawMessage `json:"error"` // of gateways, where the model behind them fails
}

type candidate struct {
	Content struct {
		Parts []part `json:"parts"`
	} `json:"content"`
	FinishReason string `json:"finishReason"`
}

// part is a piece of an answer, or of the model's thoughts.
type part struct {
	Text    string `json:"text"`
	Thought bool   `json:"thought"`
}

// usage counts the cached tokens into the prompt, and the thoughts beside the candidates.
type usage struct {
	PromptTokens     float64 `json:"promptTokenCount"`
	CandidatesTokens float64 `json:"candidatesTokenCount"`
	CachedTokens     float64 `json:"cachedContentTokenCount"`
	ThoughtsTokens   float64 `json:"thoughtsTokenCount"`
}

// decode reads the body of a 200. Google says there what its filters have held back.
func (p *Provider) decode(reply *httpjson.Reply, c call) (*providers.Response, *providers.Error) {
	var a answer
	if err := json.Unmarshal(reply.Body, &a); err != nil {
		if !onlyUsage(err) {
			return nil, p.advice.Unreadable(reply.Body, err)
		}
		a.Usage = nil
	}
	if len(a.Error) > 0 && string(a.Error) != "null" {
		f := readFailure(reply.Body)
		return nil, p.failed(f.classify(f.code), f, http.StatusOK, c)
	}
	resp, failed := p.candidate(&a, c)
	if failed != nil {
		failed.RequestID = drivers.ID(a.ResponseID)
		return nil, failed
	}
	return resp, nil
}

// candidate reads the first candidate; weir asks for one.
func (p *Provider) candidate(a *answer, c call) (*providers.Response, *providers.Error) {
	switch {
	case len(a.Candidates) == 0 && a.Feedback.BlockReason != "":
		return nil, refused("the prompt", a.Feedback.BlockReason)
	case len(a.Candidates) == 0:
		return nil, p.advice.Malformed("the answer has no candidates; is this a Gemini API?")
	}
	first := a.Candidates[0]
	if holdsBack[first.FinishReason] {
		return nil, refused("the answer to this prompt", first.FinishReason)
	}
	var text strings.Builder
	for _, part := range first.Content.Parts {
		if !part.Thought {
			text.WriteString(part.Text)
		}
	}
	return &providers.Response{
		Text:      text.String(),
		Finish:    finish(first.FinishReason),
		Usage:     a.Usage.tokens(),
		RequestID: drivers.ID(a.ResponseID),
		Form:      c.as,
	}, nil
}

// holdsBack are the finish reasons of filters. What stands before such an end may be cut anywhere, so none of it is an answer.
var holdsBack = map[string]bool{
	"SAFETY": true, "RECITATION": true, "LANGUAGE": true, "BLOCKLIST": true, "PROHIBITED_CONTENT": true, "SPII": true,
	"IMAGE_SAFETY": true, "IMAGE_PROHIBITED_CONTENT": true, "IMAGE_RECITATION": true, "MODEL_ARMOR": true,
}

// refused is the error of a prompt or an answer that Google's filters hold back. The reason is one word of a closed set.
func refused(what, reason string) *providers.Error {
	message := "the provider's content filter holds " + what + " back"
	if known := drivers.ID(reason); known != "" {
		message += ": " + known[:min(len(known), 40)]
	}
	return &providers.Error{Kind: providers.KindRefused, Message: message}
}

// finish translates a finishReason.
func finish(reason string) providers.Finish {
	switch reason {
	case "STOP":
		return providers.FinishStop
	case "MAX_TOKENS", "CONTINUATION":
		return providers.FinishLength
	default:
		return providers.FinishOther
	}
}

// tokens returns the usage; figures that cannot be are none.
func (u *usage) tokens() providers.Usage {
	if u == nil || !drivers.Sane(u.PromptTokens, u.CandidatesTokens, u.CachedTokens, u.ThoughtsTokens) {
		return providers.Usage{}
	}
	completion := u.CandidatesTokens + u.ThoughtsTokens
	if u.PromptTokens+completion == 0 {
		return providers.Usage{}
	}
	return providers.Usage{
		PromptTokens:     int(u.PromptTokens),
		CompletionTokens: int(completion),
		CachedTokens:     int(min(u.CachedTokens, u.PromptTokens)),
		ReasoningTokens:  int(u.ThoughtsTokens),
		Reported:         true,
	}
}

// onlyUsage reports whether err is about the usage alone: the rest has been read then.
func onlyUsage(err error) bool {
	e, ok := errors.AsType[*json.UnmarshalTypeError](err)
	return ok && (e.Field == "usageMetadata" || strings.HasPrefix(e.Field, "usageMetadata."))
}
