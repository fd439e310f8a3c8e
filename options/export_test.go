package options

import "slices"

// ForgetFormat takes back an AllowFormat, so that the tests of the documentation see weir's own formats alone.
func ForgetFormat(name string) {
	brought.Lock()
	defer brought.Unlock()
	brought.names = slices.DeleteFunc(brought.names, func(n string) bool { return n == name })
}
