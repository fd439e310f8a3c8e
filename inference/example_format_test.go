package inference_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/parsing"
	"github.com/weir-ml/weir/providers"
)

// arrows is a format of the program's own: lines like 2 => negative.
type arrows struct{ field string }

func (f arrows) Read(reply parsing.Reply) parsing.Reading {
	r := parsing.Reading{Problem: parsing.ProblemUnparsable, Message: "there is no line with => in the reply"}
	for line := range strings.Lines(reply.Text) {
		if index, value, ok := strings.Cut(line, "=>"); ok {
			fields := []parsing.Field{{Name: f.field, Value: strings.TrimSpace(value)}}
			r.Claims = append(r.Claims, parsing.Claim{Named: true, ID: strings.TrimSpace(index), Fields: fields})
		}
	}
	return r
}

func (arrows) Instruction() string { return "Answer with one line for each input:\n1 => your answer" }

// arrowModel answers in the form that the prompt shows. In its first answer it leaves record 2 out.
func arrowModel() driver {
	calls := 0
	return func(_ context.Context, req *providers.Request) (*providers.Response, error) {
		calls++
		var b strings.Builder
		_, block, _ := strings.Cut(req.Messages[0].Content, "your answer\n\n")
		for i, line := range strings.Split(block, "\n") {
			if calls > 1 || i != 1 {
				fmt.Fprintf(&b, "%d => %s\n", i+1, strings.ToUpper(strings.Trim(line[len("Input 1: "):], `"`)))
			}
		}
		return &providers.Response{Text: b.String(), Finish: providers.FinishStop}, nil
	}
}

type receiver chan []inference.Result

// Receive hands results on.
func (r receiver) Receive(results []inference.Result) { r <- results }

// A program that brings a format of its own makes it known before the engine starts. From then on it is a value of
// response.format like any other: of a model's options, and of a stream's.
func ExampleRegisterFormat() {
	inference.RegisterFormat("arrows", func(cfg parsing.Config) (parsing.Format, []error) {
		return arrows{field: cfg.ValueFields[0]}, nil
	})
	engine, err := inference.New(inference.Config{Models: []inference.ModelConfig{{
		Name: "shout", Provider: "p", Driver: arrowModel(),
		Options: map[string]string{"batch.size": "3", "response.format": "arrows"},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	results := make(receiver, 3)
	stream, err := engine.Open(context.Background(), inference.StreamConfig{Capacity: 3, Receiver: results})
	if err != nil {
		fmt.Println(err)
		return
	}
	stream.Submit([]inference.Record{record(1, "tea"), record(2, "salt"), record(3, "milk")})
	for range 2 {
		for _, r := range <-results {
			fmt.Println(r.Tag, r.Values[0].Value, r.Match, "attempts:", r.Attempts)
		}
	}
	stream.Close()
	<-stream.Idle()
	// Output:
	// 1 TEA index attempts: 1
	// 3 MILK index attempts: 1
	// 2 SALT index attempts: 2
}
