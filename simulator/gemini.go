package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// geminiWire is what Google's Gemini API has in common. It takes field names in the JSON spelling alone (responseJsonSchema), and
// keys in the header alone: the real one reads more, and a driver needs no more.
type geminiWire struct{}

func (geminiWire) key(r *http.Request) string { return r.Header.Get("X-Goog-Api-Key") }

func (geminiWire) headers(_ string, _ *left, _ *trouble) [][2]string { return nil }

type geminiError struct {
	Error geminiProblem `json:"error"`
}

type geminiProblem struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Status  string `json:"status"`
	Details []any  `json:"details,omitempty"`
}

func geminiFailure(code int, status, message string, details ...any) (int, any) {
	return code, geminiError{geminiProblem{code, message, status, details}}
}

func (geminiWire) refuse(t *trouble) (int, any) {
	switch t.kind {
	case unauthorized:
		return geminiUnauthorized(t)
	case unknownModel:
		return geminiFailure(http.StatusNotFound, "NOT_FOUND", fmt.Sprintf(
			"models/%s is not found for API version v1beta, or is not supported for generateContent.", t.message))
	case tooLarge:
		return geminiFailure(http.StatusBadRequest, "INVALID_ARGUMENT", fmt.Sprintf(
			"Request payload size exceeds the limit: %d bytes.", t.most))
	case rateLimited:
		return geminiFailure(http.StatusTooManyRequests, "RESOURCE_EXHAUSTED",
			"You exceeded your current quota, please check your plan and billing details.", geminiQuota(t), geminiRetry(t))
	case outOfQuota:
		return geminiFailure(http.StatusTooManyRequests, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted.")
	case serverError:
		return geminiFailure(http.StatusInternalServerError, "INTERNAL", "An internal error has occurred. "+t.message)
	case unavailable, overloaded:
		return geminiFailure(http.StatusServiceUnavailable, "UNAVAILABLE", "The model is overloaded. Please try again later.")
	default:
		return geminiBadRequest(t)
	}
}

// geminiBadRequest is a 400.
func geminiBadRequest(t *trouble) (int, any) {
	switch t.kind {
	case unsupported:
		return geminiFailure(http.StatusBadRequest, "INVALID_ARGUMENT", "JSON mode is not enabled for this model")
	case overflow:
		return geminiFailure(http.StatusBadRequest, "INVALID_ARGUMENT", fmt.Sprintf(
			"The input token count (%d) exceeds the maximum number of tokens allowed (%d).", t.have, t.most))
	case unknownField:
		name, place := t.path[len(t.path)-1], ""
		if len(t.path) > 1 {
			place = " at '" + t.path[:len(t.path)-1].brackets() + "'"
		}
		return geminiBad(t, fmt.Sprintf("Invalid JSON payload received. Unknown name \"%s\"%s: Cannot find field.", name, place))
	case wrongType:
		return geminiBad(t, fmt.Sprintf("Invalid value at '%s', expected %s", t.path.brackets(), t.message))
	case missingField:
		return geminiFailure(http.StatusBadRequest, "INVALID_ARGUMENT", fmt.Sprintf("* GenerateContentRequest.%s: it is not specified",
			t.path.dots()))
	case badJSON:
		return geminiFailure(http.StatusBadRequest, "INVALID_ARGUMENT", "Invalid JSON payload received. Expected a value.")
	case badSchema:
		return geminiFailure(http.StatusBadRequest, "INVALID_ARGUMENT", "The specified schema is not valid: "+t.flaw.word)
	default:
		return geminiFailure(http.StatusBadRequest, "INVALID_ARGUMENT", t.message)
	}
}

// geminiUnauthorized says that there is no key with a 403, and that it is wrong with a 400.
func geminiUnauthorized(t *trouble) (int, any) {
	if t.have == 0 {
		return geminiFailure(http.StatusForbidden, "PERMISSION_DENIED",
			"Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API "+
				"consumer identity to call this API.")
	}
	return geminiFailure(http.StatusBadRequest, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", map[string]any{
		"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com",
		"metadata": map[string]string{"service": "generativelanguage.googleapis.com"},
	})
}

func geminiBad(t *trouble, message string) (int, any) {
	return geminiFailure(http.StatusBadRequest, "INVALID_ARGUMENT", message, map[string]any{
		"@type":           "type.googleapis.com/google.rpc.BadRequest",
		"fieldViolations": []any{map[string]string{"field": t.path[:len(t.path)-1].brackets(), "description": message}},
	})
}

func geminiQuota(t *trouble) any {
	id := "GenerateRequestsPerMinutePerProjectPerModel"
	if strings.Contains(t.limit, "tokens") {
		id = "GenerateContentInputTokensPerModelPerMinute"
	}
	return map[string]any{
		"@type":      "type.googleapis.com/google.rpc.QuotaFailure",
		"violations": []any{map[string]string{"quotaId": id, "quotaValue": strconv.Itoa(t.most)}},
	}
}

func geminiRetry(t *trouble) any {
	return map[string]string{
		"@type":      "type.googleapis.com/google.rpc.RetryInfo",
		"retryDelay": fmt.Sprintf("%.9gs", t.wait.Seconds()),
	}
}

// gemini is all that is asked of a model: /v1beta/models/MODEL:METHOD.
type gemini struct{ geminiWire }

// The methods.
const (
	methodGenerate   = "generateContent"
	methodEmbed      = "embedContent"
	methodBatchEmbed = "batchEmbedContents"
)

func (gemini) decode(r *http.Request, body []byte) (*ask, *trouble) {
	call := r.PathValue("call")
	at := strings.LastIndexByte(call, ':')
	if at < 0 {
		return nil, &trouble{kind: unknownModel, message: call}
	}
	a, f := &ask{model: call[:at], automatic: true}, readFields(body)
	switch call[at+1:] {
	case methodGenerate:
		geminiGenerate(f, a)
	case methodEmbed:
		a.single = true
		geminiEmbed(f, a)
	case methodBatchEmbed:
		geminiBatch(f, a)
	default:
		return nil, &trouble{kind: unknownModel, message: call}
	}
	f.end()
	return a, f.trouble()
}

func geminiGenerate(f *fields, a *ask) {
	f.object("systemInstruction", func(content *fields) { a.say("system", geminiText(content)) })
	f.list("contents", func(content *fields) {
		role := "user"
		switch content.text("role") {
		case "", "user":
		case "model":
			role = "assistant"
		default:
			content.failAt(badRequest, "role", "Please use a valid role: user, model.")
		}
		a.say(role, geminiText(content))
	})
	f.object("generationConfig", func(config *fields) { geminiConfig(config, a) })
	if len(a.messages) == 0 || a.messages[len(a.messages)-1].Role == "system" {
		f.failAt(missingField, "contents", "")
	}
	f.known("safetySettings", "labels", "serviceTier", "store", "model")
}

// geminiText reads the parts of a content, which are texts.
func geminiText(content *fields) string {
	var text strings.Builder
	content.list("parts", func(part *fields) {
		if !part.has("text") {
			part.failAt(badRequest, "text", "The simulator reads parts with a text only.")
		}
		text.WriteString(part.text("text"))
		part.known("thought", "thoughtSignature")
	})
	content.known("role")
	return text.String()
}

func geminiConfig(config *fields, a *ask) {
	config.between("temperature", 0, 2)
	config.between("topP", 0, 1)
	if config.has("maxOutputTokens") {
		if a.maxTokens = config.number("maxOutputTokens"); a.maxTokens < 1 {
			config.failAt(badRequest, "maxOutputTokens", "max_output_tokens must be positive.")
		}
	}
	if n := config.number("candidateCount"); n > 1 {
		config.failAt(badRequest, "candidateCount", "The simulator answers once.")
	}
	geminiForm(config, a)
	config.object("thinkingConfig", func(thought *fields) {
		budget := 0
		if thought.take("thinkingBudget", &budget) && budget != 0 {
			a.thinking = thinking["medium"]
		}
		if level := strings.ToLower(thought.text("thinkingLevel")); level != "" {
			a.thinking = thinking[level]
		}
		thought.known("includeThoughts")
	})
	config.known("topK", "stopSequences", "presencePenalty", "frequencyPenalty", "seed", "responseLogprobs", "logprobs",
		"responseModalities", "mediaResolution")
}

// geminiForm reads what the answer is held to. A schema needs the type of JSON beside it.
func geminiForm(config *fields, a *ask) {
	kind := config.text("responseMimeType")
	a.form.json, a.form.at = kind == jsonKind, config.at
	for _, name := range [...]string{"responseJsonSchema", "responseSchema"} {
		raw := config.raw(name)
		switch s, err := readSchema(raw); {
		case raw == nil:
		case kind != jsonKind:
			config.failAt(badRequest, name, "A response schema needs responseMimeType application/json.")
		case err != nil:
			config.fail(&trouble{kind: badSchema, path: config.at.then(name), flaw: &flaw{word: err.Error()}})
		default:
			a.form.schema = s
		}
	}
}

// maxGeminiBatch is the most texts of one request.
const maxGeminiBatch = 100

func geminiBatch(f *fields, a *ask) {
	f.list("requests", func(one *fields) {
		if model := strings.TrimPrefix(one.text("model"), "models/"); model != a.model {
			one.failAt(badRequest, "model", "The model of a request must be that of the batch.")
		}
		geminiEmbed(one, a)
	})
	if n := len(a.inputs); n > maxGeminiBatch {
		f.fail(&trouble{kind: badRequest, message: fmt.Sprintf(
			"* BatchEmbedContentsRequest.requests: at most %d requests can be in one batch", maxGeminiBatch)})
	}
	if len(a.inputs) == 0 {
		f.failAt(missingField, "requests", "")
	}
}

func geminiEmbed(f *fields, a *ask) {
	text := ""
	f.object("content", func(content *fields) { text = geminiText(content) })
	a.inputs = append(a.inputs, text)
	a.dimensions = f.number("outputDimensionality")
	f.known("model", "taskType", "title")
}

type geminiReply struct {
	Candidates     []geminiCandidate `json:"candidates,omitempty"`
	PromptFeedback any               `json:"promptFeedback,omitempty"`
	Usage          geminiUsage       `json:"usageMetadata"`
	ModelVersion   string            `json:"modelVersion"`
	ResponseID     string            `json:"responseId"`
}

type geminiCandidate struct {
	Content      geminiContent `json:"content"`
	FinishReason string        `json:"finishReason"`
	Index        int           `json:"index"`
}

type geminiContent struct {
	Parts []geminiPart `json:"parts,omitempty"`
	Role  string       `json:"role,omitempty"`
}

type geminiPart struct {
	Text string `json:"text"`
}

type geminiUsage struct {
	Prompt     int `json:"promptTokenCount"`
	Candidates int `json:"candidatesTokenCount,omitempty"`
	Total      int `json:"totalTokenCount"`
	Cached     int `json:"cachedContentTokenCount,omitempty"`
	Thoughts   int `json:"thoughtsTokenCount,omitempty"`
}

type geminiValues struct {
	Values vector `json:"values"`
}

func (gemini) encode(a *ask, done *answer) (int, any) {
	if a.inputs != nil {
		return http.StatusOK, geminiVectors(a, done)
	}
	used := done.used
	reply := geminiReply{
		ModelVersion: a.model, ResponseID: done.id,
		Usage: geminiUsage{used.prompt, used.completion - used.thinking, used.prompt + used.completion, used.cached, used.thinking},
	}
	candidate := geminiCandidate{FinishReason: "STOP", Content: geminiContent{[]geminiPart{{done.text}}, "model"}}
	switch done.ending {
	case endingFilter:
		reply.PromptFeedback = map[string]string{"blockReason": "SAFETY"}
		return http.StatusOK, reply
	case endingRefusal:
		candidate = geminiCandidate{FinishReason: "SAFETY"}
	case endingLength, endingWindow:
		candidate.FinishReason = "MAX_TOKENS"
	case endingStop:
	}
	reply.Candidates = []geminiCandidate{candidate}
	return http.StatusOK, reply
}

func geminiVectors(a *ask, done *answer) any {
	list := make([]geminiValues, len(done.vectors))
	for i, v := range done.vectors {
		list[i].Values = v
	}
	if a.single && len(list) == 1 {
		return map[string]any{"embedding": list[0]}
	}
	return map[string]any{"embeddings": list}
}
