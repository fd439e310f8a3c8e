package providers

// How a [forecast] learns.
const (
	// forecastModels is how many models are told apart; all others share one more.
	forecastModels = 64
	// forecastShare is the share of the newest call.
	forecastShare = 0.2
	// forecastMost bounds how far an estimate is corrected, up and down.
	forecastMost = 20.0
	// bytesPerToken is what is believed of a prompt that nobody has estimated, outputPerRecord of the answer for each record.
	bytesPerToken   = 3.5
	outputPerRecord = 16
)

// forecast says how many tokens a call will use: its request's estimate, or else one from its size, corrected by how far those of the
// calls before it were off, for each model apart.
type forecast struct{ models map[string]*correction }

// correction is by what factors a model's estimates are off.
type correction struct{ input, output float64 }

func (f *forecast) of(model string) *correction {
	if c := f.models[model]; c != nil {
		return c
	}
	if f.models == nil {
		f.models = make(map[string]*correction)
	}
	if len(f.models) >= forecastModels {
		model = ""
	}
	c := f.models[model]
	if c == nil {
		c = &correction{input: 1, output: 1}
		f.models[model] = c
	}
	return c
}

// cost returns what a call is expected to take.
func (f *forecast) cost(req *Request) cost {
	c, raw := f.of(req.Model), estimated(req)
	raw.input *= c.input
	raw.output *= c.output
	if req.MaxOutputTokens > 0 {
		raw.output = min(raw.output, float64(req.MaxOutputTokens))
	}
	return raw
}

// learn notes what a call took.
func (f *forecast) learn(req *Request, usage Usage) {
	c, raw := f.of(req.Model), estimated(req)
	c.input = corrected(c.input, raw.input, usage.PromptTokens)
	c.output = corrected(c.output, raw.output, usage.CompletionTokens)
}

func corrected(factor, estimate float64, used int) float64 {
	if estimate <= 0 || used <= 0 {
		return factor
	}
	off := min(max(float64(used)/estimate, 1/forecastMost), forecastMost)
	return factor + forecastShare*(off-factor)
}

// estimated returns what is believed of a call beforehand.
func estimated(req *Request) cost {
	c := cost{requests: 1, input: float64(req.EstimatedPromptTokens), output: float64(req.EstimatedOutputTokens)}
	if c.input <= 0 {
		c.input = float64(promptBytes(req)) / bytesPerToken
	}
	if c.output <= 0 && len(req.Inputs) == 0 {
		c.output = outputPerRecord * float64(max(req.Records, 1))
	}
	return c
}

func promptBytes(req *Request) int {
	n := 0
	for i := range req.Messages {
		n += len(req.Messages[i].Content)
	}
	for _, input := range req.Inputs {
		n += len(input)
	}
	return n
}
