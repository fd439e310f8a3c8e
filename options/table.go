package options

// The names of the options that other code speaks of.
const (
	batchSize      = "batch.size"
	batchMaxTokens = "batch.max.tokens"
	promptTemplate = "batch.prompt.template"
	recordFormat   = "record.format"
	recordIDs      = "record.ids"
	responseFormat = "response.format"
	responsePath   = "response.path"
	delimiter      = "response.delimiter"
	indexField     = "response.index.field"
	valueField     = "response.value.field"
	echoField      = "response.echo.field"
	responseMatch  = "response.match"
	responseValues = "response.values"
	responseSchema = "response.schema"
	structured     = "response.structured"
	embeddingField = "embedding.field"
	dimensions     = "dimensions"
)

const maxText = 64 << 10

// table is the one place where an option is defined. A new option is a field of Values and a line here.
var table = [...]Option{
	{
		Name: batchSize, Type: Integer, Default: "1", Min: 1, Max: 1000, Unit: "records", Example: "20", Overridable: true,
		Doc: "Most records that share one model call. A stream whose `max_in_flight` is smaller gets smaller batches, and a " +
			"warning.",
		field: func(v *Values) any { return &v.BatchSize },
	},
	{
		Name: "batch.timeout.ms", Type: Milliseconds, Default: "1000", Max: 600_000, Unit: "ms", Example: "200", Overridable: true,
		Doc: "Longest time that a batch waits for more records, from its first one. 0: a batch leaves as soon as a call is " +
			"free.",
		field: func(v *Values) any { return &v.BatchTimeout },
	},
	{
		Name: "batch.max.bytes", Type: Integer, Default: "1048576", Min: 1, Max: 16 << 20, Unit: "bytes", Example: "32768",
		Doc: "Most bytes of record text in one batch. A batch that would go over leaves before the record is added; one " +
			"record always fits.",
		field: func(v *Values) any { return &v.BatchMaxBytes },
	},
	{
		Name: batchMaxTokens, Type: Integer, Default: "0", Max: 10_000_000, Unit: "tokens", Example: "8000",
		Doc: "Most tokens of a call: instruction, records and the expected answer together, as weir estimates them; never more than " +
			"the model's context, where that is known. 0: the model's context alone. A batch that would go over leaves before the " +
			"record is added; a record that does not fit alone is a matter of `record.overflow`.",
		field: func(v *Values) any { return &v.BatchMaxTokens },
	},
	{
		Name: "batch.scope", Type: Choice, Default: string(ScopeStream), Example: string(ScopeModel),
		Choices: []string{string(ScopeStream), string(ScopeModel)},
		Doc: "Whose records share a batch: those of one stream, or those of all streams with the same model and the same " +
			"options.",
		field: func(v *Values) any { return (*string)(&v.BatchScope) },
	},
	{
		Name: "system.prompt", Type: Text, Max: maxText, Example: "You judge product reviews.", Overridable: true,
		Doc:   "What the model is told first, as the system message. Empty: no system message.",
		field: func(v *Values) any { return &v.SystemPrompt },
	},
	{
		Name: promptTemplate, Type: Text, Max: maxText, Overridable: true,
		Example: `Name the sentiment of each text. Answer with a JSON array: [{"index": <n>, "sentiment": "<positive|negative|neutral>"}]`,
		Doc: "What the model is told about a batch, as a Mustache template. A template with a `{{#records}}` section writes " +
			"the records itself; below any other the records are added. Empty: weir's own instruction, or the text alone " +
			"in single mode.",
		field: func(v *Values) any { return &v.PromptTemplate },
	},
	{
		Name: recordFormat, Type: Choice, Default: RecordText, Choices: []string{RecordText, RecordJSON, RecordXML},
		Example: "json", Overridable: true,
		Doc:   "How records are written into the prompt: lines (`Input 1: \"…\"`), JSON objects, or XML elements.",
		field: func(v *Values) any { return &v.RecordFormat },
	},
	{
		Name: "record.overflow", Type: Choice, Default: OverflowError, Example: OverflowTruncateTail, Overridable: true,
		Choices: []string{OverflowError, OverflowTruncateHead, OverflowTruncateTail},
		Doc: "What becomes of a record that does not fit into `batch.max.tokens` or the model's context alone. `error`: " +
			"CONTEXT_OVERFLOW, without a call where that is certain. `truncate-head`, `truncate-tail`: the beginning or the end of " +
			"its longest text is cut off, and its result has a warning.",
		field: func(v *Values) any { return &v.RecordOverflow },
	},
	{
		Name: recordIDs, Type: Choice, Default: IDsToken, Choices: []string{IDsSequential, IDsToken}, Example: IDsSequential,
		Overridable: true,
		Doc: "What the prompt calls the records of a batch, and the answer names. `sequential`: 1, 2, …. `token`: two or three random " +
			"letters, new for each call. A model that leaves a record out and numbers on is then seen for what it is, instead of " +
			"making the whole answer suspect. A template's `{{index}}` is the same. Where it is not set it is `sequential` with " +
			"`response.structured` on, whose keys are the same in each call, in single mode, and if you may have named numbers: with a " +
			"template, with a `system.prompt` that names `\"index\"`, with the format `regex` or one of your own, or with a " +
			"`response.path` that looks at the index field. Else it is `token`.",
		field: func(v *Values) any { return &v.RecordIDs },
	},
	{
		Name: responseFormat, Type: Choice, Default: FormatJSON,
		Choices: []string{FormatJSON, FormatXML, FormatDelimited, FormatRegex, FormatText}, Example: FormatXML, Overridable: true,
		Doc: "How the model's answer is read: entries of a JSON text (a list, an object of entries by their indexes, or an object " +
			"on each line), elements of XML, lines with a delimiter, what a regular expression finds, or the whole reply as the value " +
			"of the only record. Where it is not set it is `text` in single mode, else `json`.",
		field: func(v *Values) any { return &v.ResponseFormat },
	},
	{
		Name: responsePath, Type: Text, Default: "$[*]", Max: 1024, Example: "$.results[*]", Overridable: true,
		Doc: "Where the entries are in the answer, one for each record. `json`: a JSONPath (RFC 9535). `xml`: an XPath 1.0, by " +
			"default `//result`. `regex`: the expression (RE2), with a group for the index and one for each value, such as " +
			"`^(?P<index>\\d+): (?P<value>.*)$`; it has no default. `delimited` and `text` have no path.",
		field: func(v *Values) any { return &v.ResponsePath },
	},
	{
		Name: delimiter, Type: Text, Default: "|", Max: 8, Example: ";", Overridable: true,
		Doc: "What is between the columns of a `delimited` answer. `tab` is the tab; between commas, cells may be in double quotes. " +
			"The columns are the index and the values, in that order, unless the answer begins with a line of their names, or " +
			"`response.index.field` and `response.value.field` are numbers of columns.",
		field: func(v *Values) any { return &v.Delimiter },
	},
	{
		Name: indexField, Type: Text, Default: "index", Max: 128, Example: "id", Overridable: true,
		Doc:   "Field of an entry that holds the index of its record. Indexes count from 1. In `xml` it is an attribute or an element.",
		field: func(v *Values) any { return &v.IndexField },
	},
	{
		Name: valueField, Type: Names, Default: "value", Max: 4096, Example: "sentiment,score", Overridable: true,
		Doc: "Field of an entry that holds the value. Several names with commas between give several values, each by its " +
			"name. A name with dots is a path: `result.label` is the field `label` of the object `result`.",
		field: func(v *Values) any { return &v.ValueFields },
	},
	{
		Name: echoField, Type: Text, Max: 128, Example: "check", Overridable: true,
		Doc: "Field of an entry in which the model repeats a short random word, the record's echo, that stands behind the record in the " +
			"prompt. An entry with another record's echo, or without one, is not valid. It shows what nothing else does: values under " +
			"other records' indexes. With a template, the template has to ask for the field, and a `{{#records}}` section shows the word " +
			"as `{{echo}}`. It costs some tokens a record, both ways. Empty: no echo.",
		field: func(v *Values) any { return &v.EchoField },
	},
	{
		Name: responseMatch, Type: Choice, Default: MatchBestEffort, Choices: []string{MatchBestEffort, MatchStrict},
		Example: MatchStrict, Overridable: true,
		Doc: "What becomes of an answer in which no entry has an index. `best-effort`: if it is one list with exactly as many " +
			"entries as records, they are taken in their order, and each result says so. `strict`: nobody gets a value of it.",
		field: func(v *Values) any { return &v.ResponseMatch },
	},
	{
		Name: responseValues, Type: Names, Max: 16 << 10, Example: "positive,negative,neutral", Overridable: true,
		Doc: "Values that the (first) value field may have; an answer with another one is not valid. One that differs only in " +
			"case, or in spaces, quotes and punctuation around it, counts as the value of the list. Empty: any value.",
		field: func(v *Values) any { return &v.ResponseValues },
	},
	{
		Name: responseSchema, Type: Text, Max: maxText, Example: `{"type": "number", "minimum": 0, "maximum": 1}`, Overridable: true,
		Doc: "JSON Schema of one record's value; an answer that does not fit is not valid. With several value fields it is " +
			"about the object with all of them. It refers to nothing outside of itself and has at most 16 references. Empty: any value.",
		field: func(v *Values) any { return &v.ResponseSchema },
	},
	{
		Name: structured, Type: Choice, Default: StructuredAuto, Choices: []string{StructuredAuto, StructuredOn, StructuredOff},
		Example: StructuredOff, Overridable: true,
		Doc: "Whether the answer is one JSON object with a member for each record (`r1`, `r2`, …), described to the provider as a JSON " +
			"Schema that it holds the model to, where it can; where it cannot, the prompt's words ask for the same. `auto`: `on` where " +
			"there is no template, or `response.values` or `response.schema` is set and the template does not name `\"index\"` itself; " +
			"`off` in single mode, and where `response.path`, `response.index.field`, `response.echo.field`, another format or " +
			"`record.ids` `token` is set. Options as they hold are never `auto`.",
		field: func(v *Values) any { return &v.Structured },
	},
	{
		Name: embeddingField, Type: Names, Max: 4096, Example: "title,body", Overridable: true,
		Doc: "Fields of a record that are embedded, by a model with the task `embedding`. One field: its value as it is. Several: a " +
			"line `name: value` for each that is not blank, in this order. Empty: all fields of the record, in its order.",
		field: func(v *Values) any { return &v.EmbeddingFields },
	},
	{
		Name: dimensions, Type: Integer, Default: "0", Max: 65_536, Unit: "numbers", Example: "256", Overridable: true,
		Doc: "How long the vectors of a model with the task `embedding` are; a vector of another length is not valid. 0: as long as " +
			"the model makes them. Not every model can make them shorter.",
		field: func(v *Values) any { return &v.Dimensions },
	},
	{
		Name: "max.retries", Type: Integer, Default: "3", Max: 20, Unit: "calls", Example: "5", Overridable: true,
		Doc:   "Most further calls for a batch whose call failed in a way that may pass: no connection, time-out, 429, 5xx.",
		field: func(v *Values) any { return &v.MaxRetries },
	},
	{
		Name: "batch.failure.strategy", Type: Choice, Default: StrategySplit, Example: StrategyIndividual, Overridable: true,
		Choices: []string{StrategyError, StrategyRetry, StrategySplit, StrategyIndividual},
		Doc: "What happens to the records of a batch that the model has not answered, or not validly; the others keep their " +
			"answers. `error`: they fail at once. `retry`: they are asked about once more, together. `split`: once more, then " +
			"in halves, at last alone. `individual`: each alone at once.",
		field: func(v *Values) any { return &v.FailureStrategy },
	},
	{
		Name: "request.timeout.ms", Type: Milliseconds, Default: "30000", Min: 1, Max: 3_600_000, Unit: "ms", Example: "60000",
		Overridable: true,
		Doc:         "Longest time of one model call. A retry has the same time again.",
		field:       func(v *Values) any { return &v.RequestTimeout },
	},
	{
		Name: "temperature", Type: Number, Max: 2, Example: "0", Overridable: true,
		Doc:   "Sampling temperature. Empty: the provider's own default.",
		field: func(v *Values) any { return &v.Temperature },
	},
	{
		Name: "max.output.tokens", Type: Integer, Default: "0", Max: 1_000_000, Unit: "tokens", Example: "2000",
		Doc:   "Most tokens of an answer, for the whole batch. 0: the provider's own limit.",
		field: func(v *Values) any { return &v.MaxOutputTokens },
	},
}
