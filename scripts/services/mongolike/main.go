// mongolike is the MongoDB of the tests where no mongod can be had: FerretDB 1 with SQLite inside, one binary and one folder.
// What it refuses although MongoDB takes it is in docs/decisions/0040.
package main

import (
	"context"
	"flag"
	"log"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:27017", "host and port to listen on")
	folder := flag.String("folder", ".", "folder of the database files, made if it is not there")
	flag.Parse()

	path, err := filepath.Abs(*folder)
	if err != nil {
		log.Fatal(err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		log.Fatal(err)
	}
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: *listen},
		Handler:   "sqlite",
		SQLiteURL: (&url.URL{Scheme: "file", Path: path + "/"}).String(),
	})
	if err != nil {
		log.Fatal(err)
	}
	untilTold, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := server.Run(untilTold); err != nil {
		log.Fatal(err)
	}
}
