# SPDX-License-Identifier: GPL-3.0-or-later
#
# From the measured cells, one a line (round, way, client, user, phase, which
# server, verdict, seconds), and what was wanted, to the run's document; and
# from that to its tables.

def phases: ["before", "installed", "quarantined", "undone"];

# What the two servers of the root get: with the leaf alone, and with the root
# sent along. Interceptors do the second.
def verdict: if .leaf == .chain then .leaf else "\(.leaf); \(.chain) with the root sent" end;

def measured: .leaf, .chain, .other | . == "accepts" or . == "refuses";

# Why a row is not as it should be; nothing where it is.
def wrong($phases):
	. as $row
	| ($phases[] as $p | ($row.phases[$p] // {}) | select(all(measured; .) | not)
		| "\($p): not measured (\(to_entries | map("\(.key) \(.value)") | join(", ")))"),
	(.phases | to_entries[] | select(.value.other == "refuses")
		| "\(.key): refuses the other root"),
	(.phases | to_entries[] | select(.key == "before" or .key == "quarantined")
		| select(.value.leaf == "accepts" or .value.chain == "accepts")
		| if .key == "before" then "before: accepts what nobody installed"
			else "quarantined: still trusted: \(.value | verdict)" end),
	(.phases.installed // {} | select(
			($row.wanted == "accepts" and (.leaf != "accepts" or .chain != "accepts"))
			or ($row.wanted == "chain" and .chain != "accepts"))
		| "installed: \(verdict), so nothing was shown"),
	(select(.phases.undone) | select([.phases.undone, .phases.installed | .leaf, .chain]
			| .[:2] != .[2:])
		| "undone: \(.phases.undone | verdict), where installed was: \(.phases.installed | verdict)");

# Rows of a document from the lines of cells.
def rows($wanted; $phases):
	[inputs | split("\t")]
	| group_by(.[:4])
	| map({
		round: .[0][0], way: .[0][1], client: .[0][2], user: .[0][3],
		phases: (group_by(.[4]) | map({key: .[0][4],
			value: (map({key: .[5], value: .[6]}) + [{key: "seconds", value: (.[0][7] | tonumber)}]
				| from_entries)}) | from_entries)
	} | .wanted = ($wanted["\(.way) \(.client)"] // "any") | .wrong = [wrong($phases)]);

def document($wanted; $versions; $names; $costs; $phases; $time):
	rows($wanted; $phases)
	| {schema: "rootsweep.clients/1", time: $time, versions: $versions, names: $names, rounds: $costs, rows: .,
		wrong: map(select(.wrong != [])) | length, cells: map(.phases | length) | add};

# --- tables ----------------------------------------------------------------

def seconds: if . == null then "" else (. * 10 | round / 10 | tostring) + " s" end;

# Rows of one client that say the same, as one: their ways, the longest times.
def joined:
	group_by([.client, (.phases | map_values(verdict)), (.wrong != [])])
	| map({client: .[0].client, ways: (map(.way) | unique), wrong: (map(.wrong[]) | unique),
		cells: (. as $rows | reduce phases[] as $p ({}; .[$p] = (
			[$rows[].phases[$p] // empty]
			| if . == [] then {} else {said: (.[0] | verdict), seconds: (map(.seconds) | max)} end)))});

def line($names): def name: $names[.] // .;
	(.ways | map(name) | join(", ")) as $ways
	| ["\(.client | name) \(.version)", $ways] + [.cells[phases[]] | .said // "-", (.seconds | seconds)];

def heading: ["client", "installed by"] + [phases[] | ., "time"];

def by_client($order): sort_by([.client as $c | ($order | index([$c])) // 999], .ways);

def markdown($order):
	(heading | "| " + join(" | ") + " |"), (heading | "|" + (map("---|") | add)),
	(. as $all | .rows | joined | by_client($order)[]
		| .version = ($all.versions[.client] // "") | line($all.names) | "| " + join(" | ") + " |");

def text: .rows[] | [.round, .way, .client, .user]
	+ [phases[] as $p | .phases[$p] // {} | if . == {} then "-" else "\(verdict) \(.seconds | seconds)" end]
	+ [if .wrong == [] then "ok" else "WRONG: " + (.wrong | join("; ")) end] | join("\t");
