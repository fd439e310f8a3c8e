package main

import (
	_ "embed" // the configurations
	"regexp"
	"time"

	"github.com/weir-ml/weir/simulator"
)

// scene is what a demo plays: a model server, weir in front of it, and two ways to ask.
type scene struct {
	title string
	// server is the command that runs the model server; the first word "weir" stands for weir's binary. It says where it is
	// in a line that ready matches.
	server []string
	ready  *regexp.Regexp
	// path is what follows the server's address in its base URL.
	path string
	// config is weir's configuration, with standIn where the model server's base URL belongs.
	config  string
	file    string
	standIn string
	reviews string
	ways    [2]way
	// simulated: the server counts its calls, and its labels can be checked, because it answers with the embedded model.
	simulated bool
	// faults are what goes wrong in a third run, about the first faulty records; 0 records: there is none.
	faults map[simulator.Fault]float64
	faulty int
	// atOnce is the most calls that weir makes at once, as the configuration says.
	atOnce int
	// example are the labels of the example in the second way's prompt; a model that is too small repeats them. nil: none.
	example []string
	// within bounds all runs together.
	within time.Duration
	byHand string
}

// way is one way to ask: a model of weir's configuration, and how many records it is asked about.
type way struct {
	name    string
	model   string
	records int
	batch   int
}

// calls is how many calls the way takes where none fails.
func (w way) calls() int { return (w.records + w.batch - 1) / w.batch }

const reviewsFile = "examples/reviews/reviews.jsonl"

//go:embed weir.yaml
var weirConfig string

//go:embed llm.yaml
var llmConfig string

func simulated() scene {
	return scene{
		title:     "weir: real reviews, asked about one by one and in batches",
		server:    []string{"weir", "simulate", "--demo", "--listen", "127.0.0.1:0"},
		ready:     regexp.MustCompile(`^simulator at (http\S+)/v1$`),
		path:      "/v1",
		config:    weirConfig,
		file:      "examples/demo/weir.yaml",
		standIn:   "http://127.0.0.1:9349/v1",
		reviews:   reviewsFile,
		simulated: true,
		faults:    demoFaults,
		faulty:    2_000,
		atOnce:    8,
		within:    5 * time.Minute,
		ways: [2]way{
			{name: "one by one", model: "one-by-one", records: 1_000, batch: 1},
			{name: "in batches of 20", model: "in-batches", records: 10_000, batch: 20},
		},
		byHand: byHand,
	}
}

func realModel() scene {
	return scene{
		title:   "weir: real reviews and a real language model, SmolLM2-135M behind llama.cpp's server",
		server:  []string{"examples/llm/serve.sh", "0"},
		ready:   regexp.MustCompile(`^model server at (http\S+)$`),
		path:    "/v1",
		config:  llmConfig,
		file:    "examples/demo/llm.yaml",
		standIn: "http://127.0.0.1:18081/v1",
		reviews: reviewsFile,
		atOnce:  4,
		example: []string{"positive", "negative", "neutral", "negative", "positive", "positive"},
		within:  6 * time.Minute,
		ways: [2]way{
			{name: "one by one", model: "one-by-one", records: 120, batch: 1},
			{name: "in batches of 6", model: "in-batches", records: 120, batch: 6},
		},
		byHand: byHandLLM,
	}
}

// The commands work as they stand, from the repository's root, on the ports that weir has by default.
const (
	byHand = `Go on by hand, from the repository's root:

  bin/weir simulate --demo                    # terminal 1: the model server
  bin/weir serve examples/demo/weir.yaml      # terminal 2: weir
  # terminal 3
  bin/weir render examples/reviews/reviews.jsonl -m in-batches -n 3
  bin/weir predict examples/reviews/reviews.jsonl -m in-batches --out /tmp/labelled.jsonl
  make -s bin/grpcurl && bin/grpcurl -plaintext -d '{"model": "in-batches", "records": [{"text": "Great sound."}, {"text": "It broke."}]}' \
    127.0.0.1:9347 weir.v1.InferenceService/PredictBatch
`
	byHandLLM = `Go on by hand, from the repository's root:

  examples/llm/serve.sh 18081                 # terminal 1: the model server
  bin/weir serve examples/demo/llm.yaml       # terminal 2: weir
  # terminal 3
  head -12 examples/reviews/reviews.jsonl | bin/weir predict - -m in-batches
`
)
