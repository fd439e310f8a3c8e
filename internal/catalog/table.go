package catalog

// Where the prices are from. Each was found twice: as a public list of prices quotes the vendor's page, and as a second list
// has it. What the two did not agree on is not here.
const (
	openAIPage    = "https://developers.openai.com/api/docs/pricing"
	anthropicPage = "https://platform.claude.com/docs/en/about-claude/pricing"
	googlePage    = "https://ai.google.dev/gemini-api/docs/pricing"
)

// The dates at which they held.
const (
	july    = "2026-07-24"
	october = "2026-10-13"
)

// table is sorted by vendor. Prices are the standard ones of a plain call, in US dollars a million tokens; batch, flex and
// priority have others.
var table = [...]Model{
	{"gpt-3.5-turbo", OpenAI, 16_385, 0, 4_096, CL100K, openAI(0.5, 0, 1.5)},
	{"gpt-3.5-turbo-1106", OpenAI, 16_385, 0, 4_096, CL100K, openAI(1, 0, 2)},
	{"gpt-4-turbo", OpenAI, 128_000, 0, 4_096, CL100K, openAI(10, 0, 30)},
	{"gpt-4o", OpenAI, 128_000, 0, 16_384, O200K, openAI(2.5, 1.25, 10)},
	{"gpt-4o-2024-05-13", OpenAI, 128_000, 0, 4_096, O200K, openAI(5, 0, 15)},
	{"gpt-4o-mini", OpenAI, 128_000, 0, 16_384, O200K, openAI(0.15, 0.075, 0.6)},
	{"gpt-4.1", OpenAI, 1_047_576, 0, 32_768, O200K, openAI(2, 0.5, 8)},
	{"gpt-4.1-mini", OpenAI, 1_047_576, 0, 32_768, O200K, openAI(0.4, 0.1, 1.6)},
	{"gpt-4.1-nano", OpenAI, 1_047_576, 0, 32_768, O200K, openAI(0.1, 0.025, 0.4)},
	{"o3", OpenAI, 200_000, 0, 100_000, O200K, openAI(2, 0.5, 8)},
	{"o3-mini", OpenAI, 200_000, 0, 100_000, O200K, openAI(1.1, 0.55, 4.4)},
	{"o4-mini", OpenAI, 200_000, 0, 100_000, O200K, openAI(1.1, 0.275, 4.4)},
	{"gpt-5", OpenAI, 400_000, 272_000, 128_000, O200K, openAI(1.25, 0.125, 10)},
	{"gpt-5-mini", OpenAI, 400_000, 272_000, 128_000, O200K, openAI(0.25, 0.025, 2)},
	{"gpt-5-nano", OpenAI, 400_000, 272_000, 128_000, O200K, openAI(0.05, 0.005, 0.4)},
	{"gpt-5.1", OpenAI, 400_000, 272_000, 128_000, O200K, openAI(1.25, 0.125, 10)},
	{"gpt-5.2", OpenAI, 400_000, 272_000, 128_000, O200K, openAI(1.75, 0.175, 14)},
	{"gpt-5.4", OpenAI, 1_050_000, 922_000, 128_000, NoEncoding, long(openAI(2.5, 0.25, 15), 272_000)},
	{"gpt-5.4-mini", OpenAI, 400_000, 272_000, 128_000, NoEncoding, openAI(0.75, 0.075, 4.5)},
	{"gpt-5.4-nano", OpenAI, 400_000, 272_000, 128_000, NoEncoding, openAI(0.2, 0.02, 1.25)},
	{"gpt-5.5", OpenAI, 1_050_000, 922_000, 128_000, NoEncoding, long(openAI(5, 0.5, 30), 272_000)},
	{"gpt-6.1-sol", OpenAI, 1_050_000, 922_000, 128_000, NoEncoding, long(priced(2, 0.1, 2.5, 10).from(openAIPage, october), 272_000)},

	{"claude-3-haiku", Anthropic, 200_000, 0, 4_096, NoEncoding, anthropic(0.25, 0.03, 0.3, 1.25)},
	{"claude-haiku-4-5", Anthropic, 200_000, 0, 64_000, NoEncoding, anthropic(1, 0.1, 1.25, 5)},
	{"claude-sonnet-4-5", Anthropic, 200_000, 0, 64_000, NoEncoding, anthropic(3, 0.3, 3.75, 15)},
	{"claude-sonnet-4-6", Anthropic, 1_000_000, 0, 64_000, NoEncoding, anthropic(3, 0.3, 3.75, 15)},
	{"claude-sonnet-5", Anthropic, 1_000_000, 0, 128_000, NoEncoding, anthropic(2, 0.2, 2.5, 10)},
	{"claude-opus-4-1", Anthropic, 200_000, 0, 32_000, NoEncoding, anthropic(15, 1.5, 18.75, 75)},
	{"claude-opus-4-5", Anthropic, 200_000, 0, 64_000, NoEncoding, anthropic(5, 0.5, 6.25, 25)},
	{"claude-opus-4-6", Anthropic, 1_000_000, 0, 128_000, NoEncoding, anthropic(5, 0.5, 6.25, 25)},
	{"claude-opus-4-7", Anthropic, 1_000_000, 0, 128_000, NoEncoding, anthropic(5, 0.5, 6.25, 25)},
	{"claude-opus-4-8", Anthropic, 1_000_000, 0, 128_000, NoEncoding, anthropic(5, 0.5, 6.25, 25)},
	{"claude-opus-5", Anthropic, 1_000_000, 0, 128_000, NoEncoding, anthropic(5, 0.5, 6.25, 25)},
	{"claude-fable-5", Anthropic, 1_000_000, 0, 128_000, NoEncoding, anthropic(10, 1, 12.5, 50)},

	{"gemini-2.5-flash-lite", Google, 1_048_576, 0, 65_536, NoEncoding, google(0.1, 0.01, 0.4)},
	{"gemini-2.5-flash", Google, 1_048_576, 0, 65_536, NoEncoding, google(0.3, 0.03, 2.5)},
	{"gemini-2.5-pro", Google, 1_048_576, 0, 65_536, NoEncoding, long(google(1.25, 0.125, 10), 200_000)},
}

func openAI(input, cached, output float64) *Price {
	return priced(input, cached, 0, output).from(openAIPage, july)
}

func anthropic(input, cached, written, output float64) *Price {
	return priced(input, cached, written, output).from(anthropicPage, july)
}

func google(input, cached, output float64) *Price {
	return priced(input, cached, 0, output).from(googlePage, july)
}

func priced(input, cached, written, output float64) *Price {
	return &Price{Input: Dollars(input), CachedInput: Dollars(cached), CacheWrite: Dollars(written), Output: Dollars(output)}
}

func (p *Price) from(source, date string) *Price {
	p.Source, p.Date = source, date
	return p
}

// long adds the price of long prompts, which all vendors that have one reckon alike: twice for what is read, and half as much
// again for what is written.
func long(p *Price, above int) *Price {
	p.LongAbove = above
	p.Long = &Price{
		Input: 2 * p.Input, CachedInput: 2 * p.CachedInput, CacheWrite: 2 * p.CacheWrite, Output: p.Output * 3 / 2,
		Date: p.Date, Source: p.Source,
	}
	return p
}
