# Wakes the machines with these hardware addresses, by whatever program of this host can.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
export PATH
has() { command -v "$1" >/dev/null; }
card() { ip route show default 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | sed 1q; }
for mac; do
    if has wakeonlan; then
        wakeonlan "$mac"
    elif has etherwake; then
        etherwake -i "$(card)" "$mac"
    elif has ether-wake; then
        ether-wake -i "$(card)" "$mac"
    elif has python3; then
        python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
s.sendto(b"\xff" * 6 + bytes.fromhex(sys.argv[1].replace(":", "")) * 16, ("255.255.255.255", 9))' "$mac"
    elif has perl; then
        perl -MSocket -e 'socket(S, PF_INET, SOCK_DGRAM, 17) or die $!;
setsockopt(S, SOL_SOCKET, SO_BROADCAST, 1) or die $!;
(my $m = $ARGV[0]) =~ tr/://d;
send(S, chr(255) x 6 . pack("H12", $m) x 16, 0, sockaddr_in(9, INADDR_BROADCAST)) or die $!' "$mac"
    else
        echo 'this host has nothing that can wake another: wakeonlan, etherwake, python3 or perl' >&2
        exit 1
    fi || exit
    echo "sent $mac"
done
