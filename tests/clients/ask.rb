# SPDX-License-Identifier: GPL-3.0-or-later
#
# What Ruby's net/http makes of each server, by its defaults.
require "net/http"
require "openssl"

$stdout.sync = true
ARGV.each do |url|
  place = URI(url)
  Net::HTTP.start(place.host, place.port, use_ssl: true, open_timeout: 20) { |http| http.get("/") }
  puts "#{url} accepts"
rescue OpenSSL::SSL::SSLError => error
  unknown = /unable to get local issuer|self.signed certificate in/.match?(error.message)
  puts unknown ? "#{url} refuses" : "#{url} broken #{error.message}"
rescue StandardError => error
  puts "#{url} broken #{error.message}"
end
