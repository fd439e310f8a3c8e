package simulator

import (
	"fmt"
	"net/http"
)

// embeddings are OpenAI's, and of all servers that speak like it.
type embeddings struct{ openAI }

func (embeddings) decode(_ *http.Request, body []byte) (*ask, *trouble) {
	f := readFields(body)
	a := &ask{model: f.text("model"), dimensions: f.number("dimensions")}
	readInputs(f, a)
	switch format := f.text("encoding_format"); format {
	case "", "float":
	case "base64":
		a.packed = true
	default:
		f.failAt(badRequest, "encoding_format", fmt.Sprintf("Invalid value: '%s'. Supported values are: 'float' and 'base64'.", format))
	}
	f.known("user")
	f.end()
	return a, f.trouble()
}

// readInputs reads a text, or several.
func readInputs(f *fields, a *ask) {
	if raw := f.values["input"]; len(raw) > 0 && raw[0] == '"' {
		a.inputs = []string{f.text("input")}
		return
	}
	f.take("input", &a.inputs)
	switch n := len(a.inputs); {
	case n == 0:
		f.failAt(missingField, "input", "")
	case n > maxInputs:
		f.failAt(badRequest, "input", fmt.Sprintf("Invalid 'input': array too long. Expected an array with maximum length %d, "+
			"but got an array with length %d instead.", maxInputs, n))
	}
}

type embeddingList struct {
	Object string          `json:"object"`
	Data   []embeddingItem `json:"data"`
	Model  string          `json:"model"`
	Usage  embeddingUsage  `json:"usage"`
}

type embeddingItem struct {
	Object    string `json:"object"`
	Index     int    `json:"index"`
	Embedding vector `json:"embedding"`
}

type embeddingUsage struct {
	PromptTokens int `json:"prompt_tokens"`
	TotalTokens  int `json:"total_tokens"`
}

func (embeddings) encode(a *ask, done *answer) (int, any) {
	used := embeddingUsage{done.used.prompt, done.used.prompt}
	list := embeddingList{Object: "list", Data: []embeddingItem{}, Model: a.model, Usage: used}
	for _, v := range done.vectors {
		list.Data = append(list.Data, embeddingItem{"embedding", v.index, v})
	}
	return http.StatusOK, list
}
