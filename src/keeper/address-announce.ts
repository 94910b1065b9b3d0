// Tells the neighbours on a network that an address is here now: without it they go on sending to the machine that had it, for up to a minute.
// IPv4: gratuitous ARP (RFC 5227, *announcement*) by `arping`. IPv6: an unsolicited neighbour advertisement to all nodes that overrides what they
// know (RFC 4861, 7.2.6), which the kernel sends for no address that is added without waiting for duplicates, so a few words of Perl do: its
// base is part of every Debian. Node has no raw sockets.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

import type { PlacedAddress } from './address-device.ts';

const withinMs = 5000;

/** Arguments: index and link address of the device, the address. 136: advertisement, 0x20000000: override, option 2: our link address, 255 hops. */
const advertises = `
use strict; use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6);
my ($index, $link, $address) = @ARGV;
my $own = inet_pton(AF_INET6, $address);
socket(my $s, AF_INET6, SOCK_RAW, 58) or die "$!\\n";
setsockopt($s, 41, 18, pack('i', 255)) && setsockopt($s, 41, 17, pack('I', $index)) or die "$!\\n";
bind($s, pack_sockaddr_in6(0, $own, $index)) or die "$!\\n";
my $message = pack('CCnNa16CCH12', 136, 0, 0, 0x20000000, $own, 2, 1, $link);
defined send($s, $message, 0, pack_sockaddr_in6(0, inet_pton(AF_INET6, 'ff02::1'), $index)) or die "$!\\n";
`;

/** Tells them once; null, or why not. Starts a program. */
export async function announce(place: PlacedAddress): Promise<string | null> {
  const { address, dev, family } = place;
  if (family === 4) return run('arping', ['-U', '-q', '-c', '1', '-I', dev, '-s', address, address], 'iputils-arping');
  const [index, link] = await Promise.all(
    ['ifindex', 'address'].map((name) => readFile(`/sys/class/net/${dev}/${name}`, 'utf8').catch(() => '')),
  );
  const words = [(index ?? '').trim(), (link ?? '').trim().replaceAll(':', ''), address];
  return run('perl', ['-e', advertises, ...words], 'perl-base');
}

/** `arping` ends with 1 when nobody answers, as nobody should. */
function run(program: string, words: readonly string[], of: string): Promise<string | null> {
  const options = { env: { PATH: `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin:/sbin` }, timeout: withinMs };
  return new Promise((resolve) =>
    execFile(program, [...words], options, (error, _output, errors) => {
      if (error === null || (program === 'arping' && error.code === 1 && errors.trim() === '')) resolve(null);
      else resolve(error.code === 'ENOENT' ? `there is no ${program}: install ${of}` : errors.trim() || error.message);
    }),
  );
}
