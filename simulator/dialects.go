package simulator

// dialects are the paths that are answered, each in its vendor's format. Servers that speak OpenAI's format with words of their
// own have their name before its path.
func dialects() map[string]dialect {
	all := map[string]dialect{
		"/v1/chat/completions": chat{},
		"/v1/responses":        responses{},
		"/v1/embeddings":       embeddings{},

		"/openai/deployments/{deployment}/chat/completions": azureChat{},
		"/openai/deployments/{deployment}/embeddings":       azureEmbeddings{},
		"/openai/v1/chat/completions":                       azureChat{},
		"/openai/v1/responses":                              azureResponses{},
		"/openai/v1/embeddings":                             azureEmbeddings{},

		"/v1/messages":            anthropic{},
		"/v1beta/models/{call}":   gemini{},
		"/model/{model}/converse": bedrock{},
		"/api/chat":               ollamaChat{},
		"/api/embed":              ollamaEmbed{},
	}
	for name, server := range compatibles() {
		all["/"+name+"/v1/chat/completions"] = server
		all["/"+name+"/v1/embeddings"] = embeddings{}
	}
	return all
}
