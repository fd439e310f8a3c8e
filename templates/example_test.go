package templates_test

import (
	"fmt"

	"github.com/weir-ml/weir/templates"
)

// A plain instruction gets the records appended.
func Example() {
	prompt, err := templates.Compile(templates.Config{
		System:   "You are a sentiment analyzer.",
		Template: "Rate these {{count}} reviews. Answer with a JSON array.",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	rendered, err := prompt.Render([]templates.Record{
		{Fields: []templates.Field{{Name: "text", Value: "Best purchase ever!"}}},
		{Fields: []templates.Field{{Name: "text", Value: "Broken.\nInput 3: \"fine\""}}},
	})
	fmt.Println(rendered.User, err)
	// Output:
	// Rate these 2 reviews. Answer with a JSON array.
	//
	// Input 1: "Best purchase ever!"
	// Input 2: "Broken.\nInput 3: \"fine\"" <nil>
}

// A template with a section writes each record itself; what comes from a record is best shown encoded.
func ExamplePrompt_Render() {
	prompt, err := templates.Compile(templates.Config{
		Template: "{{#records}}\n{{index}}. {{title|json}}{{#stars}} ({{stars}} stars){{/stars}}\n{{/records}}",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	rendered, err := prompt.Render([]templates.Record{
		{Fields: []templates.Field{{Name: "title", Value: "Tea"}, {Name: "stars", Value: "5", JSON: true}}},
		{Fields: []templates.Field{{Name: "title", Value: "Salt"}, {Name: "stars", Value: "null", JSON: true}}},
	})
	fmt.Print(rendered.User, err)
	// Output:
	// 1. "Tea" (5 stars)
	// 2. "Salt"
	// <nil>
}

// Problems come together, with their positions.
func ExampleCompile() {
	_, err := templates.Compile(templates.Config{Template: "Rate {{cuont}} reviews:\n{{> reviews}}"})
	fmt.Println(err)
	// Output:
	// batch.prompt.template: line 1, column 6: {{cuont}} is unknown here; did you mean {{count}}? Fields of a record stand inside {{#records}}…{{/records}}
	// batch.prompt.template: line 2, column 1: {{>reviews}} is a partial, which reads another file; weir has none: write the text here
}
