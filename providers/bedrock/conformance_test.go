package bedrock_test

import (
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/weir-ml/weir/providers"
	"github.com/weir-ml/weir/providers/bedrock"
	"github.com/weir-ml/weir/providers/providertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	providertest.Run(t, providertest.Driver{
		New: func(tb testing.TB, baseURL string) providers.Provider {
			tb.Helper()
			return start(tb, bedrock.Config{BaseURL: baseURL, APIKey: providertest.APIKey})
		},
		Wire:  &providertest.Wire{Answer: answer, Failures: failures, Check: check},
		Leaks: providertest.NoLeaks,
	})
}

// TestConformanceSigned is the same with signatures in the place of a key. The suite's key is the secret and the token, so that it sees
// them where they do not belong.
func TestConformanceSigned(t *testing.T) {
	providertest.Run(t, providertest.Driver{
		New: func(tb testing.TB, baseURL string) providers.Provider {
			tb.Helper()
			return start(tb, bedrock.Config{BaseURL: baseURL, Region: "eu-central-1", Credentials: func() bedrock.Credentials {
				return bedrock.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: providertest.Key, SessionToken: providertest.Key}
			}})
		},
		Wire:  &providertest.Wire{Answer: answer, Failures: failures},
		Leaks: providertest.NoLeaks,
	})
}

// start returns a provider that is closed at the end of the test.
func start(tb testing.TB, cfg bedrock.Config) *bedrock.Provider {
	tb.Helper()
	return providertest.Start(tb, bedrock.New, cfg)
}

// answer writes an answer of Converse.
func answer(a providertest.Answer) string {
	content, reason := []any{map[string]any{"text": a.Text}}, "end_turn"
	switch {
	case a.Refused:
		reason = "content_filtered"
	case a.Finish == providers.FinishLength:
		reason = "max_tokens"
	}
	body := map[string]any{
		"metrics": map[string]any{"latencyMs": 1}, "stopReason": reason,
		"output": map[string]any{"message": map[string]any{"role": "assistant", "content": content}},
	}
	if u := a.Usage; u != nil {
		body["usage"] = map[string]any{"inputTokens": u.Prompt, "outputTokens": u.Completion, "totalTokens": u.Prompt + u.Completion}
	}
	return providertest.Body(body)
}

// named is a failure whose name is in the header, as Bedrock writes it.
func named(status int, name, message string) providertest.Failure {
	return providertest.Failure{
		Name: name + " " + message, Status: status, Header: map[string]string{"X-Amzn-Errortype": name + ":http://internal.amazon.com/coral/com.amazon.bedrock/"},
		Body: `{"message":"` + message + `"}`,
	}
}

// failures are as the API writes them.
var failures = map[providers.Kind][]providertest.Failure{
	providers.KindUnauthorized: {
		named(403, "AccessDeniedException", "You don't have access to the model with the specified model ID."),
		named(403, "UnrecognizedClientException", "The security token included in the request is invalid."),
		named(403, "ExpiredTokenException", "The security token included in the request is expired"),
		named(403, "InvalidSignatureException", "The request signature we calculated does not match the signature you provided. The Canonical String was 'x-amz-security-token:"+providertest.Key+"'"),
		named(403, "InvalidSignatureException", "Credential should be scoped to a valid region."),
		named(404, "FTUFormNotFilled", "Model use case details have not been submitted for this account."),
		{Name: "gateway", Status: 403, Body: `{"Message":"Authentication failed: Please make sure your API Key is valid."}`},
	},
	providers.KindUnknownModel: {
		named(404, "ResourceNotFoundException", "Could not resolve the foundation model from the provided model identifier."),
		named(400, "ValidationException", "The provided model identifier is invalid."),
		named(400, "ValidationException", "Invocation of model ID a with on-demand throughput isn’t supported."),
	},
	providers.KindBadRequest: {
		named(400, "ValidationException", "The text field in the ContentBlock object at messages.0.content.0 is blank."),
		{Name: "in the body", Status: 400, Body: `{"__type":"com.amazon.coral.service#SerializationException","message":"bad"}`},
	},
	providers.KindContextOverflow: {
		named(400, "ValidationException", "Input is too long for requested model."),
		named(400, "ValidationException", "The model returned the following errors: prompt is too long: 200049 tokens > 200000 maximum"),
		named(413, "RequestEntityTooLargeException", "too large"),
	},
	providers.KindRateLimited: {
		named(429, "ThrottlingException", "Too many requests, please wait before trying again."),
		named(400, "ServiceQuotaExceededException", "Your request exceeds the service quota for your account."),
		{Name: "in 200", Status: 200, Body: `{"__type":"ThrottlingException","message":"slow down"}`},
	},
	providers.KindQuota: {
		named(429, "ThrottlingException", "Too many tokens per day, please wait before trying again."),
		named(403, "AccessDeniedException", "Model access is denied due to INVALID_PAYMENT_INSTRUMENT: A valid payment instrument must be provided."),
	},
	providers.KindTimeout: {named(408, "ModelTimeoutException", "Model has timed out in processing the request.")},
	providers.KindUnavailable: {
		named(500, "InternalServerException", "The system encountered an unexpected error."),
		named(503, "ServiceUnavailableException", "Bedrock is unable to process your request."),
		named(429, "ModelNotReadyException", "Model is not ready for inference."),
		named(424, "ModelErrorException", "The model failed."),
		{Name: "424 of nobody", Status: 424, Body: `{}`},
		{Name: "nothing in 200", Status: 200, Body: `{"__type":"WhoKnows"}`},
	},
	providers.KindRefused: {
		{Name: "guardrail", Status: 200, Body: `{"output":{"message":{"role":"assistant","content":[{"text":"Sorry."}]}},"stopReason":"guardrail_intervened"}`},
	},
}

// check reads a request as Bedrock would.
func check(tb testing.TB, got *http.Request, body []byte, req *providers.Request) {
	tb.Helper()
	providertest.CheckHead(tb, got, "/model/a-model/converse", map[string]string{"Authorization": "Bearer " + providertest.Key})
	var sent struct {
		System   []struct{ Text string }
		Messages []struct {
			Role    providers.Role
			Content []struct{ Text string }
		}
	}
	providertest.Read(tb, body, &sent)
	messages := []providers.Message{}
	for _, m := range sent.System {
		messages = append(messages, system(m.Text))
	}
	for _, m := range sent.Messages {
		for _, b := range m.Content {
			messages = append(messages, providers.Message{Role: m.Role, Content: b.Text})
		}
	}
	providertest.CheckMessages(tb, req, messages)
}
