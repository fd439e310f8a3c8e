package config

import (
	"fmt"
	"slices"
	"strings"
)

// The tasks of a [Model].
const (
	// TaskCompletion: records are asked about with a prompt.
	TaskCompletion = "completion"
	// TaskEmbedding: records become vectors.
	TaskEmbedding = "embedding"
)

// embedders are the kinds of provider that make vectors.
var embedders = []string{KindOpenAI, KindAzure, KindGemini, KindCompatible, KindLocal}

// Embeds reports whether the model's task is an embedding.
func (m Model) Embeds() bool { return m.Task == TaskEmbedding }

// task checks that there is such a task, and that the provider can do it.
func (v *validation) task(path string, m Model, kind string) {
	if m.Task != "" && m.Task != TaskCompletion && m.Task != TaskEmbedding {
		v.add(path+".task", "must be completion or embedding, not "+quote(m.Task))
	}
	if m.Embeds() && !slices.Contains(embedders, kind) && kind != "" {
		v.add(path+".task", fmt.Sprintf("cannot be embedding with a provider of kind %s: these make vectors: %s",
			kind, strings.Join(embedders, ", ")))
	}
}
