// SPDX-License-Identifier: GPL-3.0-or-later

// What Go's crypto/x509 makes of each server, by the roots that it finds.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"
)

func main() {
	for _, word := range os.Args[1:] {
		place, err := url.Parse(word)
		if err == nil {
			var conn *tls.Conn
			conn, err = tls.DialWithDialer(&net.Dialer{Timeout: 20 * time.Second}, "tcp", place.Host, nil)
			if err == nil {
				conn.Close()
			}
		}
		var unknown x509.UnknownAuthorityError
		if err == nil {
			fmt.Println(word, "accepts")
		} else if errors.As(err, &unknown) {
			fmt.Println(word, "refuses")
		} else {
			fmt.Println(word, "broken", err)
		}
	}
}
