// Announces a CSI driver on its node to the kubelet, which is all that a node needs beside the driver itself: a socket in the folder that the
// kubelet watches (k8s.io/kubelet/pkg/apis/pluginregistration/v1) on which it can ask for the driver's name and address.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

const retryAfter = time.Second

type registrar struct {
	registration.UnimplementedRegistrationServer
	driver, endpoint string
	refused          chan error
}

func (r *registrar) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) {
	return &registration.PluginInfo{
		Type:              registration.CSIPlugin,
		Name:              r.driver,
		Endpoint:          r.endpoint,
		SupportedVersions: []string{"1.0.0"},
	}, nil
}

func (r *registrar) NotifyRegistrationStatus(_ context.Context, status *registration.RegistrationStatus) (*registration.RegistrationStatusResponse, error) {
	if !status.PluginRegistered {
		select {
		case r.refused <- fmt.Errorf("kubelet refused %s: %s", r.driver, status.Error):
		default:
		}
	} else {
		fmt.Printf("%s is registered\n", r.driver)
	}
	return &registration.RegistrationStatusResponse{}, nil
}

func main() {
	address := flag.String("csi-address", "/csi/csi.sock", "socket of the driver")
	endpoint := flag.String("kubelet-registration-path", "", "the same socket as the kubelet sees it")
	folder := flag.String("plugin-registration-path", "/registration", "folder that the kubelet watches")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *address, *endpoint, *folder); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, address, endpoint, folder string) error {
	if endpoint == "" {
		return errors.New("--kubelet-registration-path is missing")
	}
	driver, err := driverName(ctx, address)
	if err != nil {
		return err
	}
	socket := filepath.Join(folder, driver+"-reg.sock")
	// One that a killed predecessor left cannot be listened on.
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return err
	}
	defer os.Remove(socket)
	service := &registrar{driver: driver, endpoint: endpoint, refused: make(chan error, 1)}
	server := grpc.NewServer()
	registration.RegisterRegistrationServer(server, service)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	defer server.Stop()
	select {
	case <-ctx.Done():
		return nil
	case err := <-service.refused:
		// Ending makes the kubelet's next start of this container announce the driver again.
		return err
	case err := <-failed:
		return err
	}
}

// driverName asks the driver until it answers: both containers of a pod start together.
func driverName(ctx context.Context, address string) (string, error) {
	connection, err := grpc.NewClient("unix://"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return "", err
	}
	defer connection.Close()
	for {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		info, err := csi.NewIdentityClient(connection).GetPluginInfo(attempt, &csi.GetPluginInfoRequest{})
		cancel()
		if err == nil {
			return info.GetName(), nil
		}
		fmt.Fprintf(os.Stderr, "the driver at %s does not answer yet: %v\n", address, err)
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(retryAfter):
		}
	}
}
