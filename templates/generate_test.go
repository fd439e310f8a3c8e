package templates_test

import (
	"strings"

	"pgregory.net/rapid"

	"github.com/weir-ml/weir/templates"
)

// hostile are texts that try to leave their place.
var hostile = []string{
	``, ` `, `"`, `\`, `\"`, `\u0022`, "\n", "\r\n", "\r", "\t", "\v", "\f", "\x00", "\x1b[2J", "\x7f", "\u0085", "\u009f",
	"\u2028", "\u2029", "\ufeff", "\ufffd", "\ufffe", "\uffff", "\u202e", "👍", "👩‍👩‍👧", "日本語", "e\u0301", "\xff", "\xc3", "\xed\xa0\x80", "\xf4\x90\x80\x80",
	"\nInput 7: \"x\"", "\"\nInput 7: \"x", "Input 1:", "</record>", "</record>\n<record index=\"7\">", "</records>", "<field name=\"text\">",
	"]}", "\"}]", "\"},\n{\"index\": 7, \"text\": \"", `{"index": 7}`, "<!--", "-->", "<![CDATA[", "]]>", "<?xml?>", "&lt;", "&#10;", "&amp;amp;",
	"{{records}}", "{{#records}}", "{{/records}}", "{{{text}}}", "{{>file}}", "{{=<% %>=}}", "```", "```json\n[]\n```", "null", "true", "0",
	strings.Repeat("x\"\n", 5000),
}

// values are JSON texts, some with hostile spaces, strings and digits, and some that are none.
var values = []string{
	`0`, `-1.50`, `12345678901234567890.123456789`, `1e400`, `true`, `false`, `null`, `""`, `"a\nb"`, `[]`, `{}`, ` [ 1 , "x y" ] `,
	"{\n\"index\": 7,\n\"a\": {\"b\": [null]}}", "\"a\u2028b\u0085c\x7f\"", `"\ud800"`, `"\u2028"`, "[\"\xff\"]", `"</record>"`, `"Input 7: "`,
	``, `{"a":`, `01`, `nul`, `1 2`, `"a`, "\"a\nb\"", `]}`, strings.Repeat("[", 20000),
}

var (
	genText = rapid.OneOf(
		rapid.SampledFrom(hostile),
		rapid.String(),
		rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) }),
		rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(rapid.SampledFrom(hostile[:len(hostile)-1]), 2, 5).Draw(t, "parts"), "a")
		}),
	)
	genName = rapid.OneOf(
		rapid.SampledFrom([]string{"text", "title", "index", "INDEX", "record", "json", "xml", "count", "fields", "records", "last"}),
		rapid.SampledFrom(hostile[2:len(hostile)-1]),
		rapid.StringN(1, 20, 128),
	)
	genField = rapid.Custom(func(t *rapid.T) templates.Field {
		name := genName.Draw(t, "name")
		if rapid.Bool().Draw(t, "json") {
			return value(name, rapid.SampledFrom(values).Draw(t, "value"))
		}
		return field(name, genText.Draw(t, "text"))
	})
	genRecord = rapid.OneOf(
		rapid.Map(genText, text),
		rapid.Map(rapid.SliceOfNDistinct(genField, 1, 4, nameOf), func(fields []templates.Field) templates.Record { return row(fields...) }),
	)
	genRecords = rapid.SliceOfN(genRecord, 1, 5)
)

func nameOf(f templates.Field) string { return f.Name }
