// Image writes Postern's container image as an OCI layout (image-spec 1.1): one index, named latest, with an image for
// each binary named.
//
//	image -out DIR -version VERSION BINARY…    (files named amd64, arm64, arm)
//
// There is no base image: the binary is static and has its time zones in it, so that what is left is a user, the roots
// of TLS, and two directories. google/go-containerregistry does what is easy to get subtly wrong (digests of compressed
// and uncompressed layers, descriptors, the index); the file system is twelve lines of archive/tar. All times are
// SOURCE_DATE_EPOCH, so that the same binaries give the same bytes.
package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// uid is the user's and the group's number, of no account on any usual host.
const uid = 65532

const (
	data   = "/var/lib/postern"
	passwd = "root:x:0:0:root:/:/sbin/nologin\npostern:x:65532:65532:Postern:" + data + ":/sbin/nologin\n"
	group  = "root:x:0:\npostern:x:65532:\n"
)

func main() {
	out := flag.String("out", "", "the layout's directory")
	version := flag.String("version", "", "the version, an annotation")
	flag.Parse()
	if err := run(*out, *version, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(out, version string, binaries []string) error {
	epoch, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64)
	if err != nil || out == "" || len(binaries) == 0 {
		return errors.New("usage: SOURCE_DATE_EPOCH=… image -out DIR -version VERSION amd64 arm64 arm")
	}
	at := time.Unix(epoch, 0).UTC()
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, binary := range binaries {
		image, platform, err := build(binary, version, at)
		if err != nil {
			return err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: image, Descriptor: v1.Descriptor{MediaType: types.OCIManifestSchema1, Platform: platform},
		})
	}
	if err := os.RemoveAll(filepath.Join(out, "blobs")); err != nil {
		return err
	}
	path, err := layout.Write(out, empty.Index)
	if err != nil {
		return err
	}
	// The layout's own index has one entry, which tools take where none is named; the architectures are below it.
	return path.AppendIndex(index,
		layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": "latest"}))
}

// build makes the image of one binary, whose file is named after Go's architecture.
func build(binary, version string, at time.Time) (v1.Image, *v1.Platform, error) {
	platform := &v1.Platform{OS: "linux", Architecture: filepath.Base(binary)}
	switch platform.Architecture {
	case "arm":
		platform.Variant = "v7"
	case "arm64":
		platform.Variant = "v8"
	}
	files, err := fileSystem(binary, at)
	if err != nil {
		return nil, nil, err
	}
	layer, err := tarball.LayerFromOpener(
		func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files)), nil },
		tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.Append(image, mutate.Addendum{
		Layer: layer, History: v1.History{Created: v1.Time{Time: at}, CreatedBy: "postern's testdata/packaging/image"},
	})
	if err != nil {
		return nil, nil, err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Variant = platform.OS, platform.Architecture, platform.Variant
	file.Created, file.Config = v1.Time{Time: at}, config(version)
	image, err = mutate.ConfigFile(image, file)
	return image, platform, err
}

// config says how a container is started: on all addresses, or nothing outside of it could reach it.
func config(version string) v1.Config {
	return v1.Config{
		User:         fmt.Sprintf("%d:%[1]d", uid),
		Env:          []string{"PATH=/usr/bin", "POSTERN_DATA=" + data, "POSTERN_LISTEN=0.0.0.0:8080"},
		Entrypoint:   []string{"/usr/bin/postern"},
		Cmd:          []string{"serve"},
		WorkingDir:   data,
		Volumes:      map[string]struct{}{data: {}},
		ExposedPorts: map[string]struct{}{"8080/tcp": {}},
		StopSignal:   "SIGTERM",
		Labels: map[string]string{
			"org.opencontainers.image.title": "postern", "org.opencontainers.image.version": version,
		},
	}
}

// fileSystem is the one layer, as a tar archive.
func fileSystem(binary string, at time.Time) ([]byte, error) {
	program, err := os.ReadFile(binary)
	if err != nil {
		return nil, err
	}
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	for _, entry := range []struct {
		name    string
		mode    int64
		owner   int
		content []byte // nil: a directory
	}{
		{"etc/", 0o755, 0, nil}, {"etc/passwd", 0o644, 0, []byte(passwd)}, {"etc/group", 0o644, 0, []byte(group)},
		{"etc/ssl/", 0o755, 0, nil}, {"etc/ssl/certs/", 0o755, 0, nil},
		{"etc/ssl/certs/ca-certificates.crt", 0o644, 0, roots()},
		{"tmp/", 0o1777, 0, nil}, {"usr/", 0o755, 0, nil}, {"usr/bin/", 0o755, 0, nil},
		{"usr/bin/postern", 0o755, 0, program},
		{"var/", 0o755, 0, nil}, {"var/lib/", 0o755, 0, nil}, {"var/lib/postern/", 0o700, uid, nil},
	} {
		header := &tar.Header{Name: entry.name, Mode: entry.mode, Uid: entry.owner, Gid: entry.owner, ModTime: at,
			Typeflag: tar.TypeReg, Size: int64(len(entry.content)), Format: tar.FormatPAX}
		if entry.content == nil {
			header.Typeflag = tar.TypeDir
		}
		if err := writer.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := writer.Write(entry.content); err != nil {
			return nil, err
		}
	}
	return archive.Bytes(), writer.Close()
}

// roots are Mozilla's certificates, as the Go project keeps them; those that are trusted with constraints only, which a
// PEM file cannot tell, are left out.
func roots() []byte {
	var text bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})
		}
	}
	return text.Bytes()
}
