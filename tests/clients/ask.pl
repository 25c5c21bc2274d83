# SPDX-License-Identifier: GPL-3.0-or-later
#
# What Perl's LWP makes of each server.
use strict;
use warnings;
use LWP::UserAgent;

$| = 1;
foreach my $url (@ARGV) {
	my $answer = LWP::UserAgent->new(timeout => 20)->get($url);
	my $said = $answer->status_line . ' ' . $answer->content;
	if ($answer->is_success) {
		print "$url accepts\n";
	} elsif ($said =~ /certificate verify failed/) {
		print "$url refuses\n";
	} else {
		$said =~ s/\s+/ /g;
		print "$url broken $said\n";
	}
}
