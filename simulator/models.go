package simulator

import "net/http"

type modelList struct {
	Object string      `json:"object"`
	Data   []modelInfo `json:"data"`
}

type modelInfo struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

// models lists the models there are, in OpenAI's format.
func (s *Server) models(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.accounts.of(bearer(r)); !ok {
		status, body := openAI{}.refuse(&trouble{kind: unauthorized, have: 1})
		reply{status: status, kind: jsonKind, body: encode(body)}.send(w)
		return
	}
	names := s.cfg.Models
	if len(names) == 0 {
		names = []string{"sentiment"}
	}
	list := modelList{Object: "list"}
	for _, name := range names {
		list.Data = append(list.Data, modelInfo{ID: name, Object: "model", OwnedBy: "weir"})
	}
	sendJSON(w, list)
}
