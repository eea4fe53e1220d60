package main

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/flannel-io/flannel/pkg/ip"
)

// writeCNIConfig writes the network configuration list for this node's subnet, whole or not at all: the container runtime
// watches the folder and must never read half a file.
func writeCNIConfig(path string, network, subnet ip.IP4Net, mtu int) error {
	bridge := map[string]any{
		"type":             "bridge",
		"bridge":           "cni0",
		"mtu":              mtu,
		"isGateway":        true,
		"isDefaultGateway": true,
		"hairpinMode":      true,
		"forceAddress":     true,
		"ipMasq":           false,
		"ipam": map[string]any{
			"type":   "host-local",
			"ranges": [][]map[string]string{{{"subnet": subnet.String()}}},
			"routes": []map[string]string{{"dst": network.String()}},
		},
	}
	portmap := map[string]any{"type": "portmap", "capabilities": map[string]bool{"portMappings": true}}
	content, err := json.MarshalIndent(map[string]any{
		"cniVersion": "1.0.0",
		"name":       "cbr0",
		"plugins":    []any{bridge, portmap},
	}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	// A name that does not end in .conf, .conflist or .json is not read by the runtime.
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, append(content, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}
