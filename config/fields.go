package config

import (
	"slices"
	"time"
)

// field is a line of the tables below: one key of the file, with everything that the reader, the checks and the reference
// page need to know of it.
type field[T any] struct {
	// key is dotted where it is inside a section: `log.level`.
	key string
	// kind says for people how a value is written.
	kind string
	// standard is the value where there is none in the file; empty: none.
	standard string
	// min and max bound a number, bytes, a duration (in nanoseconds), or the bytes of a text; max 0: no bound.
	min, max int64
	// choices are the words that a text may be; none: any.
	choices []string
	// only are the kinds of provider that it has a meaning for, and is optional with; none: all.
	only []string
	// doc says what it is for, and what happens at a bound.
	doc string
	// at finds the place of the value, whose type decides how it is read.
	at func(*T) any
}

const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
)

// fields are the keys of the file, in the order of the reference.
var fields = []field[Config]{
	{
		key: "listen", kind: "host:port", standard: "127.0.0.1:9347", max: 256, at: func(c *Config) any { return &c.Listen },
		doc: "Address for gRPC. An address that other machines can reach needs `tls` and `auth.token`, or `--insecure`. Port " +
			"0 takes any free one.",
	},
	{
		key: "admin", kind: "host:port or off", standard: "127.0.0.1:9348", max: 256, at: func(c *Config) any { return &c.Admin },
		doc: "Address for `/metrics`, `/healthz` and `/readyz`, which ask for no token. Empty or `off`: none.",
	},
	{
		key: "log.level", kind: "word", standard: "info", choices: []string{"debug", "info", "warn", "error"},
		doc: "Least level that is logged.", at: func(c *Config) any { return &c.Log.Level },
	},
	{
		key: "log.format", kind: "word", standard: "text", choices: []string{"text", "json"},
		doc: "How a line of the log is written.", at: func(c *Config) any { return &c.Log.Format },
	},
	{
		key: "tls.cert", kind: "path", max: 4096, at: func(c *Config) any { return &c.TLS.Cert },
		doc: "PEM file with the certificate for clients and its chain. A relative path starts at the file's folder.",
	},
	{
		key: "tls.key", kind: "path", max: 4096, at: func(c *Config) any { return &c.TLS.Key },
		doc: "PEM file with the certificate's private key.",
	},
	{
		key: "auth.token", kind: "secret", at: func(c *Config) any { return &c.Auth.Token },
		doc: "Bearer token that every call must carry, in the metadata `authorization: Bearer …`. Without one anyone may call.",
	},
	{
		key: "limits.window_records", kind: "number", standard: "2048", min: 1, max: 65_536,
		doc: "Most unanswered records of a stream. At the bound the server stops reading, and HTTP/2 flow control holds the client.",
		at:  func(c *Config) any { return &c.Limits.WindowRecords },
	},
	{
		key: "limits.window_bytes", kind: "bytes", standard: "16MiB", min: 64 * kib, max: gib,
		doc: "Most bytes of unanswered records of a stream; one record always fits. At the bound the server stops reading.",
		at:  func(c *Config) any { return &c.Limits.WindowBytes },
	},
	{
		key: "limits.max_streams", kind: "number", standard: "1024", min: 1, max: 100_000,
		doc: "Most open streams. One more is refused with RESOURCE_EXHAUSTED and the time after which to try again.",
		at:  func(c *Config) any { return &c.Limits.MaxStreams },
	},
	{
		key: "limits.max_held_bytes", kind: "bytes", standard: "256MiB", min: mib, max: 1024 * gib,
		doc: "Most bytes of unanswered records of all streams. They share it in equal parts: the more streams are open, the " +
			"smaller is the window of each, down to 64 KiB.",
		at: func(c *Config) any { return &c.Limits.MaxHeldBytes },
	},
	{
		key: "limits.max_record_bytes", kind: "bytes", standard: "1MiB", min: kib, max: 3 * mib,
		doc: "Most bytes of one record, text and fields together. A larger one gets INVALID_RECORD; its stream goes on.",
		at:  func(c *Config) any { return &c.Limits.MaxRecordBytes },
	},
	{
		key: "limits.stall_timeout", kind: "duration", standard: "2m", min: int64(time.Second), max: int64(time.Hour),
		doc: "Longest time that a client may leave results unread, or an open stream without a start. Then the stream ends with " +
			"ABORTED.",
		at: func(c *Config) any { return &c.Limits.StallTimeout },
	},
	{
		key: "limits.drain_timeout", kind: "duration", standard: "30s", min: int64(time.Second), max: int64(time.Hour),
		doc: "Longest time that the server goes on answering after SIGTERM. What is unanswered then ends with CANCELLED.",
		at:  func(c *Config) any { return &c.Limits.DrainTimeout },
	},
	{
		key: "providers", kind: "section for each name", at: func(c *Config) any { return &c.Providers },
		doc: "Who sells completions, each under a name of your own: letters, digits, `.`, `_` and `-`, at most 64.",
	},
	{
		key: "models", kind: "section for each name", at: func(c *Config) any { return &c.Models },
		doc: "What clients ask for, each under a name of your own, as for providers. A file with neither providers nor models " +
			"has the built-in `sentiment`.",
	},
}

// remote are the kinds of provider that are called over a network.
var remote = []string{KindOpenAI, KindAzure, KindAnthropic, KindGemini, KindBedrock, KindCompatible}

// providerFields are the keys of a provider.
var providerFields = []field[Provider]{
	{
		key: "kind", kind: "word", at: func(p *Provider) any { return &p.Kind }, choices: append(slices.Clone(remote), KindLocal),
		doc: "Whose API it is ([providers.md](providers.md)). `openai`: OpenAI, or an endpoint that does as OpenAI does. " +
			"`compatible`: vLLM, llama.cpp, Ollama and other servers with OpenAI's chat completions, by `dialect`. `local`: the " +
			"small sentiment model inside weir.",
	},
	{
		key: "base_url", kind: "URL", max: 2048, only: remote, at: func(p *Provider) any { return &p.BaseURL },
		doc: "What the paths of the API are added to; http or https, without credentials, query or fragment. Needed with " +
			"`azure` (the resource's endpoint) and `compatible`; else the vendor's own where there is none, for `openai` `" +
			openAIBaseURL + "`.",
	},
	{
		key: "api_key", kind: "secret", only: remote, at: func(p *Provider) any { return &p.APIKey },
		doc: "Key that is sent with every call. Without one none is sent. It comes from here alone, never from a request.",
	},
	{
		key: "api", kind: "word", choices: []string{"chat", "responses"}, only: []string{KindOpenAI, KindAzure},
		at:  func(p *Provider) any { return &p.API },
		doc: "Chat completions, or the Responses API, which is asked to store nothing. Chat where there is none.",
	},
	{
		key: "dialect", kind: "word", only: []string{KindCompatible}, at: func(p *Provider) any { return &p.Dialect },
		choices: []string{"generic", "llamacpp", "lmstudio", "ollama", "tgi", "vllm", "vllm-structured-outputs"},
		doc:     "Which server it is, and so what it takes of a schema. Generic where there is none.",
	},
	{
		key: "organization", kind: "text", max: 256, only: []string{KindOpenAI}, at: func(p *Provider) any { return &p.Organization },
		doc: "Organisation whose calls these are, where the key belongs to several.",
	},
	{
		key: "project", kind: "text", max: 256, only: []string{KindOpenAI}, at: func(p *Provider) any { return &p.Project },
		doc: "Project whose calls these are.",
	},
	{
		key: "service_tier", kind: "word", only: []string{KindOpenAI, KindAzure}, at: func(p *Provider) any { return &p.ServiceTier },
		choices: []string{"auto", "default", "fast", "flex", "priority", "scale"},
		doc:     "How fast and how dear calls are, in OpenAI's words. Not every model has every tier.",
	},
	{
		key: "api_version", kind: "text", max: 64, only: []string{KindAzure}, at: func(p *Provider) any { return &p.APIVersion },
		doc: "Version such as `2024-10-21`, for the older URLs with the deployment in them. Without one it is `/openai/v1`.",
	},
	{
		key: "deployment", kind: "text", max: 256, only: []string{KindAzure}, at: func(p *Provider) any { return &p.Deployment },
		doc: "Deployment of all the provider's models. Without one, what a model is called is its deployment.",
	},
	{
		key: "auth", kind: "word", choices: []string{"key", "token"}, only: []string{KindAzure},
		at: func(p *Provider) any { return &p.Auth },
		doc: "What api_key is: a key, or a token of Microsoft Entra (in a file that is replaced before it ends). A key where there " +
			"is none.",
	},
	{
		key: "region", kind: "text", max: 64, only: []string{KindBedrock}, at: func(p *Provider) any { return &p.Region },
		doc: "AWS region, such as `eu-central-1`. Needed where there is no base_url.",
	},
	{
		key: "access_key_id", kind: "secret", only: []string{KindBedrock}, at: func(p *Provider) any { return &p.AccessKeyID },
		doc: "Access key of an AWS account, with which calls are signed where there is no api_key.",
	},
	{
		key: "secret_access_key", kind: "secret", only: []string{KindBedrock}, at: func(p *Provider) any { return &p.SecretAccessKey },
		doc: "The access key's secret.",
	},
	{
		key: "session_token", kind: "secret", only: []string{KindBedrock}, at: func(p *Provider) any { return &p.SessionToken },
		doc: "Token of temporary credentials, each in a file that is replaced before they end.",
	},
	{
		key: "structured", kind: "word", choices: []string{"format", "json", "off", "tool"},
		only: []string{KindAnthropic, KindGemini, KindBedrock}, at: func(p *Provider) any { return &p.Structured },
		doc: "How a schema goes out: in the API's own field, as a tool that must be called (`anthropic`, `bedrock`), as JSON alone " +
			"(`gemini`), or not at all. What the model has, where there is none.",
	},
	{
		key: "prompt_cache", kind: "word", choices: []string{"on", "off"}, only: []string{KindAnthropic, KindBedrock},
		at: func(p *Provider) any { return &p.PromptCache },
		doc: "Whether the part of a prompt that stays the same is marked to be kept, at a price of its own. What the model has, where " +
			"there is none.",
	},
	{
		key: "headers", kind: "header: value, …", only: remote, at: func(p *Provider) any { return &p.Headers },
		doc: "Sent with every call, such as a gateway's own. A value may be a reference, as a secret is, and must be one where the " +
			"header's name looks like a secret's. At most 32, read at the start.",
	},
	{
		key: "ca_file", kind: "path", max: 4096, only: remote, at: func(p *Provider) any { return &p.CAFile },
		doc: "PEM file of authorities that are trusted besides the system's. A relative path starts at the file's folder.",
	},
	{
		key: "max_in_flight", kind: "number", standard: "64", min: 1, max: 4096, at: func(p *Provider) any { return &p.MaxInFlight },
		doc: "Most calls at once. At the bound batches wait, and fill while they do.",
	},
	{
		key: "limits.requests_per_minute", kind: "number", max: maxRate, at: func(p *Provider) any { return &p.Rates.Requests },
		doc: "Calls a minute that each key allows. Beyond it batches wait, and fill while they do ([limits.md](limits.md)). 0 or " +
			"nothing: learned from the provider's answers, and so for the three below.",
	},
	{
		key: "limits.tokens_per_minute", kind: "number", max: maxRate, at: func(p *Provider) any { return &p.Rates.Tokens },
		doc: "Tokens of prompts and answers together that each key allows in a minute.",
	},
	{
		key: "limits.input_tokens_per_minute", kind: "number", max: maxRate,
		doc: "Tokens of prompts that each key allows in a minute.",
		at:  func(p *Provider) any { return &p.Rates.InputTokens },
	},
	{
		key: "limits.output_tokens_per_minute", kind: "number", max: maxRate,
		doc: "Tokens of answers that each key allows in a minute.",
		at:  func(p *Provider) any { return &p.Rates.OutputTokens },
	},
	{
		key: "api_keys", kind: "list of secrets", only: remote, at: func(p *Provider) any { return &p.APIKeys },
		doc: "Several keys in place of `api_key`, at most 32, each with limits of its own. Calls go to the one that has room soonest; " +
			"one that is refused rests, and the others go on.",
	},
	{
		key: "endpoints", kind: "list of URLs", only: remote, at: func(p *Provider) any { return &p.Endpoints },
		doc: "Several URLs in place of `base_url`, at most 32, as for `api_keys`: with as many keys each has its own, with `api_key` all " +
			"have the one.",
	},
}

// maxRate is the most calls or tokens a minute that can be written.
const maxRate = 1_000_000_000

const openAIBaseURL = "https://api.openai.com/v1"

// modelFields are the keys of a model.
var modelFields = []field[Model]{
	{
		key: "provider", kind: "name", max: 64, at: func(m *Model) any { return &m.Provider },
		doc: "Name of one of the providers.",
	},
	{
		key: "model", kind: "text", max: 256, at: func(m *Model) any { return &m.Model },
		doc: "What the provider calls the model. Needed with every kind but `local`, and `azure` with a deployment.",
	},
	{
		key: "task", kind: "word", max: 32, at: func(m *Model) any { return &m.Task },
		doc: "What it does with a record: `completion` asks it with a prompt, `embedding` makes a vector of the record's text " +
			"([embeddings.md](embeddings.md)). Completion where there is none.",
	},
	{
		key: "description", kind: "text", max: 1024, at: func(m *Model) any { return &m.Description },
		doc: "What it is for; clients see it in ListModels.",
	},
	{
		key: "context_tokens", kind: "number", max: 100_000_000, at: func(m *Model) any { return &m.ContextTokens },
		doc: "Most tokens of a prompt and its answer together, or of one text to embed; batches are cut to fit ([cost.md](cost.md)). " +
			"0: what weir's table says of the model, and where it says nothing, what the provider refuses.",
	},
	{
		key: "max_output_tokens", kind: "number", max: 100_000_000, at: func(m *Model) any { return &m.MaxOutputTokens },
		doc: "Most tokens that the model can write in an answer. 0: what weir's table says.",
	},
	{
		key: "price.input", kind: "dollars", at: func(m *Model) any { return &m.Price.Input },
		doc: "Price of a million tokens of prompts in US dollars, such as `0.15`. Without a price it is that of weir's table, if the " +
			"model is there.",
	},
	{
		key: "price.output", kind: "dollars", at: func(m *Model) any { return &m.Price.Output },
		doc: "Likewise of answers, with what the model thinks.",
	},
	{
		key: "price.cached_input", kind: "dollars", at: func(m *Model) any { return &m.Price.CachedInput },
		doc: "Likewise of those tokens of prompts that the provider had kept. As `price.input` where there is none.",
	},
	{
		key: "price.cache_write", kind: "dollars", at: func(m *Model) any { return &m.Price.CacheWrite },
		doc: "Likewise of those that the provider keeps at a price of its own. As `price.input` where there is none.",
	},
	{
		key: "fallback", kind: "list of models", at: func(m *Model) any { return &m.Fallback },
		doc: "Names of other models, at most 8, that answer in this order where this one's provider cannot. They get the same prompt; " +
			"results that they answer say so in a warning ([limits.md](limits.md)).",
	},
	{
		key: "fallback_on", kind: "list of words", at: func(m *Model) any { return &m.FallbackOn },
		doc: "The errors for which `fallback` is asked: `unavailable`, `timeout`, `rate-limited`, `malformed`, `unauthorized`, `quota`, " +
			"`unknown-model`. Where there is none: all of these.",
	},
	{
		key: "options", kind: "option: value, …", at: func(m *Model) any { return &m.Options },
		doc: "Options of the model, over their defaults ([options.md](options.md)): `batch.size: 20`. A list stands for names " +
			"with commas between.",
	},
	{
		key: "overridable", kind: "all, none, or a list", at: func(m *Model) any { return &m.Overridable },
		doc: "Options that a request may set. Where there is none: those that options.md marks as open.",
	},
}
