<?php
// SPDX-License-Identifier: GPL-3.0-or-later
//
// What PHP makes of each server, by its defaults.
foreach (array_slice($argv, 1) as $url) {
	$said = "";
	set_error_handler(function ($number, $text) use (&$said) {
		$said .= " " . preg_replace('/\s+/', " ", $text);
		return true;
	});
	$page = file_get_contents($url, false, stream_context_create(["http" => ["timeout" => 20]]));
	restore_error_handler();
	if ($page !== false) {
		echo "$url accepts\n";
	} elseif (str_contains($said, "certificate verify failed")) {
		echo "$url refuses\n";
	} else {
		echo "$url broken$said\n";
	}
}
