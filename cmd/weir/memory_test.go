package main

import (
	"testing"
	"testing/fstest"
)

func TestGroupMemory(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for _, tt := range []struct {
		name string
		root fstest.MapFS
		want int64
	}{
		{"no Linux", fstest.MapFS{}, 0},
		{"no limit", fstest.MapFS{"proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("max\n")}, 0},
		{"no file", fstest.MapFS{"proc/self/cgroup": file("0::/\n")}, 0},
		{"a container", fstest.MapFS{"proc/self/cgroup": file("0::/\n"), "sys/fs/cgroup/memory.max": file("536870912\n")}, 512 << 20},
		{"a service in a smaller slice", fstest.MapFS{
			"proc/self/cgroup": file("0::/weir.slice/weir.service\n"),
			"sys/fs/cgroup/weir.slice/weir.service/memory.max": file("2000\n"),
			"sys/fs/cgroup/weir.slice/memory.max":              file("1000\n"),
		}, 1000},
		{"a service in a larger slice", fstest.MapFS{
			"proc/self/cgroup": file("1:cpu:/elsewhere\n0::/weir.slice/weir.service\n"),
			"sys/fs/cgroup/weir.slice/weir.service/memory.max": file("1000\n"),
			"sys/fs/cgroup/weir.slice/memory.max":              file("2000\n"),
			"sys/fs/cgroup/memory.max":                         file("max\n"),
		}, 1000},
		{"version 1", fstest.MapFS{"proc/self/cgroup": file("4:memory:/docker/1\n"), "sys/fs/cgroup/memory.max": file("1000\n")}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := groupMemory(tt.root); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}
