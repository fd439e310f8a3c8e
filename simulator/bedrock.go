package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// bedrock is the Converse API of Amazon Bedrock. It refuses unknown fields, which the real one passes over: a driver that spells
// a field wrong would look right. Of a signed call it knows the access key's id, and does not check the signature.
type bedrock struct{}

func (bedrock) key(r *http.Request) string {
	signed, ok := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	if !ok {
		return bearer(r)
	}
	_, credential, _ := strings.Cut(signed, "Credential=")
	id, _, _ := strings.Cut(credential, "/")
	return id
}

func (bedrock) decode(r *http.Request, body []byte) (*ask, *trouble) {
	f := readFields(body)
	a := &ask{model: r.PathValue("model")}
	f.list("system", func(block *fields) { bedrockBlock(block, a, "system") })
	f.list("messages", func(m *fields) {
		role := m.text("role")
		if role != "user" && role != "assistant" {
			m.failAt(badRequest, "role", "Member must satisfy enum value set: [user, assistant]")
		}
		m.list("content", func(block *fields) { bedrockBlock(block, a, role) })
	})
	if len(a.messages) == 0 || a.messages[len(a.messages)-1].Role == "system" {
		f.failAt(missingField, "messages", "")
	}
	f.object("inferenceConfig", func(config *fields) {
		if config.has("maxTokens") {
			if a.maxTokens = config.number("maxTokens"); a.maxTokens < 1 {
				config.failAt(badRequest, "maxTokens", "Member must have value greater than or equal to 1")
			}
		}
		config.between("temperature", 0, 1)
		config.between("topP", 0, 1)
		config.known("stopSequences")
	})
	bedrockForm(f, a)
	f.known("additionalModelRequestFields", "additionalModelResponseFieldPaths", "guardrailConfig", "performanceConfig", "promptVariables",
		"requestMetadata", "serviceTier")
	f.end()
	return a, f.trouble()
}

// bedrockBlock reads a block of text, or a mark in the prompt.
func bedrockBlock(block *fields, a *ask, role string) {
	switch {
	case block.has("cachePoint"):
		block.object("cachePoint", func(point *fields) {
			if point.text("type") != "default" {
				point.failAt(badRequest, "type", "Member must satisfy enum value set: [default]")
			}
			point.known("ttl")
			a.mark()
		})
		return
	case !block.has("text"):
		block.failAt(badRequest, "text", "the simulator reads blocks with a text only")
	}
	text := block.text("text")
	if text == "" {
		block.failAt(badRequest, "text", "The text field in the ContentBlock object is blank. Add text to the text field, and try again.")
	}
	if last := len(a.messages) - 1; last >= 0 && string(a.messages[last].Role) == role {
		a.messages[last].Content += text
		return
	}
	a.say(role, text)
}

// bedrockForm reads what the answer is held to: outputConfig, or a tool that must be called.
func bedrockForm(f *fields, a *ask) {
	f.object("outputConfig", func(config *fields) {
		config.object("textFormat", func(format *fields) {
			if kind := format.text("type"); kind != "json_schema" {
				format.failAt(badRequest, "type", "Member must satisfy enum value set: [json_schema]")
			}
			format.object("structure", func(structure *fields) {
				structure.object("jsonSchema", func(definition *fields) {
					a.form.schema = bedrockSchema(definition, json.RawMessage(definition.text("schema")), true)
					a.form.at = definition.at
					definition.known("name", "description")
				})
			})
		})
	})
	tools := map[string]*schema{}
	f.object("toolConfig", func(config *fields) {
		config.list("tools", func(tool *fields) {
			tool.object("toolSpec", func(spec *fields) { bedrockTool(spec, tools) })
			tool.known("cachePoint")
		})
		config.object("toolChoice", func(choice *fields) { bedrockChoice(choice, a, tools) })
	})
}

func bedrockTool(spec *fields, tools map[string]*schema) {
	name, strict := spec.text("name"), false
	spec.take("strict", &strict)
	spec.known("description")
	spec.object("inputSchema", func(input *fields) { tools[name] = bedrockSchema(input, input.raw("json"), strict) })
}

// bedrockChoice reads which tool must be called: the named one, or any where there is but one.
func bedrockChoice(choice *fields, a *ask, tools map[string]*schema) {
	choice.object("tool", func(tool *fields) { a.form.tool = tool.text("name") })
	if choice.has("any") && len(tools) == 1 {
		for name := range tools {
			a.form.tool = name
		}
	}
	choice.known("any", "auto")
	if a.form.tool == "" {
		return
	}
	a.form.at = choice.at
	if a.form.schema = tools[a.form.tool]; a.form.schema == nil {
		choice.failAt(badRequest, "tool", "The tool that must be used is not in toolConfig.tools.")
	}
}

func bedrockSchema(f *fields, raw json.RawMessage, strict bool) *schema {
	s, err := readSchema(raw)
	if err != nil {
		f.fail(&trouble{kind: badSchema, path: f.at, flaw: &flaw{word: err.Error()}})
		return nil
	}
	if flaw := anthropicStrict.check(s); strict && flaw != nil {
		f.fail(&trouble{kind: badSchema, path: f.at, flaw: flaw})
	}
	return s
}

type bedrockReply struct {
	Output     bedrockOutput  `json:"output"`
	StopReason string         `json:"stopReason"`
	Usage      bedrockUsage   `json:"usage"`
	Metrics    bedrockMetrics `json:"metrics"`
}

type bedrockOutput struct {
	Message bedrockMessage `json:"message"`
}

type bedrockMessage struct {
	Role    string `json:"role"`
	Content []any  `json:"content"`
}

type bedrockUsage struct {
	Input      int `json:"inputTokens"`
	Output     int `json:"outputTokens"`
	Total      int `json:"totalTokens"`
	CacheRead  int `json:"cacheReadInputTokens"`
	CacheWrite int `json:"cacheWriteInputTokens"`
}

type bedrockMetrics struct {
	LatencyMs int64 `json:"latencyMs"`
}

func (bedrock) encode(a *ask, done *answer) (int, any) {
	used := done.used
	reply := bedrockReply{
		Output: bedrockOutput{bedrockMessage{Role: "assistant", Content: []any{}}},
		Usage: bedrockUsage{
			Input: used.prompt - used.cached - used.written, Output: used.completion, Total: used.prompt + used.completion,
			CacheRead: used.cached, CacheWrite: used.written,
		},
		Metrics: bedrockMetrics{time.Since(done.created).Milliseconds()},
	}
	content := map[string]any{"text": done.text}
	switch done.ending {
	case endingFilter:
		reply.StopReason = "guardrail_intervened"
		content = map[string]any{"text": "Sorry, the model cannot answer this question."}
	case endingRefusal:
		reply.StopReason = "content_filtered"
	case endingLength:
		reply.StopReason = "max_tokens"
	case endingWindow:
		reply.StopReason = "model_context_window_exceeded"
	case endingStop:
		reply.StopReason = "end_turn"
	}
	if a.form.tool != "" && done.ending != endingFilter && done.ending != endingRefusal {
		if done.ending == endingStop {
			reply.StopReason = "tool_use"
		}
		content = map[string]any{"toolUse": map[string]any{
			"toolUseId": "tooluse_" + done.id, "name": a.form.tool, "input": toolInput(done.text),
		}}
	}
	reply.Output.Message.Content = append(reply.Output.Message.Content, content)
	return http.StatusOK, reply
}

type bedrockError struct {
	Message string `json:"message"`
}

// bedrockTroubles are the statuses and types of errors; the type stands in a header.
var bedrockTroubles = map[troubleKind]struct {
	status int
	kind   string
}{
	unauthorized: {http.StatusForbidden, "AccessDeniedException"},
	unknownModel: {http.StatusNotFound, "ResourceNotFoundException"},
	tooLarge:     {http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException"},
	rateLimited:  {http.StatusTooManyRequests, "ThrottlingException"},
	outOfQuota:   {http.StatusBadRequest, "ServiceQuotaExceededException"},
	serverError:  {http.StatusInternalServerError, "InternalServerException"},
	unavailable:  {http.StatusServiceUnavailable, "ServiceUnavailableException"},
	overloaded:   {http.StatusServiceUnavailable, "ServiceUnavailableException"},
	badJSON:      {http.StatusBadRequest, "SerializationException"},
}

func (bedrock) refuse(t *trouble) (int, any) {
	status := http.StatusBadRequest
	if known, ok := bedrockTroubles[t.kind]; ok {
		status = known.status
	}
	return status, bedrockError{bedrockMessageOf(t)}
}

func bedrockMessageOf(t *trouble) string {
	switch t.kind {
	case unauthorized:
		return "Authentication failed: Please make sure your API Key is valid."
	case unknownModel:
		return "The requested model could not be found: " + t.message
	case rateLimited:
		if strings.Contains(t.limit, "tokens") {
			return "Too many tokens, please wait before trying again."
		}
		return "Too many requests, please wait before trying again."
	case unknownField:
		return fmt.Sprintf("The simulator knows no field '%s' of Converse.", t.path.dots())
	case wrongType:
		return fmt.Sprintf("Value at '%s' failed to satisfy constraint: it must be %s", t.path.dots(), t.message)
	case missingField:
		return fmt.Sprintf("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must not be null",
			t.path.dots())
	case badSchema:
		return "The model returned the following errors: " + t.path.dots() + ": " + anthropicFlaw(t.flaw)
	case unsupported:
		return "This model doesn't support the outputConfig.textFormat field. Remove it and try again."
	case overflow:
		return "Input is too long for requested model."
	case badJSON:
		return "The request's body is no JSON object."
	case tooLarge:
		return fmt.Sprintf("The request is larger than %d bytes.", t.most)
	default:
		return t.message
	}
}

func (bedrock) headers(id string, _ *left, t *trouble) [][2]string {
	request := [2]string{"X-Amzn-RequestId", strings.TrimPrefix(id, "req_")}
	if t == nil {
		return [][2]string{request}
	}
	kind := "ValidationException"
	if known, ok := bedrockTroubles[t.kind]; ok {
		kind = known.kind
	}
	return [][2]string{request, {"X-Amzn-ErrorType", kind + ":http://internal.amazon.com/coral/com.amazon.bedrock/"}}
}
