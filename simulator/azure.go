package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// azureWire is what Azure OpenAI does otherwise than OpenAI: the key's header, the errors of its gateway, and the results of its
// content filter.
type azureWire struct{}

func (azureWire) key(r *http.Request) string {
	if key := r.Header.Get("Api-Key"); key != "" {
		return key
	}
	return bearer(r)
}

// azureError is an error of the gateway, which has only a code and a message.
type azureError struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func azureFailure(status int, code, message string) (int, any) {
	var e azureError
	e.Error.Code, e.Error.Message = code, message
	return status, e
}

func (azureWire) refuse(t *trouble) (int, any) {
	switch t.kind {
	case unauthorized:
		return azureFailure(http.StatusUnauthorized, "401", "Access denied due to invalid subscription key or wrong API endpoint. "+
			"Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.")
	case unknownModel:
		if t.path != nil {
			return azureFailure(http.StatusNotFound, "404", "Resource not found")
		}
		return azureFailure(http.StatusNotFound, "DeploymentNotFound", "The API deployment for this resource does not exist. If you "+
			"created the deployment within the last 5 minutes, please wait a moment and try again.")
	case rateLimited:
		return azureFailure(http.StatusTooManyRequests, "429", fmt.Sprintf("Requests to this operation have exceeded the %s rate "+
			"limit of your current pricing tier. Please retry after %d seconds.", t.limit, roundUp(t.wait, 1e9)))
	case outOfQuota:
		return azureFailure(http.StatusForbidden, "403", "Out of call volume quota for this pricing tier. Please retry after 17 days.")
	default:
		return openAI{}.refuse(t)
	}
}

func (azureWire) headers(id string, left *left, t *trouble) [][2]string {
	h := openAI{}.headers(id, left, t)
	return append(h, [2]string{"Apim-Request-Id", strings.TrimPrefix(id, "req_")}, [2]string{"X-Ms-Region", "127.0.0.1"})
}

// azureChat is chat completions: of a deployment, which is the model whatever the body says, or under /openai/v1/.
type azureChat struct{ azureWire }

func (azureChat) decode(r *http.Request, body []byte) (*ask, *trouble) {
	if missing := wantVersion(r); missing != nil {
		return nil, missing
	}
	a, refused := chat{}.decode(r, deployed(r, body))
	if refused == nil && r.PathValue("deployment") != "" {
		a.model = r.PathValue("deployment")
	}
	return a, refused
}

// wantVersion refuses a call of a deployment without the API's version: there is no such resource then.
func wantVersion(r *http.Request) *trouble {
	if r.PathValue("deployment") != "" && r.URL.Query().Get("api-version") == "" {
		return &trouble{kind: unknownModel, path: path{"api-version"}}
	}
	return nil
}

// deployed is the body of a call. Reasoning models are known by the deployment's name here, which therefore comes first.
func deployed(r *http.Request, body []byte) []byte {
	deployment := r.PathValue("deployment")
	if deployment == "" || len(body) == 0 || body[0] != '{' {
		return body
	}
	f := readFields(body)
	if f.trouble() != nil {
		return body
	}
	f.values["model"] = []byte(strconv.Quote(deployment))
	return encode(f.values)
}

func (azureChat) encode(a *ask, done *answer) (int, any) {
	if done.ending == endingFilter {
		return http.StatusBadRequest, azureFiltered()
	}
	c := completion(a, done)
	c.Choices[0].Filtered = azureVerdict("")
	return http.StatusOK, struct {
		chatCompletion

		PromptFiltered []any `json:"prompt_filter_results"`
	}{c, []any{map[string]any{"prompt_index": 0, "content_filter_results": azureVerdict("")}}}
}

// azureVerdict is what the filter says of each kind of content; of one, it may be that it is filtered.
func azureVerdict(filtered string) map[string]any {
	verdict := map[string]any{}
	for _, kind := range [...]string{"hate", "self_harm", "sexual", "violence"} {
		severity := "safe"
		if kind == filtered {
			severity = "high"
		}
		verdict[kind] = map[string]any{"filtered": kind == filtered, "severity": severity}
	}
	return verdict
}

// azureFiltered is the error of a prompt that the filter holds back.
func azureFiltered() any {
	return map[string]any{"error": map[string]any{
		"message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your " +
			"prompt and retry.",
		"type": nil, "param": "prompt", "code": "content_filter", "status": http.StatusBadRequest,
		"innererror": map[string]any{"code": "ResponsibleAIPolicyViolation", "content_filter_result": azureVerdict("violence")},
	}}
}

// azureResponses is the Responses API under /openai/v1/.
type azureResponses struct{ azureWire }

func (azureResponses) decode(r *http.Request, body []byte) (*ask, *trouble) {
	return responses{}.decode(r, body)
}
func (azureResponses) encode(a *ask, done *answer) (int, any) { return responses{}.encode(a, done) }

// azureEmbeddings are those of a deployment, or under /openai/v1/.
type azureEmbeddings struct{ azureWire }

func (azureEmbeddings) decode(r *http.Request, body []byte) (*ask, *trouble) {
	if missing := wantVersion(r); missing != nil {
		return nil, missing
	}
	a, refused := embeddings{}.decode(r, deployed(r, body))
	return a, refused
}

func (azureEmbeddings) encode(a *ask, done *answer) (int, any) { return embeddings{}.encode(a, done) }
