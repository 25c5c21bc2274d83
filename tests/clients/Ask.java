// SPDX-License-Identifier: GPL-3.0-or-later

import java.net.URL;
import java.net.URLConnection;
import java.security.cert.CertPathBuilderException;
import javax.net.ssl.SSLHandshakeException;

/** What a JVM makes of each server, by the system's keystore. */
public class Ask {
	private static boolean unknownIssuer(Throwable error) {
		for (; error != null; error = error.getCause())
			if (error instanceof CertPathBuilderException)
				return true;
		return false;
	}

	public static void main(String[] urls) {
		for (String url : urls) {
			try {
				URLConnection connection = new URL(url).openConnection();
				connection.setReadTimeout(20000);
				connection.getInputStream().close();
				System.out.println(url + " accepts");
			} catch (SSLHandshakeException e) {
				System.out.println(url + (unknownIssuer(e) ? " refuses" : " broken " + e));
			} catch (Exception e) {
				System.out.println(url + " broken " + e);
			}
		}
	}
}
