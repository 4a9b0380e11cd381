# What Testcontainers expects of its reaper, in the Perl that is in every Debian: it takes filters from whoever connects, and when the connection has
# ended removes the containers, networks and volumes that they are about.
use strict;
use warnings;
use IO::Socket::INET;
use IO::Socket::UNIX;

$| = 1;
my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die "no port: $!";
print "Started\n";
my $client = $server->accept or die "no client: $!";
my @filters;
while (defined(my $line = <$client>)) {
    chomp $line;
    push @filters, $line if $line =~ /^label=/;
    print $client "ACK\n";
}
for my $filter (@filters) {
    my ($label) = $filter =~ /^label=(.*)$/;
    my $query = encoded("{\"label\":[\"$label\"]}");
    remove("containers/$_?force=1&v=1") for listed("containers/json?all=1&filters=$query", qr/"Id":"([0-9a-f]{64})"/);
    remove("networks/$_") for listed("networks?filters=$query", qr/"Id":"([0-9a-z]+)"/);
    remove("volumes/$_?force=1") for listed("volumes?filters=$query", qr/"Name":"([^"]+)"/);
}

sub remove { print "DELETE $_[0]: " . (split /\r\n/, ask("DELETE", $_[0]))[0] . "\n" }

sub listed { my ($path, $id) = @_; return ask("GET", $path) =~ /$id/g }

sub encoded { my ($text) = @_; $text =~ s/([^A-Za-z0-9])/sprintf "%%%02X", ord $1/ge; return $text }

sub ask {
    my ($method, $path) = @_;
    my $engine = IO::Socket::UNIX->new(Peer => "/var/run/docker.sock") or die "no engine: $!";
    print $engine "$method /v1.41/$path HTTP/1.0\r\nHost: docker\r\n\r\n";
    local $/;
    return scalar <$engine> // "";
}
