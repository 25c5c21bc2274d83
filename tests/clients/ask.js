// SPDX-License-Identifier: GPL-3.0-or-later
//
// What Node makes of each server.
const https = require("https");
const unknown = ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "SELF_SIGNED_CERT_IN_CHAIN",
	"UNABLE_TO_GET_ISSUER_CERT_LOCALLY"];

for (const url of process.argv.slice(2)) {
	const request = https.get(url, { agent: false, timeout: 20000 }, (answer) => {
		console.log(url, "accepts");
		answer.destroy();
	});
	request.on("timeout", () => request.destroy(new Error("no answer")));
	request.on("error", (error) => console.log(url,
		unknown.includes(error.code) ? "refuses" : `broken ${error.code} ${error.message}`));
}
