package config

import "slices"

// Flags are the settings that the command line gives over the file; empty: not given.
type Flags struct {
	// Listen and Admin are addresses; an Admin of "off" is none.
	Listen, Admin string
	// LogLevel is debug, info, warn or error.
	LogLevel string
}

// Override sets what the environment says over what the file says, and what the flags say over both. The variables are
// WEIR_LISTEN, WEIR_ADMIN and WEIR_LOG_LEVEL; an empty one counts as not set. env is usually os.Getenv. Its error is an
// [*Error] that names the variable or flag; c is then half changed.
func (c *Config) Override(env func(string) string, flags Flags) error {
	var problems []Problem
	for _, o := range []struct{ key, name, value string }{
		{"listen", "WEIR_LISTEN", env("WEIR_LISTEN")},
		{"admin", "WEIR_ADMIN", env("WEIR_ADMIN")},
		{"log.level", "WEIR_LOG_LEVEL", env("WEIR_LOG_LEVEL")},
		{"listen", "--listen", flags.Listen},
		{"admin", "--admin", flags.Admin},
		{"log.level", "--log-level", flags.LogLevel},
	} {
		if o.value == "" {
			continue
		}
		if message := c.override(o.key, o.value); message != "" {
			problems = append(problems, Problem{Path: o.name, Message: message})
		}
	}
	if len(problems) == 0 && c.sameAddress() {
		problems = append(problems, Problem{Path: "admin", Message: "must differ from listen"})
	}
	return asError(problems)
}

func (c *Config) override(key, value string) string {
	if key == "admin" && value == "off" {
		c.Admin = ""
		return ""
	}
	f := fields[slices.IndexFunc(fields, func(f field[Config]) bool { return f.key == key })]
	if err := read(f.at(c), value); err != nil {
		return err.Error()
	}
	if key == "log.level" {
		return ""
	}
	return checkAddress(value)
}
