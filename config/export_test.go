package config

import "strings"

// Row is a line of a table of fields, for the tests outside.
type Row struct {
	Key, Kind, Standard, Allowed, Doc string
	// Only are the kinds of provider that it is for; none: all.
	Only []string
	// Unreadable says why the default cannot be read or is not allowed; empty: it can.
	Unreadable string
}

// Rows returns the tables of the file, of a provider and of a model.
func Rows() (file, provider, model []Row) {
	return rows(fields), rows(providerFields), rows(modelFields)
}

func rows[T any](fields []field[T]) []Row {
	var all []Row
	for _, f := range fields {
		row := Row{Key: f.key, Kind: f.kind, Standard: f.standard, Allowed: allowed(f), Doc: f.doc, Only: f.only}
		var target T
		if f.standard != "" {
			if err := read(f.at(&target), f.standard); err != nil {
				row.Unreadable = err.Error()
			} else {
				row.Unreadable = f.check(&target)
			}
		}
		all = append(all, row)
	}
	return all
}

// allowed says the bounds as an error would.
func allowed[T any](f field[T]) string {
	if len(f.choices) > 0 {
		return strings.Join(f.choices, " or ")
	}
	shows := map[string]func(int64) string{"number": showNumber, "bytes": showBytes, "duration": showDuration}
	show, ok := shows[f.kind]
	if !ok {
		return ""
	}
	return show(f.min) + " to " + show(f.max)
}
