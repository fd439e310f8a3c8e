package main

import (
	"strconv"

	weirv1 "github.com/weir-ml/weir/gen/weir/v1"
	"github.com/weir-ml/weir/inference"
	"github.com/weir-ml/weir/providers"
)

// embed makes a model one that embeds. Package config has refused those whose provider cannot.
func embed(m *inference.ModelConfig) {
	if e, ok := m.Driver.(providers.Embedder); ok {
		m.Task, m.Driver, m.EmbedLimits = inference.TaskEmbedding, providers.Embedding(e), e.EmbedLimits()
	}
}

// probeOf is the least that can be asked of a model.
func probeOf(m *inference.ModelConfig) *providers.Request {
	req := &providers.Request{Model: m.ProviderModel}
	if m.Task == inference.TaskEmbedding {
		req.Inputs = []string{probeText}
		return req
	}
	req.Messages = []providers.Message{{Role: providers.RoleUser, Content: probeText}}
	return req
}

// taskText says what a model is for, where that is not what models mostly are for.
func taskText(m *weirv1.Model) string {
	if m.GetTask() == weirv1.Task_TASK_EMBEDDING {
		return ", embeds"
	}
	return ""
}

// vectorText writes a vector as a JSON array, with as many digits as it takes to read the same numbers again.
func vectorText(vector []float32) string {
	text := make([]byte, 1, 2+len(vector)*13)
	text[0] = '['
	for i, x := range vector {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendFloat(text, float64(x), 'g', -1, 32)
	}
	return string(append(text, ']'))
}
