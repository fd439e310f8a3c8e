package simulator

import (
	"fmt"
	"net/http"
)

// anthropic is Anthropic's Messages API.
type anthropic struct{}

func (anthropic) key(r *http.Request) string {
	if key := r.Header.Get("X-Api-Key"); key != "" {
		return key
	}
	return bearer(r)
}

// anthropicKnown are fields of the API that the simulator takes and does not look at.
var anthropicKnown = []string{"metadata", "stop_sequences", "service_tier", "top_k", "container", "inference_geo", "speed"}

// maxMarks is the most blocks of a request with cache_control.
const maxMarks = 4

func (anthropic) decode(r *http.Request, body []byte) (*ask, *trouble) {
	f := readFields(body)
	if r.Header.Get("Anthropic-Version") == "" {
		f.fail(&trouble{kind: badRequest, message: "anthropic-version: header is required"})
	}
	a := &ask{model: f.text("model")}
	f.either("system", func(s string) { a.say("system", s) }, func(block *fields) { anthropicBlock(block, a, "system") })
	f.list("messages", func(m *fields) { anthropicMessage(m, a) })
	switch {
	case !f.has("max_tokens"):
		f.failAt(missingField, "max_tokens", "")
	default:
		if a.maxTokens = f.number("max_tokens"); a.maxTokens < 1 {
			f.failAt(badRequest, "max_tokens", "Input should be greater than or equal to 1")
		}
	}
	f.between("temperature", 0, 1)
	f.between("top_p", 0, 1)
	anthropicForm(f, a)
	stream := false
	f.take("stream", &stream)
	switch {
	case stream:
		f.failAt(badRequest, "stream", "the simulator does not stream")
	case len(a.messages) == 0 || a.messages[len(a.messages)-1].Role == "system":
		f.failAt(badRequest, "messages", "at least one message is required")
	case len(a.marks) > maxMarks:
		f.fail(&trouble{kind: badRequest, message: fmt.Sprintf(
			"A maximum of %d blocks with cache_control may be provided. Found %d.", maxMarks, len(a.marks))})
	}
	f.known(anthropicKnown...)
	f.end()
	return a, f.trouble()
}

func anthropicMessage(m *fields, a *ask) {
	role := m.text("role")
	switch role {
	case "user", "assistant":
	case "system":
		m.fail(&trouble{kind: badRequest, message: `messages: Unexpected role "system". The Messages API accepts a top-level ` +
			"`system` parameter, not \"system\" as an input message role."})
	default:
		m.failAt(badRequest, "role", "Input should be 'user' or 'assistant'")
	}
	m.either("content", func(s string) { a.say(role, s) }, func(block *fields) { anthropicBlock(block, a, role) })
}

// anthropicBlock reads a block of text. Blocks of one message follow each other without anything between them.
func anthropicBlock(block *fields, a *ask, role string) {
	if kind := block.text("type"); kind != "text" {
		block.failAt(badRequest, "type", "the simulator reads blocks of type text only")
	}
	text := block.text("text")
	if text == "" {
		block.fail(&trouble{kind: badRequest, message: block.at[0] + ": text content blocks must be non-empty"})
	}
	if last := len(a.messages) - 1; last >= 0 && string(a.messages[last].Role) == role {
		a.messages[last].Content += text
	} else {
		a.say(role, text)
	}
	block.object("cache_control", func(control *fields) {
		if control.text("type") != "ephemeral" {
			control.failAt(badRequest, "type", "Input should be 'ephemeral'")
		}
		control.known("ttl")
		a.mark()
	})
	block.known("citations")
}

// anthropicForm reads what the answer is held to: output_config.format, or the older way, a strict tool that must be called.
func anthropicForm(f *fields, a *ask) {
	f.object("output_config", func(config *fields) {
		config.object("format", func(format *fields) {
			if kind := format.text("type"); kind != "json_schema" {
				format.failAt(badRequest, "type", "Input should be 'json_schema'")
			}
			a.form.schema = anthropicSchema(format, "schema")
			a.form.at = format.at
		})
		anthropicEffort(config, a)
	})
	f.object("thinking", func(thinking *fields) {
		switch kind := thinking.text("type"); kind {
		case "disabled":
			a.thinking = 0
		case "enabled":
			a.thinking = min(thinking.number("budget_tokens"), 128)
		}
		thinking.known("budget_tokens", "display")
	})
	tools := map[string]*schema{}
	f.list("tools", func(tool *fields) {
		name, strict := tool.text("name"), false
		tool.take("strict", &strict)
		tool.known("type", "description", "cache_control", "eager_input_streaming")
		tools[name] = anthropicTool(tool, strict)
	})
	f.object("tool_choice", func(choice *fields) {
		if kind := choice.text("type"); kind != "tool" {
			choice.failAt(badRequest, "type", "the simulator calls a tool only where tool_choice names it")
		}
		a.form.tool = choice.text("name")
		a.form.at = choice.at
		choice.known("disable_parallel_tool_use")
		if a.form.schema = tools[a.form.tool]; a.form.schema == nil {
			choice.failAt(badRequest, "name", fmt.Sprintf("Tool '%s' not found in provided tools", a.form.tool))
		}
	})
}

func anthropicEffort(config *fields, a *ask) {
	effort := config.text("effort")
	if effort == "" {
		return
	}
	tokens, ok := thinking[effort]
	if effort == "max" {
		tokens, ok = thinking["xhigh"], true
	}
	if !ok {
		config.failAt(badRequest, "effort", "Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")
	}
	a.thinking = tokens
}

// anthropicStrict is what Anthropic asks of schemas, by its page on structured outputs.
var anthropicStrict = strictness{
	closed: true,
	refused: []string{
		"minimum", "maximum", "multipleOf", "minLength", "maxLength", "maxItems", "uniqueItems", "not", "if", "then", "else", "oneOf",
	},
}

func anthropicSchema(f *fields, name string) *schema {
	raw := f.raw(name)
	if raw == nil {
		f.failAt(missingField, name, "")
		return nil
	}
	s, err := readSchema(raw)
	if err != nil {
		f.failAt(badRequest, name, err.Error())
		return nil
	}
	if flaw := anthropicStrict.check(s); flaw != nil {
		f.fail(&trouble{kind: badSchema, path: f.at.then(name), flaw: flaw})
	}
	return s
}

// anthropicTool reads a tool's schema, which is held to the rules only where the tool is strict.
func anthropicTool(tool *fields, strict bool) *schema {
	if strict {
		return anthropicSchema(tool, "input_schema")
	}
	s, err := readSchema(tool.raw("input_schema"))
	if err != nil {
		tool.failAt(badRequest, "input_schema", err.Error())
	}
	return s
}
