package openai

import (
	"math"
	"strconv"

	"github.com/weir-ml/weir/internal/httpjson"
	"github.com/weir-ml/weir/providers"
)

// encode writes the body of a call. It is written by hand because a prompt is one long string, which encoding/json
// would escape for HTML and copy twice.
//
// The bound on the answer goes out as max_tokens. OpenAI calls it max_completion_tokens by now and its reasoning models
// take only that, but most other servers know only the old name and ignore the new one, which would leave the answer
// without a bound. For a reasoning model of OpenAI, leave the bound unset.
func encode(req *providers.Request) ([]byte, *providers.Error) {
	body := make([]byte, 0, bodySize(req))
	body = append(body, `{"model":`...)
	body = httpjson.AppendString(body, req.Model)
	body = append(body, `,"messages":[`...)
	for i, message := range req.Messages {
		if i > 0 {
			body = append(body, ',')
		}
		body = append(body, `{"role":`...)
		body = httpjson.AppendString(body, string(message.Role))
		body = append(body, `,"content":`...)
		body = httpjson.AppendString(body, message.Content)
		body = append(body, '}')
	}
	body = append(body, ']')
	if t := req.Temperature; t != nil {
		if math.IsNaN(*t) || math.IsInf(*t, 0) {
			return nil, &providers.Error{Kind: providers.KindBadRequest, Message: "temperature is not a number; correct the option"}
		}
		body = append(body, `,"temperature":`...)
		body = strconv.AppendFloat(body, *t, 'f', -1, 64)
	}
	if req.MaxOutputTokens > 0 {
		body = append(body, `,"max_tokens":`...)
		body = strconv.AppendInt(body, int64(req.MaxOutputTokens), 10)
	}
	return append(body, '}'), nil
}

// bodySize guesses the length of the body, so that it is allocated once for all but odd prompts.
func bodySize(req *providers.Request) int {
	size := 128 + len(req.Model)
	for _, message := range req.Messages {
		size += 64 + len(message.Content) + len(message.Content)/16
	}
	return size
}
