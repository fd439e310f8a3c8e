package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// vendors are what weir's configuration says of the simulator in each vendor's format; ADDRESS is the model server's.
var vendors = map[string]string{
	openAI: `kind: openai
    base_url: ADDRESS/v1`,
	"responses": `kind: openai
    api: responses
    base_url: ADDRESS/v1`,
	"azure": `kind: azure
    api_version: "2024-10-21"
    base_url: ADDRESS`,
	"anthropic": `kind: anthropic
    base_url: ADDRESS`,
	"gemini": `kind: gemini
    base_url: ADDRESS`,
	"bedrock": `kind: bedrock
    region: eu-central-1
    base_url: ADDRESS`,
	"vllm": `kind: compatible
    dialect: vllm
    base_url: ADDRESS/vllm/v1`,
	"llamacpp": `kind: compatible
    dialect: llamacpp
    base_url: ADDRESS/llamacpp/v1`,
	"ollama": `kind: compatible
    dialect: ollama
    base_url: ADDRESS/ollama/v1`,
}

// openAI is the format of the file as it stands.
const openAI = "openai"

// inFormat is the scene with weir and its model server speaking a vendor's format.
func (s scene) inFormat(vendor string) (scene, error) {
	settings, ok := vendors[vendor]
	if !ok {
		return scene{}, fmt.Errorf("there is no provider %q: use one of %s", vendor, strings.Join(slices.Sorted(maps.Keys(vendors)), ", "))
	}
	if vendor == openAI {
		return s, nil
	}
	root := strings.TrimSuffix(s.standIn, s.path)
	old := strings.ReplaceAll(vendors[openAI], "ADDRESS", root)
	if n := strings.Count(s.config, old); n != 1 {
		return scene{}, fmt.Errorf("%s has the lines of the simulator %d times, not once", s.file, n)
	}
	s.config = strings.Replace(s.config, old, strings.ReplaceAll(settings, "ADDRESS", root), 1)
	s.standIn, s.path = root, ""
	s.title += ", in the format of " + vendor
	return s, nil
}
