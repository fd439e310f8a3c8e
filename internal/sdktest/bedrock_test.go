package sdktest_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go"

	"github.com/weir-ml/weir/simulator"
)

const bedrockModel = "anthropic.claude-haiku-4-5-20251001-v1:0"

// bedrockClient signs its calls: the SDK sends a bearer token over TLS alone. The id of the access key is the simulator's key.
func bedrockClient(root, id string, client *http.Client) *bedrockruntime.Client {
	return bedrockruntime.New(bedrockruntime.Options{
		BaseEndpoint: aws.String(root), Region: "eu-central-1", RetryMaxAttempts: 1, HTTPClient: client,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: id, SecretAccessKey: "secret"}, nil
		}),
	})
}

func converse(prompt string) *bedrockruntime.ConverseInput {
	return &bedrockruntime.ConverseInput{
		ModelId:         aws.String(bedrockModel),
		System:          []types.SystemContentBlock{&types.SystemContentBlockMemberText{Value: instruction}},
		Messages:        []types.Message{{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: prompt}}}},
		InferenceConfig: &types.InferenceConfiguration{MaxTokens: aws.Int32(most), Temperature: aws.Float32(0)},
	}
}

func converseHeld(schema string) *bedrockruntime.ConverseInput {
	input := converse(batch)
	input.OutputConfig = &types.OutputConfig{TextFormat: &types.OutputFormat{
		Type: types.OutputFormatTypeJsonSchema,
		Structure: &types.OutputFormatStructureMemberJsonSchema{Value: types.JsonSchemaDefinition{
			Name: aws.String("weir_2"), Schema: aws.String(schema),
		}},
	}}
	return input
}

// textOf is the first block's text, "" where it is none.
func textOf(out *bedrockruntime.ConverseOutput) string {
	message, ok := out.Output.(*types.ConverseOutputMemberMessage)
	if !ok || len(message.Value.Content) == 0 {
		return ""
	}
	text, ok := message.Value.Content[0].(*types.ContentBlockMemberText)
	if !ok {
		return ""
	}
	return text.Value
}

func TestBedrock(t *testing.T) {
	s := start(t, simulator.Config{APIKey: "key"})
	client := bedrockClient(root(s), "key", newTap(t).client())
	got, err := client.Converse(t.Context(), converse(batch))
	if err != nil {
		t.Fatal(err)
	}
	if textOf(got) != batchAnswer || got.StopReason != types.StopReasonEndTurn || *got.Usage.OutputTokens != 20 {
		t.Errorf("got %+v", got)
	}
	if got, err = client.Converse(t.Context(), converseHeld(schemaJSON)); err != nil || textOf(got) != heldAnswer {
		t.Errorf("held to a schema: %+v, %v", got, err)
	}
	cut := converse(batch)
	cut.InferenceConfig.MaxTokens = aws.Int32(5)
	if got, err = client.Converse(t.Context(), cut); err != nil || got.StopReason != types.StopReasonMaxTokens {
		t.Errorf("cut: %+v, %v", got, err)
	}
	meet(t, s, "filter")
	if got, err = client.Converse(t.Context(), converse(batch)); err != nil || got.StopReason != types.StopReasonGuardrailIntervened {
		t.Errorf("filter: %+v, %v", got, err)
	}
}

func TestBedrockTool(t *testing.T) {
	s := start(t, simulator.Config{})
	input := converse(batch)
	input.ToolConfig = &types.ToolConfiguration{
		Tools: []types.Tool{&types.ToolMemberToolSpec{Value: types.ToolSpecification{
			Name: aws.String("answer"), InputSchema: &types.ToolInputSchemaMemberJson{Value: document.NewLazyDocument(schema())},
		}}},
		ToolChoice: &types.ToolChoiceMemberTool{Value: types.SpecificToolChoice{Name: aws.String("answer")}},
	}
	got, err := bedrockClient(root(s), "key", newTap(t).client()).Converse(t.Context(), input)
	if err != nil {
		t.Fatal(err)
	}
	message, ok := got.Output.(*types.ConverseOutputMemberMessage)
	if !ok || len(message.Value.Content) != 1 {
		t.Fatalf("got %+v", got.Output)
	}
	call, ok := message.Value.Content[0].(*types.ContentBlockMemberToolUse)
	if !ok || got.StopReason != types.StopReasonToolUse {
		t.Fatalf("got %+v", got)
	}
	var answer map[string]string
	if err := call.Value.Input.UnmarshalSmithyDocument(&answer); err != nil || answer["r1"] != "positive" || answer["r2"] != "negative" {
		t.Errorf("input %v, %v", answer, err)
	}
}

func TestBedrockErrors(t *testing.T) {
	s := start(t, simulator.Config{APIKey: "key"})
	client := bedrockClient(root(s), "key", newTap(t).client())
	for fault, want := range map[simulator.Fault]string{
		"429": "ThrottlingException", "500": "InternalServerException", "overloaded": "ServiceUnavailableException",
		"401": "AccessDeniedException", "404": "ResourceNotFoundException", "overflow": "ValidationException",
	} {
		meet(t, s, fault)
		_, err := client.Converse(t.Context(), converse(batch))
		var e smithy.APIError
		if !errors.As(err, &e) || e.ErrorCode() != want {
			t.Errorf("%s: %v, want %s", fault, err, want)
		}
	}
	var throttled *types.ThrottlingException
	meet(t, s, "429")
	if _, err := client.Converse(t.Context(), converse(batch)); !errors.As(err, &throttled) {
		t.Errorf("429: %v", err)
	}
	var denied *types.AccessDeniedException
	if _, err := bedrockClient(root(s), "wrong", newTap(t).client()).Converse(t.Context(), converse(batch)); !errors.As(err, &denied) {
		t.Errorf("a wrong key: %v", err)
	}
}

func TestBedrockCache(t *testing.T) {
	s := start(t, simulator.Config{})
	client := bedrockClient(root(s), "key", newTap(t).client())
	input := converse(batch)
	input.System = []types.SystemContentBlock{
		&types.SystemContentBlockMemberText{Value: long()},
		&types.SystemContentBlockMemberCachePoint{Value: types.CachePointBlock{Type: types.CachePointTypeDefault}},
	}
	for call := range 2 {
		got, err := client.Converse(t.Context(), input)
		if err != nil {
			t.Fatal(err)
		}
		read, wrote := *got.Usage.CacheReadInputTokens, *got.Usage.CacheWriteInputTokens
		if call == 0 && (read != 0 || wrote < 1024) || call == 1 && (read < 1024 || wrote != 0) {
			t.Errorf("call %d: %d read, %d written", call, read, wrote)
		}
	}
}
