// flanneld with what a cluster of this project needs: leases from Node objects, the vxlan and host-gw backends, nftables rules.
// Upstream's own main imports every backend, cloud SDKs included. This one also writes the CNI configuration itself once the
// node has its subnet (bridge + host-local + portmap), which is what upstream's separate CNI plugin would generate per pod;
// so a node becomes Ready only when pod networking works.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/flannel-io/flannel/pkg/backend"
	_ "github.com/flannel-io/flannel/pkg/backend/hostgw"
	_ "github.com/flannel-io/flannel/pkg/backend/vxlan"
	"github.com/flannel-io/flannel/pkg/ip"
	"github.com/flannel-io/flannel/pkg/ipmatch"
	"github.com/flannel-io/flannel/pkg/subnet"
	"github.com/flannel-io/flannel/pkg/subnet/kube"
	"github.com/flannel-io/flannel/pkg/trafficmngr/nftables"
	"github.com/flannel-io/flannel/pkg/version"
	"k8s.io/klog/v2"
)

const ruleResyncSeconds = 60

type options struct {
	netConf, subnetFile, cniConf, kubeconfig, iface, health string
	masquerade, showVersion                                 bool
}

func parseOptions() options {
	var o options
	flag.StringVar(&o.netConf, "net-config-path", "/etc/kube-flannel/net-conf.json", "network configuration")
	flag.StringVar(&o.subnetFile, "subnet-file", "/run/flannel/subnet.env", "file that gets the node's subnet and MTU")
	flag.StringVar(&o.cniConf, "cni-conf", "/etc/cni/net.d/10-flannel.conflist", "CNI configuration to write; empty = none")
	flag.StringVar(&o.kubeconfig, "kubeconfig-file", "", "kubeconfig; empty = the pod's service account")
	flag.StringVar(&o.iface, "iface", "", "interface or address towards the other nodes; empty = that of the default route")
	flag.StringVar(&o.health, "healthz-address", "127.0.0.1:8081", "address of /healthz and /readyz; empty = none")
	flag.BoolVar(&o.masquerade, "ip-masq", true, "masquerade what pods send out of the pod network")
	flag.BoolVar(&o.showVersion, "version", false, "print the version and end")
	klog.InitFlags(nil)
	flag.Parse()
	return o
}

func main() {
	o := parseOptions()
	if o.showVersion {
		fmt.Println(version.Version)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil && !errors.Is(err, context.Canceled) {
		klog.Errorf("flannel ends: %v", err)
		klog.Flush()
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	// The subnet manager would otherwise ask the API for its own pod to learn the node; give it the name and it starts
	// without the API, so that a kube-proxy that comes up later does not cost a restart.
	if os.Getenv("NODE_NAME") == "" {
		return errors.New("the environment variable NODE_NAME must name this node")
	}
	var ready atomic.Bool
	if o.health != "" {
		go serveHealth(o.health, &ready)
	}
	manager, err := kube.NewSubnetManager(ctx, "", o.kubeconfig, "flannel.alpha.coreos.com", o.netConf, true)
	if err != nil {
		return fmt.Errorf("subnet manager: %w", err)
	}
	config, err := manager.GetNetworkConfig(ctx)
	if err != nil {
		return fmt.Errorf("network configuration: %w", err)
	}
	network, wg, err := registerNetwork(ctx, o, manager, config)
	if err != nil {
		return err
	}
	if err := ensureRules(ctx, o, config, network); err != nil {
		return err
	}
	lease := network.Lease()
	if err := manager.HandleSubnetFile(o.subnetFile, config, o.masquerade, lease.Subnet, lease.IPv6Subnet, network.MTU()); err != nil {
		return fmt.Errorf("writing %s: %w", o.subnetFile, err)
	}
	if o.cniConf != "" {
		if err := writeCNIConfig(o.cniConf, config.Network, lease.Subnet, network.MTU()); err != nil {
			return fmt.Errorf("writing %s: %w", o.cniConf, err)
		}
	}
	ready.Store(true)
	klog.Infof("node subnet %s, MTU %d", lease.Subnet, network.MTU())
	wg.Add(1)
	go func() {
		defer wg.Done()
		network.Run(ctx)
	}()
	if err := manager.CompleteLease(ctx, lease, wg); err != nil {
		return fmt.Errorf("lease: %w", err)
	}
	wg.Wait()
	return ctx.Err()
}

// registerNetwork finds the interface and asks the backend for its device; it tries again for as long as the controller manager
// has not given the node a pod CIDR.
func registerNetwork(ctx context.Context, o options, manager subnet.Manager, config *subnet.Config) (backend.Network, *sync.WaitGroup, error) {
	stack, err := ipmatch.GetIPFamily(config.EnableIPv4, config.EnableIPv6)
	if err != nil {
		return nil, nil, err
	}
	external, err := ipmatch.LookupExtIface(o.iface, "", "", stack, ipmatch.PublicIPOpts{})
	if err != nil {
		return nil, nil, fmt.Errorf("no interface towards the other nodes: %w", err)
	}
	driver, err := backend.NewManager(ctx, manager, external).GetBackend(config.BackendType)
	if err != nil {
		return nil, nil, fmt.Errorf("backend: %w", err)
	}
	for {
		wg := &sync.WaitGroup{}
		network, err := driver.RegisterNetwork(ctx, wg, config)
		if err == nil {
			return network, wg, nil
		}
		klog.Warningf("not registered yet: %v", err)
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

func ensureRules(ctx context.Context, o options, config *subnet.Config, network backend.Network) error {
	rules := &nftables.NFTablesManager{}
	if err := rules.Init(ctx); err != nil {
		return fmt.Errorf("nftables: %w", err)
	}
	if o.masquerade {
		// No previous networks are given: the manager rewrites its whole chain, whatever was there.
		err := rules.SetupAndEnsureMasqRules(ctx, config.Network, ip.IP4Net{}, ip.IP4Net{}, config.IPv6Network, ip.IP6Net{}, ip.IP6Net{},
			network.Lease(), ruleResyncSeconds, false)
		if err != nil {
			return fmt.Errorf("masquerade rules: %w", err)
		}
	}
	rules.SetupAndEnsureForwardRules(ctx, config.Network, config.IPv6Network, ruleResyncSeconds)
	return nil
}

func serveHealth(address string, ready *atomic.Bool) {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !ready.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	listener, err := net.Listen("tcp", address)
	if err != nil {
		klog.Errorf("health: %v", err)
		return
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	klog.Error(server.Serve(listener))
}
