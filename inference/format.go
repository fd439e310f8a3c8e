package inference

import (
	"github.com/weir-ml/weir/options"
	"github.com/weir-ml/weir/parsing"
)

// RegisterFormat makes a format of the program's own a value of the option response.format: newFormat makes one from a Config,
// and each of its errors begins with the option that it is about and a colon. Whose an answer is, what a value may be, and what is
// asked again stay weir's. It is for the start of a program, such as an init function of what is linked into cmd/weir, and
// panics if the name is taken or is not of 1 to 32 small letters, digits and hyphens. Its default of record.ids is sequential, for
// its instruction is not weir's.
func RegisterFormat(name string, newFormat func(parsing.Config) (parsing.Format, []error)) {
	options.AllowFormat(name)
	parsing.Register(name, newFormat)
}
