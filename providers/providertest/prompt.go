package providertest

import "github.com/weir-ml/weir/providers"

// System returns a system message.
func System(text string) providers.Message {
	return providers.Message{Role: providers.RoleSystem, Content: text}
}

// User returns a user's message whose first bytes, as many as stable says, come again in other prompts.
func User(text string, stable int) providers.Message {
	return providers.Message{Role: providers.RoleUser, Content: text, Stable: stable}
}

// Reviews returns a prompt of two reviews, with characters that JSON and HTML write in several ways, changed by each of changes.
func Reviews(model string, changes ...func(r *providers.Request)) *providers.Request {
	r := &providers.Request{
		Model:    model,
		Messages: []providers.Message{System("Rate each review."), User("Input 1: \"<b>5 > 4</b> & \\ é\"\nInput 2: \"\x01\"", 0)},
	}
	for _, change := range changes {
		change(r)
	}
	return r
}

// Schema returns the schema of two answers, which every vendor takes.
func Schema() *providers.Schema {
	return &providers.Schema{
		Name: "weir_2_abc",
		JSON: []byte(`{"type":"object","properties":{"r1":{"enum":["positive","negative"]},"r2":{"enum":["positive","negative"]}},` +
			`"required":["r1","r2"],"additionalProperties":false}`),
	}
}

// LooseSchema returns the schema of one answer, of which property says what it may be: with a keyword that a vendor does not take, say.
func LooseSchema(property string) *providers.Schema {
	return &providers.Schema{
		Name: "weir_1_loose",
		JSON: []byte(`{"type":"object","properties":{"r1":` + property + `},"required":["r1"],"additionalProperties":false}`),
	}
}

// Structured asks for an answer that is held to [Schema]; it is a change for [Reviews].
func Structured(r *providers.Request) { r.Schema = Schema() }
